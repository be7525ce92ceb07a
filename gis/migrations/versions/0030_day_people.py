"""How many people are in a building by day."""

import sqlalchemy as sa
from alembic import op

revision = "0030_day_people"
down_revision = "0029_closed_in"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.add_column("building", sa.Column("day_people", sa.Integer()), schema="citygrid")
    op.create_index(
        "ix_building_day_people", "building", ["unit_id"], schema="citygrid",
        postgresql_include=["day_people"], postgresql_where=sa.text("day_people IS NOT NULL"),
    )  # fmt: skip
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_index("ix_building_day_people", table_name="building", schema="citygrid")
    op.drop_column("building", "day_people", schema="citygrid")
    op.execute("RESET ROLE")
