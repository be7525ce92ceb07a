"""What is counted, of every unit and every cell."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from gis.tables.schema import metadata
from gis.tables.units import unit, zoning

# Measures of persons and their homes have numbers from here on, so that the row policy knows them.
PERSON_MEASURES = 20_000

measure = Table(
    "measure",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("layer", Text, nullable=False),
    # total, age, sex, residence, care, use, class, stage, kind, …
    Column("dimension", Text, nullable=False),
    # The value of the dimension; "" for the total.
    Column("key", Text, nullable=False),
    # What a row adds: "rows", or the name of a summed column.
    Column("weight", Text, nullable=False),
    # Whether the keys of this dimension divide the total (care groups overlap).
    Column("is_partition", Boolean, nullable=False),
    # How statistics call it: "people", "people.age.12", "buildings.floor_area_m2".
    Column("name", Text, nullable=False, unique=True),
    UniqueConstraint("layer", "dimension", "key", "weight"),
)

unit_count = Table(
    "unit_count",
    metadata,
    Column("unit_id", ForeignKey(unit.c.id), nullable=False),
    Column("measure_id", ForeignKey(measure.c.id), nullable=False),
    # The whole subtree; sparse: zeros are not stored.
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("unit_id", "measure_id"),
    # With n: a whole level of one measure is read from the index alone.
    Index("ix_unit_count_measure_id", "measure_id", "unit_id", postgresql_include=["n"]),
)

# Rows in no unit of a zoning: counted and shown, never dropped.
outside_count = Table(
    "outside_count",
    metadata,
    Column("zoning_id", ForeignKey(zoning.c.id), nullable=False),
    Column("measure_id", ForeignKey(measure.c.id), nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("zoning_id", "measure_id"),
)

unit_series = Table(
    "unit_series",
    metadata,
    Column("unit_id", ForeignKey(unit.c.id), nullable=False),
    Column("measure_id", ForeignKey(measure.c.id), nullable=False),
    # A flow (incidents reported) on that day in the city's time zone, or a stock at the end of
    # that day (people: the last day of a month).
    Column("day", Date, nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("unit_id", "measure_id", "day"),
)

cell_count = Table(
    "cell_count",
    metadata,
    Column("measure_id", ForeignKey(measure.c.id), nullable=False),
    # Web-Mercator tile cells, x to the east, y to the south.
    Column("zoom", SmallInteger, nullable=False),
    Column("x", Integer, nullable=False),
    Column("y", Integer, nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("measure_id", "zoom", "x", "y"),
)

h3_count = Table(
    "h3_count",
    metadata,
    Column("measure_id", ForeignKey(measure.c.id), nullable=False),
    Column("resolution", SmallInteger, nullable=False),
    Column("cell", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("measure_id", "resolution", "cell"),
)
