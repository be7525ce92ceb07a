"""The ground: roles, units, layers, counts."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001_ground"
down_revision = None
branch_labels = None
depends_on = None

ROLES = ("citygrid_owner", "citygrid_engine", "citygrid_masker", "citygrid_app")


def _roles_and_schema() -> None:
    for role in ROLES:
        # Roles belong to the whole server: another city's database may have made them.
        op.execute(f"""
            DO $$ BEGIN
              IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} NOLOGIN;
              END IF;
              IF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN
                GRANT {role} TO CURRENT_USER;
              END IF;
            END $$
        """)
    for extension in ("postgis", "btree_gist", "pg_trgm"):
        op.execute(f"CREATE EXTENSION IF NOT EXISTS {extension} WITH SCHEMA public")
    op.execute("CREATE SCHEMA citygrid AUTHORIZATION citygrid_owner")
    op.execute("GRANT USAGE ON SCHEMA citygrid TO citygrid_engine, citygrid_masker, citygrid_app")
    op.execute("SET LOCAL ROLE citygrid_owner")


def _privileges() -> None:
    op.execute("GRANT SELECT ON ALL TABLES IN SCHEMA citygrid TO citygrid_app, citygrid_masker")
    op.execute(
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA citygrid TO citygrid_engine"
    )
    op.execute("GRANT USAGE ON ALL SEQUENCES IN SCHEMA citygrid TO citygrid_engine")
    op.execute("RESET ROLE")
    op.execute(
        "GRANT SELECT ON public.schema_version TO citygrid_owner, citygrid_engine, citygrid_app"
    )


def upgrade() -> None:
    _roles_and_schema()
    op.create_table(
        "city",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_synthetic", sa.Boolean(), nullable=False),
        sa.Column(
            "loaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_city")),
        schema="citygrid",
    )
    op.create_geospatial_table(
        "green",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_green")),
        sa.UniqueConstraint("key", name=op.f("uq_green_key")),
        schema="citygrid",
    )
    op.create_geospatial_index(
        "ix_green_geom",
        "green",
        ["geom"],
        unique=False,
        schema="citygrid",
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "import_batch",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "finished_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("read", sa.Integer(), nullable=False),
        sa.Column("inserted", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column(
            "reasons", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
        schema="citygrid",
    )
    op.create_table(
        "incident_class",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("parent_code", sa.Text(), nullable=True),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "code", name=op.f("pk_incident_class")),
        schema="citygrid",
    )
    op.create_table(
        "layer_state",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "changed_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("layer", name=op.f("pk_layer_state")),
        schema="citygrid",
    )
    op.create_table(
        "measure",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("dimension", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("weight", sa.Text(), nullable=False),
        sa.Column("is_partition", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
        sa.UniqueConstraint(
            "layer",
            "dimension",
            "key",
            "weight",
            name=op.f("uq_measure_layer_dimension_key_weight"),
        ),
        schema="citygrid",
    )
    op.create_geospatial_table(
        "road",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("walk", sa.Boolean(), nullable=False),
        sa.Column("drive", sa.Boolean(), nullable=False),
        sa.Column("oneway", sa.Boolean(), nullable=False),
        sa.Column("speed_kmh", sa.SmallInteger(), nullable=True),
        sa.Column("length_m", sa.Double(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="LINESTRING",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_road")),
        sa.UniqueConstraint("key", name=op.f("uq_road_key")),
        schema="citygrid",
    )
    op.create_geospatial_index(
        "ix_road_geom",
        "road",
        ["geom"],
        unique=False,
        schema="citygrid",
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_geospatial_table(
        "water",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_water")),
        sa.UniqueConstraint("key", name=op.f("uq_water_key")),
        schema="citygrid",
    )
    op.create_geospatial_index(
        "ix_water_geom",
        "water",
        ["geom"],
        unique=False,
        schema="citygrid",
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "zoning",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("is_main", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_zoning")),
        sa.UniqueConstraint("key", name=op.f("uq_zoning_key")),
        schema="citygrid",
    )
    op.create_table(
        "cell_count",
        sa.Column("measure_id", sa.SmallInteger(), nullable=False),
        sa.Column("zoom", sa.SmallInteger(), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["citygrid.measure.id"], name=op.f("fk_cell_count_measure_id")
        ),
        sa.PrimaryKeyConstraint("measure_id", "zoom", "x", "y", name=op.f("pk_cell_count")),
        schema="citygrid",
    )
    op.create_table(
        "h3_count",
        sa.Column("measure_id", sa.SmallInteger(), nullable=False),
        sa.Column("resolution", sa.SmallInteger(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["citygrid.measure.id"], name=op.f("fk_h3_count_measure_id")
        ),
        sa.PrimaryKeyConstraint("measure_id", "resolution", "cell", name=op.f("pk_h3_count")),
        schema="citygrid",
    )
    op.create_table(
        "outside_count",
        sa.Column("zoning_id", sa.SmallInteger(), nullable=False),
        sa.Column("measure_id", sa.SmallInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["citygrid.measure.id"], name=op.f("fk_outside_count_measure_id")
        ),
        sa.ForeignKeyConstraint(
            ["zoning_id"], ["citygrid.zoning.id"], name=op.f("fk_outside_count_zoning_id")
        ),
        sa.PrimaryKeyConstraint("zoning_id", "measure_id", name=op.f("pk_outside_count")),
        schema="citygrid",
    )
    op.create_table(
        "unit",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("zoning_id", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["zoning_id"], ["citygrid.zoning.id"], name=op.f("fk_unit_zoning_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        schema="citygrid",
    )
    op.create_table(
        "zoning_level",
        sa.Column("zoning_id", sa.SmallInteger(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["zoning_id"], ["citygrid.zoning.id"], name=op.f("fk_zoning_level_zoning_id")
        ),
        sa.PrimaryKeyConstraint("zoning_id", "level", name=op.f("pk_zoning_level")),
        schema="citygrid",
    )
    op.create_geospatial_table(
        "estate",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("aliases", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "centre",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["citygrid.unit.id"], name=op.f("fk_estate_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_estate")),
        sa.UniqueConstraint("key", name=op.f("uq_estate_key")),
        schema="citygrid",
    )
    op.create_geospatial_index(
        "ix_estate_geom",
        "estate",
        ["geom"],
        unique=False,
        schema="citygrid",
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index("ix_estate_unit_id", "estate", ["unit_id"], unique=False, schema="citygrid")
    op.create_geospatial_table(
        "facility",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("state", sa.Text(), server_default="open", nullable=False),
        sa.Column(
            "props", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_facility_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_facility")),
        sa.UniqueConstraint("key", name=op.f("uq_facility_key")),
        schema="citygrid",
    )
    op.create_geospatial_index(
        "ix_facility_geom",
        "facility",
        ["geom"],
        unique=False,
        schema="citygrid",
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index("ix_facility_unit_id", "facility", ["unit_id"], unique=False, schema="citygrid")
    op.create_table(
        "feature_unit",
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("zoning_id", sa.SmallInteger(), nullable=False),
        sa.Column("feature_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_feature_unit_unit_id")
        ),
        sa.ForeignKeyConstraint(
            ["zoning_id"], ["citygrid.zoning.id"], name=op.f("fk_feature_unit_zoning_id")
        ),
        sa.PrimaryKeyConstraint("layer", "zoning_id", "feature_id", name=op.f("pk_feature_unit")),
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_feature_unit_unit_id"),
        "feature_unit",
        ["unit_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_geospatial_table(
        "incident",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("unit_then_id", sa.Integer(), nullable=True),
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("big", sa.Text(), nullable=False),
        sa.Column("small", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dispatched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column(
            "props", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_incident_unit_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_then_id"], ["citygrid.unit.id"], name=op.f("fk_incident_unit_then_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("key", name=op.f("uq_incident_key")),
        schema="citygrid",
    )
    op.create_geospatial_index(
        "ix_incident_geom",
        "incident",
        ["geom"],
        unique=False,
        schema="citygrid",
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(
        op.f("ix_incident_reported_at"),
        "incident",
        ["reported_at"],
        unique=False,
        schema="citygrid",
    )
    op.create_index("ix_incident_unit_id", "incident", ["unit_id"], unique=False, schema="citygrid")
    op.create_table(
        "staff_holding",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_staff_holding_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_holding")),
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_staff_holding_unit_id"),
        "staff_holding",
        ["unit_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_table(
        "unit_count",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.SmallInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["citygrid.measure.id"], name=op.f("fk_unit_count_measure_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_unit_count_unit_id")
        ),
        sa.PrimaryKeyConstraint("unit_id", "measure_id", name=op.f("pk_unit_count")),
        schema="citygrid",
    )
    op.create_index(
        "ix_unit_count_measure_id",
        "unit_count",
        ["measure_id", "unit_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_table(
        "unit_lineage",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=False),
        sa.Column("into_id", sa.Integer(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["from_id"], ["citygrid.unit.id"], name=op.f("fk_unit_lineage_from_id")
        ),
        sa.ForeignKeyConstraint(
            ["into_id"], ["citygrid.unit.id"], name=op.f("fk_unit_lineage_into_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_lineage")),
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_unit_lineage_from_id"),
        "unit_lineage",
        ["from_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_unit_lineage_into_id"),
        "unit_lineage",
        ["into_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_table(
        "unit_series",
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.SmallInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["citygrid.measure.id"], name=op.f("fk_unit_series_measure_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_unit_series_unit_id")
        ),
        sa.PrimaryKeyConstraint("unit_id", "measure_id", "day", name=op.f("pk_unit_series")),
        schema="citygrid",
    )
    op.create_geospatial_table(
        "unit_version",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("zoning_id", sa.SmallInteger(), nullable=False),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("lft", sa.Integer(), nullable=False),
        sa.Column("rgt", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), server_default="basic", nullable=False),
        sa.Column("is_face", sa.Boolean(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column(
            "centre",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("area_m2", sa.Double(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("unit_id"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_unit_version_one_at_a_time",
        ),
        postgresql.ExcludeConstraint(
            (sa.column("zoning_id"), "="),
            (sa.column("code"), "="),
            (sa.column("valid"), "&&"),
            using="gist",
            name="ex_unit_version_code_once",
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["citygrid.unit.id"], name=op.f("fk_unit_version_parent_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_unit_version_unit_id")
        ),
        sa.ForeignKeyConstraint(
            ["zoning_id"], ["citygrid.zoning.id"], name=op.f("fk_unit_version_zoning_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit_version")),
        schema="citygrid",
    )
    op.create_geospatial_index(
        "ix_unit_version_geom",
        "unit_version",
        ["geom"],
        unique=False,
        schema="citygrid",
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(
        "ix_unit_version_parent_id",
        "unit_version",
        ["parent_id"],
        unique=False,
        schema="citygrid",
        postgresql_where=sa.text("upper_inf(valid)"),
    )
    op.create_index(
        "ix_unit_version_zoning_level",
        "unit_version",
        ["zoning_id", "level", "lft"],
        unique=False,
        schema="citygrid",
        postgresql_where=sa.text("upper_inf(valid)"),
    )
    op.create_geospatial_table(
        "building",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("estate_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("floors", sa.SmallInteger(), nullable=True),
        sa.Column("year", sa.SmallInteger(), nullable=True),
        sa.Column("height_m", sa.REAL(), nullable=True),
        sa.Column("floor_area_m2", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "centre",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["estate_id"], ["citygrid.estate.id"], name=op.f("fk_building_estate_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_building_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_building")),
        sa.UniqueConstraint("key", name=op.f("uq_building_key")),
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_building_estate_id"), "building", ["estate_id"], unique=False, schema="citygrid"
    )
    op.create_geospatial_index(
        "ix_building_geom",
        "building",
        ["geom"],
        unique=False,
        schema="citygrid",
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index("ix_building_unit_id", "building", ["unit_id"], unique=False, schema="citygrid")
    op.create_geospatial_table(
        "unit_shape",
        sa.Column("unit_version_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("zoning_id", sa.SmallInteger(), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("zoom_from", sa.SmallInteger(), nullable=False),
        sa.Column("zoom_to", sa.SmallInteger(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_unit_shape_unit_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_version_id"],
            ["citygrid.unit_version.id"],
            name=op.f("fk_unit_shape_unit_version_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("unit_version_id", "zoom_from", name=op.f("pk_unit_shape")),
        schema="citygrid",
    )
    op.create_geospatial_index(
        "ix_unit_shape_geom",
        "unit_shape",
        ["geom"],
        unique=False,
        schema="citygrid",
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(
        "ix_unit_shape_unit_id", "unit_shape", ["unit_id"], unique=False, schema="citygrid"
    )
    op.create_geospatial_table(
        "entrance",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("building_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["citygrid.building.id"], name=op.f("fk_entrance_building_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_entrance")),
        sa.UniqueConstraint("key", name=op.f("uq_entrance_key")),
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_entrance_building_id"),
        "entrance",
        ["building_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_geospatial_index(
        "ix_entrance_geom",
        "entrance",
        ["geom"],
        unique=False,
        schema="citygrid",
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_geospatial_table(
        "household",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("building_id", sa.Integer(), nullable=True),
        sa.Column("entrance_id", sa.Integer(), nullable=True),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("tenure", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), server_default="1", nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("estimated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["citygrid.building.id"], name=op.f("fk_household_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["entrance_id"], ["citygrid.entrance.id"], name=op.f("fk_household_entrance_id")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_household_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_household")),
        sa.UniqueConstraint("key", name=op.f("uq_household_key")),
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_household_building_id"),
        "household",
        ["building_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_household_entrance_id"),
        "household",
        ["entrance_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_geospatial_index(
        "ix_household_geom",
        "household",
        ["geom"],
        unique=False,
        schema="citygrid",
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(
        "ix_household_unit_id", "household", ["unit_id"], unique=False, schema="citygrid"
    )
    op.create_geospatial_table(
        "people",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("household_id", sa.Integer(), nullable=True),
        sa.Column("building_id", sa.Integer(), nullable=True),
        sa.Column("count", sa.Integer(), server_default="1", nullable=False),
        sa.Column("age_band", sa.SmallInteger(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("residence", sa.Text(), nullable=False),
        sa.Column("care", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("estimated", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["building_id"], ["citygrid.building.id"], name=op.f("fk_people_building_id")
        ),
        sa.ForeignKeyConstraint(
            ["household_id"], ["citygrid.household.id"], name=op.f("fk_people_household_id")
        ),
        sa.ForeignKeyConstraint(["unit_id"], ["citygrid.unit.id"], name=op.f("fk_people_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_people")),
        sa.UniqueConstraint("key", name=op.f("uq_people_key")),
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_people_building_id"), "people", ["building_id"], unique=False, schema="citygrid"
    )
    op.create_geospatial_index(
        "ix_people_geom",
        "people",
        ["geom"],
        unique=False,
        schema="citygrid",
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(
        op.f("ix_people_household_id"), "people", ["household_id"], unique=False, schema="citygrid"
    )
    op.create_index("ix_people_unit_id", "people", ["unit_id"], unique=False, schema="citygrid")
    _privileges()
