"""How large the ground of a facility is."""

import sqlalchemy as sa
from alembic import op

revision = "0024_facility_area"
down_revision = "0023_hotline_changes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.add_column("facility", sa.Column("area_m2", sa.REAL(), nullable=True), schema="citygrid")
    # Invented facilities had it among what is not looked at.
    op.execute(
        "UPDATE citygrid.facility SET area_m2 = (props->>'area_m2')::real, "
        "props = props - 'area_m2' WHERE jsonb_typeof(props->'area_m2') = 'number'"
    )
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.execute(
        "UPDATE citygrid.facility SET props = props || jsonb_build_object('area_m2', area_m2) "
        "WHERE area_m2 IS NOT NULL"
    )
    op.drop_column("facility", "area_m2", schema="citygrid")
    op.execute("RESET ROLE")
