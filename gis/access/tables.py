"""Tables of who may see what: accounts, posts, sessions, private columns, releases, the audit.

They are of the installation, not of the city's data: loading a city anew keeps accounts, sessions
and the audit (`KEPT`).
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, INET, JSONB, TSTZRANGE

from gis.tables import duty_body, measure, metadata, people, unit

_WHEN = DateTime(timezone=True)

account = Table(
    "account",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    # Small letters; what is typed at sign-in.
    Column("login", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    # argon2id; NULL: signs in with another provider only.
    Column("password", Text),
    Column("password_set_at", _WHEN),
    Column("must_change", Boolean, nullable=False, server_default="true"),
    Column("failures", SmallInteger, nullable=False, server_default="0"),
    Column("locked_until", _WHEN),
    # Encrypted with the key that is not in the database.
    Column("code_secret", LargeBinary),
    Column("code_since", _WHEN),
    # The time step of the last code used: a code is good once.
    Column("code_step", BigInteger),
    Column("is_demo", Boolean, nullable=False, server_default="false"),
    Column("created_at", _WHEN, nullable=False, server_default=func.now()),
    Column("disabled_at", _WHEN),
)

# So that a password is not taken again.
old_password = Table(
    "old_password",
    metadata,
    Column("account_id", ForeignKey(account.c.id, ondelete="CASCADE"), nullable=False),
    Column("replaced_at", _WHEN, nullable=False, server_default=func.now()),
    Column("password", Text, nullable=False),
    PrimaryKeyConstraint("account_id", "replaced_at"),
)

# SHA-256 of codes that stand in for a lost telephone, each good once: used ones are gone.
recovery_code = Table(
    "recovery_code",
    metadata,
    Column("account_id", ForeignKey(account.c.id, ondelete="CASCADE"), nullable=False),
    Column("hash", LargeBinary, nullable=False),
    PrimaryKeyConstraint("account_id", "hash"),
)

# Wrong guesses where there is no account to count them at: from an address, at an unknown login.
guess = Table(
    "guess",
    metadata,
    # "address/10.0.0.7", or "login/" and the SHA-256 of what was typed.
    Column("key", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", _WHEN, nullable=False),
    Column("locked_until", _WHEN),
)

identity = Table(
    "identity",
    metadata,
    # As an OpenID provider names somebody.
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("account_id", ForeignKey(account.c.id, ondelete="CASCADE"), nullable=False, index=True),
    PrimaryKeyConstraint("issuer", "subject"),
)

session = Table(
    "session",
    metadata,
    # SHA-256 of what the cookie carries: who reads the table cannot sign in with it.
    Column("id", LargeBinary, primary_key=True),
    Column("account_id", ForeignKey(account.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", _WHEN, nullable=False, server_default=func.now()),
    Column("seen_at", _WHEN, nullable=False, server_default=func.now()),
    Column("ended_at", _WHEN),
    # Signed in with the second factor too, where one is asked for.
    Column("is_full", Boolean, nullable=False),
    Column("address", INET),
    Column("agent", Text),
)

api_token = Table(
    "api_token",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    # SHA-256 of the token.
    Column("hash", LargeBinary, nullable=False, unique=True),
    Column("account_id", ForeignKey(account.c.id, ondelete="CASCADE"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    # Rights of the account that the token may use; reading needs none.
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", _WHEN, nullable=False, server_default=func.now()),
    Column("expires_at", _WHEN, nullable=False),
    Column("ended_at", _WHEN),
    Column("used_at", _WHEN),
)

post_holding = Table(
    "post_holding",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("account_id", ForeignKey(account.c.id, ondelete="CASCADE"), nullable=False, index=True),
    # A `gis.access.posts.Post`.
    Column("post", Text, nullable=False),
    # The unit and all below it, or the duty body; neither for the whole installation.
    Column("unit_id", ForeignKey(unit.c.id), index=True),
    Column("body_id", ForeignKey(duty_body.c.id), index=True),
    Column("valid", TSTZRANGE, nullable=False),
    Column("granted_by", ForeignKey(account.c.id)),
    CheckConstraint("unit_id IS NULL OR body_id IS NULL", name="ck_post_holding_one"),
)

# What nobody sees unmasked without a reason; beside `people`, so that counting never reads it.
person_private = Table(
    "person_private",
    metadata,
    Column("people_id", ForeignKey(people.c.id, ondelete="CASCADE"), primary_key=True),
    # As in `people`: the row policy reads it here.
    Column("unit_id", ForeignKey(unit.c.id), index=True),
    Column("name", Text),
    Column("phone", Text),
    Column("born", Date),
    # The door, where a file names one and no household is known.
    Column("room", Text),
    # Encrypted with the key that is not in the database.
    Column("id_number", LargeBinary),
)

release = Table(
    "release",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    # When what is released was true.
    Column("as_of", _WHEN, nullable=False),
    Column("made_at", _WHEN, nullable=False, server_default=func.now()),
    # What was released: least levels, thresholds.
    Column("settings", JSONB, nullable=False),
)

release_count = Table(
    "release_count",
    metadata,
    Column("release_id", ForeignKey(release.c.id, ondelete="CASCADE"), nullable=False),
    Column("measure_id", ForeignKey(measure.c.id), nullable=False),
    Column("unit_id", ForeignKey(unit.c.id), nullable=False),
    # NULL: suppressed. Sparse: zeros are not stored.
    Column("n", BigInteger),
    PrimaryKeyConstraint("release_id", "measure_id", "unit_id"),
    Index("ix_release_count_unit_id", "release_id", "unit_id"),
)

# What the numbers are that a release does not say: so that the next one keeps its silence. For the
# owner alone, who could count them.
release_hidden = Table(
    "release_hidden",
    metadata,
    Column("release_id", ForeignKey(release.c.id, ondelete="CASCADE"), nullable=False),
    Column("measure_id", ForeignKey(measure.c.id), nullable=False),
    Column("unit_id", ForeignKey(unit.c.id), nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("release_id", "measure_id", "unit_id"),
)

# Rounded totals where the boundaries are not those of the main tree.
release_cell = Table(
    "release_cell",
    metadata,
    Column("release_id", ForeignKey(release.c.id, ondelete="CASCADE"), nullable=False),
    Column("measure_id", ForeignKey(measure.c.id), nullable=False),
    Column("zoom", SmallInteger, nullable=False),
    Column("x", Integer, nullable=False),
    Column("y", Integer, nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("release_id", "measure_id", "zoom", "x", "y"),
)

release_h3 = Table(
    "release_h3",
    metadata,
    Column("release_id", ForeignKey(release.c.id, ondelete="CASCADE"), nullable=False),
    Column("measure_id", ForeignKey(measure.c.id), nullable=False),
    Column("resolution", SmallInteger, nullable=False),
    Column("cell", BigInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    PrimaryKeyConstraint("release_id", "measure_id", "resolution", "cell"),
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("at", _WHEN, nullable=False, server_default=func.clock_timestamp()),
    # Not a foreign key: the audit outlives accounts.
    Column("account_id", Integer),
    Column("login", Text, nullable=False),
    Column("address", INET),
    # What was done, such as "sign_in", "reveal", "export".
    Column("act", Text, nullable=False),
    # To what, such as "people/123" or "account/7".
    Column("subject", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    # Whatever else a reader of the audit needs.
    Column("details", JSONB, nullable=False, server_default="{}"),
    Index("ix_audit_at", "at"),
    Index("ix_audit_account_id", "account_id", "at"),
)

# One link for each row sealed; written by the sealer alone, in the order of sealing.
audit_seal = Table(
    "audit_seal",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("audit_id", BigInteger, nullable=False, unique=True),
    # SHA-256 of the previous link's and the row's canonical text.
    Column("link", LargeBinary, nullable=False),
)

KEPT = (
    account, old_password, recovery_code, guess, identity, session, api_token, post_holding,
    audit, audit_seal,
)  # fmt: skip
"""What loading a city anew does not touch."""
