"""What the hotline said last of an order, to tell what changed."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023_hotline_changes"
down_revision = "0022_following"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    # Writes no row that is there anew.
    said = postgresql.JSONB(astext_type=sa.Text(), none_as_null=True)
    op.add_column("hotline_order", sa.Column("said", said), schema="citygrid")
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    # What waits only for its new place is reported and stays where it is.
    op.execute(
        "UPDATE citygrid.hotline_order SET state = 'reported', draft = NULL, why = '' "
        "WHERE state = 'waiting' AND incident_id IS NOT NULL"
    )
    op.drop_column("hotline_order", "said", schema="citygrid")
    op.execute("RESET ROLE")
