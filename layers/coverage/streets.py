"""The roads of a city as streets to walk or drive along."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import shapely
from sqlalchemy import Connection, func, select

from gis.arrangement import Floats
from gis.city import City
from gis.network.given import Given
from gis.network.network import Network, Streets
from gis.network.walls import Barriers
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

    Raises
    ------
    CityGridError
        The city has no such roads, or no such time band.
    """
    return given(db, city, mode, speed_ms, band).network()


def given(
    db: Connection, city: City, mode: Mode, speed_ms: float = WALK_MS, band: str | None = None
) -> Given:
    """Return the roads that one walks or drives along as they are stored, as streets.

    Parameters
    ----------
    speed_ms
        How fast one walks; who drives goes as fast as the road lets him.
    band
        The time band of the city's in which one drives; None at any other time.

    Raises
    ------
    CityGridError
        The city has no such time band.
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
    return Given(
        np.array([row.id for row in found], np.int64),
        Streets(metric(_shapes([row[0] for row in found]), city), some, back, speeds_ms),
        np.array([row.passes for row in found], np.bool_),
        ~some,
        barriers(db, city),
        said.meet_where_they_cross,
        said.join_within_m,
    )


def near(
    db: Connection, city: City, mode: Mode, at: tuple[float, float], within_m: float
) -> int | None:
    """Return the road nearest to a place, of those one walks or drives along; None: there is none.

    Parameters
    ----------
    at
        Longitude and latitude, EPSG:4326.
    """
    point = shapely.Point(metric_points(np.array([at[0]]), np.array([at[1]]), city)[0])
    # A little more than asked for: the sides of the box are no parallels and meridians.
    corners = shapely.get_coordinates(shapely.envelope(point.buffer(1.1 * within_m)))
    lon, lat = between(city.metric_crs, STORED_CRS).transform(*corners.T)
    box = func.ST_MakeEnvelope(min(lon), min(lat), max(lon), max(lat), STORED_CRS)
    c = road.c
    query = (
        select(c.id, func.ST_AsBinary(c.geom).label("shape"))
        .where(c.walk if mode is Mode.WALK else c.drive, c.geom.bool_op("&&")(box))
        .order_by(c.id)
    )
    found = db.execute(query).all()
    if not found:
        return None
    away = shapely.distance(metric(_shapes([row.shape for row in found]), city), point)
    nearest = int(np.argmin(away))
    return int(found[nearest].id) if away[nearest] <= within_m else None


def barriers(db: Connection, city: City) -> Barriers:
    """Return what streets do not lead through, and where it is open; the city's metric CRS."""
    query = select(func.ST_AsBinary(barrier.c.geom)).order_by(barrier.c.id)
    return Barriers(metric(_shapes(db.scalars(query).all()), city), _gates(db, city))


def _gates(db: Connection, city: City) -> Floats:
    """Return where a barrier is open; (n, 2)."""
    c = facility.c
    query = select(func.ST_X(c.geom), func.ST_Y(c.geom)).where(
        c.kind == GATE, c.state == "open", c.geom.is_not(None)
    )
    places = np.array(db.execute(query.order_by(c.id)).all(), float).reshape(-1, 2)
    return metric_points(places[:, 0], places[:, 1], city)


def _shapes(stored: Sequence[bytes]) -> np.ndarray:
    found: np.ndarray = shapely.from_wkb([bytes(shape) for shape in stored])
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
