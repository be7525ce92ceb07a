"""A whole level of units from the index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0003_levels"
down_revision = "0002_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_index("ix_unit_version_zoning_level", "unit_version", schema="citygrid")
    op.create_index(
        "ix_unit_version_zoning_level",
        "unit_version",
        ["zoning_id", "level", "lft"],
        schema="citygrid",
        postgresql_include=["rgt", "unit_id", "is_face", "area_m2"],
        postgresql_where=sa.text("upper_inf(valid)"),
    )
    op.execute("RESET ROLE")
