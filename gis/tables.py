"""The database schema. Migrations are generated from here and from nowhere else."""

from __future__ import annotations

import functools
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSTZRANGE, ExcludeConstraint

SCHEMA = "citygrid"
STORED_CRS = 4326

metadata = MetaData(
    schema=SCHEMA,
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    },
)


def _geometry(kind: str, srid: int = STORED_CRS, *, nullable: bool = False) -> Column[Any]:
    # The index stands with the table's other indexes, so that a bulk load can drop and remake it.
    return Column("geom", Geometry(kind, srid=srid, spatial_index=False), nullable=nullable)


def _joined(*sql: str) -> str:
    """Return SQL for texts joined one by one, in the brackets PostgreSQL gives it back with.

    Else the comparison of a migrated database with this file would see a difference.
    """
    first, *middle, last = sql
    return (
        f"{functools.reduce(lambda left, right: f'({left} || {right})', middle, first)} || {last}"
    )


def bigrams(sql: str) -> str:
    """Return SQL for the pairs of letters next to each other in a text, as an array.

    Cut twice: from the first letter on, and from the second. Indexed, the pairs find any part of
    a name of two letters or more; trigrams, the usual way, need three, and most Chinese words
    have two.
    """
    plain = f"replace(lower({sql}), ' ', '')"
    pairs = r"regexp_replace({}, '(..)', '\1 ', 'g')"
    both = _joined(pairs.format(plain), "' '", pairs.format(f"substr({plain}, 2)"))
    return f"string_to_array({both}, ' ')"


# What a search looks in, by table; the queries must say it in the same words to meet the index.
SEARCHED = {
    "unit_version": _joined("code", "' '", "(names ->> 'zh')", "' '", "(names ->> 'en')"),
    "building": _joined("coalesce(name, '')", "' '", "coalesce(address, '')"),
    "entrance": _joined("name", "' '", "address"),
    "facility": _joined("name", "' '", "coalesce(address, '')"),
}


def _search_index(name: str) -> Index:
    return Index(f"ix_{name}_search", text(bigrams(SEARCHED[name])), postgresql_using="gin")


# --- the city and its units ---------------------------------------------------------------

