"""Barriers, and which roads lead over or under what they cross."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0012_barriers"
down_revision = "0011_scenarios"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.add_column(
        "road",
        sa.Column("passes", sa.Boolean(), server_default="false", nullable=False),
        schema="citygrid",
    )
    op.create_table(
        "barrier",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "geom",
            Geometry(geometry_type="LINESTRING", srid=4326, dimension=2, spatial_index=False),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_barrier")),
        sa.UniqueConstraint("key", name=op.f("uq_barrier_key")),
        schema="citygrid",
    )
    op.create_index(
        "ix_barrier_geom", "barrier", ["geom"], schema="citygrid", postgresql_using="gist"
    )
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_table("barrier", schema="citygrid")
    op.drop_column("road", "passes", schema="citygrid")
    op.execute("RESET ROLE")
