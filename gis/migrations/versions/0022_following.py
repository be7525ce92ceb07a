"""Notices of what was done or said about an incident, for those who follow it."""

import sqlalchemy as sa
from alembic import op

revision = "0022_following"
down_revision = "0021_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.alter_column("incident_notice", "rule", server_default="", schema="citygrid")
    # Writes no row that is there anew.
    op.add_column("incident_notice", sa.Column("step_id", sa.BigInteger()), schema="citygrid")
    op.add_column("incident_notice", sa.Column("comment_id", sa.Integer()), schema="citygrid")
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.execute("DELETE FROM citygrid.incident_notice WHERE about IN ('step', 'comment')")
    for column in ("comment_id", "step_id"):
        op.drop_column("incident_notice", column, schema="citygrid")
    op.alter_column("incident_notice", "rule", server_default=None, schema="citygrid")
    op.execute("RESET ROLE")
