"""The secrets of webhooks, encrypted."""

import sqlalchemy as sa
from alembic import context, op

from gis.access.keys import Keys
from gis.errors import DatabaseError

revision = "0028_sealed_webhooks"
down_revision = "0027_proposed_by"
branch_labels = None
depends_on = None

_WRITE = sa.text("UPDATE citygrid.webhook SET secret = :secret WHERE id = :id")


def upgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    rows = op.get_bind().execute(sa.text("SELECT id, url, secret FROM citygrid.webhook")).all()
    for number, url, secret in rows:
        sealed = _keys().encrypt(secret.encode(), _about(url))
        op.get_bind().execute(_WRITE, {"id": number, "secret": sealed.hex()})
    # Written anew as a whole by this, so that nothing of what was kept in clear stays in its file.
    op.execute(
        "ALTER TABLE citygrid.webhook ALTER COLUMN secret TYPE bytea USING decode(secret, 'hex')"
    )
    op.execute("RESET ROLE")


def downgrade() -> None:
    op.execute("SET LOCAL ROLE citygrid_owner")
    rows = op.get_bind().execute(sa.text("SELECT id, url, secret FROM citygrid.webhook")).all()
    op.execute(
        "ALTER TABLE citygrid.webhook ALTER COLUMN secret TYPE text USING encode(secret, 'hex')"
    )
    for number, url, secret in rows:
        plain = _keys().decrypt(bytes(secret), _about(url)).decode()
        op.get_bind().execute(_WRITE, {"id": number, "secret": plain})
    op.execute("RESET ROLE")


def _about(url: str) -> str:
    return f"webhook.secret/{url}"


def _keys() -> Keys:
    opened = context.config.attributes.get("keys")
    if opened is None:
        raise DatabaseError(
            "The secrets of webhooks are to be encrypted, and the keys are not at hand: "
            "run `citygrid db upgrade`."
        )
    return opened()
