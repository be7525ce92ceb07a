"""Levels of one measure, and hours of incidents, from the index alone."""

from alembic import op

revision = "0005_covering"
down_revision = "0004_shapes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_index("ix_unit_count_measure_id", "unit_count", schema="citygrid")
    op.create_index(
        "ix_unit_count_measure_id",
        "unit_count",
        ["measure_id", "unit_id"],
        schema="citygrid",
        postgresql_include=["n"],
    )
    op.drop_index("ix_incident_reported_at", "incident", schema="citygrid")
    op.create_index(
        "ix_incident_reported_at",
        "incident",
        ["reported_at"],
        schema="citygrid",
        postgresql_include=["unit_id", "scheme", "big"],
    )
    # It was there only to add the column to rows that had none.
    op.alter_column("measure", "name", server_default=None, schema="citygrid")
    op.execute("RESET ROLE")
