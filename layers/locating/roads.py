"""Places on roads: where they cross, so far along one, their middle, unknown house numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from sqlalchemy import Connection, func, select

from gis.city import City
from gis.projecting import between
from gis.tables import STORED_CRS, place_spot, road
from layers.locating.addresses import CROSSED, Found
from layers.locating.located import How
from layers.locating.names import Name
from layers.locating.relations import Heading
from layers.locating.writing import Written

# Two roads meet where they come this near: lines of different sources miss each other.
_MEET_M = 25.0
# Meetings of two roads this near each other are one crossing with more than one carriageway.
_ONE_CROSSING_M = 60.0
# Farther apart they have nothing to do with each other; what does not meet fits so much less.
_NEAREST_M, _DO_NOT_MEET = 400.0, 0.7
# So many of the most alike names are tried.
_TRIED = 6
# Only of names about as alike as the best one unknown numbers are looked for.
_AS_ALIKE = 0.05
# A place this far from a road is not on it.
_BESIDE_M = 250.0
# House numbers of one side rise by two every so many metres, where only one is known.
_NUMBER_M = 5.0
_NEIGHBOURS = 60
_AROUND_M = 15.0
_AT_LANE_M = 120.0
_c = place_spot.c


@dataclass(frozen=True)
class Road:
    """The lines of a road in the city's metres."""

    name: Name
    branch: str
    lines: Any
    # The number of one of its lines.
    id: int

    @property
    def title(self) -> str:
        """Return what it is called."""
        return f"{self.name.name}{self.branch}"


