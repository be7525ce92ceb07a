"""Rows that come to lie in other faces while a border moves: only they are looked at.

The rows of a face are read when it is first touched, and kept; a further position of the border
costs what changes place between it and the last one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import Connection, Double, Integer, Select, any_, case, func, literal, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.types import BigInteger

from gis.access.views import care_place, seen_incident
from gis.division.delta import Delta
from gis.division.division import Division
from gis.division.rings import Edge, Rings, edges, shape
from gis.tables import building, household, people
from layers.columns import Array, fetch
from layers.measures import counted_rows
from layers.release_places import HOMES

Vector: TypeAlias = npt.NDArray[np.float64]
# What a row may add to. HOME_AREA is no number that is shown: see `layers.impact`.
HOUSEHOLDS, BUILDINGS, FLOOR_AREA, PEOPLE, PEOPLE_60, CARE, OPEN, HOME_AREA, CHOSEN = range(9)
WIDTH = 9
SIXTY = 12
STEP = 1e-7


def nothing() -> Vector:
    """Return a vector of zeros."""
    return np.zeros(WIDTH)


@dataclass
class _Face:
    """The places of a face of today where rows lie, each with what its rows add up to."""

    # Longitudes and latitudes, one row a place.
    xy: Vector
    adds: Vector
    # Rows known to the unit, whose place is elsewhere.
    is_astray: npt.NDArray[np.bool_]
    # The face each place lies in now.
    now: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Shifted:
    """What lies in other faces than today, by today's face and the one now."""

    pairs: Mapping[tuple[int, int], Vector]


class Moving:
    """The rows of a division's faces, as one viewer sees them.

    Parameters
    ----------
    measure
        A measure's name that is counted beside the fixed columns.
    """

    def __init__(self, measure: str | None = None) -> None:
        self._measure = measure
        self._faces: dict[int, _Face] = {}
        # Today's faces that have places in a face of now.
        self._homes: dict[int, set[int]] = {}
        self._pairs: dict[tuple[int, int], Vector] = {}
        self._total = Delta()

    def whole(self, face: int) -> Vector:
        """Return what all rows of a face of today add up to, if they were read."""
        found = self._faces.get(face)
        return found.adds.sum(axis=0) if found is not None else nothing()

    def load(self, db: Connection, faces: Iterable[int], area: Callable[[int], Rings]) -> None:
        """Read the rows of faces of today that were not read yet."""
        lacking = sorted(n for n in set(faces) if n > 0 and n not in self._faces)
        if lacking:
            for number, face in _read(db, lacking, self._measure):
                face.is_astray = ~_holds(area(number), face.xy)
                self._faces[number] = face
                self._homes.setdefault(number, set()).add(number)

    def at(self, db: Connection, division: Division, total: Delta, *, is_kept: bool) -> Shifted:
        """Return which rows lie elsewhere than today when a change is made.

        Parameters
        ----------
        division
            After the change.
        total
            From today on.
        is_kept
            Whether the change stands, so that the next one is counted from there.
        """
        step = ~self._total + total
        pairs = dict(self._pairs)
        moves = list(self._moves(db, division, step, total)) if step.redrawn else []
        for home, places, to in moves:
            face = self._faces[home]
            _shift(pairs, home, face.now[places], -face.adds[places])
            _shift(pairs, home, to, face.adds[places])
        if is_kept:
            self._keep(moves, total, pairs)
        return Shifted(pairs)

    def _keep(
        self, moves: list[tuple[int, Array, Array]], total: Delta, pairs: dict[Any, Vector]
    ) -> None:
        self._total = total
        self._pairs = pairs
        for home, places, to in moves:
            self._faces[home].now[places] = to
            for number in np.unique(to).tolist():
                self._homes.setdefault(number, set()).add(home)

    def _moves(
        self, db: Connection, division: Division, step: Delta, total: Delta
    ) -> Iterator[tuple[int, Array, Array]]:
        """Yield for each face of today which of its places go to which faces by a step."""
        changed = _changed(step)
        if not changed:
            return
        left = {n for n in step.redrawn if n in step.old}
        corners = {vertex for edge in changed for vertex in edge}
        beside = {n for vertex in corners for n in division.faces_at(vertex)} - step.redrawn
        touched = left | beside

        def area(number: int) -> Rings:
            today = total.old.get(number) or division.unit(number)
            return today.rings or ()

        self.load(db, touched, area)
        box = np.array(list(corners), float) * STEP
        low, high = box.min(axis=0) - STEP, box.max(axis=0) + STEP
        there = {n: step.new[n].rings for n in step.redrawn if n in step.new}
        there |= {n: division.face(n) for n in beside}
        areas = [(n, rings) for n, rings in sorted(there.items(), key=_order) if rings]
        tested = [(n, _area(rings)) for n, rings in areas]
        for home in sorted({home for n in touched for home in self._homes.get(n, ())}):
            face = self._faces[home]
            is_near = ((face.xy >= low) & (face.xy <= high)).all(axis=1)
            is_near |= face.is_astray & np.isin(face.now, list(left))
            places = np.flatnonzero(is_near & np.isin(face.now, list(touched)))
            if len(places):
                to = _located(face.xy[places], tested, face.now[places])
                is_moved = to != face.now[places]
                if is_moved.any():
                    yield home, places[is_moved], to[is_moved]


