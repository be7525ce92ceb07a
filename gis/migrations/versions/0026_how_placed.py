"""How every incident was placed, and within how many metres."""

import sqlalchemy as sa
from alembic import op

revision = "0026_how_placed"
down_revision = "0025_worked_at"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.add_column("incident", sa.Column("placed_within_m", sa.REAL()), schema="citygrid")
    # Files brought those of which nothing is said, unless they were reported here, by coordinates.
    # How surely is not known of them any more.
    op.execute(
        "UPDATE citygrid.incident i SET placed_by = CASE WHEN EXISTS (SELECT FROM "
        "citygrid.incident_step s WHERE s.incident_id = i.id AND s.act = 'report') "
        "THEN 'coordinates' ELSE 'import' END WHERE placed_by IS NULL"
    )
    op.alter_column(
        "incident", "placed_by", server_default="import", nullable=False, schema="citygrid"
    )
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.alter_column("incident", "placed_by", server_default=None, nullable=True, schema="citygrid")
    op.drop_column("incident", "placed_within_m", schema="citygrid")
    op.execute("RESET ROLE")
