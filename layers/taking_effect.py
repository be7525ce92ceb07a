"""A change of boundaries takes effect on all that lies there: rows, counts, tiles.

Only rows that lie in another unit afterwards are written, and only counts of units whose rows
change. Everything happens in the caller's transaction, under the lock that keeps placing out.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import shapely
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Double,
    Integer,
    any_,
    func,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy import cast as sql_cast

from gis import changes, news, versions
from gis.arrangement import from_grid
from gis.changes import Change
from gis.division.delta import Delta
from gis.division.rings import chain
from gis.locate import DOUBTFUL_DEGREES
from gis.news import News, Topic
from gis.raster_index import RasterIndex
from gis.tables import STORED_CRS, unit_version
from layers import catalog, counts, redrawn_tiles, rows, tree
from layers.columns import Array, Ints, fetch
from layers.counts import Shift
from layers.layer import Layer
from layers.rows import Rows

_c = unit_version.c
NOWHERE = -1


@dataclass(frozen=True)
class _Ground:
    """Who lies where after a change."""

    index: RasterIndex
    # Faces that begin, end or get another outline.
    redrawn: tuple[int, ...]
    # Faces beside them, and the border between the two: a point on it may change sides, because
    # of several units the one with the smallest number has it.
    beside: tuple[int, ...]
    border: shapely.Geometry
    # Units that end, and where their rows go that lie in no face.
    heirs: dict[int, int]
    # Units that stay themselves and lie in another unit now.
    moved: tuple[int, ...]


@dataclass(frozen=True)
class _Moves:
    """A layer's rows that count elsewhere after a change."""

    shift: Shift
    # Those that get another unit, and which.
    changed: Ints
    units: Ints


def take_effect(db: Connection, delta: Delta, *, at: dt.datetime, reason: str = "") -> Delta:
    """Make a change the boundaries of today.

    Parameters
    ----------
    db
        The transaction is the caller's: it holds the lock on the faces until it ends.
    delta
        What `gis.division` made of somebody's edits, or the reverse of a change.
    at
        The moment from which it is valid.
    reason
        Kept with the lineage.

    Returns
    -------
    Delta
        The change with the numbers its new units got; ``~`` of it takes it back.

    Raises
    ------
    BoundaryError
        If units have changed since the change was drawn, or it breaks a rule. Nothing was done.
    """
    change = changes.prepare(db, delta)
    ground = _ground(db, change)
    moves = [found for layer in catalog.COUNTED if (found := _moves(db, layer, ground)) is not None]
    shifts = [one.shift for one in moves]
    old_tree = tree.read(db, change.zoning_id, _units(one.before for one in shifts))
    touching = versions.beside(db, change)
    seen = {*change.units, *change.delta.old, *touching}
    drawn = redrawn_tiles.drawn(db, seen)
    versions.write(db, change, touching, at=at, reason=reason)
    for one in moves:
        _write_units(db, one)
    new_tree = tree.read(db, change.zoning_id, _units(one.after for one in shifts))
    counts.shift(db, shifts, old_tree, new_tree)
    redrawn_tiles.drop(db, change, drawn, redrawn_tiles.drawn(db, seen))
    news.tell(db, News(Topic.BOUNDARIES))
    return change.delta


def _ground(db: Connection, change: Change) -> _Ground:
    delta = change.delta
    redrawn = tuple(sorted(delta.redrawn))
    border = _border(delta)
    near = shapely.to_wkb(border)
    line = func.ST_SetSRID(func.ST_GeomFromWKB(near), STORED_CRS)
    beside = {}
    if not border.is_empty:
        query = select(_c.unit_id, func.ST_AsBinary(_c.geom)).where(
            _c.zoning_id == change.zoning_id,
            _c.is_face,
            func.upper_inf(_c.valid),
            _c.geom.bool_op("&&")(line),
            func.ST_Intersects(_c.geom, line),
        )
        beside = {n: shapely.from_wkb(bytes(wkb)) for n, wkb in db.execute(query)}
    beside = {n: geom for n, geom in beside.items() if n not in redrawn}
    faces = beside | {
        n: change.shapes[n] for n in redrawn if n in delta.new and delta.new[n].rings is not None
    }
    return _Ground(
        RasterIndex(_objects(list(faces.values())), list(faces)),
        redrawn,
        tuple(beside),
        border,
        _heirs(delta),
        tuple(_below(db, sorted(change.moved))),
    )


