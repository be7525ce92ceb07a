"""In which notation or system the coordinates of an incident were read."""

import sqlalchemy as sa
from alembic import op

revision = "0032_placed_as"
down_revision = "0031_land"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    # Of those that are there nobody knows it any more.
    op.add_column("incident", sa.Column("placed_as", sa.Text()), schema="citygrid")
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_column("incident", "placed_as", schema="citygrid")
    op.execute("RESET ROLE")
