"""What leaders ask of a case, and named filters of incidents."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017_supervision"
down_revision = "0015_candidates"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    when = sa.DateTime(timezone=True)
    # Writes no row that is there anew.
    op.add_column(
        "incident",
        sa.Column("supervision", postgresql.JSONB(astext_type=sa.Text(), none_as_null=True)),
        schema="citygrid",
    )
    op.create_index(
        "ix_incident_supervised", "incident", ["unit_id"], schema="citygrid",
        postgresql_where=sa.text("supervision IS NOT NULL"),
    )  # fmt: skip
    op.create_table(
        "saved_filter",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("body_id", sa.Integer(), nullable=True),
        sa.Column("created_at", when, server_default=sa.text("now()"), nullable=False),
        sa.Column("deleted_at", when, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["citygrid.account.id"],
            name=op.f("fk_saved_filter_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_saved_filter_unit_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id"], ["citygrid.duty_body.id"], name=op.f("fk_saved_filter_body_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        schema="citygrid",
    )
    op.create_index("ix_saved_filter_account_id", "saved_filter", ["account_id"], schema="citygrid")
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_table("saved_filter", schema="citygrid")
    op.drop_index("ix_incident_supervised", "incident", schema="citygrid")
    op.drop_column("incident", "supervision", schema="citygrid")
    op.execute("RESET ROLE")
