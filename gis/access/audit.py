"""The audit: who did what, when, from where and why. Rows are added, never changed."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import pwd
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Text, cast, func, insert, or_, select

from gis.access.tables import audit
from gis.database import Role

# What somebody types can be of any length; nobody may fill the audit with it.
LONGEST_LOGIN = 200
LONGEST_TEXT = 2_000
MOST_FOUND = 1_000


class Act(StrEnum):
    """What was done."""

    SIGN_IN = "sign_in"
    SIGN_IN_FAILED = "sign_in_failed"
    SIGN_OUT = "sign_out"
    SIGN_OUT_EVERYWHERE = "sign_out_everywhere"
    SESSION_MOVED = "session_moved"
    """A session goes on in another browser than it began in: it may be stolen."""
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    REFUSED = "refused"
    """Somebody asked for what he has no right to."""
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 - the name of an act
    PASSWORD_RESET = "password_reset"  # noqa: S105 - the name of an act
    CODE_SET = "code_set"
    CODE_REMOVED = "code_removed"
    ACCOUNT_MADE = "account_made"
    ACCOUNT_CHANGED = "account_changed"
    ACCOUNT_DISABLED = "account_disabled"
    ACCOUNT_ENABLED = "account_enabled"
    GRANT = "grant"
    END_GRANT = "end_grant"
    TOKEN_MADE = "token_made"  # noqa: S105 - the name of an act
    TOKEN_ENDED = "token_ended"  # noqa: S105 - the name of an act
    SETTINGS_CHANGED = "settings_changed"
    REVEAL = "reveal"
    REVEAL_REFUSED = "reveal_refused"
    EXPORT = "export"
    IMPORT = "import"
    CHANGE = "change"
    RELEASE = "release"
    LOAD = "load"
    UPGRADE = "upgrade"
    DUMP = "dump"
    RESTORE = "restore"
    SHELL = "shell"
    KEY_CHANGED = "key_changed"
    AUDIT_SEARCHED = "audit_searched"
    AUDIT_VERIFIED = "audit_verified"
    AUDIT_PRUNED = "audit_pruned"


@dataclass(frozen=True)
class Entry:
    """A row of the audit."""

    id: int
    at: dt.datetime
    account_id: int | None
    login: str
    address: str | None
    act: str
    subject: str
    reason: str
    details: Mapping[str, Any]


def record(  # noqa: PLR0913 - one argument for each column
    db: Connection,
    act: Act,
    *,
    subject: str = "",
    reason: str = "",
    details: Mapping[str, Any] | None = None,
    account_id: int | None = None,
    login: str = "",
    address: str | None = None,
) -> None:
    """Add a row, in the caller's transaction: what is undone leaves no row, and no row lies.

    Nothing is locked and nothing is read, so writers do not wait for each other; the sealer
    chains the rows later.

    Parameters
    ----------
    db
        As any role but the masker and the sealer.
    subject
        What it was done to, such as ``"people/123"`` or ``"account/7"``.
    reason
        Why, in the words of who did it.
    details
        Whatever else a reader of the audit needs; never a password, key or unmasked value.
    login
        Who, as he was called then; ``"machine:root"`` for the command line.
    address
        From where; anything that is not an address of the internet is left out.
    """
    # Inline: without it SQLAlchemy asks for the row's id back, which takes the right to read.
    statement = insert(audit).inline()
    row = {
        "account_id": account_id,
        "login": _storable(login, LONGEST_LOGIN),
        "address": _address(address),
        "act": act.value,
        "subject": _storable(subject, LONGEST_TEXT),
        "reason": _storable(reason, LONGEST_TEXT),
        "details": _storable_value(dict(details or {})),
    }
    db.execute(statement, row)


def machine_login() -> str:
    """Return the login of who works on the machine itself, without an account: its user."""
    try:
        return f"machine:{pwd.getpwuid(os.geteuid()).pw_name}"
    except KeyError:
        # A container may run as a number without a name.
        return f"machine:{os.geteuid()}"


def search(  # noqa: PLR0913 - one argument for each thing one can search by
    db: Connection,
    *,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    login: str | None = None,
    act: Act | None = None,
    subject: str | None = None,
    text: str | None = None,
    after_id: int | None = None,
    limit: int = 100,
) -> list[Entry]:
    """Return rows of the audit, newest first, at most ``limit`` (never more than 1,000).

    Parameters
    ----------
    db
        As the owner, or as the app acting for a viewer with the right AUDIT; for any other
        viewer the row policy leaves nothing but his own reveals.
    since, until
        From this moment on, and before this one.
    login, act
        Exactly these.
    subject
        How the subject begins, such as ``"people/"``.
    text
        Found anywhere in login, subject, reason or details, whatever the case of its letters.
    after_id
        The last row of the page before: go on below it.
    """
    query = select(audit).order_by(audit.c.id.desc()).limit(max(0, min(limit, MOST_FOUND)))
    if since is not None:
        query = query.where(audit.c.at >= since)
    if until is not None:
        query = query.where(audit.c.at < until)
    if login:
        query = query.where(audit.c.login == _storable(login, LONGEST_LOGIN))
    if act is not None:
        query = query.where(audit.c.act == act.value)
    if subject:
        begins = _storable(subject, LONGEST_TEXT)
        query = query.where(audit.c.subject.startswith(begins, autoescape=True))
    if text:
        part = _storable(text, LONGEST_TEXT)
        places = (audit.c.login, audit.c.subject, audit.c.reason, cast(audit.c.details, Text))
        query = query.where(or_(*(place.icontains(part, autoescape=True) for place in places)))
    if after_id is not None:
        query = query.where(audit.c.id < after_id)
    return [_entry(row._mapping) for row in db.execute(query)]


def reveals_since(db: Connection, account_id: int, since: dt.datetime) -> int:
    """Return how many times an account unmasked something since a moment.

    Reveals of one account wait for each other until the end of the transaction, so that two at
    once are not both the last one allowed. The app reads an account's own reveals only when
    acting for it.
    """
    db.execute(select(func.pg_advisory_xact_lock(func.hashtext("citygrid.reveal"), account_id)))
    counted = select(func.count()).where(
        audit.c.act == Act.REVEAL.value, audit.c.account_id == account_id, audit.c.at >= since
    )
    return db.scalars(counted).one()


def _entry(row: Mapping[Any, Any]) -> Entry:
    values = {name: row[name] for name in Entry.__dataclass_fields__}
    values["address"] = None if values["address"] is None else str(values["address"])
    return Entry(**values)


def _storable(typed: str, longest: int) -> str:
    """Return text PostgreSQL takes: foreign input holds NUL bytes and halves of letters."""
    whole = typed.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    return whole if len(whole) <= longest else whole[: longest - 1] + "…"


def _storable_value(value: Any) -> Any:  # noqa: ANN401 - whatever JSON can hold
    if isinstance(value, str):
        return _storable(value, LONGEST_TEXT)
    if isinstance(value, Mapping):
        return {
            _storable(str(key), LONGEST_LOGIN): _storable_value(item) for key, item in value.items()
        }
    if isinstance(value, Sequence):
        return [_storable_value(item) for item in value]
    return value


def _address(typed: str | None) -> str | None:
    try:
        # PostgreSQL knows no zones such as fe80::1%eth0.
        return str(ipaddress.ip_address((typed or "").partition("%")[0]))
    except ValueError:
        return None


_WRITTEN = "account_id, login, address, act, subject, reason, details"
_IS_AUDITOR = (
    "'audit' = ANY (coalesce(nullif(current_setting('citygrid.rights', true), ''), '{}')::text[])"
)
_ACCOUNT = "nullif(current_setting('citygrid.account', true), '')::integer"

STATEMENTS = (
    # Its rows and links can be added and, by the owner who says until when, pruned; nothing else.
    # A superuser gets past this by switching triggers off: the seal shows it.
    """
    CREATE OR REPLACE FUNCTION citygrid.refuse_change() RETURNS trigger
    LANGUAGE plpgsql SET search_path = pg_catalog AS $$
    BEGIN
      IF TG_OP = 'DELETE' AND current_user = 'citygrid_owner'
         AND nullif(current_setting('citygrid.pruning', true), '') IS NOT NULL THEN
        RETURN OLD;
      END IF;
      RAISE EXCEPTION 'Rows of % are never changed or removed.', TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
    END $$
    """,
    *(
        statement
        for name in ("audit", "audit_seal")
        for statement in (
            f"CREATE OR REPLACE TRIGGER {name}_stays BEFORE UPDATE OR DELETE ON citygrid.{name} "
            "FOR EACH ROW EXECUTE FUNCTION citygrid.refuse_change()",
            f"CREATE OR REPLACE TRIGGER {name}_is_kept BEFORE TRUNCATE ON citygrid.{name} "
            "FOR EACH STATEMENT EXECUTE FUNCTION citygrid.refuse_change()",
            f"ALTER TABLE citygrid.{name} ENABLE ROW LEVEL SECURITY",
            f"REVOKE ALL ON citygrid.{name} FROM "
            f"{Role.APP}, {Role.PORTER}, {Role.ENGINE}, {Role.MASKER}, {Role.SEALER}",
        )
    ),
    # Not id and not at: nobody says himself when it was.
    f"GRANT INSERT ({_WRITTEN}) ON citygrid.audit TO {Role.APP}, {Role.PORTER}, {Role.ENGINE}",
    f"GRANT SELECT ON citygrid.audit TO {Role.APP}, {Role.SEALER}",
    f"GRANT SELECT ON citygrid.audit_seal TO {Role.APP}, {Role.SEALER}",
    f"GRANT INSERT ON citygrid.audit_seal TO {Role.SEALER}",
    *(
        statement
        for name, table, rule in (
            ("adding", "audit", f"FOR INSERT TO {Role.PORTER}, {Role.ENGINE} WITH CHECK (true)"),
            # Who acts for somebody writes under no other account.
            ("adding_own", "audit", f"FOR INSERT TO {Role.APP} "
             f"WITH CHECK (account_id IS NOT DISTINCT FROM {_ACCOUNT})"),
            ("auditing", "audit", f"FOR SELECT TO {Role.APP} USING ((SELECT {_IS_AUDITOR}))"),
            # The limit on reveals counts them.
            ("own_reveals", "audit", f"FOR SELECT TO {Role.APP} "
             f"USING (act = 'reveal' AND account_id = (SELECT {_ACCOUNT}))"),
            ("sealing", "audit", f"FOR SELECT TO {Role.SEALER} USING (true)"),
            ("auditing", "audit_seal", f"FOR SELECT TO {Role.APP} USING ((SELECT {_IS_AUDITOR}))"),
            ("sealing", "audit_seal", f"FOR ALL TO {Role.SEALER} USING (true) WITH CHECK (true)"),
        )
        for statement in (
            f"DROP POLICY IF EXISTS {name} ON citygrid.{table}",
            f"CREATE POLICY {name} ON citygrid.{table} {rule}",
        )
    ),
)  # fmt: skip
"""What keeps the audit as it is, run by `policy.apply` as the owner; again does no harm."""
