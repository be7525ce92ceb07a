"""Merging units, handing them over to another parent, creating, renaming and retiring them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from gis.division.cutting import Title
from gis.division.delta import Delta
from gis.division.division import Division
from gis.division.rings import chain, traced
from gis.errors import BoundaryError


@dataclass(frozen=True)
class Merge:
    """Units go into one of them, which keeps its number, code and parent."""

    units: Sequence[int]
    into: int

    def delta(self, division: Division) -> Delta:
        """Return the change; raise BoundaryError for faces that do not touch along an edge."""
        others = sorted({*self.units} - {self.into})
        if not others:
            raise BoundaryError("Merging needs two units at least.", key="border.merge_two")
        here = division.unit(self.into)
        old = {n: division.unit(n) for n in (self.into, *others)}
        if here.rings is None:
            return self._of_sets(division, others)
        apart = set(others) - _reached(division, self.into, {self.into, *others})
        if apart:
            raise BoundaryError(
                f"{division.name(min(apart))} does not touch {division.name(self.into)}: "
                "units that are merged must share an edge.",
                key="border.merge_apart",
                unit=division.spoken(min(apart)),
                other=division.spoken(self.into),
            )
        rings = traced(chain(division.face(n) for n in old))
        return Delta(old, {self.into: replace(here, rings=rings)})

    def _of_sets(self, division: Division, others: Sequence[int]) -> Delta:
        """Lay the children of units above the faces into one of them."""
        level = division.unit(self.into).level
        for number in others:
            if division.unit(number).level != level or division.unit(number).rings is not None:
                raise BoundaryError(
                    f"{division.name(number)} and {division.name(self.into)} "
                    "are not of one kind: merge units of one level, divided alike.",
                    key="border.merge_unlike",
                    unit=division.spoken(number),
                    other=division.spoken(self.into),
                )
        children = [child for number in others for child in division.children(number)]
        old = {n: division.unit(n) for n in (*others, *children)}
        return Delta(old, {n: replace(old[n], parent=self.into) for n in children})


@dataclass(frozen=True)
class HandOver:
    """Units get another parent, and with it other codes where codes follow the parent."""

    units: Sequence[int]
    parent: int
    codes: Mapping[int, str] = field(default_factory=dict)

    def delta(self, division: Division) -> Delta:
        """Return the change; raise BoundaryError for units that are the parent or hold it."""
        above = self.parent
        while (up := division.unit(above).parent) is not None:
            above = up
            if above in self.units:
                raise BoundaryError(
                    f"{division.name(above)} holds {division.name(self.parent)} "
                    "and cannot be handed over to it.",
                    key="border.holds",
                    unit=division.spoken(above),
                    other=division.spoken(self.parent),
                )
        old = {n: division.unit(n) for n in {*self.units, *self.codes}}
        new = {n: replace(unit, code=self.codes.get(n, unit.code)) for n, unit in old.items()}
        new |= {n: replace(new[n], parent=self.parent) for n in self.units}
        return Delta(
            {n: unit for n, unit in old.items() if new[n] != unit},
            {n: unit for n, unit in new.items() if old[n] != unit},
        )


@dataclass(frozen=True)
class Create:
    """A new unit above the faces, made of units that were others' children."""

    title: Title
    level: int
    parent: int
    children: Sequence[int]

    def delta(self, division: Division) -> Delta:
        """Return the change; raise BoundaryError for a unit with nothing in it."""
        if not self.children:
            raise BoundaryError(
                "A new unit needs something to lie in it: name its parts, or split a unit.",
                key="border.nothing_in_it",
            )
        number = division.new_ids(1)[0]
        old = {n: division.unit(n) for n in self.children}
        created = self.title.unit(self.level, self.parent, None)
        return Delta(
            old, {number: created, **{n: replace(u, parent=number) for n, u in old.items()}}
        )


@dataclass(frozen=True)
class Retire:
    """A unit whose parts have all gone elsewhere is no more."""

    unit: int

    def delta(self, division: Division) -> Delta:
        """Return the change; raise BoundaryError for a face, whose ground would be nobody's."""
        here = division.unit(self.unit)
        if here.rings is not None:
            raise BoundaryError(
                f"{division.name(self.unit)} has an area: merge it into a neighbour instead.",
                key="border.has_area",
                unit=division.spoken(self.unit),
            )
        return Delta({self.unit: here}, {})


@dataclass(frozen=True)
class Rename:
    """A unit gets another title: code, names and kind."""

    unit: int
    title: Title

    def delta(self, division: Division) -> Delta:
        """Return the change."""
        here = division.unit(self.unit)
        title = self.title
        new = replace(here, code=title.code, names=title.names, kind=title.kind)
        return Delta({self.unit: here}, {self.unit: new}) if new != here else Delta()


def _reached(division: Division, start: int, among: set[int]) -> set[int]:
    """Return the faces that can be walked to from one over shared edges, within a set."""
    seen, waiting = {start}, [start]
    while waiting:
        fresh = (division.neighbours(waiting.pop()) & among) - seen
        seen |= fresh
        waiting += fresh
    return seen
