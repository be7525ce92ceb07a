"""What places are called: derived from what lies there, by `layers.locating.index`."""

from __future__ import annotations

from sqlalchemy import (
    REAL,
    Boolean,
    Column,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.dialects.postgresql import ARRAY

from gis.tables.schema import geometry, metadata

# A name that addresses begin with: of a road, an estate, a facility.
place_name = Table(
    "place_name",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    # In plain form: `layers.locating.writing`.
    Column("name", Text, nullable=False),
    # Of a facility or a building: no numbers follow, and its keys are others.
    Column("is_whole", Boolean, nullable=False),
    # How it is pronounced, in Latin letters without tones; some characters have two ways.
    Column("sounds", ARRAY(Text), nullable=False),
    Column("initials", Text, nullable=False),
    UniqueConstraint("name", "is_whole"),
)

# Pieces of a name by which it is found although it is typed wrong.
place_key = Table(
    "place_key",
    metadata,
    Column("key", Text, nullable=False),
    # No foreign keys here and below: they would take longer to check than the rows to write, and
    # one module alone writes them.
    Column("name_id", Integer, nullable=False),
    # What the piece is of the name: of one name they add up to about the root of how many.
    Column("share", REAL, nullable=False),
    # Read from the index alone.
    Index("ix_place_key_key", "key", postgresql_include=["name_id", "share"]),
)

# A place that a name and numbers mean.
place_spot = Table(
    "place_spot",
    metadata,
    Column("name_id", Integer, nullable=False),
    # Section, lane and alley of a road: "4段216巷8弄".
    Column("branch", Text, nullable=False, server_default=""),
    Column("number", Integer),
    # What stands after the number's hyphen or 之, of a range its end; 0: nothing.
    Column("sub", SmallInteger, nullable=False, server_default="0"),
    # Building of an estate, and entrance.
    Column("block", Text, nullable=False, server_default=""),
    Column("door", Text, nullable=False, server_default=""),
    # estate, building, entrance, facility, road
    Column("kind", Text, nullable=False),
    Column("thing_id", Integer, nullable=False),
    geometry("POINT"),
    Index("ix_place_spot_number", "name_id", "number"),
    Index("ix_place_spot_block", "name_id", "block"),
    Index("ix_place_spot_thing", "kind", "thing_id"),
)
