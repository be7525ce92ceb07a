"""Accounts as administrators see them: make, rename, disable, unlock."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or_nothing

from gis.access import audit, passwords, sessions, typed
from gis.access.answers import Actor
from gis.access.audit import Act
from gis.access.rules import Rules
from gis.access.tables import (
    account,
    api_token,
    old_password,
    session,
)
from gis.errors import CityGridError, NotFoundError

_Row: TypeAlias = Row[*tuple[Any, ...]]
# Letters of any script, so that a name in Chinese will do.
_LOGIN = re.compile(r"[^\W_][\w.@-]{1,63}")
_LONGEST_NAME = 80


class AccountError(CityGridError):
    """An account cannot be made or changed like this."""


@dataclass(frozen=True)
class Account:
    """An account, without its secrets."""

    id: int
    login: str
    name: str
    is_demo: bool
    # Without one it signs in with another provider only.
    has_password: bool
    has_code: bool
    must_change: bool
    password_set_at: dt.datetime | None
    failures: int
    locked_until: dt.datetime | None
    created_at: dt.datetime
    disabled_at: dt.datetime | None
    # When it last signed in, as far as its sessions are kept.
    signed_in_at: dt.datetime | None


def make(  # noqa: PLR0913 - one argument for each column
    db: Connection, login: str, name: str, *, by: Actor, now: dt.datetime, is_demo: bool = False
) -> int:
    """Make an account without a password and return its number; `ways_in.reset` gives it one.

    Raises
    ------
    AccountError
        The login is taken, or cannot be one.
    """
    key = typed.folded(login)
    if not _LOGIN.fullmatch(key):
        raise AccountError(
            f"{login!r} cannot be a login: it has 2 to 64 letters, digits, dots, dashes, _ or @ "
            "and begins with a letter or digit.",
            key="error.login",
            login=login,
        )
    # Two who make it at once: one of them is told.
    made = db.scalar(
        insert_or_nothing(account)
        .values(login=key, name=_name(name), is_demo=is_demo, created_at=now)
        .on_conflict_do_nothing(index_elements=[account.c.login])
        .returning(account.c.id)
    )
    if made is None:
        raise AccountError(
            f"The login {key!r} is taken; choose another.", key="error.login_taken", login=key
        )
    note(db, Act.ACCOUNT_MADE, int(made), key, by)
    return int(made)


def rename(db: Connection, account_id: int, name: str, *, by: Actor) -> None:
    """Give an account another name; its login stays."""
    row = locked(db, account_id)
    change(db, account_id, name=_name(name))
    note(db, Act.ACCOUNT_CHANGED, account_id, row.login, by, name=_name(name), name_before=row.name)


def disable(db: Connection, account_id: int, *, by: Actor, now: dt.datetime) -> None:
    """Let an account in no longer: its sessions and tokens end, its history stays.

    Raises
    ------
    AccountError
        It is one's own: whoever is alone would lock everybody out.
    """
    if by.account_id == account_id:
        raise AccountError(
            "Nobody can disable his own account; ask another administrator.",
            key="error.disable_own",
        )
    row = locked(db, account_id)
    if row.disabled_at is not None:
        return
    change(db, account_id, disabled_at=now)
    sessions.end_all(db, account_id, now=now)
    db.execute(
        update(api_token)
        .where(api_token.c.account_id == account_id, api_token.c.ended_at.is_(None))
        .values(ended_at=now)
    )
    note(db, Act.ACCOUNT_DISABLED, account_id, row.login, by)


def enable(db: Connection, account_id: int, *, by: Actor) -> None:
    """Let a disabled account in again."""
    row = locked(db, account_id)
    if row.disabled_at is None:
        return
    change(db, account_id, disabled_at=None, failures=0, locked_until=None)
    note(db, Act.ACCOUNT_ENABLED, account_id, row.login, by)


def unlock(db: Connection, account_id: int, *, by: Actor) -> None:
    """Let an account try again before its lock is over."""
    row = locked(db, account_id)
    change(db, account_id, failures=0, locked_until=None)
    note(db, Act.UNLOCKED, account_id, row.login, by)


def set_password(  # noqa: PLR0913 - one argument for each column
    db: Connection,
    account_id: int,
    password: str,
    *,
    now: dt.datetime,
    must_change: bool,
    kept: int,
) -> None:
    """Keep a password, and ``kept`` of those before it. Whether it will do was asked before."""
    before = db.scalar(select(account.c.password).where(account.c.id == account_id))
    if before is not None and kept:
        db.execute(
            insert(old_password).values(account_id=account_id, replaced_at=now, password=before)
        )
    newest = (
        select(old_password.c.replaced_at)
        .where(old_password.c.account_id == account_id)
        .order_by(old_password.c.replaced_at.desc())
        .limit(kept)
    )
    db.execute(
        delete(old_password).where(
            old_password.c.account_id == account_id, old_password.c.replaced_at.not_in(newest)
        )
    )
    change(
        db, account_id, password=passwords.hashed(password), password_set_at=now,
        must_change=must_change,
    )  # fmt: skip


def was_used(db: Connection, account_id: int, password: str, rules: Rules) -> bool:
    """Whether a password is the one in use, or one of those kept."""
    kept = [db.scalar(select(account.c.password).where(account.c.id == account_id))]
    kept += db.scalars(
        select(old_password.c.password)
        .where(old_password.c.account_id == account_id)
        .order_by(old_password.c.replaced_at.desc())
        .limit(rules.kept_passwords)
    )
    return any(one is not None and passwords.is_right(one, password) for one in kept)


def get(db: Connection, account_id: int) -> Account:
    """Return an account; NotFoundError if there is none."""
    found = _select(db, account.c.id == account_id)
    if not found:
        raise _unknown(account_id)
    return found[0]


def by_login(db: Connection, login: str) -> Account:
    """Return an account by its login; NotFoundError if there is none."""
    found = _select(db, account.c.login == typed.folded(login))
    if not found:
        raise NotFoundError(
            f"No account is called {login!r}; `citygrid account list` names them.",
            key="error.no_login",
            login=login,
        )
    return found[0]


def listed(db: Connection) -> list[Account]:
    """Return all accounts by login."""
    return _select(db)


def locked(db: Connection, account_id: int) -> _Row:
    """Return an account's row and hold it until the transaction ends."""
    row = db.execute(select(account).where(account.c.id == account_id).with_for_update()).first()
    if row is None:
        raise _unknown(account_id)
    return row