def _order(pair: tuple[int, object]) -> tuple[bool, int]:
    """Return the order of the numbers that faces will have: new ones come last, -1 first."""
    return pair[0] < 0, abs(pair[0])


def _changed(step: Delta) -> set[Edge]:
    """Return the edges of redrawn faces that are not before and after the change."""
    found: set[Edge] = set()
    for number in step.redrawn:
        one, other = (units.get(number) for units in (step.old, step.new))
        was = set(edges(one.rings)) if one is not None and one.rings else set()
        now = set(edges(other.rings)) if other is not None and other.rings else set()
        found |= was ^ now
    return found


def _area(rings: Rings) -> shapely.Geometry:
    area = shapely.transform(shape(rings), lambda xy: xy / 1e7)
    shapely.prepare(area)
    return area


def _located(
    xy: Vector, areas: list[tuple[int, shapely.Geometry]], now: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the first area that holds each place; the one it is in where none does."""
    to = now.copy()
    waiting = np.arange(len(xy))
    for number, area in areas:
        if not len(waiting):
            break
        inside = shapely.intersects_xy(area, xy[waiting, 0], xy[waiting, 1])
        to[waiting[inside]] = number
        waiting = waiting[~inside]
    return to


def _holds(rings: Rings, xy: Vector) -> npt.NDArray[np.bool_]:
    if not rings:
        return np.zeros(len(xy), bool)
    found: npt.NDArray[np.bool_] = shapely.intersects_xy(_area(rings), xy[:, 0], xy[:, 1])
    return found


def _shift(
    pairs: dict[tuple[int, int], Vector], home: int, faces: npt.NDArray[np.int64], adds: Vector
) -> None:
    for number in np.unique(faces).tolist():
        if number != home:
            before = pairs.get((home, number), nothing())
            after = before + adds[faces == number].sum(axis=0)
            pairs[home, number] = after
            if not after.any():
                del pairs[home, number]


def _read(db: Connection, faces: list[int], measure: str | None) -> Iterator[tuple[int, _Face]]:
    """Read what lies in faces, in one question."""
    parts = list(_parts(faces, measure))
    found = fetch(db, parts[0].union_all(*parts[1:]).subquery("lying").select())
    # Many live at one door: they are looked at as one place.
    order = np.lexsort([found["y"], found["x"], found["unit"]])
    columns = {name: values[order] for name, values in found.items()}
    key = np.column_stack([columns["unit"], columns["x"], columns["y"]])
    is_first = np.ones(len(key), bool)
    is_first[1:] = (key[1:] != key[:-1]).any(axis=1)
    place = np.cumsum(is_first) - 1
    count = int(is_first.sum())
    adds = np.zeros((count, WIDTH))
    for part, targets in _TARGETS.items():
        mine = columns["part"] == part
        for name, target in targets.items():
            adds[:, target] += np.bincount(place[mine], columns[name][mine], count)
    unit = columns["unit"][is_first].astype(np.int64)
    xy = key[is_first, 1:].astype(np.float64)
    for number in faces:
        mine = unit == number
        now = np.full(int(mine.sum()), number, np.int64)
        yield number, _Face(xy[mine], adds[mine], np.zeros(len(now), bool), now)


_HOMES, _STANDING, _LIVING, _IN_CARE, _HAPPENING, _ASKED = range(6)
_TARGETS = {
    _HOMES: {"one": HOUSEHOLDS},
    _STANDING: {"one": BUILDINGS, "two": FLOOR_AREA, "three": HOME_AREA},
    _LIVING: {"one": PEOPLE, "two": PEOPLE_60},
    _IN_CARE: {"one": CARE},
    _HAPPENING: {"one": OPEN},
    _ASKED: {"one": CHOSEN},
}


def _parts(faces: list[int], measure: str | None) -> Iterator[Select[Any]]:
    h, b, p, c, i = household.c, building.c, people.c, care_place.c, seen_incident.c
    one = literal(1)
    homes = case((b.use.in_(HOMES), b.floor_area_m2), else_=0)
    old = case((p.age_band >= SIXTY, p.count), else_=0)
    yield _part(_HOMES, faces, h.unit_id, h.geom, h.count)
    yield _part(_STANDING, faces, b.unit_id, b.centre, one, b.floor_area_m2, homes)
    yield _part(_LIVING, faces, p.unit_id, p.geom, p.count, old)
    yield _part(_IN_CARE, faces, c.unit_id, c.geom, c.count)
    yield _part(_HAPPENING, faces, i.unit_id, i.geom, one).where(i.stage != "closed")
    if measure:
        rows = counted_rows(measure)
        asked = _part(_ASKED, faces, rows.unit_id, rows.point, rows.weight)
        yield asked.where(rows.condition)


def _part(kind: int, faces: list[int], unit: Any, point: Any, *adds: Any) -> Select[Any]:  # noqa: ANN401 - columns
    one, two, three = (*adds, literal(0), literal(0))[:3]
    return select(
        sql_cast(literal(kind), Integer).label("part"),
        sql_cast(unit, Integer).label("unit"),
        func.ST_X(point, type_=Double).label("x"),
        func.ST_Y(point, type_=Double).label("y"),
        sql_cast(one, BigInteger).label("one"),
        sql_cast(two, BigInteger).label("two"),
        sql_cast(three, BigInteger).label("three"),
    ).where(unit == any_(faces))  # type: ignore[arg-type]
