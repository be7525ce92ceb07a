"""Where rows lie after a change of boundaries: the one rule for its effect and for its forecast."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import shapely
from sqlalchemy import (
    ARRAY,
    Connection,
    Double,
    Integer,
    LargeBinary,
    Select,
    any_,
    bindparam,
    func,
    literal,
    or_,
    select,
)

from gis import changes
from gis.arrangement import from_grid
from gis.division import stored
from gis.division.delta import Delta
from gis.division.rings import chain
from gis.locate import DOUBTFUL_DEGREES
from gis.raster_index import RasterIndex
from gis.tables import STORED_CRS, unit_version
from layers.columns import Array, Ints, fetch
from layers.layer import Layer

_c = unit_version.c
NOWHERE = -1


@dataclass(frozen=True)
class Ground:
    """Who lies where after a change."""

    index: RasterIndex
    # Faces that begin, end or get another outline.
    redrawn: tuple[int, ...]
    # Faces beside them, and the border between the two: a point on it may change sides, because
    # of several units the one with the smallest number has it.
    beside: tuple[int, ...]
    border: shapely.Geometry
    # Units that end, and where their rows go that lie in no face.
    heirs: Mapping[int, int]
    # Units that stay themselves and lie in another unit now, and all in them.
    moved: tuple[int, ...]


@dataclass(frozen=True)
class Places:
    """Rows of a layer that may lie elsewhere after a change; arrays of one length."""

    ids: Ints
    # (n, 2): longitude, latitude.
    points: Array
    # Their units before and after it.
    was: Ints
    now: Ints


def ground(
    db: Connection,
    zoning_id: int,
    delta: Delta,
    shapes_4326: Mapping[int, shapely.Geometry] | None = None,
) -> Ground:
    """Return who will lie where after a change.

    Parameters
    ----------
    delta
        Without negative numbers: a new unit's is greater than those of all that are there.
    shapes_4326
        Outlines of faces that are known already.
    """
    redrawn = tuple(sorted(delta.redrawn))
    border = _border(delta)
    near = shapely.to_wkb(border)
    line = func.ST_SetSRID(func.ST_GeomFromWKB(near), STORED_CRS)
    beside = {}
    if not border.is_empty:
        query = select(_c.unit_id, func.ST_AsBinary(_c.geom)).where(
            _c.zoning_id == zoning_id,
            _c.is_face,
            func.upper_inf(_c.valid),
            _c.geom.bool_op("&&")(line),
            func.ST_Intersects(_c.geom, line),
        )
        beside = {n: shapely.from_wkb(bytes(wkb)) for n, wkb in db.execute(query)}
    beside = {n: geom for n, geom in beside.items() if n not in redrawn}
    drawn = {n: delta.new[n].rings for n in redrawn if n in delta.new}
    areas = {n: rings for n, rings in drawn.items() if rings is not None}
    known = shapes_4326 or {}
    # Never known: a unit that becomes a face within the outline that it had.
    lacking = {n: rings for n, rings in areas.items() if n not in known}
    shapes = {**known, **stored.shapes_4326(lacking)}
    faces = beside | {n: shapes[n] for n in areas}
    return Ground(
        RasterIndex(_objects(list(faces.values())), list(faces)),
        redrawn,
        tuple(beside),
        border,
        changes.heirs(delta),
        tuple(_below(db, sorted(delta.moved))),
    )


def places(db: Connection, layer: Layer, ground: Ground) -> Places:
    """Return the rows of a layer that may lie elsewhere after a change, those of moved units too.

    Under the row policy: of persons, those of the viewer's own units.
    """
    found = fetch(
        db,
        _lying(layer),
        {
            "own": sorted({*ground.redrawn, *ground.heirs, *ground.moved}),
            "beside": list(ground.beside),
            "border": shapely.to_wkb(ground.border),
        },
    )
    was = found["unit"].astype(np.int64)
    points = np.column_stack([found["x"], found["y"]])
    return Places(found["id"].astype(np.int64), points, was, unit_after(was, points, ground))


@cache
def _lying(layer: Layer) -> Select[Any]:
    """Return the query of a layer's rows in some units, and of those beside on a border."""
    c = layer.table.c
    point = c[layer.point]
    own, beside = (bindparam(name, type_=ARRAY(Integer)) for name in ("own", "beside"))
    border = bindparam("border", type_=LargeBinary)
    line = func.ST_SetSRID(func.ST_GeomFromWKB(border), STORED_CRS)
    on_border = func.ST_DWithin(point, line, literal(DOUBTFUL_DEGREES))
    return select(
        c.id.label("id"),
        c.unit_id.label("unit"),
        func.ST_X(point, type_=Double).label("x"),
        func.ST_Y(point, type_=Double).label("y"),
    ).where(
        or_(
            c.unit_id == any_(own),
            (c.unit_id == any_(beside)) & point.bool_op("&&")(line) & on_border,
        )
    )


def unit_after(was: Ints, points: Array, ground: Ground) -> Ints:
    """Return the unit of each row after the change."""
    now = was.copy()
    for unit, heir in ground.heirs.items():
        now[was == unit] = heir
    placed = np.isin(was, [*ground.redrawn, *ground.beside])
    there = ground.index.locate(points[placed]).astype(np.int64)
    now[placed] = np.where(there == NOWHERE, now[placed], there)
    return now


def _border(delta: Delta) -> shapely.Geometry:
    """Return the edges around all that is redrawn, in degrees."""
    faces = [delta.old[n].rings for n in sorted(delta.redrawn & delta.old.keys())]
    edges = sorted(chain(rings for rings in faces if rings))
    lines = shapely.multilinestrings(shapely.linestrings(np.array(edges, float).reshape(-1, 2, 2)))
    return from_grid(np.array([lines], dtype=object))[0]


def _below(db: Connection, numbers: list[int]) -> list[int]:
    """Return units and all that lie in them today."""
    if not numbers:
        return []
    top = unit_version.alias("top")
    query = (
        select(_c.unit_id)
        .join(top, (top.c.zoning_id == _c.zoning_id) & _c.lft.between(top.c.lft, top.c.rgt))
        .where(top.c.unit_id == any_(numbers), func.upper_inf(top.c.valid))  # type: ignore[arg-type]
        .where(func.upper_inf(_c.valid))
        .distinct()
    )
    return list(db.scalars(query))


def _objects(values: list[shapely.Geometry]) -> Array:
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result
