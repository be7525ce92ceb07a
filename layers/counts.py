"""Stored counts, kept right: recount a layer whole, or add what a change made of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from sqlalchemy import Connection, Delete, Table, bindparam, delete, func, select
from sqlalchemy.dialects.postgresql import ARRAY, Insert, insert

from gis import bulk, places
from gis.city import City
from gis.comparison import Report
from gis.tables import (
    cell_count,
    h3_count,
    layer_state,
    outside_count,
    unit_count,
    unit_series,
    unit_version,
    zoning,
)
from layers import measures, rows, tree
from layers.columns import Array, Ints
from layers.layer import Layer
from layers.rows import NO_UNIT, Rows
from layers.tally import Columns, Tally, tally, tally_units
from layers.tree import Tree

TABLES = (outside_count, unit_count, unit_series, cell_count, h3_count)
MONTHS_KEPT = 36
# From so many rows on, making the indexes anew is cheaper than growing them.
_MANY = 200_000
# From so many units on, reading the whole tree is cheaper than looking for what is above.
_MANY_UNITS = 1_000


def rebuild(db: Connection, *layers: Layer, report: Report | None = None) -> None:
    """Recount layers from their rows, for all that is stored, replacing what was there.

    For whole loads, by the owner of the schema: others wait meanwhile. Several layers at once are
    faster than one after the other, because large tables' indexes are then made once.
    `layer_state` is to be written before: a stock's snapshots end at its `as_of`.
    """
    trees = _trees(db)
    results: list[Tally] = []
    old: list[int] = []
    for done, layer in enumerate(layers):
        if report:
            report("counting", done, len(layers))
        found = rows.read(db, layer)
        defined = _define(db, layer, found)
        ids = {name: m.id for name, m in defined.items()}
        old += ids.values()
        results.append(tally(layer, found, trees, ids, snapshot_days(db, layer)))
    for table in TABLES:
        db.execute(delete(table).where(table.c.measure_id.in_(old)))
    pieces = {t.name: [p for r in results for p in getattr(r, t.name)] for t in TABLES}
    large = [t for t in TABLES if sum(len(p["n"]) for p in pieces[t.name]) > _MANY]
    with bulk.indexes_dropped(db, *large):
        for table in TABLES:
            _copy(db, table, pieces[table.name])
    if report:
        report("counting", len(layers), len(layers))


def add(db: Connection, layer: Layer, before: Rows, after: Rows) -> None:
    """Take what a change made of some rows into the stored counts.

    To be called last in the transaction, after `layer_state` is written: rows of counts are
    locked in the order of their units, so that writers wait for each other briefly and never in
    a circle.

    Parameters
    ----------
    before
        `rows.read(db, layer, ids)` before the change.
    after
        The same with the same ids after it.
    """
    added(db, layer, after - before)


def added(db: Connection, layer: Layer, change: Rows) -> None:
    """Take rows that are new, or a change of rows (``after - before``), into the stored counts.

    To be called last in the transaction, as `add` is.
    """
    ids = {name: m.id for name, m in _define(db, layer, change).items()}
    snapshots = snapshot_days(db, layer)
    # Also when no row changed: the layer may be true as of a later day.
    is_stale = not layer.time and _is_stale(db, ids[layer.id], snapshots)
    result = tally(layer, change, _trees(db, change), ids, snapshots) if len(change) else Tally()
    for table in TABLES:
        if table is unit_series and is_stale:
            _rewrite_series(db, layer, ids, snapshots)
        else:
            _upsert(db, table, getattr(result, table.name))


@dataclass(frozen=True)
class Shift:
    """A layer's rows that stay where they are, in units that changed around them."""

    layer: Layer
    before: Rows
    # The same rows in the same order.
    after: Rows


def shift(
    db: Connection, shifts: Sequence[Shift], old: Tree, new: Tree, *, city: City | None = None
) -> None:
    """Take into the stored counts that rows lie in other units of the main zoning now.

    To be called last in the transaction, as `add` is. Points do not move, so no cell changes.

    Parameters
    ----------
    old, new
        The main zoning's units then and now: at least those that the rows lie in, and all above.
    """
    pieces: dict[str, list[Columns]] = {table.name: [] for table in TABLES}
    for one in shifts:
        ids = {name: m.id for name, m in _define(db, one.layer, one.before).items()}
        snapshots = snapshot_days(db, one.layer, city)
        weights = {weight: -n for weight, n in one.before.weights.items()}
        away = replace(one.before, weights=weights)
        for moved, units in ((away, old), (one.after, new)):
            result = tally_units(one.layer, moved, [units], ids, snapshots)
            for table in TABLES:
                pieces[table.name] += getattr(result, table.name)
    for table in TABLES:
        _upsert(db, table, _summed(table, pieces[table.name]))


def _summed(table: Table, pieces: Sequence[Columns]) -> list[Columns]:
    """Return pieces with what goes to one row added up, and nothing that comes to nothing."""
    found = _together(table, pieces)
    if not len(found["n"]):
        return []
    key = [column.name for column in table.primary_key]
    # Pieces come in the order of the key, so equal ones stand next to each other.
    is_first = np.ones(len(found["n"]), bool)
    is_first[1:] = np.any([found[name][1:] != found[name][:-1] for name in key], axis=0)
    starts = np.flatnonzero(is_first)
    n = np.add.reduceat(found["n"].astype(np.int64), starts)
    kept = starts[n != 0]
    return [{**{name: found[name][kept] for name in key}, "n": n[n != 0]}]


