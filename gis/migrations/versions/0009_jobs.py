"""Jobs, and the queue they wait in."""

from importlib.resources import files

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009_jobs"
down_revision = "0008_in_care"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        DO $$ BEGIN
          IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'citygrid_worker') THEN
            CREATE ROLE citygrid_worker NOLOGIN;
          END IF;
          IF NOT pg_has_role(current_user, 'citygrid_worker', 'MEMBER') THEN
            GRANT citygrid_worker TO CURRENT_USER;
          END IF;
        END $$
    """)
    op.execute("GRANT USAGE ON SCHEMA citygrid TO citygrid_worker")
    op.execute("CREATE SCHEMA citygrid_queue AUTHORIZATION citygrid_owner")
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("rights", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="waiting", nullable=False),
        sa.Column("attempt", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("done", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), server_default="0", nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("failure", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("queue_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["citygrid.account.id"],
            name=op.f("fk_job_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
        schema="citygrid",
    )
    op.create_index(
        "ix_job_account_id", "job", ["account_id", "id"], unique=False, schema="citygrid"
    )
    op.execute("SET LOCAL search_path = citygrid_queue, pg_catalog")
    # By the driver itself: the file is full of % and :, which are no parameters.
    made = files("gis.migrations").joinpath("sql/procrastinate_3_10.sql").read_text("utf-8")
    with op.get_bind().connection.cursor() as cursor:
        cursor.execute(made)
    op.execute("RESET search_path")
    op.execute("RESET ROLE")
