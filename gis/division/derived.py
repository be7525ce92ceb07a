"""The outlines of units above the faces, from what changes below them.

Where a change stays inside a unit its outline does not change, and is not even read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from gis.division.delta import Delta, Unit
from gis.division.rings import Edge, Rings, edges, traced


class _Sum:
    """Directed edges of areas added and taken away; an edge walked both ways is none."""

    def __init__(self) -> None:
        self._count: dict[Edge, int] = {}

    def __bool__(self) -> bool:
        return bool(self._count)

    def add(self, rings: Rings, times: int) -> None:
        for start, end in edges(rings):
            forward = start < end
            key = (start, end) if forward else (end, start)
            count = self._count.get(key, 0) + (times if forward else -times)
            if count:
                self._count[key] = count
            else:
                del self._count[key]

    def rings(self) -> Rings:
        return traced(edge if count > 0 else edge[::-1] for edge, count in self._count.items())


def derived(
    delta: Delta,
    above: Mapping[int, Unit],
    outlines: Callable[[Iterable[int]], Mapping[int, Rings]],
) -> dict[int, Rings]:
    """Return the outlines of all units that get another one by a change, the faces included.

    Parameters
    ----------
    above
        All units of today that units of the change lie in, or will lie in.
    outlines
        Returns outlines of today of units above the faces.
    """
    before = {**above, **delta.old}
    after = {**{n: u for n, u in before.items() if n not in delta.old}, **delta.new}
    below: dict[int, _Sum] = {}
    found: dict[int, Rings] = {}
    levels = sorted({u.level for u in (*before.values(), *after.values())}, reverse=True)
    for level in levels:
        here = [
            n
            for n in sorted(before.keys() | after.keys())
            if _level(n, before, after) == level and (below.get(n) or _is_moved(n, delta))
        ]
        known = outlines(n for n in here if n in before and before[n].rings is None)
        for n in here:
            old = (before[n].rings or known.get(n, ())) if n in before else ()
            new = _new(before.get(n), after.get(n), old, below.get(n))
            if old == new and _parent(before, n) == _parent(after, n):
                continue
            for units, rings, times in ((before, old, -1), (after, new, 1)):
                parent = _parent(units, n)
                if parent is not None:
                    below.setdefault(parent, _Sum()).add(rings, times)
            if new and old != new:
                found[n] = new
    return found


def _new(before: Unit | None, after: Unit | None, old: Rings, below: _Sum | None) -> Rings:
    if after is None:
        return ()
    if after.rings is not None:
        return after.rings
    if below is None:
        return old if before is not None and before.rings is None else ()
    total = below
    if before is not None and before.rings is None:
        total.add(old, 1)
    return total.rings()


def _level(n: int, before: Mapping[int, Unit], after: Mapping[int, Unit]) -> int:
    return (before.get(n) or after[n]).level


def _parent(units: Mapping[int, Unit], n: int) -> int | None:
    return units[n].parent if n in units else None


def _is_moved(n: int, delta: Delta) -> bool:
    old, new = delta.old.get(n), delta.new.get(n)
    if old is None or new is None:
        return old is not new
    return old.parent != new.parent or old.rings != new.rings
