"""What the map is drawn on: roads, barriers, water and green."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Double, Index, Integer, SmallInteger, Table, Text

from gis.tables.schema import geometry, metadata

road = Table(
    "road",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text),
    # motorway, trunk, primary, secondary, tertiary, residential, service, path
    Column("kind", Text, nullable=False),
    Column("walk", Boolean, nullable=False),
    Column("drive", Boolean, nullable=False),
    # Driving only along the line's direction.
    Column("oneway", Boolean, nullable=False),
    # A bridge or a tunnel: it leads over or under what it crosses.
    Column("passes", Boolean, nullable=False, server_default="false"),
    Column("speed_kmh", SmallInteger),
    Column("length_m", Double, nullable=False),
    geometry("LINESTRING"),
    Index("ix_road_geom", "geom", postgresql_using="gist"),
)


# What streets do not lead through, unless they pass over or under it or there is a gate.
barrier = Table(
    "barrier",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text),
    # river, railway, wall
    Column("kind", Text, nullable=False),
    geometry("LINESTRING"),
    Index("ix_barrier_geom", "geom", postgresql_using="gist"),
)


# Public land: plots of the city's own on which something may be built.
land = Table(
    "land",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("name", Text),
    # What it is meant for, as the land plan says it.
    Column("use", Text),
    Column("owner", Text),
    Column("address", Text),
    # NULL where nobody said how large it is.
    Column("area_m2", Double),
    # What it would take to build there, in the money that the city counts in.
    Column("cost", Double),
    geometry("POINT"),
    Index("ix_land_geom", "geom", postgresql_using="gist"),
)


def _ground(name: str) -> Table:
    """Return a table of the basemap's areas."""
    return Table(
        name,
        metadata,
        Column("id", Integer, primary_key=True, autoincrement=False),
        Column("key", Text, nullable=False, unique=True),
        Column("name", Text),
        # water: sea, river, lake, canal; green: park, wood, farmland, grass
        Column("kind", Text, nullable=False),
        geometry("MULTIPOLYGON"),
        Index(f"ix_{name}_geom", "geom", postgresql_using="gist"),
    )


water = _ground("water")
green = _ground("green")
