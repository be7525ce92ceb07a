"""Handled incidents: conditions and duties, steps, pauses, comments, reporters, receipts."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013_cases"
down_revision = "0012_barriers"
branch_labels = None
depends_on = None

_WHEN = sa.DateTime(timezone=True)
_JSON = postgresql.JSONB(astext_type=sa.Text())
_TABLES = (
    "incident_receipt", "incident_reporter", "incident_comment", "incident_pause", "incident_step",
    "duty_rule", "class_condition",
)  # fmt: skip


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    _widen_incidents()
    op.create_table(
        "class_condition",
        sa.Column("scheme", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("number", sa.SmallInteger(), nullable=False),
        sa.Column("opens", _JSON, nullable=False),
        sa.Column("closes", _JSON, server_default="{}", nullable=False),
        sa.Column("amount", sa.REAL(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scheme", "code", "number", name=op.f("pk_class_condition")),
        sa.ForeignKeyConstraint(
            ["scheme", "code"],
            ["citygrid.incident_class.scheme", "citygrid.incident_class.code"],
            name=op.f("fk_class_condition_scheme_code"),
        ),
        schema="citygrid",
    )
    op.create_table(
        "duty_rule",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("scheme", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("condition", sa.SmallInteger(), nullable=True),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("body_id", sa.Integer(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_duty_rule_unit_id")
        ),
        sa.ForeignKeyConstraint(
            ["body_id"], ["citygrid.duty_body.id"], name=op.f("fk_duty_rule_body_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_rule")),
        schema="citygrid",
    )
    _of_incident(
        "incident_step",
        sa.BigInteger(),
        sa.Column("at", _WHEN, server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=False),
        sa.Column("after", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("details", _JSON, server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
    )
    _of_incident(
        "incident_pause",
        sa.Integer(),
        sa.Column("since", _WHEN, nullable=False),
        sa.Column("until", _WHEN, nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
    )
    _of_incident(
        "incident_comment",
        sa.Integer(),
        sa.Column("at", _WHEN, server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
    )
    _of_incident(
        "incident_reporter",
        sa.Integer(),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("is_subscribed", sa.Boolean(), server_default="false", nullable=False),
        sa.Column("at", _WHEN, server_default=sa.text("now()"), nullable=False),
    )
    for table, columns in (
        ("incident_step", ["incident_id", "id"]),
        ("incident_comment", ["incident_id", "id"]),
        ("incident_pause", ["incident_id"]),
        ("incident_reporter", ["incident_id"]),
    ):
        op.create_index(f"ix_{table}_incident_id", table, columns, schema="citygrid")
    op.create_table(
        "incident_receipt",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("at", _WHEN, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_incident_receipt")),
        schema="citygrid",
    )
    op.execute("RESET ROLE")


def _widen_incidents() -> None:
    incident = "citygrid.incident"
    # None of these writes the rows that are there anew.
    for column in (
        sa.Column("condition", sa.SmallInteger()),
        sa.Column("limit_amount", sa.REAL()),
        sa.Column("limit_unit", sa.Text()),
        sa.Column("placed_by", sa.Text()),
        sa.Column("placed_score", sa.REAL()),
        sa.Column("place_note", sa.Text()),
        sa.Column("parent_id", sa.Integer()),
        sa.Column("duplicate_of", sa.Integer()),
        sa.Column("paused_at", _WHEN),
        sa.Column("paused_until", _WHEN),
        sa.Column("asked", _JSON),
        sa.Column("outcome", sa.Text()),
        sa.Column("grade", sa.SmallInteger()),
        sa.Column("version", sa.Integer(), server_default="0", nullable=False),
    ):
        op.add_column("incident", column, schema="citygrid")
    for name in ("parent_id", "duplicate_of"):
        op.create_foreign_key(
            op.f(f"fk_incident_{name}"), "incident", "incident", [name], ["id"],
            source_schema="citygrid", referent_schema="citygrid",
        )  # fmt: skip
        op.create_index(
            f"ix_incident_{name}", "incident", [name], schema="citygrid",
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )  # fmt: skip
    op.create_index(
        "ix_incident_near_in_time", "incident", ["geom", "reported_at"], schema="citygrid",
        postgresql_using="gist",
    )  # fmt: skip
    op.execute(f"ALTER TABLE {incident} ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY")
    op.execute(
        f"SELECT setval(pg_get_serial_sequence('{incident}', 'id'), max(id)) FROM {incident} "  # noqa: S608 - ours
        "HAVING max(id) IS NOT NULL"
    )


def _of_incident(name: str, number: sa.types.TypeEngine[int], *columns: sa.Column) -> None:
    op.create_table(
        name,
        sa.Column("id", number, sa.Identity(always=False), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        *columns,
        sa.ForeignKeyConstraint(
            ["incident_id"], ["citygrid.incident.id"], name=op.f(f"fk_{name}_incident_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        schema="citygrid",
    )  # fmt: skip


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    for table in _TABLES:
        op.drop_table(table, schema="citygrid")
    op.execute("ALTER TABLE citygrid.incident ALTER COLUMN id DROP IDENTITY")
    op.drop_index("ix_incident_near_in_time", "incident", schema="citygrid")
    for column in (
        "condition", "limit_amount", "limit_unit", "placed_by", "placed_score", "place_note",
        "parent_id", "duplicate_of", "paused_at", "paused_until", "asked", "outcome", "grade",
        "version",
    ):  # fmt: skip
        op.drop_column("incident", column, schema="citygrid")
    op.execute("RESET ROLE")
