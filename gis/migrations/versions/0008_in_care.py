"""An index of the people in care, whom the editor of boundaries counts."""

import sqlalchemy as sa
from alembic import op

revision = "0008_in_care"
down_revision = "0007_orders"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.create_index(
        "ix_people_in_care",
        "people",
        ["unit_id"],
        schema="citygrid",
        postgresql_include=["count"],
        postgresql_where=sa.text("care != 0"),
    )
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_index("ix_people_in_care", table_name="people", schema="citygrid")
    op.execute("RESET ROLE")
