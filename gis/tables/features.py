"""What lies on the city and hangs on its units: estates, buildings, homes, people, facilities.

Heap in Hilbert order; unit_id is today's unit, NULL: in no unit.
"""

from __future__ import annotations

from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    REAL,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gis.tables.schema import STORED_CRS, geometry, metadata
from gis.tables.searched import search_index
from gis.tables.units import unit


def rows(name: str, *columns: Column[Any] | Index, numbers: Identity | None = None) -> Table:
    """Return a table of things on the map: number, source key, unit, own columns."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False)
        if numbers is None
        else Column("id", Integer, numbers, primary_key=True),
        Column("key", Text, nullable=False),
        Column("unit_id", ForeignKey(unit.c.id)),
        *columns,
        UniqueConstraint("key"),
        Index(f"ix_{name}_geom", "geom", postgresql_using="gist"),
        Index(f"ix_{name}_unit_id", "unit_id"),
    )


estate = rows(
    "estate",
    # {"zh": …, "en": …}
    Column("names", JSONB, nullable=False),
    Column("aliases", ARRAY(Text), nullable=False, server_default="{}"),
    # garden_estate, old_estate, urban_village, mixed
    Column("kind", Text, nullable=False),
    Column("address", Text),
    geometry("MULTIPOLYGON"),
    Column("centre", Geometry("POINT", srid=STORED_CRS, spatial_index=False), nullable=False),
)

building = rows(
    "building",
    Column("estate_id", ForeignKey(estate.c.id), index=True),
    Column("name", Text),
    Column("address", Text),
    # residential, commercial, office, industrial, public, school, hospital, transport,
    # other, unknown
    Column("use", Text, nullable=False),
    Column("floors", SmallInteger),
    Column("year", SmallInteger),
    Column("height_m", REAL),
    # Ground area times floors, in the metric CRS, whole square metres.
    Column("floor_area_m2", Integer, nullable=False),
    # 昼间人口: how many are in it on a working day; NULL unknown.
    Column("day_people", Integer),
    # Which file or survey the footprint came from.
    Column("source", Text, nullable=False, server_default=""),
    geometry("MULTIPOLYGON"),
    # A point inside the footprint: what is placed and counted.
    Column("centre", Geometry("POINT", srid=STORED_CRS, spatial_index=False), nullable=False),
    search_index("building"),
)

# Who is there by day, by unit, without reading the shapes.
Index(
    "ix_building_day_people", building.c.unit_id,
    postgresql_include=["day_people"], postgresql_where=building.c.day_people.is_not(None),
)  # fmt: skip

entrance = Table(
    "entrance",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("building_id", ForeignKey(building.c.id), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    geometry("POINT"),
    Index("ix_entrance_geom", "geom", postgresql_using="gist"),
    search_index("entrance"),
)

household = rows(
    "household",
    Column("building_id", ForeignKey(building.c.id), index=True),
    Column("entrance_id", ForeignKey(entrance.c.id), index=True),
    # P2: the door.
    Column("room", Text),
    # own, let, public, unknown (empty dwellings are no households)
    Column("tenure", Text, nullable=False),
    # A register's row is one household; a census row may be several alike at one place.
    Column("count", Integer, nullable=False, server_default="1"),
    Column("since", Date),
    Column("estimated", Boolean, nullable=False, server_default="false"),
    geometry("POINT"),
)

people = rows(
    "people",
    Column("household_id", ForeignKey(household.c.id), index=True),
    Column("building_id", ForeignKey(building.c.id), index=True),
    # A row is a person or a like group at one place.
    Column("count", Integer, nullable=False, server_default="1"),
    # Five-year band: 0 = 0–4, 1 = 5–9 … 20 = 100 and over; NULL unknown.
    Column("age_band", SmallInteger),
    # male, female, unknown
    Column("sex", Text, nullable=False),
    # registered, migrant, abroad, unknown
    Column("residence", Text, nullable=False),
    # P3: bits, may overlap. 1 living alone, 2 aged 80 and over, 4 unable to care for oneself,
    # 8 disabled, 16 low income, 32 child in hardship.
    Column("care", SmallInteger, nullable=False, server_default="0"),
    Column("estimated", Boolean, nullable=False, server_default="false"),
    Column("since", Date),
    geometry("POINT"),
)

# Who is in care is few among many, and counted for any unit while a border moves.
Index(
    "ix_people_in_care", people.c.unit_id,
    postgresql_include=["count"], postgresql_where=people.c.care != 0,
)  # fmt: skip

facility = rows(
    "facility",
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("operator", Text),
    Column("address", Text),
    Column("phone", Text),
    Column("capacity", Integer),
    # Of its ground; NULL unknown.
    Column("area_m2", REAL),
    # open, planned, closed
    Column("state", Text, nullable=False, server_default="open"),
    Column("props", JSONB, nullable=False, server_default="{}"),
    geometry("POINT"),
    search_index("facility"),
)
