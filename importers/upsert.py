"""Rows into a table by their keys: new ones inserted, changed ones updated, all in one go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    Table,
    func,
    insert,
    null,
    or_,
    select,
    text,
    update,
)

from gis import bulk
from importers.check import Checked
from importers.fill import following
from layers.layer import Layer

# Holders give out ids of one table, one after the other.
_ID_LOCK = 7_203_100


class Verdict(IntEnum):
    """What becomes of a good row."""

    INSERTED = 0
    UPDATED = 1
    UNCHANGED = 2


@dataclass(frozen=True)
class Staged:
    """The good rows of a file beside the table they go into.

    Attributes
    ----------
    table
        Temporary: columns of the real one.
    columns
        Those of them that are filled.
    compared
        Those in which a row that is there may differ.
    ids
        The id each row has, or will have, in the real table.
    verdicts
        What becomes of each.
    """

    table: Table
    columns: tuple[str, ...]
    compared: tuple[str, ...]
    ids: NDArray[np.int64]
    verdicts: NDArray[np.int8]

    def of(self, *verdicts: Verdict) -> NDArray[np.int64]:
        """Return the ids of the rows with these verdicts."""
        return self.ids[np.isin(self.verdicts, verdicts)]


def stage(db: Connection, layer: Layer, checked: Checked, units: NDArray[np.int32]) -> Staged:
    """Copy checked rows beside their table and find out which are new and which differ.

    Parameters
    ----------
    db
        Holds a lock on giving out the table's ids until the transaction ends.
    layer
        Whose table.
    checked
        The good rows of a file.
    units
        The unit of each, -1 for none.
    """
    table = layer.table
    db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ID_LOCK})
    first = int(db.scalar(select(func.coalesce(func.max(table.c.id), 0))) or 0) + 1
    frame = checked.frame.assign(geom=checked.geometry)
    if "unit_id" in table.c:
        frame["unit_id"] = pd.array(np.where(units < 0, 0, units), dtype="Int64")
        frame.loc[units < 0, "unit_id"] = pd.NA
    frame["id"] = first + hilbert_rank(checked.geometry)
    columns = tuple(frame.columns)
    copy = Table(
        f"staged_{table.name}",
        MetaData(),
        *(Column(name, table.c[name].type) for name in columns),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DROP",
    )
    db.execute(text(f"DROP TABLE IF EXISTS pg_temp.{copy.name}"))
    copy.create(db)
    bulk.copy(db, copy, {name: frame[name] for name in columns})
    db.execute(text(f"ANALYZE {copy.name}"))
    given = frozenset(checked.given)
    changing = {*given, *following(layer, given), "unit_id", "geom"} - {"id", "key"}
    compared = tuple(name for name in columns if name in changing)
    differs = or_(*(table.c[name].is_distinct_from(copy.c[name]) for name in compared))
    there = db.execute(
        select(copy.c.id, table.c.id.label("real"), differs.label("differs")).join(
            table, copy.c.key == table.c.key
        )
    ).all()
    ids = frame["id"].to_numpy(np.int64, copy=True)
    verdicts = np.full(len(ids), Verdict.INSERTED, dtype=np.int8)
    row_of = np.argsort(ids)
    for given, real, is_different in there:
        row = row_of[given - first]
        ids[row] = real
        verdicts[row] = Verdict.UPDATED if is_different else Verdict.UNCHANGED
    return Staged(copy, columns, compared, ids, verdicts)


def write(db: Connection, layer: Layer, staged: Staged) -> None:
    """Insert the new rows and update the changed ones."""
    table, copy = layer.table, staged.table
    if len(updated := staged.of(Verdict.UPDATED)):
        db.execute(
            update(table)
            .where(table.c.key == copy.c.key, _among(table.c.id, updated))
            .values({name: copy.c[name] for name in staged.compared})
        )
    if len(inserted := staged.of(Verdict.INSERTED)):
        rows = select(*(copy.c[name] for name in staged.columns)).where(_among(copy.c.id, inserted))
        db.execute(insert(table).from_select(list(staged.columns), rows.order_by(copy.c.id)))
    if "unit_then_id" in table.c:
        freeze_units(db, table, staged.of(Verdict.INSERTED, Verdict.UPDATED))


def freeze_units(db: Connection, table: Table, ids: NDArray[np.int64]) -> None:
    """Keep the unit a closed incident lies in now, for statistics on today's boundaries later."""
    db.execute(
        update(table)
        .where(
            _among(table.c.id, ids),
            table.c.stage == "closed",
            table.c.unit_then_id.is_(null()),
        )
        .values(unit_then_id=table.c.unit_id)
    )


def _among(column: Column[Any], ids: Sequence[int] | NDArray[np.int64]) -> Any:  # noqa: ANN401
    return column == func.any(np.asarray(ids).tolist())


def hilbert_rank(geometry: NDArray[Any]) -> NDArray[np.int64]:
    """Return the place of each geometry on a curve that keeps neighbours together, from 0.

    Rows of a map tile then stand on few pages of the table.
    """
    if not len(geometry):
        return np.empty(0, dtype=np.int64)
    points = gpd.GeoSeries(shapely.centroid(geometry))
    rank = np.empty(len(geometry), dtype=np.int64)
    rank[np.argsort(points.hilbert_distance().to_numpy(), kind="stable")] = np.arange(len(geometry))
    return rank
