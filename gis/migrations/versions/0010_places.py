"""What places are called, so that what is typed of them is found."""

import geoalchemy2
import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010_places"
down_revision = "0009_jobs"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.create_table(
        "place_name",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("sounds", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("initials", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_name")),
        sa.UniqueConstraint("name", "is_whole", name=op.f("uq_place_name_name_is_whole")),
        schema="citygrid",
    )
    op.create_table(
        "place_key",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name_id", sa.Integer(), nullable=False),
        sa.Column("share", sa.REAL(), nullable=False),
        schema="citygrid",
    )
    op.create_index(
        "ix_place_key_key",
        "place_key",
        ["key"],
        schema="citygrid",
        postgresql_include=["name_id", "share"],
    )
    op.create_table(
        "place_spot",
        sa.Column("name_id", sa.Integer(), nullable=False),
        sa.Column("branch", sa.Text(), server_default="", nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("sub", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("block", sa.Text(), server_default="", nullable=False),
        sa.Column("door", sa.Text(), server_default="", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("thing_id", sa.Integer(), nullable=False),
        sa.Column(
            "geom",
            geoalchemy2.Geometry("POINT", srid=4326, spatial_index=False),
            nullable=False,
        ),
        schema="citygrid",
    )
    for name, columns in (
        ("number", ["name_id", "number"]),
        ("block", ["name_id", "block"]),
        ("thing", ["kind", "thing_id"]),
    ):
        op.create_index(f"ix_place_spot_{name}", "place_spot", columns, schema="citygrid")
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    for table in ("place_spot", "place_key", "place_name"):
        op.drop_table(table, schema="citygrid")
    op.execute("RESET ROLE")
