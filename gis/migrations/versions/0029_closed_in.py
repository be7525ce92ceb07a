"""What was closed in a unit, and which units once lay elsewhere: found by indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0029_closed_in"
down_revision = "0028_sealed_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.create_index(
        "ix_incident_unit_then_id", "incident", ["unit_then_id"], schema="citygrid",
        postgresql_where=sa.text("unit_then_id IS NOT NULL"),
    )  # fmt: skip
    op.create_index(
        "ix_unit_version_past", "unit_version", ["zoning_id", "unit_id"], schema="citygrid",
        postgresql_where=sa.text("NOT upper_inf(valid)"),
    )  # fmt: skip
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_index("ix_unit_version_past", table_name="unit_version", schema="citygrid")
    op.drop_index("ix_incident_unit_then_id", table_name="incident", schema="citygrid")
    op.execute("RESET ROLE")
