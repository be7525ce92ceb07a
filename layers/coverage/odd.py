"""What is odd about the streets and what hangs on them, by the keys of the files it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, Double, Table, func, select
from sqlalchemy import cast as sql_cast

from gis.arrangement import Floats
from gis.city import City
from gis.network import report as reports
from gis.network.network import Network
from gis.network.report import Reason, Report
from gis.network.snapping import snap
from gis.projecting import between
from gis.tables import STORED_CRS, building, facility, road
from layers.columns import Ints
from layers.coverage import homes, streets
from layers.coverage.streets import Mode, metric_points
from layers.coverage.ways import STREET_WITHIN_M

Keys = Mapping[int, tuple[str, str | None]]
"""By the number of a row, its key and its name."""


@dataclass(frozen=True)
class Joined:
    """The end of a road that was joined to another it had missed, by the keys of both."""

    road: str
    to: str
    gap_m: float
    # Where it ends; EPSG:4326.
    lon: float
    lat: float


@dataclass(frozen=True)
class Off:
    """A building's door, or a facility, that hangs on no street."""

    # Of the building, or of the facility.
    id: int
    key: str
    name: str | None
    reason: Reason
    # To the nearest street, whatever that is.
    street_m: float
    lon: float
    lat: float


@dataclass(frozen=True)
class Odd:
    """A city's streets in numbers, and what is odd about them."""

    report: Report
    joined: tuple[Joined, ...]
    # How many there are of all, and those off the streets.
    doors: int
    doors_off: tuple[Off, ...]
    facilities: int
    facilities_off: tuple[Off, ...]


def odd(db: Connection, city: City, mode: Mode) -> Odd:
    """Look through the streets that one walks or drives along.

    Raises
    ------
    CityGridError
        The city has no such roads.
    """
    given = streets.given(db, city, mode)
    found, ids = given.network(), given.ids[given.parted.origin]
    roads = _keys(db, road)
    joints = found.joints
    places = _degrees(np.array([(each.x_m, each.y_m) for each in joints]).reshape(-1, 2), city)
    joined = tuple(
        Joined(roads[int(ids[one.street])][0], roads[int(ids[one.to])][0], one.gap_m, *place)
        for one, place in zip(joints, places, strict=True)
    )
    doors = homes.homes(db, city)
    there, points_m = _facilities(db, city)
    return Odd(
        reports.report(found),
        joined,
        len(doors.points_m),
        _off(found, doors.points_m, doors.ids[doors.building], _keys(db, building), city),
        len(there),
        _off(found, points_m, there, _keys(db, facility), city),
    )


def _off(found: Network, points_m: Floats, ids: Ints, keys: Keys, city: City) -> tuple[Off, ...]:
    left = reports.left(
        found, points_m, snap(found, points_m, within_m=STREET_WITHIN_M), within_m=STREET_WITHIN_M
    )
    places = _degrees(points_m[[each.number for each in left]], city)
    return tuple(
        Off(number, *keys[number], each.reason, each.street_m, *place)
        for each, place in zip(left, places, strict=True)
        for number in (int(ids[each.number]),)
    )


def _facilities(db: Connection, city: City) -> tuple[Ints, Floats]:
    """Return all facilities that have a place, and where they are."""
    c = facility.c
    rows = db.execute(
        select(
            c.id,
            sql_cast(func.ST_X(c.geom), Double).label("lon"),
            sql_cast(func.ST_Y(c.geom), Double).label("lat"),
        )
        .where(c.geom.is_not(None))
        .order_by(c.id)
    ).all()
    places = np.array([(row.lon, row.lat) for row in rows], float).reshape(-1, 2)
    ids = np.array([row.id for row in rows], np.int64)
    return ids, metric_points(places[:, 0], places[:, 1], city)


def _keys(db: Connection, of: Table) -> Keys:
    c = of.c
    return {row.id: (row.key, row.name) for row in db.execute(select(c.id, c.key, c.name))}


def _degrees(points_m: Floats, city: City) -> list[tuple[float, float]]:
    lon, lat = between(city.metric_crs, STORED_CRS).transform(*points_m.T)
    return list(zip(lon.tolist(), lat.tolist(), strict=True))
