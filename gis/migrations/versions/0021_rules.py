"""Rules of the city's people for incidents, their drafts, and whom they told."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021_rules"
down_revision = "0020b_alarms"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    when = sa.DateTime(timezone=True)
    json = postgresql.JSONB(astext_type=sa.Text())
    perhaps = postgresql.JSONB(astext_type=sa.Text(), none_as_null=True)
    # Writes no row that is there anew.
    op.add_column("incident", sa.Column("escalation", perhaps), schema="citygrid")
    op.create_table(
        "rule_version",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", when, server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("rules", json, nullable=False),
        sa.Column("replayed", perhaps, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_version")),
        schema="citygrid",
    )
    op.create_index("ix_rule_version_kind", "rule_version", ["kind", "id"], schema="citygrid")
    op.create_table(
        "rule_draft",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("base", sa.Integer(), nullable=False),
        sa.Column("rules", json, nullable=False),
        sa.Column("replayed", perhaps, nullable=True),
        sa.Column("changed_at", when, server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["citygrid.account.id"],
            name=op.f("fk_rule_draft_account_id"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "kind", name=op.f("pk_rule_draft")),
        schema="citygrid",
    )  # fmt: skip
    op.create_table(
        "incident_notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("at", when, server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", when, nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["citygrid.incident.id"],
            name=op.f("fk_incident_notice_incident_id"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["citygrid.account.id"],
            name=op.f("fk_incident_notice_account_id"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_notice")),
        schema="citygrid",
    )  # fmt: skip
    op.create_index(
        "ix_incident_notice_incident_id", "incident_notice", ["incident_id"], schema="citygrid"
    )
    op.create_index(
        "ix_incident_notice_unseen", "incident_notice", ["account_id", "incident_id"],
        schema="citygrid", postgresql_where=sa.text("seen_at IS NULL"),
    )  # fmt: skip
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    for table in ("incident_notice", "rule_draft", "rule_version"):
        op.drop_table(table, schema="citygrid")
    op.drop_column("incident", "escalation", schema="citygrid")
    op.execute("RESET ROLE")
