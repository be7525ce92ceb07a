"""Which units a change concerns: whose heads are asked, and in which units it lies.

An edge that only gets a vertex, and so moves by no more than the grid's rounding, concerns nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import shapely
from sqlalchemy import Connection

from gis.division import stored
from gis.division.delta import Delta, Unit
from gis.division.rings import Rings, chain, shape, traced

# Between two outlines of one edge, in grid steps: less than this on average is rounding.
LEAST_STEPS = 0.5


@dataclass(frozen=True)
class Concern:
    """A change, and all units that what it changes lies in, before and after."""

    delta: Delta
    before: Mapping[int, Unit]
    after: Mapping[int, Unit]

    @classmethod
    def of(cls, db: Connection, delta: Delta) -> Concern:
        """Return what a change concerns of the units of today."""
        above: dict[int, Unit] = {}
        units = (*delta.old.values(), *delta.new.values())
        lacking = {unit.parent for unit in units} - delta.units - {None}
        while lacking:
            found = stored.units(db, (n for n in lacking if n is not None))
            above |= found
            lacking = {unit.parent for unit in found.values()} - above.keys() - {None} - delta.units
        before = {**above, **delta.old}
        after = {n: unit for n, unit in before.items() if n not in delta.old} | dict(delta.new)
        return cls(delta, before, after)

    @property
    def units(self) -> frozenset[int]:
        """The units of the change that are not only given a vertex."""
        return frozenset(n for n in self.delta.units if not self._is_rounding(n))

    def _is_rounding(self, number: int) -> bool:
        old, new = self.delta.old.get(number), self.delta.new.get(number)
        if old is None or new is None or not (old.rings and new.rings):
            return False
        plain = (old.level, old.parent, old.code, dict(old.names), old.kind)
        if plain != (new.level, new.parent, new.code, dict(new.names), new.kind):
            return False
        return not _share([old.rings], [new.rings])

    def exchanging(self, level: int) -> frozenset[int]:
        """Return the units of today of a level that lose or gain ground, or change parents.

        Where there is none of the level, the nearest wider one stands for it.
        """
        was, now = self._ground(self.before, level), self._ground(self.after, level)
        found = {n for n in was.keys() | now.keys() if _share(was.get(n, []), now.get(n, []))}
        for number in self.delta.old.keys() & self.delta.new.keys():
            old, new = self.delta.old[number], self.delta.new[number]
            if old.parent == new.parent:
                continue
            if old.level <= level:
                found.add(number)
            elif old.rings is None:
                sides = {_ancestor(units, number, level) for units in (self.before, self.after)}
                found |= sides if len(sides) > 1 else set()
        return frozenset(n for n in found if n in self.before)

    def containing(self, level: int) -> frozenset[int]:
        """Return the units of today of exactly a level in which something changes."""
        found = set()
        for number in self.units:
            for units in (self.before, self.after):
                if number in units:
                    above = _ancestor(units, number, level)
                    if units[above].level == level and above in self.before:
                        found.add(above)
        return frozenset(found)

    def _ground(self, units: Mapping[int, Unit], level: int) -> dict[int, list[Rings]]:
        found: dict[int, list[Rings]] = {}
        for number in self.delta.units & units.keys():
            rings = units[number].rings
            if rings:
                found.setdefault(_ancestor(units, number, level), []).append(rings)
        return found


def _ancestor(units: Mapping[int, Unit], number: int, level: int) -> int:
    """Return the unit of a level, or the nearest wider one, that a unit lies in, or is."""
    while units[number].level > level:
        parent = units[number].parent
        if parent is None or parent not in units:
            break
        number = parent
    return number


def _share(was: Iterable[Rings], now: Iterable[Rings]) -> bool:
    """Tell whether ground lies in one of two areas and not in the other, beyond rounding."""
    before, after = chain(was), chain(now)
    if before == after:
        return False
    if not before or not after:
        return True
    areas = [shape(traced(sorted(edges))) for edges in (before, after)]
    between = shapely.symmetric_difference(*areas)
    return bool(between.area > LEAST_STEPS * between.length / 2)