class Roads:
    """Roads of one city, looked up for one question."""

    def __init__(self, db: Connection, city: City, area: Any = None) -> None:  # noqa: ANN401
        self._db = db
        # Shapely, EPSG:4326, prepared; None: the whole city.
        self._area = area
        self._there = between(STORED_CRS, city.metric_crs)
        self._back = between(city.metric_crs, STORED_CRS)

    def of(self, names: Sequence[Name], branch: str) -> list[Road]:
        """Return the roads of some names, of a branch where one is given."""
        tried = {name.id: name for name in names[:_TRIED]}
        query = (
            select(_c.name_id, _c.branch, road.c.id, func.ST_AsBinary(road.c.geom).label("wkb"))
            .join(road, road.c.id == _c.thing_id)
            .where(_c.kind == "road", _c.name_id == func.any(list(tried)))
        )
        rows = self._db.execute(query).all() if tried else []
        by: dict[tuple[int, str], list[Any]] = {}
        ids: dict[tuple[int, str], int] = {}
        for row in rows:
            # 忠孝东路 means all its sections, 忠孝东路4段 not its lanes.
            if row.branch == branch or (not branch and "巷" not in row.branch):
                by.setdefault((row.name_id, row.branch), []).append(bytes(row.wkb))
                ids.setdefault((row.name_id, row.branch), row.id)
        found = []
        for (name_id, of), wkb in by.items():
            lines = shapely.from_wkb(wkb)
            if self._area is not None:
                near = shapely.intersects(lines, self._area)
                lines = lines[near] if near.any() else lines
            lines = shapely.transform(lines, self._metres)
            lines = shapely.union_all(lines)
            found.append(Road(tried[name_id], of, lines, ids[name_id, of]))
        return sorted(found, key=lambda one: (-one.name.likeness, one.branch))

    def crossings(self, some: Sequence[Road], others: Sequence[Road]) -> Iterator[Found]:
        """Return where roads cross, each crossing once."""
        for one in some:
            for other in others:
                if one.title == other.title:
                    continue
                for point in _meetings(one.lines, other.lines):
                    score = (one.name.likeness + other.name.likeness) / 2
                    yield self._found(How.CROSSING, point, score, _MEET_M, one, other)

    def nearest(self, one: Road, other: Road) -> Iterator[Found]:
        """Return where two roads that do not meet come nearest to each other."""
        line = shapely.shortest_line(one.lines, other.lines)
        gap_m = float(shapely.length(line))
        if gap_m > _NEAREST_M:
            return
        middle = shapely.line_interpolate_point(line, 0.5, normalized=True)
        score = (one.name.likeness + other.name.likeness) / 2 * _DO_NOT_MEET
        yield self._found(How.ROAD, middle, score, gap_m + 4 * _MEET_M, one, other)

    def along(
        self, roads: Sequence[Road], start: Found, metres: float, heading: Heading | None
    ) -> Iterator[Found]:
        """Return the places so far along a road from a place."""
        origin = shapely.Point(*self._there.transform(start.lon, start.lat))
        for one in roads:
            if shapely.distance(one.lines, origin) > _BESIDE_M:
                continue
            for point in _ways(one.lines, origin, metres):
                if heading is not None and not _is_ahead(origin, point, heading):
                    continue
                score = one.name.likeness * start.score
                within_m = _AROUND_M + 0.1 * metres + (start.within_m or 0.0)
                yield self._found(How.ALONG, point, score, within_m, one)

    def middles(self, roads: Sequence[Road]) -> Iterator[Found]:
        """Return somewhere on each road, for want of anything nearer."""
        for one in roads:
            line = _longest(one.lines)
            middle = shapely.line_interpolate_point(line, 0.5, normalized=True)
            far = shapely.hausdorff_distance(middle, one.lines)
            yield self._found(How.ROAD, middle, one.name.likeness, float(far), one)

    def numbers(self, names: Sequence[Name], branch: str, written: Written) -> Iterator[Found]:
        """Return where a house number should be that nobody has, by those beside it."""
        wanted = written.number if written.number is not None else written.bare
        best = names[0].likeness if names else 0.0
        for name in (name for name in names[:_TRIED] if name.likeness >= best - _AS_ALIKE):
            if wanted is not None and (found := self._number(name, branch, wanted)):
                yield found
                continue
            # Lanes begin at the house number they are called by.
            lane, _, rest = branch.rpartition("段")[2].partition("巷")
            if lane.isdigit() and (rest or "巷" in branch):
                before = branch[: len(branch) - len(f"{lane}巷{rest}")]
                if found := self._number(name, before, int(lane), lane_of=branch):
                    yield found

    def _number(
        self, name: Name, branch: str, wanted: int, lane_of: str | None = None
    ) -> Found | None:
        query = (
            select(_c.number, func.ST_X(_c.geom), func.ST_Y(_c.geom), _c.kind, _c.thing_id)
            .where(_c.name_id == name.id, _c.branch == branch, _c.number.is_not(None))
            .order_by(func.abs(_c.number - wanted))
            .limit(_NEIGHBOURS)
        )
        beside = self._db.execute(query).all()
        rows = np.array([row[:3] for row in beside], dtype=float).reshape(-1, 3)
        if self._area is not None and len(rows):
            inside = shapely.intersects_xy(self._area, rows[:, 1], rows[:, 2])
            rows = rows[inside]
        if not len(rows):
            return None
        numbers, xy = rows[:, 0].astype(int), self._metres(rows[:, 1:])
        if lane_of is None and wanted in numbers:
            # Somebody has it: found by its address.
            return None
        point, within_m = _between(numbers, xy, wanted)
        title = f"{name.name}{branch}{wanted}号"
        if lane_of is not None:
            title, within_m = f"{name.name}{lane_of}", within_m + _AT_LANE_M
        by = ((beside[0].kind, beside[0].thing_id),)
        lon, lat = (round(float(value), 7) for value in self._back.transform(*point))
        return Found(How.BETWEEN, lon, lat, name.likeness, within_m, title=title, spelt_by=by)

    def _metres(self, lonlat: Any) -> Any:  # noqa: ANN401 - (n, 2) arrays
        return np.column_stack(self._there.transform(lonlat[:, 0], lonlat[:, 1]))

    def _found(
        self,
        how: How,
        point: Any,  # noqa: ANN401 - shapely, metres
        score: float,
        within_m: float,
        *on: Road,
    ) -> Found:
        lon, lat = np.round(self._back.transform(point.x, point.y), 7)
        title = CROSSED.join(one.title for one in on)
        by = tuple(("road", one.id) for one in on)
        return Found(how, float(lon), float(lat), score, within_m, title=title, spelt_by=by)


