"""What devices raised about incidents, and how often."""

import sqlalchemy as sa
from alembic import op

revision = "0020b_alarms"
down_revision = "0020_lists"
branch_labels = None
depends_on = None

_WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.create_table(
        "incident_alarm",
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("signal", sa.Text(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("first_at", _WHEN, nullable=False),
        sa.Column("last_at", _WHEN, nullable=False),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["citygrid.incident.id"],
            name=op.f("fk_incident_alarm_incident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("incident_id", "device", "signal", name=op.f("pk_incident_alarm")),
        schema="citygrid",
    )
    op.create_index(
        "ix_incident_alarm_device",
        "incident_alarm",
        ["device", "signal", "incident_id"],
        schema="citygrid",
    )
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_table("incident_alarm", schema="citygrid")
    op.execute("RESET ROLE")
