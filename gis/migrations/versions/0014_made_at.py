"""When an indicator of a day was worked out."""

import sqlalchemy as sa
from alembic import op

revision = "0014_made_at"
down_revision = "0013_cases"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.add_column(
        "indicator_day",
        sa.Column(
            "made_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        schema="citygrid",
    )
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_column("indicator_day", "made_at", schema="citygrid")
    op.execute("RESET ROLE")