city = Table(
    "city",
    metadata,
    Column("id", Text, primary_key=True),
    # city.toml as read, so that serving needs no file.
    Column("settings", JSONB, nullable=False),
    Column("is_synthetic", Boolean, nullable=False),
    Column("loaded_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

zoning = Table(
    "zoning",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("names", JSONB, nullable=False),
    Column("is_main", Boolean, nullable=False),
)

zoning_level = Table(
    "zoning_level",
    metadata,
    Column("zoning_id", ForeignKey(zoning.c.id), nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("names", JSONB, nullable=False),
    PrimaryKeyConstraint("zoning_id", "level"),
)

unit = Table(
    "unit",
    metadata,
    # Given out in preorder at load: a subtree is a range of ids (and a short multirange later).
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("zoning_id", ForeignKey(zoning.c.id), nullable=False),
)

unit_version = Table(
    "unit_version",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("unit_id", ForeignKey(unit.c.id), nullable=False),
    Column("zoning_id", ForeignKey(zoning.c.id), nullable=False),
    Column("valid", TSTZRANGE, nullable=False),
    Column("code", Text, nullable=False),
    # {"zh": …, "en": …}
    Column("names", JSONB, nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("parent_id", ForeignKey(unit.c.id)),
    Column("lft", Integer, nullable=False),
    Column("rgt", Integer, nullable=False),
    Column("kind", Text, nullable=False, server_default="basic"),
    # A live unit with an area and no child with an area: the faces are the truth.
    Column("is_face", Boolean, nullable=False),
    _geometry("MULTIPOLYGON", nullable=True),
    # Where a label or a row without a place goes: a point inside.
    Column("centre", Geometry("POINT", srid=STORED_CRS, spatial_index=False)),
    # Measured in the city's metric CRS.
    Column("area_m2", Double),
    ExcludeConstraint(
        ("unit_id", "="), ("valid", "&&"), using="gist", name="ex_unit_version_one_at_a_time"
    ),
    ExcludeConstraint(
        ("zoning_id", "="), ("code", "="), ("valid", "&&"),
        using="gist", name="ex_unit_version_code_once",
    ),
    Index("ix_unit_version_geom", "geom", postgresql_using="gist"),
    Index(
        "ix_unit_version_unit_id", "unit_id", unique=True,
        postgresql_where=text("upper_inf(valid)"),
    ),
    _search_index("unit_version"),
    Index("ix_unit_version_parent_id", "parent_id", postgresql_where=text("upper_inf(valid)")),
    Index(
        "ix_unit_version_zoning_level", "zoning_id", "level", "lft",
        # A whole level is read from the index: the rows beside it carry shapes.
        postgresql_include=["rgt", "unit_id", "is_face", "area_m2"],
        postgresql_where=text("upper_inf(valid)"),
    ),
)  # fmt: skip

unit_lineage = Table(
    "unit_lineage",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("from_id", ForeignKey(unit.c.id), nullable=False, index=True),
    Column("into_id", ForeignKey(unit.c.id), nullable=False, index=True),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    Column("reason", Text, nullable=False, server_default=""),
)

unit_shape = Table(
    "unit_shape",
    metadata,
    Column("unit_version_id", ForeignKey(unit_version.c.id, ondelete="CASCADE"), nullable=False),
    Column("unit_id", ForeignKey(unit.c.id), nullable=False),
    Column("zoning_id", SmallInteger, nullable=False),
    Column("level", SmallInteger, nullable=False),
    # Simplified as one coverage for tile zooms zoom_from … zoom_to (both included).
    Column("zoom_from", SmallInteger, nullable=False),
    Column("zoom_to", SmallInteger, nullable=False),
    _geometry("MULTIPOLYGON", srid=3857),
    PrimaryKeyConstraint("unit_version_id", "zoom_from"),
    # Level and zoom before the place: of all shapes over a place, one in twenty is wanted.
    Index("ix_unit_shape_geom", "level", "zoom_from", "geom", postgresql_using="gist"),
    Index("ix_unit_shape_unit_id", "unit_id"),
)

staff_holding = Table(
    "staff_holding",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("unit_id", ForeignKey(unit.c.id), nullable=False, index=True),
    # head, worker
    Column("post", Text, nullable=False),
    Column("person", Text, nullable=False),
    Column("phone", Text),
    Column("valid", TSTZRANGE, nullable=False),
)

# --- what lies on it: heap in Hilbert order, unit_id = today's unit, NULL = in no unit ------


def _rows(name: str, *columns: Column[Any] | Index, numbers: Identity | None = None) -> Table:
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


estate = _rows(
    "estate",
    # {"zh": …, "en": …}
    Column("names", JSONB, nullable=False),
    Column("aliases", ARRAY(Text), nullable=False, server_default="{}"),
    # garden_estate, old_estate, urban_village, mixed
    Column("kind", Text, nullable=False),
    Column("address", Text),
    _geometry("MULTIPOLYGON"),
    Column("centre", Geometry("POINT", srid=STORED_CRS, spatial_index=False), nullable=False),
)

building = _rows(
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
    # Which file or survey the footprint came from.
    Column("source", Text, nullable=False, server_default=""),
    _geometry("MULTIPOLYGON"),
    # A point inside the footprint: what is placed and counted.
    Column("centre", Geometry("POINT", srid=STORED_CRS, spatial_index=False), nullable=False),
    _search_index("building"),
)

entrance = Table(
    "entrance",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("building_id", ForeignKey(building.c.id), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),
    _geometry("POINT"),
    Index("ix_entrance_geom", "geom", postgresql_using="gist"),
    _search_index("entrance"),
)

household = _rows(
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
    _geometry("POINT"),
)

people = _rows(
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
    _geometry("POINT"),
)

# Who is in care is few among many, and counted for any unit while a border moves.
Index(
    "ix_people_in_care", people.c.unit_id,
    postgresql_include=["count"], postgresql_where=people.c.care != 0,
)  # fmt: skip

facility = _rows(
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
    _geometry("POINT"),
    _search_index("facility"),
)

# An office, bureau or company that handles cases.
duty_body = Table(
    "duty_body",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("names", JSONB, nullable=False),
)

incident_class = Table(
    "incident_class",
    metadata,
    # A code without its scheme is ambiguous (editions swap 04 and 05).
    Column("scheme", Text, nullable=False),
    Column("code", Text, nullable=False),
    # NULL for a big class.
    Column("parent_code", Text),
    Column("names", JSONB, nullable=False),
    PrimaryKeyConstraint("scheme", "code"),
)

incident = _rows(
    "incident",
    # Frozen when the incident is closed, for statistics on then's boundaries.
    Column("unit_then_id", ForeignKey(unit.c.id)),
    Column("scheme", Text, nullable=False),
    Column("big", Text, nullable=False),
    Column("small", Text, nullable=False),
    # ordinary, larger, serious, extreme
    Column("severity", Text, nullable=False),
    # report, register, dispatch, handle, feed_back, check, closed
    Column("stage", Text, nullable=False),
    Column("title", Text),
    Column("address", Text),
    # Whom it was dispatched to.
    Column("body_id", ForeignKey(duty_body.c.id), index=True),
    # Says who reported it or whom it is about: shown to those concerned only.
    Column("is_personal", Boolean, nullable=False, server_default="false"),
    # hotline, patrol, device, app, …
    Column("source", Text, nullable=False),
    Column("reported_at", DateTime(timezone=True), nullable=False),
    Column("registered_at", DateTime(timezone=True)),
    Column("dispatched_at", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True)),
    Column("handled_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    Column("returned", SmallInteger, nullable=False, server_default="0"),
    Column("props", JSONB, nullable=False, server_default="{}"),
    # The condition of its class, which its time limit hangs on: `gis.cases.class_condition`.
    Column("condition", SmallInteger),
    # So many of a `layers.handling.clock.Unit`; what was granted beyond is in it.
    Column("limit_amount", REAL),
    Column("limit_unit", Text),
    # How the place was found (a `layers.locating.located.How`, pin, own, file, …), how surely (1
    # the best; NULL: nobody knows), within how many metres (NULL: as exact as the map), and what
    # somebody adds to it.
    Column("placed_by", Text, nullable=False, server_default="import"),
    Column("placed_score", REAL),
    Column("placed_within_m", REAL),
    Column("place_note", Text),
    # The case it was split off.
    Column("parent_id", ForeignKey("citygrid.incident.id")),
    # The case it says again.
    Column("duplicate_of", ForeignKey("citygrid.incident.id")),
    # Since when its clock stands still, and until when; NULL: until somebody says so.
    Column("paused_at", DateTime(timezone=True)),
    Column("paused_until", DateTime(timezone=True)),
    # More time, or a rest, that is asked for and not yet granted.
    Column("asked", JSONB(none_as_null=True)),
    # 督办: what a leader asks of it, and what was answered: `layers.handling.supervision`.
    Column("supervision", JSONB(none_as_null=True)),
    # Which rules told whom of it because its time runs out: `layers.handling.escalations`.
    Column("escalation", JSONB(none_as_null=True)),
    # How it ended: done, refused, duplicate, forced.
    Column("outcome", Text),
    # 综合评价: 1 to 5.
    Column("grade", SmallInteger),
    # Grows with every act: who acts names the one he saw.
    Column("version", Integer, nullable=False, server_default="0"),
    _geometry("POINT"),
    numbers=Identity(),
)
# Reports of the same nearby: what may be known already.
Index("ix_incident_near_in_time", incident.c.geom, incident.c.reported_at, postgresql_using="gist")
# Few have either.
for _name in ("parent_id", "duplicate_of"):
    Index(
        f"ix_incident_{_name}", incident.c[_name],
        postgresql_where=incident.c[_name].is_not(None),
    )  # fmt: skip
# So are those that a leader asks about.
Index(
    "ix_incident_supervised",
    incident.c.unit_id,
    postgresql_where=incident.c.supervision.is_not(None),
)
# The latest ones, and hours of a span of time, without reading the rows.
Index(
    "ix_incident_reported_at",
    incident.c.reported_at,
    postgresql_include=["unit_id", "scheme", "big"],
)
# The first page of what is closed, everywhere and of a class: the latest first.
for _name, _columns in (
    ("closed_at", ()),
    ("big", ("scheme", "big")),
    ("small", ("scheme", "small")),
):
    Index(
        f"ix_incident_{_name}", *(incident.c[each] for each in _columns),
        incident.c.closed_at.desc(), incident.c.reported_at.desc(), incident.c.id,
    )  # fmt: skip
# What was due and handled in a span of time.
for _name in ("due_at", "handled_at"):
    Index(f"ix_incident_{_name}", incident.c[_name])
# What is open is few among many: the map and "overdue now" ask for nothing else.
Index(
    "ix_incident_open",
    incident.c.unit_id,
    incident.c.due_at,
    postgresql_where=incident.c.stage != "closed",
)
Index(
    "ix_incident_open_geom", incident.c.geom,
    postgresql_using="gist", postgresql_where=incident.c.stage != "closed",
)  # fmt: skip

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
    _geometry("LINESTRING"),
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
    _geometry("LINESTRING"),
    Index("ix_barrier_geom", "geom", postgresql_using="gist"),
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
        _geometry("MULTIPOLYGON"),
        Index(f"ix_{name}_geom", "geom", postgresql_using="gist"),
    )


water = _ground("water")
green = _ground("green")

# --- what places are called: derived from what lies there, by `layers.locating.index` ----------

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
    _geometry("POINT"),
    Index("ix_place_spot_number", "name_id", "number"),
    Index("ix_place_spot_block", "name_id", "block"),
    Index("ix_place_spot_thing", "kind", "thing_id"),
)

# Which unit of a further zoning a row lies in (the main tree is the row's own unit_id).
feature_unit = Table(
    "feature_unit",
    metadata,
    Column("layer", Text, nullable=False),
    Column("zoning_id", ForeignKey(zoning.c.id), nullable=False),
    Column("feature_id", Integer, nullable=False),
    Column("unit_id", ForeignKey(unit.c.id), nullable=False, index=True),
    PrimaryKeyConstraint("layer", "zoning_id", "feature_id"),
)

# --- what is counted --------------------------------------------------------------------

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

layer_state = Table(
    "layer_state",
    metadata,
    Column("layer", Text, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    # When what the layer shows was true, as its source says.
    Column("as_of", DateTime(timezone=True)),
    # When somebody last worked on its rows here; NULL: they came from files only.
    Column("worked_at", DateTime(timezone=True)),
    Column("source", Text, nullable=False, server_default=""),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

import_batch = Table(
    "import_batch",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("layer", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # inserted + updated + unchanged + rejected = read
    Column("read", Integer, nullable=False),
    Column("inserted", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    # Rejected rows: reason → number.
    Column("reasons", JSONB, nullable=False, server_default="{}"),
)