def _meetings(one: Any, other: Any) -> list[Any]:  # noqa: ANN401 - shapely
    """Return the points where lines come together; of carriageways beside each other, one."""
    if shapely.distance(one, other) > _MEET_M:
        return []
    there = shapely.intersection(one, other)
    if there.is_empty:
        line = shapely.shortest_line(one, other)
        return [shapely.line_interpolate_point(line, 0.5, normalized=True)]
    points = shapely.get_coordinates(shapely.centroid(shapely.get_parts(there)))
    found = []
    while len(points):
        near = np.hypot(*(points - points[0]).T) <= _ONE_CROSSING_M
        found.append(shapely.Point(*points[near].mean(axis=0)))
        points = points[~near]
    return found


def _longest(lines: Any) -> Any:  # noqa: ANN401 - shapely
    parts = shapely.get_parts(shapely.line_merge(lines))
    return parts[np.argmax(shapely.length(parts))]


def _ways(lines: Any, origin: Any, metres: float) -> Iterator[Any]:  # noqa: ANN401 - shapely
    """Return the places so far along the merged line nearest to a place, both ways."""
    parts = shapely.get_parts(shapely.line_merge(lines))
    # Of carriageways beside each other the one that goes on farther.
    near = shapely.distance(parts, origin)
    on = parts[near <= near.min() + _MEET_M]
    ahead: list[Any] = []
    for part in on[np.argsort(-shapely.length(on))]:
        at = shapely.line_locate_point(part, origin)
        for there in (at - metres, at + metres):
            if -1.0 <= there <= shapely.length(part) + 1.0:
                point = shapely.line_interpolate_point(part, max(there, 0.0))
                if all(shapely.distance(point, other) > _ONE_CROSSING_M for other in ahead):
                    ahead.append(point)
    if not ahead:
        # The line was broken where it should go on: so far from the place as the crow flies.
        ring = shapely.intersection(lines, shapely.boundary(shapely.buffer(origin, metres)))
        ahead = [shapely.centroid(part) for part in shapely.get_parts(ring)]
    yield from ahead


def _is_ahead(origin: Any, point: Any, heading: Heading) -> bool:  # noqa: ANN401 - shapely
    east, north = float(point.x - origin.x), float(point.y - origin.y)
    return {
        Heading.EAST: east > 0,
        Heading.WEST: east < 0,
        Heading.NORTH: north > 0,
        Heading.SOUTH: north < 0,
    }[heading]


def _between(numbers: Any, xy: Any, wanted: int) -> tuple[Any, float]:  # noqa: ANN401 - arrays
    """Return the place of a number among known ones, and how far it may be off, in metres."""
    same = numbers % 2 == wanted % 2
    for mine in (same, np.ones(len(numbers), dtype=bool)):
        lower = np.flatnonzero(mine & (numbers <= wanted))
        upper = np.flatnonzero(mine & (numbers >= wanted))
        if len(lower) and len(upper):
            one = lower[np.argmax(numbers[lower])]
            two = upper[np.argmin(numbers[upper])]
            apart = numbers[two] - numbers[one]
            share = (wanted - numbers[one]) / apart if apart else 0.0
            gap_m = float(np.hypot(*(xy[two] - xy[one])))
            return xy[one] + (xy[two] - xy[one]) * share, gap_m / 2 + _AROUND_M
    nearest = int(np.argmin(np.abs(numbers - wanted)))
    return xy[nearest], abs(int(numbers[nearest]) - wanted) * _NUMBER_M + 2 * _AROUND_M
