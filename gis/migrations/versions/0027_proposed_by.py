"""Who proposed a change of boundaries that a head is to make his own."""

import sqlalchemy as sa
from alembic import op

revision = "0027_proposed_by"
down_revision = "0026_how_placed"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.add_column("change_order", sa.Column("proposer_id", sa.Integer()), schema="citygrid")
    op.add_column(
        "change_order",
        sa.Column("proposer", sa.Text(), server_default="", nullable=False),
        schema="citygrid",
    )
    op.create_foreign_key(
        op.f("fk_change_order_proposer_id"), "change_order", "account", ["proposer_id"], ["id"],
        source_schema="citygrid", referent_schema="citygrid",
    )  # fmt: skip
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    # Nobody could do anything with them any more.
    op.execute("UPDATE citygrid.change_order SET status = 'withdrawn' WHERE status = 'proposed'")
    op.drop_column("change_order", "proposer", schema="citygrid")
    op.drop_column("change_order", "proposer_id", schema="citygrid")
    op.execute("RESET ROLE")
