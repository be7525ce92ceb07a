"""Change orders."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0007_orders"
down_revision = "0006_access"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.create_table(
        "change_order",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("zoning_id", sa.SmallInteger(), nullable=False),
        sa.Column("within", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("steps", sa.Integer(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "answers", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("round", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("effect", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("effective_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("touched", postgresql.ARRAY(sa.Integer()), server_default="{}", nullable=False),
        sa.Column("failure", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("undoes", sa.Integer(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["citygrid.account.id"], name=op.f("fk_change_order_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["zoning_id"], ["citygrid.zoning.id"], name=op.f("fk_change_order_zoning_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_change_order")),
        sa.UniqueConstraint("year", "serial", name=op.f("uq_change_order_year_serial")),
        schema="citygrid",
    )
    op.create_index(
        "ix_change_order_scheduled",
        "change_order",
        ["effective_on"],
        unique=False,
        schema="citygrid",
        postgresql_where=sa.text("status = 'scheduled'"),
    )
    op.create_index(
        "ix_change_order_touched",
        "change_order",
        ["touched"],
        unique=False,
        schema="citygrid",
        postgresql_using="gin",
    )
    op.create_table(
        "order_ask",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.SmallInteger(), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["citygrid.change_order.id"],
            name=op.f("fk_order_ask_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("order_id", "round", "stage", "unit_id", name=op.f("pk_order_ask")),
        schema="citygrid",
    )
    op.create_geospatial_table(
        "order_comment",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "place",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["citygrid.account.id"], name=op.f("fk_order_comment_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["citygrid.change_order.id"],
            name=op.f("fk_order_comment_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_comment")),
        schema="citygrid",
    )
    op.create_index(
        "ix_order_comment_order_id",
        "order_comment",
        ["order_id", "id"],
        unique=False,
        schema="citygrid",
    )
    op.create_table(
        "order_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["citygrid.change_order.id"],
            name=op.f("fk_order_event_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_event")),
        schema="citygrid",
    )
    op.create_index(
        "ix_order_event_order_id",
        "order_event",
        ["order_id", "id"],
        unique=False,
        schema="citygrid",
    )
    op.create_table(
        "order_notice",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("about", sa.Text(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["citygrid.account.id"],
            name=op.f("fk_order_notice_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["citygrid.change_order.id"],
            name=op.f("fk_order_notice_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_notice")),
        schema="citygrid",
    )
    op.create_index(
        "ix_order_notice_account_id",
        "order_notice",
        ["account_id", "id"],
        unique=False,
        schema="citygrid",
    )
    op.create_index(
        "ix_order_notice_unseen",
        "order_notice",
        ["account_id"],
        unique=False,
        schema="citygrid",
        postgresql_where=sa.text("seen_at IS NULL"),
    )
    op.create_table(
        "order_step",
        sa.Column("order_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("delta", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("units", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("said", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["order_id"],
            ["citygrid.change_order.id"],
            name=op.f("fk_order_step_order_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("order_id", "n", name=op.f("pk_order_step")),
        schema="citygrid",
    )
    op.execute("RESET ROLE")