def _define(db: Connection, layer: Layer, found: Rows) -> dict[str, measures.Measure]:
    return measures.define(db, layer, {d: part.keys for d, part in found.parts.items()})


def _trees(db: Connection, change: Rows | None = None) -> list[Tree]:
    """Return the zonings' trees, the main one first; of a small change what it touches."""
    main = db.scalars(select(zoning.c.id).where(zoning.c.is_main)).one()
    touched: dict[int, Array] = {}
    if change is not None:
        touched = {main: change.unit_ids, **change.others}
    return [
        tree.read(db, number, _few(touched.get(number)))
        for number in (main, *rows.further_zonings(db))
    ]


def _few(unit_ids: Array | None) -> list[int] | None:
    if unit_ids is None:
        return None
    units: list[int] = np.setdiff1d(unit_ids, [NO_UNIT]).tolist()
    return units if len(units) < _MANY_UNITS else None


def snapshot_days(db: Connection, layer: Layer, city: City | None = None) -> Ints:
    """Return the days (since 1970) at whose ends a stock is counted; none of a flow.

    They end with the day the layer was true, or else was changed: not with today, so that what is
    stored stays right while nobody changes anything.
    """
    if layer.time:
        return np.empty(0, np.int64)
    true_at = func.coalesce(layer_state.c.as_of, layer_state.c.changed_at)
    as_of = db.scalar(select(true_at).where(layer_state.c.layer == layer.id))
    city = city or places.city(db)
    last = (as_of or dt.datetime.now(dt.UTC)).astimezone(city.tz if city else dt.UTC).date()
    if not layer.since:
        return np.array([last], "datetime64[D]").astype(np.int64)
    # The last month that is over: its end is the day before the next month begins.
    month = np.datetime64(last + dt.timedelta(days=1), "M")
    ends = np.arange(month - MONTHS_KEPT + 1, month + 1).astype("datetime64[D]") - 1
    return ends.astype(np.int64)


def _is_stale(db: Connection, measure_id: int, snapshots: Ints) -> bool:
    """Whether a stock's series was counted for other days than are wanted now."""
    root = select(unit_version.c.unit_id).where(
        unit_version.c.parent_id.is_(None), func.upper_inf(unit_version.c.valid)
    )
    stored = db.scalars(
        select(unit_series.c.day)
        .where(unit_series.c.measure_id == measure_id, unit_series.c.unit_id.in_(root))
        .distinct()
    ).all()
    wanted = snapshots.astype("datetime64[D]").tolist()
    return bool(stored) and (wanted[-1] not in stored or not set(stored) <= set(wanted))


def _rewrite_series(db: Connection, layer: Layer, ids: Mapping[str, int], snapshots: Ints) -> None:
    result = tally(layer, rows.read(db, layer), _trees(db), ids, snapshots)
    db.execute(delete(unit_series).where(unit_series.c.measure_id.in_(ids.values())))
    _copy(db, unit_series, result.unit_series)


def _together(table: Table, pieces: Iterable[Columns]) -> dict[str, Array]:
    """Return pieces of a table as one, in the order of its primary key."""
    key = [column.name for column in table.primary_key]
    some = [piece for piece in pieces if len(piece["n"])]
    if not some:
        return {name: np.empty(0, np.int64) for name in (*key, "n")}
    whole = {name: np.concatenate([piece[name] for piece in some]) for name in (*key, "n")}
    order = np.lexsort([whole[name] for name in reversed(key)])
    return {name: values[order] for name, values in whole.items()}


def _copy(db: Connection, table: Table, pieces: Sequence[Columns]) -> None:
    found = _together(table, pieces)
    if len(found["n"]):
        bulk.copy(db, table, {column.name: found[column.name] for column in table.columns})


def _upsert(db: Connection, table: Table, pieces: Sequence[Columns]) -> None:
    found = _together(table, pieces)
    if not len(found["n"]):
        return
    parameters = {f"given {name}": values.tolist() for name, values in found.items()}
    for statement in _adding(table):
        db.execute(statement, parameters)


@cache
def _adding(table: Table) -> tuple[Insert, Delete]:
    """Return what adds numbers to a table, then removes what came to nothing; made once."""
    listed = [
        bindparam(f"given {column.name}", type_=ARRAY(column.type)) for column in table.columns
    ]
    named = func.unnest(*listed).table_valued(*table.columns.keys(), name="given")
    given = named.render_derived()
    key = [column.name for column in table.primary_key]
    adding = insert(table).from_select(
        table.columns.keys(), select(given).order_by(*(given.c[name] for name in key))
    )
    same = [table.c[name] == given.c[name] for name in key]
    return (
        adding.on_conflict_do_update(index_elements=key, set_={"n": table.c.n + adding.excluded.n}),
        delete(table).where(table.c.n == 0, *same),
    )
