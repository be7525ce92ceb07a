"""Indexes for lists of what is closed, and for what was due or handled in a span of time."""

from alembic import op
from sqlalchemy import text

revision = "0020_lists"
down_revision = "0019_incident_files"
branch_labels = None
depends_on = None

_LATEST = [text("closed_at DESC"), text("reported_at DESC"), "id"]
_INDEXES = {
    "closed_at": _LATEST,
    "big": ["scheme", "big", *_LATEST],
    "small": ["scheme", "small", *_LATEST],
    "due_at": ["due_at"],
    "handled_at": ["handled_at"],
}


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    for name, columns in _INDEXES.items():
        op.create_index(f"ix_incident_{name}", "incident", columns, schema="citygrid")
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    for name in _INDEXES:
        op.drop_index(f"ix_incident_{name}", "incident", schema="citygrid")
    op.execute("RESET ROLE")
