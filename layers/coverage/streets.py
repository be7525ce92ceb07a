"""The roads of a city as streets to walk or drive along."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import shapely
from sqlalchemy import Connection, func, select

from gis.arrangement import Floats, Shapes
from gis.city import City
from gis.network.barriers import cut, met
from gis.network.network import Ints, Network, Streets, network
from gis.projecting import between
from gis.tables import STORED_CRS, barrier, facility, road
from layers.coverage import settings
from layers.coverage.figures import table

# Metres a second, in a city that says nothing else: `layers.coverage.settings`.
WALK_MS: float = table("streets")["walk_ms"]
OLDER_WALK_MS: float = table("streets")["older_walk_ms"]
KMH = 1 / 3.6
# The kind of facility at which a barrier is open.
GATE = "gate"


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
    return joined(db, city, rows(db, city, mode, speed_ms, band)[1])


def joined(db: Connection, city: City, streets: Streets) -> Network:
    """Return the graph of streets, dead ends joined across what the city says but no barrier."""
    within_m = settings.read(city.coverage).join_within_m
    return network(streets, join_within_m=within_m, barriers_m=barriers(db, city))


def rows(
    db: Connection, city: City, mode: Mode, speed_ms: float = WALK_MS, band: str | None = None
) -> tuple[Ints, Streets]:
    """Return the ids of the roads that one walks or drives along, and what they are as streets.

    A road that a barrier cuts is several streets.
    """
    said = settings.read(city.coverage)
    hours = said.band(band) if band is not None and mode is Mode.DRIVE else None
    c = road.c
    usable = c.walk if mode is Mode.WALK else c.drive
    query = (
        select(func.ST_AsBinary(c.geom), c.kind, c.oneway, c.speed_kmh, c.passes, c.id)
        .where(usable)
        .order_by(c.id)
    )
    found = db.execute(query).all()
    ids = np.array([row.id for row in found], np.int64)
    lines = metric(_shapes([row[0] for row in found]), city)
    some = np.ones(len(found), np.bool_)
    if mode is Mode.WALK:
        # A street of one direction is one for cars.
        back, speeds_ms = some, np.full(len(found), speed_ms)
    else:
        back = np.array([not row.oneway for row in found], np.bool_)
        speeds = [
            (row.speed_kmh or said.speed_kmh(row.kind)) * (hours.factor(row.kind) if hours else 1.0)
            for row in found
        ]
        speeds_ms = KMH * np.array(speeds, float)
    passes = np.array([row.passes for row in found], np.bool_)
    if said.meet_where_they_cross:
        lines = met(lines, passes=passes)
    streets, held = Streets(lines, some, back, speeds_ms), barriers(db, city)
    if not len(held):
        return ids, streets
    parted = cut(streets, held, _gates(db, city), passes=passes)
    return ids[parted.origin], parted.streets


def barriers(db: Connection, city: City) -> Shapes:
    """Return what streets do not lead through: lines in the city's metric CRS."""
    query = select(func.ST_AsBinary(barrier.c.geom)).order_by(barrier.c.id)
    return metric(_shapes(db.scalars(query).all()), city)


def _gates(db: Connection, city: City) -> Floats:
    """Return where a barrier is open; (n, 2)."""
    c = facility.c
    query = select(func.ST_X(c.geom), func.ST_Y(c.geom)).where(
        c.kind == GATE, c.state == "open", c.geom.is_not(None)
    )
    places = np.array(db.execute(query.order_by(c.id)).all(), float).reshape(-1, 2)
    return metric_points(places[:, 0], places[:, 1], city)


def _shapes(stored: Sequence[bytes]) -> Shapes:
    found = np.empty(len(stored), dtype=object)
    found[:] = [shapely.from_wkb(bytes(shape)) for shape in stored]
    return found


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
