"""Wrong guesses: counted where they come from and whom they are meant for, until that is closed."""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, case, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from gis.access import addresses
from gis.access.rules import Rules
from gis.access.tables import account, guess

_Row: TypeAlias = Row[*tuple[Any, ...]]
# Nobody's guesses are kept longer.
_FORGOTTEN = dt.timedelta(days=1)


@dataclass(frozen=True)
class Limit:
    """So many wrong ones, then closed for so long; forgotten after as long without one."""

    most: int
    minutes: int


def of_address(rules: Rules) -> Limit:
    """Return how much an address may guess."""
    return Limit(rules.address_failures, rules.address_minutes)


def of_login(rules: Rules) -> Limit:
    """Return how much may be guessed at one login."""
    return Limit(rules.failures_before_lock, rules.lock_minutes)


def address_key(address: str | None) -> str:
    """Return what guesses from an address are counted under."""
    return f"address/{addresses.whose(address)}"


def login_key(login: str) -> str:
    """Return what guesses at a login without an account are counted under.

    Hashed: people type their password there by mistake.
    """
    return f"login/{hashlib.sha256(login.encode()).hexdigest()}"


def minutes_left(until: dt.datetime | None, now: dt.datetime) -> int:
    """Return how many minutes something stays closed, begun ones counted whole; 0 if open."""
    return 0 if until is None or until <= now else math.ceil((until - now).total_seconds() / 60)


def closed(db: Connection, key: str, now: dt.datetime) -> int:
    """Return for how many minutes nothing is heard under a key; 0 if it is."""
    until = db.scalar(select(guess.c.locked_until).where(guess.c.key == key))
    return minutes_left(until, now)


def count(db: Connection, key: str, limit: Limit, now: dt.datetime) -> int:
    """Count a wrong guess under a key; return the minutes it is closed for by that, mostly 0."""
    span = dt.timedelta(minutes=limit.minutes)
    g = guess.c
    # An old row is a fresh one.
    again = case((g.last_at < now - span, 1), else_=g.failures + 1)
    # One that came in while it was still open must not open it.
    still = case((g.locked_until > now, g.locked_until))
    row = db.execute(
        insert(guess)
        .values(key=key, failures=1, last_at=now)
        .on_conflict_do_update(
            index_elements=[g.key], set_={"failures": again, "last_at": now, "locked_until": still}
        )
        .returning(g.failures, g.locked_until)
    ).one()
    if row.failures < limit.most:
        return minutes_left(row.locked_until, now)
    db.execute(update(guess).where(g.key == key).values(failures=0, locked_until=now + span))
    return limit.minutes


def count_at_account(db: Connection, row: _Row, rules: Rules, now: dt.datetime) -> int:
    """Count a wrong guess at an account, whose row is held; return the minutes it is locked for."""
    limit = of_login(rules)
    locks = row.failures + 1 >= limit.most
    until = now + dt.timedelta(minutes=limit.minutes)
    db.execute(
        update(account)
        .where(account.c.id == row.id)
        .values(
            failures=0 if locks else row.failures + 1, locked_until=until if locks else None
        )
    )  # fmt: skip
    return limit.minutes if locks else 0


def forget(db: Connection, account_id: int, now: dt.datetime) -> None:
    """Forget the wrong guesses at an account somebody got into, and all old ones."""
    db.execute(
        update(account).where(account.c.id == account_id).values(failures=0, locked_until=None)
    )
    # Those somebody counts at this moment are left to the next.
    old = (
        select(guess.c.key)
        .where(guess.c.last_at < now - _FORGOTTEN)
        .with_for_update(skip_locked=True)
    )
    db.execute(delete(guess).where(guess.c.key.in_(old)))
