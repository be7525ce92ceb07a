"""Where units lie in the tree, today and after a change: what flows between units of a level."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from gis.changes import heirs
from gis.division.delta import EXCLUSIVE, Delta, Unit
from gis.division.division import Division
from gis.division.rings import Edge, Rings, Vertex, chain
from layers.moving import Vector, nothing

Find: TypeAlias = Callable[[int], Unit | None]


@dataclass(frozen=True)
class Flow:
    """What goes from one unit of a level to another."""

    giver: int
    taker: int
    # The unit it hangs on today, and the one then.
    home: int
    now: int
    adds: Vector
    # A unit that goes as a whole: ``adds`` is then what lies elsewhere already, negative.
    is_rest: bool = False


class Heights:
    """The tree of a division, today and after a change."""

    def __init__(self, division: Division, total: Delta) -> None:
        self.division = division
        self.total = total

    def today(self, number: int) -> Unit | None:
        """Return a unit as it is today."""
        old = self.total.old.get(number)
        if old is not None or number in self.total.new:
            return old
        return self.division.units.get(number)

    def now(self, number: int) -> Unit | None:
        """Return a unit as it is after the change."""
        return self.division.units.get(number)

    def parent_today(self, number: int) -> int | None:
        """Return what a unit lies in today; what it will lie in, if it is new."""
        unit = self.today(number) or self.now(number)
        return unit.parent if unit else None

    def is_face_today(self, number: int) -> bool:
        """Whether a unit has an area of its own today."""
        unit = self.today(number)
        return unit is not None and unit.rings is not None

    def is_gone(self, number: int) -> bool:
        """Whether a unit is no more after the change."""
        return number not in self.division.units

    def is_of(self, number: int, level: int) -> bool:
        """Whether a unit is shown at a level: it is of it, or a face that ends above."""
        unit = self.now(number) or self.today(number)
        return unit is not None and (
            unit.level == level or (unit.level < level and unit.rings is not None)
        )

    def line(self, number: int) -> tuple[int, ...]:
        """Return a unit and all it lies in today, itself first."""
        found = [number]
        while (unit := self.today(found[-1])) is not None and unit.parent is not None:
            found.append(unit.parent)
        return tuple(found)

    def children_today(self, number: int) -> tuple[int, ...]:
        """Return the loaded units that lie directly in a unit today."""
        return tuple(self._children.get(number, ()))

    def siblings(self, parent: int, exclusive: int) -> tuple[int, int]:
        """Return how many basic units lie directly in a unit, today and after the change.

        Parameters
        ----------
        exclusive
            How many of those of today are exclusive: nobody is meant to live there.
        """
        now = self.division.number_of_children(parent)
        came = [unit.kind for unit in self.total.new.values() if unit.parent == parent]
        left = [unit.kind for unit in self.total.old.values() if unit.parent == parent]
        was = now - len(came) + len(left)
        change = came.count(EXCLUSIVE) - left.count(EXCLUSIVE)
        return was - exclusive, now - exclusive - change

    def level(self, within: Iterable[int]) -> int:
        """Return the widest level at which ground changes hands, not wider than some units."""
        listed = [unit.level for n in within if (unit := self.today(n)) is not None]
        first = max(listed, default=1)
        levels = sorted({u.level for u in (*self.total.old.values(), *self.total.new.values())})
        deepest = max([*levels, first])
        for level in range(first, deepest + 1):
            if self.changed(level):
                return level
        return first

    def changed(self, level: int) -> set[int]:
        """Return the units of a level whose ground changes, appears or goes."""
        if level not in self._changed:
            self._changed[level] = self._find_changed(level)
        return self._changed[level]

    def flows(self, pairs: Mapping[tuple[int, int], Vector], level: int) -> list[Flow]:
        """Return what goes from unit to unit of a level.

        Parameters
        ----------
        pairs
            What lies in other faces than today, by today's face and the one then.
        """
        found = []
        left: dict[int, Vector] = {}
        for (home, now), adds in pairs.items():
            left[home] = left.get(home, nothing()) + adds
            giver = _ancestor(self.today, home, level)
            taker = _ancestor(self.now, now, level)
            if giver != taker:
                found.append(Flow(giver, taker, home, now, adds))
        for number, heir in sorted(self._whole().items()):
            giver = _ancestor(self.today, number, level)
            taker = _ancestor(self.now, heir, level)
            if giver != taker:
                adds = -left.get(number, nothing())
                found.append(Flow(giver, taker, number, heir, adds, is_rest=True))
        return found

    def sides(self, giver: int, taker: int, level: int) -> tuple[int, int]:
        """Return the units of a level that ground goes from and to, by its faces."""
        return _ancestor(self.today, giver, level), _ancestor(self.now, taker, level)

    def faces_moved(self) -> set[int]:
        """Return the faces of today and then that lie in other units, as they are or redrawn."""
        return {
            n for n in self._whole()
            if (unit := self.now(n)) is not None and unit.rings is not None
            and self.is_face_today(n) and n not in self.total.redrawn
        }  # fmt: skip

    def _whole(self) -> dict[int, int]:
        """Return the units that go elsewhere as they are, and where what hangs on them goes."""
        old, new = self.total.old, self.total.new
        moved = [n for n in old.keys() & new.keys() if old[n].parent != new[n].parent]
        found: dict[int, int] = {}
        while moved:
            number = moved.pop()
            if number not in found and self.today(number) is not None:
                found[number] = number
            moved += [n for n in self._now_below.get(number, ()) if n not in found]
        gone = heirs(self.total)
        return found | {n: heir for n, heir in gone.items() if old[n].rings is None}

    def _find_changed(self, level: int) -> set[int]:
        old, new = self.total.old, self.total.new
        was, now = (
            _by_ancestor(units, find, level) for units, find in ((old, self.today), (new, self.now))
        )
        found = {n for n in was.keys() | now.keys() if _differ(was.get(n, ()), now.get(n, ()))}
        for n in old.keys() & new.keys():
            if old[n].rings is None and new[n].rings is None and old[n].parent != new[n].parent:
                sides = _ancestor(self.today, n, level), _ancestor(self.now, n, level)
                found |= set(sides) if sides[0] != sides[1] else set()
        for n in old.keys() ^ new.keys():
            if self.is_of(n, level):
                found.add(n)
        return found

    @cached_property
    def _changed(self) -> dict[int, set[int]]:
        return {}

    @cached_property
    def _children(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for number in {*self.division.units, *self.total.old}:
            unit = self.today(number)
            if unit is not None and unit.parent is not None:
                found.setdefault(unit.parent, []).append(number)
        return found

    @cached_property
    def _now_below(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for number, unit in self.division.units.items():
            if unit.parent is not None:
                found.setdefault(unit.parent, []).append(number)
        return found


def _ancestor(find: Find, number: int, level: int) -> int:
    """Return the unit of a level, or the nearest wider one, that a unit lies in."""
    while (unit := find(number)) is not None and unit.level > level and unit.parent is not None:
        number = unit.parent
    return number


def _by_ancestor(units: Mapping[int, Unit], find: Find, level: int) -> dict[int, list[Rings]]:
    found: dict[int, list[Rings]] = {}
    for number, unit in units.items():
        if unit.rings is not None:
            found.setdefault(_ancestor(find, number, level), []).append(unit.rings)
    return found


def _differ(one: Iterable[Rings], other: Iterable[Rings]) -> bool:
    """Whether areas are others; a vertex more on an edge, where a cut meets it, makes none."""
    was, now = chain(one), chain(other)
    return was != now and _straight(was - now) != _straight(now - was)


def _straight(edges: set[Edge]) -> set[Edge]:
    """Leave out the vertices that lie on the line between those before and after them."""
    after, before = dict(edges), {end: start for start, end in edges}
    if not len(after) == len(before) == len(edges):
        return edges
    for at in list(after):
        if at in before and _is_between(before[at], at, after[at]):
            first, last = before.pop(at), after.pop(at)
            after[first], before[last] = last, first
    return set(after.items())


def _is_between(first: Vertex, at: Vertex, last: Vertex) -> bool:
    (x, y), (dx, dy) = first, (last[0] - first[0], last[1] - first[1])
    way = at[0] - x, at[1] - y
    # What is put on a slanting edge is off it by less than a step of the grid.
    off = abs(way[0] * dy - way[1] * dx)
    length = math.hypot(dx, dy)
    return off <= length and 0 < way[0] * dx + way[1] * dy < length**2
