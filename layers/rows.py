"""A layer's rows as counting needs them: whole columns of numbers, read in one go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Connection,
    Date,
    Double,
    Engine,
    Integer,
    Select,
    Text,
    any_,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy import cast as sql_cast

from gis import places
from gis.city import City
from gis.tables import feature_unit, zoning
from layers.columns import Array, Ints, fetch
from layers.layer import Dimension, Layer

NO_UNIT = -1
NO_PART = -1
# Up to so many rows are sent one by one.
_FEW = 2_000
# A stock's row without a date was always there.
ALWAYS = -(2**31)
_EPOCH: ColumnElement[Any] = literal_column("date '1970-01-01'")


# By server: another kind of machine has other hashes.
_known_hashes: WeakKeyDictionary[Engine, dict[str, int]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Part:
    """Which part of a dimension each row belongs to."""

    keys: tuple[str, ...]
    # Index into ``keys``, NO_PART for none; where parts overlap a bit set.
    codes: Array
    is_partition: bool = True


@dataclass(frozen=True)
class Rows:
    """A layer's rows, or the changed ones; every array has one item a row.

    The weights of rows that went away are negative: counting `after - before` counts the change.
    """

    ids: Array
    # NO_UNIT: in no unit.
    unit_ids: Array
    # The same in the further zonings, by the zoning's id.
    others: Mapping[int, Array]
    # What a row adds, by weight: "rows", "count", "floor_area_m2" …
    weights: Mapping[str, Ints]
    # By dimension.
    parts: Mapping[str, Part]
    # (n, 2): longitude, latitude.
    points: npt.NDArray[np.float64]
    # Days since 1970: when it happened, or since when it counts (ALWAYS: unknown).
    days: Array

    def __len__(self) -> int:
        return len(self.unit_ids)

    def __sub__(self, before: Rows) -> Rows:
        """Return these rows and, with negative weights, the others."""
        return Rows(
            np.concatenate([self.ids, before.ids]),
            np.concatenate([self.unit_ids, before.unit_ids]),
            {z: np.concatenate([ids, before.others[z]]) for z, ids in self.others.items()},
            {w: np.concatenate([n, -before.weights[w]]) for w, n in self.weights.items()},
            {d: _join(part, before.parts[d]) for d, part in self.parts.items()},
            np.concatenate([self.points, before.points]),
            np.concatenate([self.days, before.days]),
        )


def read(
    db: Connection,
    layer: Layer,
    ids: Sequence[int] | Array | None = None,
    *,
    city: City | None = None,
    further: bool = True,
) -> Rows:
    """Read a counted layer's rows: all of them, or those with the given ids that are there.

    Importers read the rows they are about to change, change them, read them again, and hand both
    to `layers.counts.add`. The city may be given by who has read it already.

    Parameters
    ----------
    further
        Whether their units in further zonings are wanted too.
    """
    city = city or places.city_of(db)
    wanted = None if ids is None else np.unique(np.asarray(ids, dtype=np.int64)).tolist()
    found = _found(db, layer, city.timezone, wanted)
    return Rows(
        ids=found["id"],
        unit_ids=found["unit"],
        others=_others(db, layer, found["id"], wanted) if further else {},
        weights={w: found[f"weight {w}"].astype(np.int64) for w in (layer.weight, *layer.sums)},
        parts={
            d.key: _part(db, layer, d, found[f"part {d.key}"], wanted) for d in layer.dimensions
        },
        points=np.column_stack([found["x"], found["y"]]).astype(np.float64),
        days=found["day"],
    )


def _found(
    db: Connection, layer: Layer, timezone: str, wanted: list[int] | None
) -> dict[str, Array]:
    query = _columns(layer, timezone)
    if wanted is None:
        return fetch(db, query, chunked_by="id")
    few = len(wanted) <= _FEW
    return fetch(db, _those(layer, timezone), {"wanted": wanted}, few=few)


@cache
def _columns(layer: Layer, timezone: str) -> Select[Any]:
    """Return the query of all that counting needs; made once, because making it takes long."""
    c = layer.table.c
    columns: list[ColumnElement[Any]] = [
        c.id.label("id"),
        func.coalesce(c.unit_id, NO_UNIT).label("unit"),
        func.ST_X(c[layer.point], type_=Double).label("x"),
        func.ST_Y(c[layer.point], type_=Double).label("y"),
        sql_cast(_day(layer, timezone), Integer).label("day"),
        *(_weight(layer, w).label(f"weight {w}") for w in (layer.weight, *layer.sums)),
        *(_code(d).label(f"part {d.key}") for d in layer.dimensions),
    ]
    return select(*columns)


@cache
def _those(layer: Layer, timezone: str) -> Select[Any]:
    wanted = bindparam("wanted", type_=ARRAY(Integer))
    return _columns(layer, timezone).where(layer.table.c.id == any_(wanted))


def _weight(layer: Layer, name: str) -> ColumnElement[Any]:
    if name == "rows":
        return sql_cast(literal_column("1"), BigInteger)
    return sql_cast(func.coalesce(layer.table.c[name], 0), BigInteger)


def _day(layer: Layer, timezone: str) -> ColumnElement[Any]:
    if layer.time:
        return sql_cast(func.timezone(timezone, layer.table.c[layer.time]), Date) - _EPOCH
    if layer.since:
        return func.coalesce(layer.table.c[layer.since] - _EPOCH, ALWAYS)
    return literal_column(str(ALWAYS))


def _code(dimension: Dimension) -> ColumnElement[Any]:
    """Return SQL for a part's code: bits as they are, keys by their hash (0: none)."""
    column: ColumnElement[Any] = literal_column(dimension.column)
    if not dimension.is_partition:
        return sql_cast(func.coalesce(column, 0), BigInteger)
    # Numbers of fixed width are read ten times as fast as texts.
    return func.coalesce(func.hashtextextended(column, 0, type_=BigInteger), 0)


