"""Lists of candidates for new facilities."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015_candidates"
down_revision = "0014_made_at"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    when = sa.DateTime(timezone=True)
    op.create_table(
        "candidate_list",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("is_shared", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("entries", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", when, server_default=sa.text("now()"), nullable=False),
        sa.Column("deleted_at", when, nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["citygrid.account.id"],
            name=op.f("fk_candidate_list_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate_list")),
        schema="citygrid",
    )
    op.create_index(
        "ix_candidate_list_account_id",
        "candidate_list",
        ["account_id"],
        unique=False,
        schema="citygrid",
    )
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_table("candidate_list", schema="citygrid")
    op.execute("RESET ROLE")
