"""When somebody last worked on a layer's rows here, to tell a city that is worked live."""

import sqlalchemy as sa
from alembic import op

revision = "0025_worked_at"
down_revision = "0024_facility_area"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.add_column(
        "layer_state", sa.Column("worked_at", sa.DateTime(timezone=True)), schema="citygrid"
    )
    op.execute(
        "UPDATE citygrid.layer_state SET worked_at = "
        "(SELECT max(at) FROM citygrid.incident_step) WHERE layer = 'incidents'"
    )
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_column("layer_state", "worked_at", schema="citygrid")
    op.execute("RESET ROLE")
