"""Giving each row of a file its geometry: from the file's own, or from coordinates in columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from importers import coordinate_columns
from importers.coordinates import Area, Placed, place
from importers.fitting import fit, ground_m2
from importers.read import Rows
from importers.sources import Source
from importers.values import Wrong


@dataclass(frozen=True)
class Places:
    """Geometries of rows as a table holds them; None where there is none.

    Attributes
    ----------
    geometry
        One for each row, in EPSG:4326.
    unplaced
        Rows without a place, which a unit or building named in the row may stand in for.
    wrong
        Rows whose place cannot be used.
    ground_m2
        How large areas are for which points stand; NaN for all else.
    read_as
        How the coordinates of each row were read, a `ReadAs`; None where there are none.
    """

    geometry: NDArray[Any]
    unplaced: Wrong
    wrong: Wrong
    notes: tuple[str, ...]
    ground_m2: NDArray[np.float64]
    read_as: NDArray[Any]


def places(rows: Rows, source: Source, area: Area, kind: str) -> Places:
    """Place the rows of a file.

    Parameters
    ----------
    rows
        Of the file.
    source
        What the user says of coordinates: their columns, their system.
    area
        Where rows are expected.
    kind
        What the table holds: POINT, MULTIPOLYGON or LINESTRING.
    """
    geometry = rows.geometry
    own = np.full(len(rows), None, dtype=object) if geometry is None else geometry
    system, is_certain = source.crs or rows.crs, source.crs is not None
    placed = place(own, system, area, is_certain=is_certain)
    found, wrong, notes = placed.geometry, dict(placed.wrong), placed.notes
    read_as = np.full(len(rows), placed.read_as, dtype=object)
    # A place in columns stands in for a geometry that is not there, not for one that is wrong.
    missing = np.array([i for i, g in enumerate(own) if g is None or g.is_empty], dtype=np.int64)
    names = source.coordinates or coordinate_columns.find(list(rows.frame.columns))
    if names and len(missing):
        written = coordinate_columns.read(rows.frame.iloc[missing], names)
        # Columns beside a geometry are in degrees, whatever the geometry is in.
        by_columns = place(
            written, system if geometry is None else None, area, is_certain=is_certain
        )
        found, wrong = _merged(found, wrong, by_columns, missing)
        read_as[missing] = by_columns.read_as
        if not by_columns.wrong.keys() >= set(range(len(missing))):
            titles = " and ".join(map(repr, names))
            notes = (*notes, f"The places of {len(missing):,} rows were read from {titles}.")
        notes = (*notes, *by_columns.notes)
    fitted = fit(found, kind)
    unplaced = {int(i): wrong.pop(int(i)) for i in missing if int(i) in wrong}
    return Places(
        fitted.geometry, unplaced, wrong | fitted.wrong, (*notes, *fitted.notes),
        ground_m2(found) if kind == "POINT" else np.full(len(rows), np.nan), read_as,
    )  # fmt: skip


def _merged(
    found: NDArray[Any], wrong: Wrong, by_columns: Placed, missing: NDArray[np.int64]
) -> tuple[NDArray[Any], Wrong]:
    found[missing] = by_columns.geometry
    replaced = set(missing.tolist())
    rest = {i: reason for i, reason in wrong.items() if i not in replaced}
    return found, rest | {int(missing[i]): reason for i, reason in by_columns.wrong.items()}
