"""Public land, on which new facilities may be built."""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0031_land"
down_revision = "0030_day_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.create_table(
        "land",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("use", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("area_m2", sa.Double(), nullable=True),
        sa.Column("cost", sa.Double(), nullable=True),
        sa.Column(
            "geom",
            Geometry(geometry_type="POINT", srid=4326, dimension=2, spatial_index=False),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_land")),
        sa.UniqueConstraint("key", name=op.f("uq_land_key")),
        schema="citygrid",
    )
    op.create_index("ix_land_geom", "land", ["geom"], schema="citygrid", postgresql_using="gist")
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_table("land", schema="citygrid")
    op.execute("RESET ROLE")
