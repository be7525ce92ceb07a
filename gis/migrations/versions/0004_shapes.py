"""Shapes by level and zoom, then by place."""

from alembic import op

revision = "0004_shapes"
down_revision = "0003_levels"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_index("ix_unit_shape_geom", "unit_shape", schema="citygrid")
    op.create_index(
        "ix_unit_shape_geom",
        "unit_shape",
        ["level", "zoom_from", "geom"],
        schema="citygrid",
        postgresql_using="gist",
    )
    op.execute("RESET ROLE")
