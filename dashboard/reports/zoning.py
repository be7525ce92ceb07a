"""A zoning at a date as a file for a GIS: GeoPackage or GeoJSON."""

from __future__ import annotations

import datetime as dt
import sqlite3
import tempfile
from enum import StrEnum
from pathlib import Path

import geopandas as gpd
from sqlalchemy import Connection

from gis import past, places

# CGCS2000, the national system, whose degrees are those of WGS 84.
CGCS2000 = "EPSG:4490"


class Format(StrEnum):
    """What the file is."""

    GPKG = "gpkg"
    """A table for each level, called by the level's key."""
    GEOJSON = "geojson"
    """One collection; each unit says its level."""


class Crs(StrEnum):
    """What its coordinates are."""

    WGS84 = "4326"
    CGCS2000 = "4490"
    METRIC = "metric"
    """The city's own metric system."""


MEDIA_TYPES = {
    Format.GPKG: "application/geopackage+sqlite3",
    Format.GEOJSON: "application/geo+json",
}
# Degrees are stored with seven decimals; a tenth of a millimetre is finer than that.
_DECIMALS = {Crs.WGS84: 7, Crs.CGCS2000: 7, Crs.METRIC: 4}


def exported(  # noqa: PLR0913 - which, of when, and how
    db: Connection, key: str, day: dt.date | None, kind: Format, crs: Crs, *, now: dt.datetime
) -> bytes:
    """Return a zoning as it was at the end of a day, as a file that can be loaded again.

    Parameters
    ----------
    day
        None: today.

    Raises
    ------
    NotFoundError
        There is no such zoning, or nothing is known of that day.
    """
    city = places.city_of(db)
    today = now.astimezone(city.tz).date()
    day = day or today
    frame = past.units_on(db, key, day, today=today)
    systems = {Crs.CGCS2000: CGCS2000, Crs.METRIC: city.metric_crs}
    if crs in systems:
        frame = frame.to_crs(systems[crs])
    with tempfile.TemporaryDirectory(prefix="citygrid-") as folder:
        path = Path(folder) / f"zoning.{kind}"
        if kind is Format.GPKG:
            _write_tables(path, frame, past.moment_of(city, day))
        else:
            options = {"COORDINATE_PRECISION": str(_DECIMALS[crs]), "WRITE_NAME": "NO"}
            frame.reset_index().to_file(path, driver="GeoJSON", **options)
        return path.read_bytes()


def _write_tables(path: Path, frame: gpd.GeoDataFrame, moment: dt.datetime) -> None:
    for level_key, mine in frame.groupby("level_key", sort=False):
        mine.reset_index().to_file(
            path, driver="GPKG", layer=str(level_key), geometry_type="MultiPolygon"
        )
    # The same zoning gives the same bytes, whenever it is exported.
    with sqlite3.connect(path) as file:
        told = moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        file.execute("UPDATE gpkg_contents SET last_change = ?", (told,))
    file.close()
