"""Scenarios of coverage, and indicators by day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011_scenarios"
down_revision = "0010_places"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    when = sa.DateTime(timezone=True)
    op.create_table(
        "coverage_scenario",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("is_shared", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("question", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("answered_at", when, nullable=True),
        sa.Column("created_at", when, server_default=sa.text("now()"), nullable=False),
        sa.Column("changed_at", when, server_default=sa.text("now()"), nullable=False),
        sa.Column("deleted_at", when, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["citygrid.account.id"],
            name=op.f("fk_coverage_scenario_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_scenario")),
        schema="citygrid",
    )
    op.create_index(
        "ix_coverage_scenario_account_id",
        "coverage_scenario",
        ["account_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_table(
        "indicator_day",
        sa.Column("indicator", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=True),
        sa.Column("reached", sa.Integer(), nullable=True),
        sa.Column("buildings", sa.Integer(), nullable=False),
        sa.Column("buildings_reached", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_indicator_day_unit_id")
        ),
        sa.PrimaryKeyConstraint("indicator", "day", "unit_id", name=op.f("pk_indicator_day")),
        schema="citygrid",
    )
    op.execute("RESET ROLE")
