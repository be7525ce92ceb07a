"""How the shapes of units change: area, compactness, pieces, and whether ground is lost or won."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from cachetools import LRUCache
from sqlalchemy import Connection

from gis.changes import refuse_derived
from gis.city import City
from gis.division import stored
from gis.division.delta import Unit
from gis.division.derived import derived
from gis.division.rings import Rings, polygons, shape
from gis.ruler import Ruler
from layers.impact_tree import Heights

# Ground of less than a square metre is the rounding of a line to the grid.
LEAST_M2 = 1.0
MOST_KEPT = 2_000


@dataclass(frozen=True)
class Sides:
    """A number before and after; None where there is none."""

    before: float | None
    after: float | None


@dataclass(frozen=True)
class Shape:
    """A unit's ground before and after a change."""

    side: str
    area_m2: Sides
    # Polsby and Popper 1991: 4πA/P², 1 for a circle.
    compactness: Sides
    # After the change; None of a unit that is gone.
    pieces: int | None


@dataclass(frozen=True)
class _Measured:
    area_m2: float
    compactness: float
    pieces: int


class Shapes:
    """Measures units of one draft in the city's metric CRS; what it measured it keeps."""

    def __init__(self, city: City) -> None:
        self._ruler = Ruler(city.metric_crs, city.tolerance_m)
        # Of units above the faces, as they are today.
        self._outlines: dict[int, Rings] = {}
        self._last: dict[int, Rings] = {}
        # Rings are kept beside what was measured, so that their identity stays theirs.
        self._known: LRUCache[int, tuple[Rings, _Measured]] = LRUCache(MOST_KEPT)

    def of(
        self, db: Connection, heights: Heights, units: Iterable[int], level: int
    ) -> dict[int, Shape]:
        """Return what becomes of units of a level."""
        listed = sorted(units)
        before = self._before(db, heights, listed)
        after = self._after(db, heights, listed, level, before)
        self._last = after
        return {n: self._shape(before.get(n, ()), after.get(n, ())) for n in listed}

    def after(self, unit: int) -> Rings:
        """Return the outline of a unit measured last, after the change."""
        return self._last.get(unit, ())

    def _before(self, db: Connection, heights: Heights, units: list[int]) -> dict[int, Rings]:
        found: dict[int, Rings] = {}
        above = []
        for n in units:
            unit = heights.today(n)
            if unit is not None and unit.rings is not None:
                found[n] = unit.rings
            elif unit is not None:
                above.append(n)
        return found | self._stored(db, above)

    def _after(
        self,
        db: Connection,
        heights: Heights,
        units: list[int],
        level: int,
        before: Mapping[int, Rings],
    ) -> dict[int, Rings]:
        found: dict[int, Rings] = {}
        above = []
        for n in units:
            unit = heights.now(n)
            if unit is not None and unit.rings is not None:
                found[n] = unit.rings
            elif unit is not None:
                above.append(n)
        if not above:
            return found
        known = _above(heights, level)
        new = derived(heights.total, known, lambda some: self._stored(db, some))
        refuse_derived({n: new[n] for n in above if n in new}, {**known, **heights.total.new})
        return found | {n: new.get(n) or before.get(n, ()) for n in above}

    def _stored(self, db: Connection, units: Iterable[int]) -> dict[int, Rings]:
        listed = list(units)
        lacking = [n for n in listed if n not in self._outlines]
        if lacking:
            self._outlines |= dict.fromkeys(lacking, ()) | stored.outlines(db, lacking)
        return {n: self._outlines[n] for n in listed if self._outlines[n]}

    def _shape(self, before: Rings, after: Rings) -> Shape:
        was, now = self._measured(before), self._measured(after)
        return Shape(
            self._side(before, after),
            Sides(was.area_m2 if was else 0.0, now.area_m2 if now else 0.0),
            Sides(was.compactness if was else None, now.compactness if now else None),
            now.pieces if now else None,
        )

    def _measured(self, rings: Rings) -> _Measured | None:
        if not rings:
            return None
        kept = self._known.get(id(rings))
        if kept is None:
            metric = self._ruler.metric(np.array([shape(rings)], dtype=object))[0]
            area, length = float(metric.area), float(metric.length)
            round_ness = 4 * np.pi * area / length**2 if length else 0.0
            found = _Measured(round(area, 1), round(round_ness, 4), len(polygons(rings)))
            kept = self._known[id(rings)] = rings, found
        return kept[1]

    def _side(self, before: Rings, after: Rings) -> str:
        if before == after:
            return "same"
        if not before or not after:
            return "loses" if before else "gains"
        was, now = self._ruler.metric(np.array([shape(before), shape(after)], dtype=object))
        lost, won = shapely.difference(was, now).area, shapely.difference(now, was).area
        if lost > LEAST_M2 and won > LEAST_M2:
            return "both"
        if max(lost, won) <= LEAST_M2:
            return "same"
        return "loses" if lost > won else "gains"


def _above(heights: Heights, level: int) -> dict[int, Unit]:
    """Return all units of today, down from a level, that units of a change lie in or will."""
    total = heights.total
    found: dict[int, Unit] = {}
    waiting = [u.parent for u in (*total.old.values(), *total.new.values())]
    while waiting:
        number = waiting.pop()
        if number is None or number in found or number in total.old or number in total.new:
            continue
        unit = heights.today(number)
        if unit is not None and unit.level >= level:
            found[number] = unit
            waiting.append(unit.parent)
    return found
