"""What changes hands by a change of boundaries, told before it takes effect: ground and rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import shapely
from sqlalchemy import Connection, any_, func, select

from gis import places
from gis.division import stored
from gis.division.delta import Delta, Unit
from gis.division.rings import shape
from gis.errors import BoundaryError
from gis.ruler import Ruler
from gis.tables import unit as unit_table
from gis.tables import unit_version
from layers.columns import Array, Ints
from layers.ground import Ground, Places, ground
from layers.ground import places as places_of
from layers.layer import Layer

_c = unit_version.c
# Drafts number new units down from -1. While it is asked who lies where they come last, in the
# order they will have in truth.
_FIRST_DRAFT = 2_000_000_000
# Pieces smaller than this are the rounding of a line to the grid.
_LEAST_M2 = 0.01

Way: TypeAlias = tuple[int, int]
"""From which unit to which: the finest ones a row is known to lie in, before and after."""


@dataclass(frozen=True)
class Step:
    """Two units of one level that something goes from and to."""

    level: int
    giver: int
    taker: int


@dataclass(frozen=True)
class Piece:
    """Ground that changes hands."""

    way: Way
    shape_4326: shapely.Geometry
    area_m2: float


@dataclass(frozen=True)
class Rows:
    """The rows of a layer that change hands; arrays of one length."""

    ids: Ints
    # Index into ``ways`` of each row.
    at: Ints
    ways: tuple[Way, ...]

    def of(self, way: Way) -> Ints:
        """Return the numbers of the rows that go one way."""
        return self.ids[self.at == self.ways.index(way)] if way in self.ways else self.ids[:0]


@dataclass(frozen=True)
class HandedOver:
    """A change of boundaries and who lies where by it; new units have negative numbers."""

    delta: Delta
    zoning_id: int
    # Every unit concerned and all they lie in, as they are and as they become; without areas.
    before: Mapping[int, Unit]
    after: Mapping[int, Unit]
    pieces: tuple[Piece, ...]
    _ground: Ground
    _drafts: Mapping[int, int]

    @cached_property
    def _steps(self) -> dict[Way, tuple[Step, ...]]:
        return {}

    def steps(self, way: Way) -> tuple[Step, ...]:
        """Return what changes on the way, level by level, widest first."""
        known = self._steps.get(way)
        if known is None:
            known = self._steps[way] = tuple(self._found(way))
        return known

    def _found(self, way: Way) -> Iterable[Step]:
        givers, takers = _chain(self.before, way[0]), _chain(self.after, way[1])
        for level in sorted({*givers, *takers}):
            giver, taker = _at(givers, level), _at(takers, level)
            if giver != taker:
                yield Step(level, giver, taker)

    def rows(self, db: Connection, layer: Layer) -> Rows:
        """Return the rows of a layer that change hands, of those the viewer sees."""
        found = places_of(db, layer, self._ground)
        return self._changing(found)

    def _changing(self, found: Places) -> Rows:
        pairs, at = np.unique(
            np.column_stack([found.was, found.now]), axis=0, return_inverse=True
        )  # fmt: skip
        ways = tuple((int(was), self._drafts.get(int(now), int(now))) for was, now in pairs)
        changes = np.array([bool(self.steps(way)) for way in ways], dtype=bool)
        kept = changes[at.ravel()] if len(ways) else np.zeros(0, dtype=bool)
        return Rows(found.ids[kept], at.ravel()[kept], ways)

    @cached_property
    def ways(self) -> Mapping[Way, shapely.Geometry | None]:
        """All ways that rows can go; the ground where only a part of a unit's rows do.

        Without those of rows that lie on an edge exactly.
        """
        found: dict[Way, shapely.Geometry | None] = {}
        for piece in self.pieces:
            is_part = piece.way[0] in self._ground.redrawn
            found[piece.way] = piece.shape_4326 if is_part else None
        loose = {**{n: n for n in self._ground.moved}, **self._ground.heirs}
        for was, now in loose.items():
            way = was, self._drafts.get(now, now)
            if was not in self._ground.redrawn and self.steps(way):
                found.setdefault(way)
        return found

    def is_whole(self, way: Way) -> bool:
        """Return whether all of a face goes this way."""
        return (
            way in self.ways
            and self.ways[way] is None
            and any(piece.way == way for piece in self.pieces)
        )


def handed_over(db: Connection, delta: Delta) -> HandedOver:
    """Work out what changes hands by a change of today's units. Nothing is locked or written.

    Raises
    ------
    BoundaryError
        If the units are not any more what the change began with.
    """
    city = places.city_of(db)
    drafts = {n: _FIRST_DRAFT - n for n in delta.new if n < 0}
    numbered = delta.renumbered(drafts)
    today = stored.units(db, delta.old)
    stale = sorted(unit.code for n, unit in delta.old.items() if today.get(n) != unit)
    if stale:
        raise BoundaryError(
            f"Changed by others meanwhile: {', '.join(stale[:5])}. Begin again from today's units.",
            key="error.changed_meanwhile", units=", ".join(stale[:5]),
        )  # fmt: skip
    zoning_id = _zoning(db, delta)
    found = ground(db, zoning_id, numbered)
    before, after = _trees(db, delta, (*found.moved, *found.beside))
    names = {number: draft for draft, number in drafts.items()}
    ruler = Ruler(city.metric_crs, 0)
    unmeasured = HandedOver(delta, zoning_id, before, after, (), found, names)
    pieces = [
        piece
        for piece in (*_cut(delta, ruler), *_whole(db, found))
        if unmeasured.steps(piece.way)
    ]  # fmt: skip
    return HandedOver(delta, zoning_id, before, after, tuple(pieces), found, names)


def _cut(delta: Delta, ruler: Ruler) -> list[Piece]:
    """Return what each redrawn face gives to each."""
    olds = {
        n: shape(r) for n in sorted(delta.redrawn & delta.old.keys()) if (r := delta.old[n].rings)
    }
    news = {
        n: shape(r) for n in sorted(delta.redrawn & delta.new.keys()) if (r := delta.new[n].rings)
    }
    if not olds or not news:
        return []
    givers, takers = list(olds), list(news)
    one, other = shapely.STRtree(list(olds.values())).query(list(news.values()))[::-1]
    shapes = shapely.intersection(_objects(olds)[one], _objects(news)[other])
    areas_m2 = ruler.area_m2(shapes)
    pieces = []
    for k in np.lexsort([other, one]).tolist():
        if areas_m2[k] > _LEAST_M2:
            way = givers[one[k]], takers[other[k]]
            pieces.append(Piece(way, _degrees(shapes[k]), float(areas_m2[k])))
    return pieces


def _whole(db: Connection, found: Ground) -> list[Piece]:
    """Return the faces that go to another unit as they are."""
    numbers = sorted({*found.moved} - {*found.redrawn})
    if not numbers:
        return []
    query = (
        select(_c.unit_id, func.ST_AsBinary(_c.geom), _c.area_m2)
        .where(_c.unit_id == any_(numbers), func.upper_inf(_c.valid), _c.is_face)  # type: ignore[arg-type]
        .order_by(_c.unit_id)
    )
    return [
        Piece((n, n), shapely.from_wkb(bytes(wkb)), area or 0.0)
        for n, wkb, area in db.execute(query)
    ]


def _degrees(on_grid: shapely.Geometry) -> shapely.Geometry:
    polygons = [part for part in shapely.get_parts(on_grid) if part.geom_type == "Polygon"]
    return shapely.transform(shapely.MultiPolygon(polygons), lambda xy: xy / 1e7)


def _zoning(db: Connection, delta: Delta) -> int:
    named = {u.parent for u in (*delta.old.values(), *delta.new.values()) if u.parent is not None}
    known = sorted(n for n in {*delta.old, *named} if n > 0)
    query = select(unit_table.c.zoning_id).where(unit_table.c.id == any_(known)).distinct()  # type: ignore[arg-type]
    zonings = list(db.scalars(query))
    if len(zonings) != 1:
        raise BoundaryError("A change must name units of one zoning.")
    return int(zonings[0])


def _trees(
    db: Connection, delta: Delta, others: Iterable[int]
) -> tuple[dict[int, Unit], dict[int, Unit]]:
    """Return the units concerned and all they lie in, before and after."""
    before: dict[int, Unit] = {}
    wanted = {n for n in {*delta.units, *others} if n > 0}
    wanted |= {u.parent for u in delta.new.values() if u.parent is not None and u.parent > 0}
    while lacking := wanted - before.keys():
        query = select(_c.unit_id, _c.level, _c.parent_id, _c.code, _c.names, _c.kind).where(
            _c.unit_id == any_(sorted(lacking)),  # type: ignore[arg-type]
            func.upper_inf(_c.valid),
        )
        read = {row[0]: Unit(*row[1:]) for row in db.execute(query)}
        before |= read
        wanted = {u.parent for u in read.values() if u.parent is not None}
    stay = {n: unit for n, unit in before.items() if n not in delta.old}
    return before, {**stay, **delta.new}


def _chain(units: Mapping[int, Unit], number: int) -> dict[int, int]:
    """Return a unit and all it lies in, by level."""
    found: dict[int, int] = {}
    here: int | None = number
    while here is not None:
        unit = units[here]
        found[unit.level] = here
        here = unit.parent
    return found


def _at(chain: Mapping[int, int], level: int) -> int:
    """Return the unit of a level, or where there is none the nearest above it."""
    return chain[max(each for each in chain if each <= level)]


def _objects(shapes: Mapping[int, shapely.Geometry]) -> Array:
    result = np.empty(len(shapes), dtype=object)
    result[:] = list(shapes.values())
    return result
