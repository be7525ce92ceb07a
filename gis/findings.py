"""What a check of boundaries found: small faults that were repaired, others that must be."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from gis.errors import BoundaryError

Place = tuple[float, float]
"""Longitude and latitude."""


class Rule(StrEnum):
    """The rules that boundaries of a city keep."""

    CODE = "code"
    """Every unit has a code, a text, used once, of its level's pattern."""
    LEVEL = "level"
    """A unit's level is one of the zoning's."""
    PARENT = "parent"
    """Parents exist and lie at a wider level; one unit has none."""
    AREA = "area"
    """A unit without children has a polygon in degrees."""
    VALID = "valid"
    """A polygon's rings neither cross nor touch along a line."""
    OVERLAP = "overlap"
    """No place lies in two units."""
    GAP = "gap"
    """No place inside a parent lies in none of its children."""
    OUTSIDE = "outside"
    """Children lie inside their parent."""
    TANGLE = "tangle"
    """The polygons are something like a coverage at all."""


@dataclass(frozen=True)
class Fault:
    """A fault that only a person can put right."""

    rule: Rule
    # The unit; several are joined by ", ".
    code: str
    found: str
    remedy: str
    place: Place | None = None
    size_m2: float | None = None

    def __str__(self) -> str:
        where = f" at {_place(self.place)}" if self.place else ""
        size = f", {_area(self.size_m2)}" if self.size_m2 is not None else ""
        return f"{self.code}: {self.found}{where}{size}. {self.remedy}"


@dataclass(frozen=True)
class Repair:
    """A small fault that was put right, and how much area changed by it."""

    code: str
    what: str
    place: Place
    area_m2: float

    def __str__(self) -> str:
        return f"{self.code}: {self.what} at {_place(self.place)}, {_area(self.area_m2)}."


@dataclass
class Report:
    """All that a check found."""

    repaired: list[Repair] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    # Sentences about the whole that call for nothing.
    notes: list[str] = field(default_factory=list)

    def raise_if_bad(self) -> None:
        """Raise one BoundaryError that lists every fault, if there are any."""
        if self.faults:
            count = f"{len(self.faults)} fault" + ("s" if len(self.faults) != 1 else "")
            lines = "\n".join(f"- {fault}" for fault in self.faults)
            raise BoundaryError(f"The boundaries cannot be loaded, {count}:\n{lines}")


def codes(values: list[str], most: int = 5) -> str:
    """Join codes for a message, naming the first few."""
    shown = ", ".join(values[:most])
    return shown if len(values) <= most else f"{shown} and {len(values) - most} more"


def _place(place: Place) -> str:
    return f"{place[0]:.6f}, {place[1]:.6f}"


def _area(area_m2: float) -> str:
    return f"{area_m2:,.0f} m²" if area_m2 >= 10 else f"{area_m2:.2g} m²"
