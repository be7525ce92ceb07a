"""What is searched."""

import sqlalchemy as sa
from alembic import op

revision = "0002_search"
down_revision = "0001_ground"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.create_index(
        "ix_building_search",
        "building",
        [
            sa.literal_column(
                "string_to_array((regexp_replace(replace(lower((coalesce(name, '') || ' ') || coalesce(address, '')), ' ', ''), '(..)', '\\1 ', 'g') || ' ') || regexp_replace(substr(replace(lower((coalesce(name, '') || ' ') || coalesce(address, '')), ' ', ''), 2), '(..)', '\\1 ', 'g'), ' ')"
            )
        ],
        unique=False,
        schema="citygrid",
        postgresql_using="gin",
    )
    op.create_index(
        "ix_entrance_search",
        "entrance",
        [
            sa.literal_column(
                "string_to_array((regexp_replace(replace(lower((name || ' ') || address), ' ', ''), '(..)', '\\1 ', 'g') || ' ') || regexp_replace(substr(replace(lower((name || ' ') || address), ' ', ''), 2), '(..)', '\\1 ', 'g'), ' ')"
            )
        ],
        unique=False,
        schema="citygrid",
        postgresql_using="gin",
    )
    op.create_index(
        "ix_facility_search",
        "facility",
        [
            sa.literal_column(
                "string_to_array((regexp_replace(replace(lower((name || ' ') || coalesce(address, '')), ' ', ''), '(..)', '\\1 ', 'g') || ' ') || regexp_replace(substr(replace(lower((name || ' ') || coalesce(address, '')), ' ', ''), 2), '(..)', '\\1 ', 'g'), ' ')"
            )
        ],
        unique=False,
        schema="citygrid",
        postgresql_using="gin",
    )
    op.create_index(
        "ix_incident_open",
        "incident",
        ["unit_id", "due_at"],
        unique=False,
        schema="citygrid",
        postgresql_where=sa.text("stage != 'closed'"),
    )
    op.create_geospatial_index(
        "ix_incident_open_geom",
        "incident",
        ["geom"],
        unique=False,
        schema="citygrid",
        postgresql_using="gist",
        postgresql_where=sa.text("stage != 'closed'"),
        postgresql_ops={},
    )
    op.add_column(
        "measure",
        sa.Column("name", sa.Text(), nullable=False, server_default=""),
        schema="citygrid",
    )
    op.create_unique_constraint(op.f("uq_measure_name"), "measure", ["name"], schema="citygrid")
    op.create_index(
        "ix_unit_version_search",
        "unit_version",
        [
            sa.literal_column(
                "string_to_array((regexp_replace(replace(lower((((code || ' ') || (names ->> 'zh')) || ' ') || (names ->> 'en')), ' ', ''), '(..)', '\\1 ', 'g') || ' ') || regexp_replace(substr(replace(lower((((code || ' ') || (names ->> 'zh')) || ' ') || (names ->> 'en')), ' ', ''), 2), '(..)', '\\1 ', 'g'), ' ')"
            )
        ],
        unique=False,
        schema="citygrid",
        postgresql_using="gin",
    )
    op.create_index(
        "ix_unit_version_unit_id",
        "unit_version",
        ["unit_id"],
        unique=True,
        schema="citygrid",
        postgresql_where=sa.text("upper_inf(valid)"),
    )
    op.execute("RESET ROLE")
