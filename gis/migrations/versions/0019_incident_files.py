"""Photos and files of incidents."""

import sqlalchemy as sa
from alembic import op

revision = "0019_incident_files"
down_revision = "0018b_webhooks"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.create_table(
        "incident_file",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("incident_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("thumbnail", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["incident_id"], ["citygrid.incident.id"],
            name=op.f("fk_incident_file_incident_id"), ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident_file")),
        sa.UniqueConstraint("incident_id", "sha256", name=op.f("uq_incident_file_incident_id_sha256")),
        schema="citygrid",
    )  # fmt: skip
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    op.drop_table("incident_file", schema="citygrid")
    op.execute("RESET ROLE")