def _unknown(account_id: int) -> NotFoundError:
    return NotFoundError(f"There is no account {account_id}.", key="error.no_account", n=account_id)


def _select(db: Connection, *conditions: Any) -> list[Account]:  # noqa: ANN401 - SQL expressions
    c = account.c
    last = (
        select(func.max(session.c.created_at))
        .where(session.c.account_id == c.id)
        .scalar_subquery()
    )  # fmt: skip
    rows = db.execute(
        select(
            c.id, c.login, c.name, c.is_demo, c.password.is_not(None), c.code_since.is_not(None),
            c.must_change, c.password_set_at, c.failures, c.locked_until, c.created_at,
            c.disabled_at, last,
        )
        .where(*conditions)
        .order_by(c.login)
    )  # fmt: skip
    return [Account(*row) for row in rows]


def _name(name: str) -> str:
    said = typed.one_line(name)
    if not said or len(said) > _LONGEST_NAME:
        raise AccountError(
            f"A name has 1 to {_LONGEST_NAME} characters, found {len(said)}.",
            key="error.name",
            most=_LONGEST_NAME,
            n=len(said),
        )
    return said


def change(db: Connection, account_id: int, **values: object) -> None:
    """Change columns of an account's row."""
    db.execute(update(account).where(account.c.id == account_id).values(**values))


def note(
    db: Connection, act: Act, account_id: int, login: str, by: Actor, **details: object
) -> None:
    """Write into the audit what was done to an account."""
    audit.record(
        db, act, subject=f"account/{account_id}", details={"login": login, **details},
        account_id=by.account_id, login=by.login, address=by.address,
    )  # fmt: skip
