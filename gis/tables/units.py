"""The city, its zonings, and their units with their versions and who holds them."""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSTZRANGE, ExcludeConstraint

from gis.tables.schema import STORED_CRS, geometry, metadata
from gis.tables.searched import search_index

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
    geometry("MULTIPOLYGON", nullable=True),
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
    search_index("unit_version"),
    Index("ix_unit_version_parent_id", "parent_id", postgresql_where=text("upper_inf(valid)")),
    Index(
        "ix_unit_version_zoning_level", "zoning_id", "level", "lft",
        # A whole level is read from the index: the rows beside it carry shapes.
        postgresql_include=["rgt", "unit_id", "is_face", "area_m2"],
        postgresql_where=text("upper_inf(valid)"),
    ),
    # Few units ever lay elsewhere.
    Index(
        "ix_unit_version_past", "zoning_id", "unit_id",
        postgresql_where=text("NOT upper_inf(valid)"),
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
    geometry("MULTIPOLYGON", srid=3857),
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
