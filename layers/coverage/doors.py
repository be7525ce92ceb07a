"""Where people set out from: their entrance, else their building, else where they are entered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Double,
    FromClause,
    Integer,
    func,
    select,
)
from sqlalchemy import cast as sql_cast

from gis.access.views import care_place
from gis.arrangement import Floats
from gis.city import City
from gis.tables import building, entrance, household, people
from layers.catalog.people import AGE_GROUP_BANDS, CARE
from layers.columns import Ints, fetch
from layers.coverage.released import CARE_GROUPS
from layers.coverage.streets import metric_points
from layers.rows import NO_UNIT

PEOPLE = "people"
_BITS = {key: 1 << place for place, key in enumerate(CARE)}


@dataclass(frozen=True, eq=False)
class Doors:
    """Places where people live, an entry for each place and unit."""

    # (n, 2), the city's metric CRS.
    points_m: Floats
    # The unit the people are in; NO_UNIT for those in none.
    unit_ids: Ints
    # How many live there: "people", and each age group; or each care group.
    people: Mapping[str, Ints]


def doors(db: Connection, city: City) -> Doors:
    """Read all doors; who may not see the rows of persons sees none of them."""
    count = people.c.count
    groups = {
        key: func.coalesce(
            func.sum(count).filter(people.c.age_band.between(bands.start, bands.stop - 1)), 0
        )
        for key, bands in AGE_GROUP_BANDS.items()
    }
    return _doors(db, city, people, {PEOPLE: func.sum(count), **groups})


def in_care(db: Connection, city: City) -> Doors:
    """Read the doors of people in care by care group, of units where it is seen who is."""
    c = care_place.c
    sums = {
        group: func.coalesce(func.sum(c.count).filter(c.care.op("&")(_BITS[key]) != 0), 0)
        for group, key in CARE_GROUPS.items()
    }
    return _doors(db, city, people.join(care_place, c.id == people.c.id), sums)


def _doors(
    db: Connection, city: City, who: FromClause, sums: Mapping[str, ColumnElement[Any]]
) -> Doors:
    place = func.coalesce(entrance.c.geom, building.c.centre, people.c.geom)
    # Dwellings one above the other have one door.
    lon, lat = (sql_cast(axis(place), Double) for axis in (func.ST_X, func.ST_Y))
    unit_id = sql_cast(func.coalesce(people.c.unit_id, NO_UNIT), Integer)
    query = (
        select(
            lon.label("lon"),
            lat.label("lat"),
            unit_id.label("unit_id"),
            *(sql_cast(each, BigInteger).label(key) for key, each in sums.items()),
        )
        .select_from(
            who.outerjoin(household, household.c.id == people.c.household_id)
            .outerjoin(entrance, entrance.c.id == household.c.entrance_id)
            .outerjoin(building, building.c.id == people.c.building_id)
        )
        .group_by(lon, lat, unit_id)
        # The same doors in the same order, whatever order the rows are kept in.
        .order_by(lon, lat, unit_id)
    )
    found = fetch(db, query)
    return Doors(
        metric_points(found["lon"], found["lat"], city),
        found["unit_id"],
        {key: found[key] for key in sums},
    )
