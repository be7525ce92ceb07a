"""Sessions: who is signed in, on what, since when; what the cookie carries is hashed here."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, insert, select, update

from gis.access import addresses, typed
from gis.access.answers import Visit
from gis.access.rules import Rules
from gis.access.tables import account, session

_Row: TypeAlias = Row[*tuple[Any, ...]]
_TOKEN_BYTES = 32
_LONGEST_AGENT = 300
_KEPT_FOR = dt.timedelta(days=30)
# A row written at each request would be the busiest of the database.
TOUCH_EVERY = dt.timedelta(minutes=1)


class Need(StrEnum):
    """What is asked for before a session may do anything else."""

    NONE = "none"
    CODE = "code"
    """The one-time code of the second factor."""
    NEW_PASSWORD = "new_password"  # noqa: S105 - the name of a need
    """The password is temporary or too old."""
    ENROL = "enrol"
    """A second factor must be set up."""


@dataclass(frozen=True)
class SignedIn:
    """A session newly opened: only now is its token known."""

    # Never shown in a log.
    token: str = field(repr=False)
    account_id: int
    need: Need


@dataclass(frozen=True)
class Found:
    """A session that is good."""

    # The hash of its token.
    id: bytes
    account_id: int
    login: str
    name: str
    is_demo: bool
    # Signed in with the second factor too, or none was asked for.
    is_full: bool
    need: Need
    created_at: dt.datetime
    seen_at: dt.datetime
    address: str | None
    agent: str


# What `need_of` reads.
NEED_COLUMNS = (
    account.c.password, account.c.password_set_at, account.c.must_change, account.c.code_since,
)  # fmt: skip


def need_of(row: _Row, rules: Rules, now: dt.datetime, *, is_full: bool) -> Need:
    """Return what an account still owes; ``row`` has the `NEED_COLUMNS`."""
    if row.code_since is not None and not is_full:
        return Need.CODE
    if row.password is not None and (row.must_change or is_old(row, rules, now)):
        return Need.NEW_PASSWORD
    if rules.second_factor and row.code_since is None and not is_full:
        return Need.ENROL
    return Need.NONE


def is_old(row: _Row, rules: Rules, now: dt.datetime) -> bool:
    """Whether a password has been in use for longer than the rules allow."""
    if not rules.rotation_days or row.password_set_at is None:
        return False
    return bool(now - row.password_set_at >= dt.timedelta(days=rules.rotation_days))


def hash_of(token: str) -> bytes:
    """Return what is kept of a token: who reads the table cannot sign in with it."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def new_token() -> str:
    """Return a token of 256 bits."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def open_session(
    db: Connection,
    account_id: int,
    visit: Visit,
    *,
    is_full: bool,
    since: dt.datetime | None = None,
) -> str:
    """Open a session and return its token.

    Parameters
    ----------
    since
        When it began, where it goes on with more rights: it lasts no longer for that.
    """
    token = new_token()
    # The audit remembers for longer; the account that has a new one keeps its last by that.
    db.execute(
        delete(session).where(
            session.c.account_id == account_id, session.c.created_at < visit.now - _KEPT_FOR
        )
    )
    db.execute(
        insert(session).values(
            id=hash_of(token),
            account_id=account_id,
            created_at=since or visit.now,
            seen_at=visit.now,
            is_full=is_full,
            address=addresses.read(visit.address),
            agent=typed.storable(visit.agent)[:_LONGEST_AGENT],
        )
    )
    return token


def find(db: Connection, token: str, *, now: dt.datetime, rules: Rules) -> Found | None:
    """Return the session of a token; None if it ended, timed out or never was."""
    row = db.execute(
        select(
            *_COLUMNS, account.c.login, account.c.name, account.c.is_demo, *NEED_COLUMNS
        )
        .join(account, account.c.id == session.c.account_id)
        .where(
            session.c.id == hash_of(token), account.c.disabled_at.is_(None), _is_good(now, rules)
        )
    ).first()  # fmt: skip
    return None if row is None else _found(row, rules, now)


def is_touched(found: Found, *, now: dt.datetime) -> bool:
    """Whether it stands already that a session is in use: it is written at most once a minute."""
    return now - found.seen_at < TOUCH_EVERY


def touch(db: Connection, found: Found, *, now: dt.datetime) -> None:
    """Say that somebody is there; for what he does, not for what his page asks by itself."""
    if is_touched(found, now=now):
        return
    db.execute(
        update(session)
        # Of requests that come at once, one writes.
        .where(session.c.id == found.id, session.c.seen_at <= now - TOUCH_EVERY)
        .values(seen_at=now)
    )


def left(found: Found, *, now: dt.datetime, rules: Rules) -> dt.timedelta:
    """Return after how long without anybody a session ends; nothing where it has ended."""
    idle = found.seen_at + dt.timedelta(seconds=rules.idle_s) + TOUCH_EVERY
    over = found.created_at + dt.timedelta(seconds=rules.absolute_s)
    return max(min(idle, over) - now, dt.timedelta())


def end(db: Connection, session_id: bytes, *, now: dt.datetime) -> None:
    """End a session; `Found.id` and `hash_of(token)` name it."""
    db.execute(
        update(session)
        .where(session.c.id == session_id, session.c.ended_at.is_(None))
        .values(ended_at=now)
    )


def end_all(
    db: Connection, account_id: int, *, now: dt.datetime, but: bytes | None = None
) -> int:  # fmt: skip
    """End all sessions of an account, but for one; return how many there were."""
    return db.execute(
        update(session)
        .where(
            session.c.account_id == account_id,
            session.c.ended_at.is_(None),
            session.c.id != (but or b""),
        )
        .values(ended_at=now)
    ).rowcount


def of(db: Connection, account_id: int, *, now: dt.datetime, rules: Rules) -> list[Found]:
    """Return the good sessions of an account, the one seen last first."""
    rows = db.execute(
        select(*_COLUMNS, account.c.login, account.c.name, account.c.is_demo, *NEED_COLUMNS)
        .join(account, account.c.id == session.c.account_id)
        .where(session.c.account_id == account_id, _is_good(now, rules))
        .order_by(session.c.seen_at.desc(), session.c.id)
    )
    return [_found(row, rules, now) for row in rows]


def rise(db: Connection, found: Found, visit: Visit) -> str:
    """Go on as a full session with a new token: who knew the old one is left behind."""
    end(db, found.id, now=visit.now)
    return open_session(db, found.account_id, visit, is_full=True, since=found.created_at)


_COLUMNS = (
    session.c.id, session.c.account_id, session.c.is_full, session.c.created_at,
    session.c.seen_at, session.c.address, session.c.agent,
)  # fmt: skip


def _is_good(now: dt.datetime, rules: Rules) -> ColumnElement[bool]:
    # A touch comes up to a minute late: nobody is sent away before his time.
    idle = dt.timedelta(seconds=rules.idle_s) + TOUCH_EVERY
    return and_(
        session.c.ended_at.is_(None),
        session.c.seen_at > now - idle,
        session.c.created_at > now - dt.timedelta(seconds=rules.absolute_s),
    )


def _found(row: _Row, rules: Rules, now: dt.datetime) -> Found:
    return Found(
        id=bytes(row.id),
        account_id=row.account_id,
        login=row.login,
        name=row.name,
        is_demo=row.is_demo,
        is_full=row.is_full,
        need=need_of(row, rules, now, is_full=row.is_full),
        created_at=row.created_at,
        seen_at=row.seen_at,
        address=None if row.address is None else str(row.address),
        agent=row.agent or "",
    )