def _border(delta: Delta) -> shapely.Geometry:
    """Return the edges around all that is redrawn, in degrees."""
    faces = [delta.old[n].rings for n in sorted(delta.redrawn & delta.old.keys())]
    edges = sorted(chain(rings for rings in faces if rings))
    lines = shapely.multilinestrings(shapely.linestrings(np.array(edges, float).reshape(-1, 2, 2)))
    return from_grid(np.array([lines], dtype=object))[0]


def _heirs(delta: Delta) -> dict[int, int]:
    """Return for each unit that ends the one that gets rows known to it only."""
    heirs = {}
    for number in sorted(delta.old.keys() - delta.new.keys()):
        above = delta.old[number].parent
        children = [n for n in delta.old if delta.old[n].parent == number and n in delta.new]
        if children:
            above = delta.new[min(children)].parent
        if above is not None:
            heirs[number] = above
    return {n: heirs.get(heir, heir) for n, heir in heirs.items()}


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


def _moves(db: Connection, layer: Layer, ground: _Ground) -> _Moves | None:
    """Return the rows of a layer that count elsewhere after the change, if there are any."""
    c = layer.table.c
    point = c[layer.point]
    line = func.ST_SetSRID(func.ST_GeomFromWKB(shapely.to_wkb(ground.border)), STORED_CRS)
    own = sorted({*ground.redrawn, *ground.heirs, *ground.moved})
    lies_here: ColumnElement[bool] = c.unit_id == any_(own)  # type: ignore[arg-type]
    if ground.beside:
        on_border = func.ST_DWithin(point, line, literal(DOUBTFUL_DEGREES))
        lies_here = or_(
            lies_here,
            (c.unit_id == any_(list(ground.beside))) & point.bool_op("&&")(line) & on_border,  # type: ignore[arg-type]
        )
    found = fetch(
        db,
        select(
            c.id.label("id"),
            c.unit_id.label("unit"),
            func.ST_X(point, type_=Double).label("x"),
            func.ST_Y(point, type_=Double).label("y"),
        ).where(lies_here),
    )
    was = found["unit"].astype(np.int64)
    now = _now(was, np.column_stack([found["x"], found["y"]]), ground)
    changed = now != was
    counted = changed | np.isin(was, ground.moved)
    if not counted.any():
        return None
    ids = found["id"].astype(np.int64)
    before = rows.read(db, layer, ids[counted])
    order = np.argsort(ids)
    places = order[np.searchsorted(ids[order], before.ids)]
    after = replace(before, unit_ids=now[places])
    return _Moves(Shift(layer, before, after), ids[changed], now[changed])


def _now(was: Ints, points: Array, ground: _Ground) -> Ints:
    """Return the unit of each row after the change."""
    now = was.copy()
    for unit, heir in ground.heirs.items():
        now[was == unit] = heir
    placed = np.isin(was, [*ground.redrawn, *ground.beside])
    there = ground.index.locate(points[placed]).astype(np.int64)
    now[placed] = np.where(there == NOWHERE, now[placed], there)
    return now


def _units(some: Iterable[Rows]) -> list[int]:
    listed = [one.unit_ids for one in some]
    units: list[int] = np.unique(np.concatenate(listed)).tolist() if listed else []
    return [n for n in units if n != rows.NO_UNIT]


def _write_units(db: Connection, one: _Moves) -> None:
    if not len(one.changed):
        return
    listed = [sql_cast(values.tolist(), ARRAY(Integer)) for values in (one.changed, one.units)]
    given = func.unnest(*listed).table_valued("id", "unit", name="given").render_derived()
    table = one.shift.layer.table
    db.execute(update(table).where(table.c.id == given.c.id).values(unit_id=given.c.unit))


def _objects(values: list[shapely.Geometry]) -> Array:
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result
