"""Whole columns into the tables of an empty city, placed in the units of every zoning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, Table

from gis import bulk, tables
from gis.access.keys import Keys
from gis.access.tables import person_private
from gis.locate import Placer
from importers.private import sealed
from layers.catalog import LAYERS
from layers.layer import Layer

Columns = Mapping[str, Any]

# What a city's rows are in, parents before children.
TABLES: tuple[Table, ...] = (
    tables.estate,
    tables.building,
    tables.entrance,
    tables.household,
    tables.people,
    person_private,
    tables.facility,
    tables.incident,
    tables.road,
    tables.barrier,
    tables.land,
    tables.water,
    tables.green,
)
_LAYER_OF: Mapping[str, Layer] = {layer.table.name: layer for layer in LAYERS.values()}


class Writer:
    """Appends rows to tables whose indexes are dropped.

    Placing uses one index of the faces of each zoning for all rows.
    """

    def __init__(self, db: Connection, keys: Keys | None = None) -> None:
        self._db = db
        self._keys = keys
        self._placer = Placer(db)
        # The units of people 1, 2, 3 …
        self._homes = np.empty(0, dtype=np.int32)
        self.written: dict[str, int] = dict.fromkeys((table.name for table in TABLES), 0)
        self.outside: dict[str, int] = {}

    def units_of(self, points: NDArray[np.float64]) -> NDArray[np.int32]:
        """Return the unit of the main zoning that each point lies in, -1 for none."""
        return self._placer.main(points)

    def write(
        self, table: Table, columns: Columns, known_units: NDArray[np.int64] | None = None
    ) -> None:
        """Append rows.

        Parameters
        ----------
        table
            One of `TABLES`.
        columns
            Without unit_id and unit_then_id; ids are given, points are (n, 2) arrays of
            longitude and latitude or shapely points.
        known_units
            The unit of rows that have no place of their own, -1 where the place says.
        """
        columns = dict(columns)
        layer = _LAYER_OF.get(table.name)
        if layer is not None and "unit_id" in table.c:
            points = _lonlat(columns[layer.point])
            units = self.units_of(points).astype(np.int64)
            if known_units is not None:
                units = np.where(known_units >= 0, known_units, units)
            columns["unit_id"] = _nullable(units)
            if table is tables.people:
                self._homes = np.append(self._homes, units.astype(np.int32))
            if "unit_then_id" in table.c:
                closed = np.asarray(columns["stage"] == "closed")
                columns["unit_then_id"] = _nullable(np.where(closed, units, -1))
            outside = int((units < 0).sum())
            self.outside[layer.id] = self.outside.get(layer.id, 0) + outside
            self._write_others(layer, np.asarray(columns["id"]), points)
        self.written[table.name] += bulk.copy(self._db, table, columns)

    def write_private(self, columns: Columns) -> None:
        """Append what is private of people who were written before, with ids from 1 on.

        Id numbers are encrypted; without keys they are left out, and never kept in the clear.
        """
        columns = dict(columns)
        ids = np.asarray(columns["people_id"])
        columns["unit_id"] = _nullable(self._homes[ids - 1].astype(np.int64))
        numbers = columns.pop("id_number", None)
        if self._keys is not None and numbers is not None:
            columns["id_number"] = sealed(self._keys, ids, np.asarray(numbers, dtype=object))
        self.written[person_private.name] += bulk.copy(self._db, person_private, columns)

    def _write_others(self, layer: Layer, ids: NDArray[Any], points: NDArray[np.float64]) -> None:
        for number, units in self._placer.others(points).items():
            inside = units >= 0
            count = int(inside.sum())
            bulk.copy(
                self._db,
                tables.feature_unit,
                {
                    "layer": pd.Series(pd.Categorical([layer.id])).repeat(count),
                    "zoning_id": np.full(count, number),
                    "feature_id": ids[inside],
                    "unit_id": units[inside],
                },
            )


def _lonlat(points: Any) -> NDArray[np.float64]:  # noqa: ANN401
    array = np.asarray(points)
    if array.ndim == 2:
        return array
    return np.asarray(shapely.get_coordinates(array), dtype=np.float64)


def _nullable(units: NDArray[np.int64]) -> pd.Series[Any]:
    return pd.Series(pd.arrays.IntegerArray(np.where(units < 0, 0, units), units < 0))