def _part(
    db: Connection, layer: Layer, dimension: Dimension, codes: Array, ids: list[int] | None
) -> Part:
    if not dimension.is_partition:
        return Part(tuple(dimension.parts), codes.astype(np.int64), is_partition=False)
    keys = list(dimension.parts)
    hashes = _hashes(db, keys)
    if not np.isin(codes, [0, *hashes]).all():
        column: ColumnElement[Any] = literal_column(dimension.column)
        query = select(column).select_from(layer.table).where(column.is_not(None)).distinct()
        if ids is not None:
            query = query.where(layer.table.c.id == any_(ids))  # type: ignore[arg-type]
        keys += sorted(set(db.scalars(query)) - set(keys))
        hashes = _hashes(db, keys)
    if len(set(hashes)) < len(hashes) or 0 in hashes:
        raise ValueError(f"Two of {keys} have one hash.")
    # The first is "no part"; the others follow in the order of the keys.
    known = np.array([0, *hashes])
    order = np.argsort(known)
    return Part(tuple(keys), order[np.searchsorted(known[order], codes)] + NO_PART)


def _hashes(db: Connection, keys: list[str]) -> list[int]:
    """Return what the server makes of keys; asked once, because it is always the same."""
    known = _known_hashes.setdefault(db.engine, {})
    if lacking := [key for key in keys if key not in known]:
        listed = func.unnest(sql_cast(lacking, ARRAY(Text))).column_valued("key")
        known.update(db.execute(select(listed, func.hashtextextended(listed, 0))).all())
    return [known[key] for key in keys]


def _others(db: Connection, layer: Layer, ids: Array, wanted: list[int] | None) -> dict[int, Array]:
    """Return the unit of each row in each further zoning."""
    c = feature_unit.c
    conditions = [c.layer == layer.id]
    if wanted is not None:
        conditions.append(c.feature_id == any_(wanted))  # type: ignore[arg-type]
    others: dict[int, Array] = {}
    for number in further_zonings(db):
        query = select(c.feature_id.label("id"), c.unit_id.label("unit"))
        few = wanted is not None and len(wanted) <= _FEW
        query = query.where(*conditions, c.zoning_id == number)
        found = fetch(db, query, chunked_by="" if wanted else "id", few=few)
        unit_of = np.full(max(ids.max(initial=0), found["id"].max(initial=0)) + 1, NO_UNIT)
        unit_of[found["id"]] = found["unit"]
        others[number] = unit_of[ids]
    return others


def further_zonings(db: Connection) -> list[int]:
    """Return the ids of the zonings that are not the main one."""
    query = select(zoning.c.id).where(~zoning.c.is_main).order_by(zoning.c.id)
    return list(db.scalars(query))


def _join(one: Part, other: Part) -> Part:
    """Return the parts of some rows followed by others'."""
    if one.keys == other.keys:
        return Part(one.keys, np.concatenate([one.codes, other.codes]), one.is_partition)
    keys = (*one.keys, *(key for key in other.keys if key not in one.keys))
    # One place more: NO_PART, the last, stays itself.
    moved = np.array([*map(keys.index, other.keys), NO_PART])
    return Part(keys, np.concatenate([one.codes, moved[other.codes]]), one.is_partition)
