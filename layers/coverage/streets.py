"""The roads of a city as streets to walk or drive along."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import shapely
from sqlalchemy import Connection, func, select

from gis.arrangement import Floats
from gis.city import City
from gis.network.network import Ints, Network, Streets, network
from gis.projecting import between
from gis.tables import STORED_CRS, road
from layers.coverage import settings
from layers.coverage.settings import SLOWEST_KMH

# Metres a second. An older person walks at two thirds of that.
WALK_MS = 1.2
OLDER_WALK_MS = 0.8
KMH = 1 / 3.6


class Mode(StrEnum):
    """How one gets along."""

    WALK = "walk"
    DRIVE = "drive"


def read(
    db: Connection, city: City, mode: Mode, speed_ms: float = WALK_MS, band: str | None = None
) -> Network:
    """Return the network that one walks or drives along.

    Parameters
    ----------
    speed_ms
        How fast one walks; who drives goes as fast as the road lets him.
    band
        The time band of the city's in which one drives; None at any other time.

    Raises
    ------
    CityGridError
        The city has no such roads, or no such time band.
    """
    return network(rows(db, city, mode, speed_ms, band)[1])


def rows(
    db: Connection, city: City, mode: Mode, speed_ms: float = WALK_MS, band: str | None = None
) -> tuple[Ints, Streets]:
    """Return the ids of the roads that one walks or drives along, and what they are as streets."""
    said = settings.read(city.coverage)
    hours = said.band(band) if band is not None and mode is Mode.DRIVE else None
    c = road.c
    usable = c.walk if mode is Mode.WALK else c.drive
    query = (
        select(func.ST_AsBinary(c.geom), c.kind, c.oneway, c.speed_kmh, c.id)
        .where(usable)
        .order_by(c.id)
    )
    found = db.execute(query).all()
    ids = np.array([row.id for row in found], np.int64)
    lines = np.array([shapely.from_wkb(bytes(row[0])) for row in found], dtype=object)
    some = np.ones(len(found), np.bool_)
    if mode is Mode.WALK:
        # A street of one direction is one for cars.
        return ids, Streets(metric(lines, city), some, some, np.full(len(found), speed_ms))
    speeds = [
        (row.speed_kmh or said.speeds_kmh.get(row.kind, SLOWEST_KMH))
        * (hours.factor(row.kind) if hours else 1.0)
        for row in found
    ]
    back = np.array([not row.oneway for row in found], np.bool_)
    return ids, Streets(metric(lines, city), some, back, KMH * np.array(speeds, float))


def metric(shapes: np.ndarray, city: City) -> np.ndarray:
    """Return shapes in degrees in the city's metric CRS."""
    way = between(STORED_CRS, city.metric_crs)

    def project(xy: Floats) -> Floats:
        return np.column_stack(way.transform(*xy.T))

    found: np.ndarray = shapely.transform(shapes, project)
    return found


def metric_points(lon: Floats, lat: Floats, city: City) -> Floats:
    """Return points in degrees as (n, 2) in the city's metric CRS."""
    return np.column_stack(between(STORED_CRS, city.metric_crs).transform(lon, lat))
