"""What a scenario changes: facilities, streets, people, boundaries. Values, kept as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from gis.errors import CityGridError
from layers.catalog.facilities import KINDS

MOST_CHANGES = 200
_LARGEST = 2**31 - 1

Id: TypeAlias = Annotated[int, Field(ge=1, le=_LARGEST)]
Capacity: TypeAlias = Annotated[int, Field(ge=0, le=1_000_000)]
Place: TypeAlias = tuple[
    Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]
]
"""Longitude and latitude, EPSG:4326."""


class _Change(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Open(_Change):
    """A new facility."""

    do: Literal["open"] = "open"
    kind: str
    at: Place
    name: Annotated[str, Field(max_length=100)] = ""
    # How many it can take; None: nobody is turned away.
    capacity: Capacity | None = None


class Close(_Change):
    """A facility that is there no more."""

    do: Literal["close"] = "close"
    facility: Id


class Move(_Change):
    """A facility in another place."""

    do: Literal["move"] = "move"
    facility: Id
    at: Place


class Resize(_Change):
    """A facility that can take more, or fewer."""

    do: Literal["resize"] = "resize"
    facility: Id
    capacity: Capacity


class AddPath(_Change):
    """A new bridge or path, for who walks and, where that is said, for who drives.

    It crosses what it crosses, as a bridge does: it meets other streets at its two ends only.
    """

    do: Literal["add_path"] = "add_path"
    line: Annotated[tuple[Place, ...], Field(min_length=2, max_length=500)]
    # Kilometres an hour by car; None: nobody drives there.
    drive_kmh: Annotated[float, Field(ge=5, le=120)] | None = None


class CloseRoad(_Change):
    """A road that nobody goes along any more."""

    do: Literal["close_road"] = "close_road"
    road: Id


class Grow(_Change):
    """More people in a unit, or fewer: in every home as many of a hundred."""

    do: Literal["grow"] = "grow"
    unit: Id
    percent: Annotated[float, Field(ge=-100, le=1000)]


class Redraw(_Change):
    """A change order, taken as if it were in force."""

    do: Literal["redraw"] = "redraw"
    order: Id


Change: TypeAlias = Annotated[
    Open | Close | Move | Resize | AddPath | CloseRoad | Grow | Redraw, Field(discriminator="do")
]
_MANY = TypeAdapter(tuple[Change, ...])


def read(given: object) -> tuple[Change, ...]:
    """Return changes written as JSON.

    Raises
    ------
    CityGridError
        They say something that cannot be; it names what.
    """
    try:
        found = _MANY.validate_python(given)
    except ValidationError as error:
        faults = tuple(
            f"{'.'.join(str(word) for word in fault['loc'])} = {str(fault.get('input'))[:60]!r}"
            for fault in error.errors()
        )
        raise CityGridError(
            f"These changes cannot be read: {'; '.join(faults)}.",
            key="scenario.unreadable", faults=faults,
        ) from error  # fmt: skip
    if len(found) > MOST_CHANGES:
        raise CityGridError(
            f"A scenario holds {MOST_CHANGES} changes at most, found {len(found)}.",
            key="scenario.too_many", most=MOST_CHANGES, n=len(found),
        )  # fmt: skip
    if sum(isinstance(change, Redraw) for change in found) > 1:
        raise CityGridError(
            "A scenario takes one change order as if it were in force, no more.",
            key="scenario.one_order",
        )
    for change in found:
        if isinstance(change, Open) and change.kind not in KINDS:
            raise CityGridError(
                f"There is no kind of facility {change.kind!r}. There are: {', '.join(KINDS)}.",
                key="coverage.no_kind", kind=change.kind,
            )  # fmt: skip
    return found


def to_json(changes: Sequence[Change]) -> list[dict[str, object]]:
    """Return changes as JSON; `read` reads them back."""
    return [change.model_dump(mode="json") for change in changes]
