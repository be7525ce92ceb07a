"""Orders of the hotline, who called about those that wait, and how the hotline writes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018_hotline"
down_revision = "0017_supervision"
branch_labels = None
depends_on = None

_JSON = postgresql.JSONB(astext_type=sa.Text())


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.create_table(
        "hotline_order",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=True),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("why", sa.Text(), server_default="", nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("draft", _JSON, nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["citygrid.incident.id"],
            name=op.f("fk_hotline_order_incident_id"),
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_hotline_order_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotline_order")),
        sa.UniqueConstraint("number", name=op.f("uq_hotline_order_number")),
        schema="citygrid",
    )
    op.create_index(
        "ix_hotline_order_state",
        "hotline_order",
        ["state"],
        schema="citygrid",
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "hotline_caller",
        sa.Column("order_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["citygrid.hotline_order.id"],
            name=op.f("fk_hotline_caller_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_hotline_caller")),
        schema="citygrid",
    )
    op.create_table(
        "hotline_setting",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("columns", _JSON, nullable=False),
        sa.Column("words", _JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hotline_setting")),
        schema="citygrid",
    )
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    for table in ("hotline_setting", "hotline_caller", "hotline_order"):
        op.drop_table(table, schema="citygrid")
    op.execute("RESET ROLE")
