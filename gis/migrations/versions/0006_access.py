"""Who may see what: accounts, posts, releases, the audit."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006_access"
down_revision = "0005_covering"
branch_labels = None
depends_on = None


ROLES = ("citygrid_porter", "citygrid_sealer")

# Measures of persons have numbers of their own, by which the row policy knows them.
COUNTS = ("outside_count", "unit_count", "unit_series", "cell_count", "h3_count")
PERSONAL = "SELECT id FROM citygrid.measure WHERE layer IN ('people', 'households') AND id < 20000"


def _renumber_measures() -> None:
    for table in COUNTS:
        op.drop_constraint(f"fk_{table}_measure_id", table, schema="citygrid")
        op.execute(
            f"UPDATE citygrid.{table} SET measure_id = measure_id + 20000 "  # noqa: S608
            f"WHERE measure_id IN ({PERSONAL})"
        )
    op.execute(f"UPDATE citygrid.measure SET id = id + 20000 WHERE id IN ({PERSONAL})")  # noqa: S608
    for table in COUNTS:
        op.create_foreign_key(
            f"fk_{table}_measure_id",
            table,
            "measure",
            ["measure_id"],
            ["id"],
            source_schema="citygrid",
            referent_schema="citygrid",
        )


def upgrade() -> None:
    for role in ROLES:
        op.execute(f"""
            DO $$ BEGIN
              IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} NOLOGIN;
              END IF;
              IF NOT pg_has_role(current_user, '{role}', 'MEMBER') THEN
                GRANT {role} TO CURRENT_USER;
              END IF;
            END $$
        """)
    op.execute("GRANT USAGE ON SCHEMA citygrid TO citygrid_porter, citygrid_sealer")
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("password_set_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("must_change", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_secret", sa.LargeBinary(), nullable=True),
        sa.Column("code_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_step", sa.BigInteger(), nullable=True),
        sa.Column("is_demo", sa.Boolean(), server_default="false", nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
        schema="citygrid",
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("address", postgresql.INET(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column(
            "details", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        schema="citygrid",
    )
    op.create_index(
        "ix_audit_account_id", "audit", ["account_id", "at"], unique=False, schema="citygrid"
    )
    op.create_index("ix_audit_at", "audit", ["at"], unique=False, schema="citygrid")
    op.create_table(
        "audit_seal",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("audit_id", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("audit_id", name=op.f("uq_audit_seal_audit_id")),
        schema="citygrid",
    )
    op.create_table(
        "duty_body",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_body")),
        sa.UniqueConstraint("key", name=op.f("uq_duty_body_key")),
        schema="citygrid",
    )
    op.create_table(
        "release",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        schema="citygrid",
    )
    op.create_table(
        "api_token",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["citygrid.account.id"],
            name=op.f("fk_api_token_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("hash", name=op.f("uq_api_token_hash")),
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_api_token_account_id"),
        "api_token",
        ["account_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_table(
        "identity",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["citygrid.account.id"],
            name=op.f("fk_identity_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("issuer", "subject", name=op.f("pk_identity")),
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_identity_account_id"), "identity", ["account_id"], unique=False, schema="citygrid"
    )
    op.create_table(
        "old_password",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "replaced_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("password", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["citygrid.account.id"],
            name=op.f("fk_old_password_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "replaced_at", name=op.f("pk_old_password")),
        schema="citygrid",
    )
    op.create_table(
        "recovery_code",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["citygrid.account.id"],
            name=op.f("fk_recovery_code_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "hash", name=op.f("pk_recovery_code")),
        schema="citygrid",
    )
    op.create_table(
        "guess",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_guess")),
        schema="citygrid",
    )
    op.create_table(
        "session",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_full", sa.Boolean(), nullable=False),
        sa.Column("address", postgresql.INET(), nullable=True),
        sa.Column("agent", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["citygrid.account.id"],
            name=op.f("fk_session_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_session_account_id"), "session", ["account_id"], unique=False, schema="citygrid"
    )
    op.create_table(
        "post_holding",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("body_id", sa.Integer(), nullable=True),
        sa.Column("valid", postgresql.TSTZRANGE(), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("unit_id IS NULL OR body_id IS NULL", name="ck_post_holding_one"),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["citygrid.account.id"],
            name=op.f("fk_post_holding_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["body_id"], ["citygrid.duty_body.id"], name=op.f("fk_post_holding_body_id")
        ),
        sa.ForeignKeyConstraint(
            ["granted_by"], ["citygrid.account.id"], name=op.f("fk_post_holding_granted_by")
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_post_holding_unit_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_holding")),
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_post_holding_account_id"),
        "post_holding",
        ["account_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_post_holding_body_id"),
        "post_holding",
        ["body_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_post_holding_unit_id"),
        "post_holding",
        ["unit_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_table(
        "release_count",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.SmallInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["citygrid.measure.id"], name=op.f("fk_release_count_measure_id")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["citygrid.release.id"],
            name=op.f("fk_release_count_release_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_release_count_unit_id")
        ),
        sa.PrimaryKeyConstraint(
            "release_id", "measure_id", "unit_id", name=op.f("pk_release_count")
        ),
        schema="citygrid",
    )
    op.create_index(
        "ix_release_count_unit_id",
        "release_count",
        ["release_id", "unit_id"],
        unique=False,
        schema="citygrid",
    )
    op.create_table(
        "release_hidden",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.SmallInteger(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["citygrid.measure.id"], name=op.f("fk_release_hidden_measure_id")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["citygrid.release.id"],
            name=op.f("fk_release_hidden_release_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_release_hidden_unit_id")
        ),
        sa.PrimaryKeyConstraint(
            "release_id", "measure_id", "unit_id", name=op.f("pk_release_hidden")
        ),
        schema="citygrid",
    )
    op.create_table(
        "release_cell",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.SmallInteger(), nullable=False),
        sa.Column("zoom", sa.SmallInteger(), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["citygrid.measure.id"], name=op.f("fk_release_cell_measure_id")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["citygrid.release.id"],
            name=op.f("fk_release_cell_release_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "release_id", "measure_id", "zoom", "x", "y", name=op.f("pk_release_cell")
        ),
        schema="citygrid",
    )
    op.create_table(
        "release_h3",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("measure_id", sa.SmallInteger(), nullable=False),
        sa.Column("resolution", sa.SmallInteger(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["measure_id"], ["citygrid.measure.id"], name=op.f("fk_release_h3_measure_id")
        ),
        sa.ForeignKeyConstraint(
            ["release_id"],
            ["citygrid.release.id"],
            name=op.f("fk_release_h3_release_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "release_id", "measure_id", "resolution", "cell", name=op.f("pk_release_h3")
        ),
        schema="citygrid",
    )
    op.create_table(
        "person_private",
        sa.Column("people_id", sa.Integer(), nullable=False),
        sa.Column("unit_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("born", sa.Date(), nullable=True),
        sa.Column("room", sa.Text(), nullable=True),
        sa.Column("id_number", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["people_id"],
            ["citygrid.people.id"],
            name=op.f("fk_person_private_people_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["unit_id"], ["citygrid.unit.id"], name=op.f("fk_person_private_unit_id")
        ),
        sa.PrimaryKeyConstraint("people_id", name=op.f("pk_person_private")),
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_person_private_unit_id"),
        "person_private",
        ["unit_id"],
        unique=False,
        schema="citygrid",
    )
    op.add_column("incident", sa.Column("body_id", sa.Integer(), nullable=True), schema="citygrid")
    op.add_column(
        "incident",
        sa.Column("is_personal", sa.Boolean(), server_default="false", nullable=False),
        schema="citygrid",
    )
    op.create_index(
        op.f("ix_incident_body_id"), "incident", ["body_id"], unique=False, schema="citygrid"
    )
    op.create_foreign_key(
        op.f("fk_incident_body_id"),
        "incident",
        "duty_body",
        ["body_id"],
        ["id"],
        source_schema="citygrid",
        referent_schema="citygrid",
    )
    _renumber_measures()
    op.execute("RESET ROLE")
