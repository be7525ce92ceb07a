"""The doors of all buildings, whoever lives there: what everybody may see of where people live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Boolean, Connection, Double, Integer, func, select
from sqlalchemy import cast as sql_cast

from gis.arrangement import Floats
from gis.city import City
from gis.network.network import Bools
from gis.tables import building, entrance
from layers.columns import Array, Ints, fetch
from layers.coverage.streets import metric_points
from layers.release_places import HOMES
from layers.rows import NO_UNIT


@dataclass(frozen=True, eq=False)
class Homes:
    """Buildings in the order of their ids, and their doors: entrances, else the building itself."""

    # (n, 2), the city's metric CRS: a row for each door.
    points_m: Floats
    # The place of each door's building in what follows.
    building: Ints
    ids: Ints
    # The unit a building is in; NO_UNIT for those in none.
    unit_ids: Ints
    floor_area_m2: Ints
    # Whether it is of a use that people live in.
    is_home: Bools

    def share(self, doors: Array) -> Floats:
        """Return which share of each building's doors some doors are."""
        count = np.bincount(self.building, minlength=len(self.ids))
        found: Floats = np.bincount(self.building, doors, len(self.ids)) / np.maximum(count, 1)
        return found

    def doors_of(self, building_id: int) -> Ints:
        """Return the places of a building's doors; none where there is no such building."""
        at = int(np.searchsorted(self.ids, building_id))
        if at == len(self.ids) or self.ids[at] != building_id:
            return np.empty(0, np.int64)
        return np.flatnonzero(self.building == at)


def homes(db: Connection, city: City, uses: Sequence[str] = HOMES) -> Homes:
    """Read all buildings and their doors.

    Parameters
    ----------
    uses
        What people live in; other buildings are counted, too.
    """
    b = building.c
    found = fetch(
        db,
        select(
            sql_cast(b.id, Integer).label("id"),
            sql_cast(func.coalesce(b.unit_id, NO_UNIT), Integer).label("unit_id"),
            sql_cast(b.floor_area_m2, Integer).label("floor_area_m2"),
            sql_cast(sql_cast(b.use.in_(uses), Boolean), Integer).label("is_home"),
        ).order_by(b.id),
    )
    place = func.coalesce(entrance.c.geom, b.centre)
    doors = fetch(
        db,
        select(
            sql_cast(b.id, Integer).label("id"),
            sql_cast(func.ST_X(place), Double).label("lon"),
            sql_cast(func.ST_Y(place), Double).label("lat"),
        )
        .select_from(building.outerjoin(entrance, entrance.c.building_id == b.id))
        .order_by(b.id, entrance.c.id),
    )
    return Homes(
        metric_points(doors["lon"], doors["lat"], city),
        np.searchsorted(found["id"], doors["id"]),
        found["id"],
        found["unit_id"],
        found["floor_area_m2"],
        found["is_home"].astype(np.bool_),
    )
