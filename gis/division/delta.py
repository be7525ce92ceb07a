"""What a change is: units as they were and as they become. Undoing swaps the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from gis.division.rings import Rings
from gis.errors import TextKey

BASIC, EXCLUSIVE = KINDS = ("basic", "exclusive")
"""Kinds of units; exclusive are a mall, a park, a school: nobody is meant to live there."""


@dataclass(frozen=True)
class Unit:
    """A unit as far as a change of boundaries may change it.

    ``rings`` is the area of a face; None for a unit whose area is its children's, or that has
    none. ``code`` is "" while a draft has not given one.
    """

    level: int
    parent: int | None
    code: str
    names: Mapping[str, str] = field(default_factory=dict)
    kind: str = BASIC
    rings: Rings | None = None

    @property
    def spoken(self) -> object:
        """What a page calls the unit: its names, else its code, else that it is new."""
        return dict(self.names) or self.code or TextKey("border.a_new_unit")

    def to_json(self) -> dict[str, Any]:
        """Return the unit as JSON; `from_json` reads it back."""
        return {
            "level": self.level,
            "parent": self.parent,
            "code": self.code,
            "names": dict(self.names),
            "kind": self.kind,
            "rings": self.rings and [[list(vertex) for vertex in ring] for ring in self.rings],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        rings = data["rings"]
        plain = {name: value for name, value in data.items() if name != "rings"}
        return cls(
            **plain,
            rings=None
            if rings is None
            else tuple(tuple((int(x), int(y)) for x, y in ring) for ring in rings),
        )


@dataclass(frozen=True)
class Delta:
    """Units before and after a change, by id: in ``old`` only, retired; in ``new`` only, created.

    New units of a draft have negative ids, until the change takes effect and gives them theirs.
    """

    old: Mapping[int, Unit] = field(default_factory=dict)
    new: Mapping[int, Unit] = field(default_factory=dict)

    def __invert__(self) -> Delta:
        """Return the change that undoes this one."""
        return Delta(self.new, self.old)

    def __bool__(self) -> bool:
        return bool(self.old or self.new)

    def __add__(self, later: Delta) -> Delta:
        """Return this change followed by a later one as one change.

        Units that are in the end what they were drop out.
        """
        old, new = dict(self.old), dict(self.new)
        for number in {*later.old, *later.new}:
            if number not in self.new and number in later.old and number not in old:
                old[number] = later.old[number]
            if number in later.new:
                new[number] = later.new[number]
            else:
                new.pop(number, None)
        same = {number for number in old if number in new and old[number] == new[number]}
        return Delta(
            {number: unit for number, unit in old.items() if number not in same},
            {number: unit for number, unit in new.items() if number not in same},
        )

    @property
    def units(self) -> frozenset[int]:
        """The ids of all units concerned."""
        return frozenset({*self.old, *self.new})

    @property
    def redrawn(self) -> frozenset[int]:
        """The ids of the faces whose area changes, appears or goes."""
        return frozenset(
            number for number in self.units if _rings(self.old, number) != _rings(self.new, number)
        )

    @property
    def moved(self) -> frozenset[int]:
        """The ids of the units that get another parent; what lies in them lies elsewhere too."""
        return frozenset(
            number
            for number in self.old.keys() & self.new.keys()
            if self.old[number].parent != self.new[number].parent
        )

    def renumbered(self, ids: Mapping[int, int]) -> Delta:
        """Return the change with other ids for some units, parents included."""
        return Delta(_renumbered(self.old, ids), _renumbered(self.new, ids))

    def to_json(self) -> dict[str, Any]:
        """Return the change as JSON; `from_json` reads it back."""
        return {
            side: {str(number): unit.to_json() for number, unit in sorted(units.items())}
            for side, units in (("old", self.old), ("new", self.new))
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_json` wrote."""
        old, new = (
            {int(number): Unit.from_json(unit) for number, unit in data[side].items()}
            for side in ("old", "new")
        )
        return cls(old, new)


def _rings(units: Mapping[int, Unit], number: int) -> Rings | None:
    return units[number].rings if number in units else None


def _renumbered(units: Mapping[int, Unit], ids: Mapping[int, int]) -> dict[int, Unit]:
    return {
        ids.get(number, number): Unit(
            unit.level,
            unit.parent if unit.parent is None else ids.get(unit.parent, unit.parent),
            unit.code,
            unit.names,
            unit.kind,
            unit.rings,
        )
        for number, unit in units.items()
    }
