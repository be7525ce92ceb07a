"""Reading a file into rows as it has them: no column renamed, no value understood yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gis.errors import FileError
from importers import osm, sheets, vectors

Geometries = NDArray[Any]


@dataclass(frozen=True)
class Rows:
    """What a file says.

    Attributes
    ----------
    frame
        A column for each column of the file, under its own name; rows numbered from 0. Tables
        (CSV, XLSX) give text only, an empty cell is an empty text.
    geometry
        Shapely geometries in the file's coordinates, None where a row has none; None when the
        file is a plain table.
    crs
        The coordinate system the file claims, e.g. "EPSG:3826".
    numbers
        The number of each row as a person finds it: the row of the sheet, or the feature counted
        from 1.
    notes
        Sentences on what was guessed or skipped.
    """

    frame: pd.DataFrame
    geometry: Geometries | None
    crs: str | None
    numbers: NDArray[np.int64]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.frame)

    def where(self, kept: NDArray[np.bool_]) -> Rows:
        """Return the rows that are kept, numbered anew."""
        return Rows(
            self.frame[kept].reset_index(drop=True),
            None if self.geometry is None else self.geometry[kept],
            self.crs,
            self.numbers[kept],
            self.notes,
        )


TABLES = (".csv", ".txt", ".tsv", ".xlsx", ".xls")
VECTORS = (".geojson", ".json", ".shp", ".gpkg", *osm.SUFFIXES)


def read(path: Path, *, table: str | None = None, encoding: str | None = None) -> Rows:
    """Read a CSV, XLSX, GeoJSON, Shapefile, GeoPackage or OpenStreetMap file.

    Parameters
    ----------
    path
        The file; of a Shapefile the `.shp`.
    table
        The layer of a GeoPackage or the sheet of a workbook; may be left out when there is one.
        Of an OpenStreetMap file "roads", "places" or "barriers".
    encoding
        Of a CSV or a Shapefile's .dbf, when the guess would be wrong.
    """
    if not path.is_file():
        raise FileError(
            f"There is no file {str(path)!r}; check the path.", key="error.no_file", file=str(path)
        )
    suffix = path.suffix.lower()
    if path.stat().st_size == 0:
        raise FileError(
            f"{path.name} is empty; fetch or export it again.",
            key="error.empty_file",
            file=path.name,
        )
    readers: dict[str, Callable[[], sheets.Parts | vectors.Parts]] = {
        **dict.fromkeys((".csv", ".txt", ".tsv"), lambda: sheets.read_csv(path, encoding)),
        **dict.fromkeys((".xlsx", ".xls"), lambda: sheets.read_workbook(path, table)),
        ".geojson": lambda: vectors.read_geojson(path),
        ".json": lambda: vectors.read_geojson(path),
        ".shp": lambda: vectors.read_shapefile(path, encoding),
        ".gpkg": lambda: vectors.read_geopackage(path, table),
        **dict.fromkeys(osm.SUFFIXES, lambda: osm.read_osm(path, table)),
    }
    if suffix not in readers:
        raise FileError(
            f"{path.name}: files ending in {suffix!r} cannot be read. "
            f"Give one of: {', '.join(TABLES + VECTORS)}.",
            key="error.file_kind",
            file=path.name,
            suffix=suffix,
            known=(*TABLES, *VECTORS),
        )
    try:
        return Rows(*readers[suffix]())
    except PermissionError as error:
        raise FileError(
            f"{path.name} may not be read by this user; change its rights.",
            key="error.file_rights",
            file=path.name,
        ) from error


def columns(path: Path, *, table: str | None = None, encoding: str | None = None) -> list[str]:
    """Return the names of a file's columns without reading all of it where the format allows."""
    if path.suffix.lower() == ".gpkg" and path.is_file():
        return vectors.geopackage_columns(path, table)
    if path.suffix.lower() in osm.SUFFIXES and path.is_file():
        return osm.osm_columns(path, table)
    return list(read(path, table=table, encoding=encoding).frame.columns)
