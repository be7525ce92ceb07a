"""The door: sign in, confirm, set up a second factor, change the password, sign out.

A refusal is returned, not raised: the caller commits, and with it what was counted. Every step
that gives more rights gives a new token.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, select, update

from gis.access import accounts, audit, codes, guesses, passwords, sessions, typed
from gis.access.answers import Fault, Refused, Visit, Why, refused
from gis.access.audit import Act
from gis.access.keys import Keys
from gis.access.rules import Rules
from gis.access.sessions import Found, Need, SignedIn
from gis.access.tables import account, identity

_Row: TypeAlias = Row[*tuple[Any, ...]]
# Longer ones are nobody's.
_LONGEST_TYPED = 1024


@dataclass(frozen=True)
class Enrolled:
    """A second factor set up: the new session, and the recovery codes, shown once."""

    signed_in: SignedIn
    recovery_codes: tuple[str, ...] = field(repr=False)


def sign_in(
    db: Connection, login: str, password: str, visit: Visit, rules: Rules
) -> SignedIn | Refused:
    """Open a session for a login and its password.

    An unknown login, one without a password and a wrong password give the same answer after the
    same work, and are locked alike.
    """
    here = guesses.address_key(visit.address)
    minutes = guesses.closed(db, here, visit.now)
    if minutes:
        # Before any work: this is what keeps a guesser from the processor.
        return refused(Why.THROTTLED, minutes=minutes)
    login, password = typed.folded(login[:_LONGEST_TYPED]), password[:_LONGEST_TYPED]
    # Held until the transaction ends: of guesses at the same time each one counts.
    row = db.execute(select(account).where(account.c.login == login).with_for_update()).first()
    if row is None:
        return _at_nobody(db, login, password, visit, rules)
    locked = _locked(db, row, visit, rules)
    if locked:
        return locked
    if not passwords.is_right(row.password, password):
        return _wrong(db, row, Why.WRONG, visit, rules)
    why = _unwelcome(row, rules, visit.now)
    if why:
        _record(db, Act.SIGN_IN_FAILED, row, visit, why=why.value)
        return refused(why)
    if passwords.is_outdated(row.password):
        _set(db, row.id, password=passwords.hashed(password))
    if row.code_since is None:
        guesses.forget(db, row.id, visit.now)
        _record(db, Act.SIGN_IN, row, visit, by="password")
    # Else who knows the password only could guess at the code for ever.
    return _opened(db, row, visit, rules, is_full=row.code_since is None and not _owes(row, rules))


def confirm_code(  # noqa: PLR0913 - whose, which, when, and by what
    db: Connection, token: str, code: str, visit: Visit, rules: Rules, keys: Keys
) -> SignedIn | Refused:
    """Go on as a full session after the code of the second factor, or a recovery code."""
    held = _held(db, token, visit, rules)
    if isinstance(held, Refused):
        return held
    found, row = held
    locked = _locked(db, row, visit, rules)
    if locked:
        return locked
    if found.need is not Need.CODE:
        return refused(Why.NO_SESSION)
    if not codes.use(db, row.id, code[:_LONGEST_TYPED], keys, now=visit.now):
        return _wrong(db, row, Why.CODE, visit, rules)
    guesses.forget(db, row.id, visit.now)
    _record(db, Act.SIGN_IN, row, visit, by="password and code")
    return _risen(db, found, row, visit, rules)


def enrol(  # noqa: PLR0913 - as confirm_code
    db: Connection, token: str, code: str, visit: Visit, rules: Rules, keys: Keys
) -> Enrolled | Refused:
    """Make the second factor count that `codes.start` began, by a first code of it.

    All other sessions of the account end: they had no second factor.
    """
    held = _held(db, token, visit, rules)
    if isinstance(held, Refused):
        return held
    found, row = held
    if found.need not in (Need.ENROL, Need.NONE):
        return refused(Why.NO_SESSION)
    locked = _locked(db, row, visit, rules)
    if locked:
        return locked
    recovery = codes.finish(db, row.id, code[:_LONGEST_TYPED], keys, now=visit.now)
    if recovery is None:
        return _wrong(db, row, Why.CODE, visit, rules)
    guesses.forget(db, row.id, visit.now)
    sessions.end_all(db, row.id, now=visit.now)
    _record(db, Act.CODE_SET, row, visit)
    return Enrolled(_risen(db, found, accounts.locked(db, row.id), visit, rules), recovery)


def change_password(  # noqa: PLR0913 - as confirm_code
    db: Connection, token: str, old: str, new: str, visit: Visit, rules: Rules
) -> SignedIn | Refused:
    """Change one's own password; all sessions of the account end but for a new one."""
    held = _held(db, token, visit, rules)
    if isinstance(held, Refused):
        return held
    found, row = held
    if found.need is Need.CODE or row.password is None:
        return refused(Why.NO_SESSION)
    locked = _locked(db, row, visit, rules)
    if locked:
        return locked
    if not passwords.is_right(row.password, old[:_LONGEST_TYPED]):
        return _wrong(db, row, Why.WRONG, visit, rules)
    faults = [*passwords.check(new, rules, row.login, (row.name,))]
    if not faults and accounts.was_used(db, row.id, new, rules):
        faults.append(Fault(Why.USED))
    if faults:
        return Refused(tuple(faults))
    accounts.set_password(
        db, row.id, new, now=visit.now, must_change=False, kept=rules.kept_passwords
    )
    guesses.forget(db, row.id, visit.now)
    sessions.end_all(db, row.id, now=visit.now)
    _record(db, Act.PASSWORD_CHANGED, row, visit)
    changed = accounts.locked(db, row.id)
    return _opened(db, changed, visit, rules, is_full=found.is_full, since=found.created_at)


def by_identity(
    db: Connection, who: tuple[str, str], visit: Visit, rules: Rules
) -> SignedIn | Refused:
    """Open a session for whom an OpenID provider vouches for: its issuer and subject.

    A second factor is the provider's business; our own is asked for where it is set up.
    """
    issuer, subject = who
    row = db.execute(
        select(account)
        .join(identity, identity.c.account_id == account.c.id)
        .where(identity.c.issuer == issuer, identity.c.subject == subject)
        .with_for_update(of=account)
    ).first()
    if row is None or row.disabled_at is not None:
        audit.record(
            db, Act.SIGN_IN_FAILED, subject="" if row is None else f"account/{row.id}",
            details={"issuer": issuer, "subject_there": subject}, address=visit.address,
        )  # fmt: skip
        return refused(Why.UNLINKED if row is None else Why.DISABLED)
    if row.code_since is None:
        _record(db, Act.SIGN_IN, row, visit, by=issuer)
    return _opened(db, row, visit, rules, is_full=row.code_since is None)


def as_demo(db: Connection, account_id: int, visit: Visit, rules: Rules) -> SignedIn | Refused:
    """Open a session for an account of the demo, which has no password.

    Whether demo accounts are offered here at all is for who calls to know.
    """
    row = accounts.locked(db, account_id)
    if not row.is_demo or row.disabled_at is not None:
        return refused(Why.WRONG)
    _record(db, Act.SIGN_IN, row, visit, by="demo")
    return _opened(db, row, visit, rules, is_full=True)


def sign_out(db: Connection, found: Found, visit: Visit) -> None:
    """End a session."""
    sessions.end(db, found.id, now=visit.now)
    _record(db, Act.SIGN_OUT, accounts.locked(db, found.account_id), visit)


def sign_out_everywhere(db: Connection, found: Found, visit: Visit) -> int:
    """End all sessions of an account, this one too; return how many there were."""
    ended = sessions.end_all(db, found.account_id, now=visit.now)
    row = accounts.locked(db, found.account_id)
    _record(db, Act.SIGN_OUT_EVERYWHERE, row, visit, sessions=ended)
    return ended


def _held(
    db: Connection, token: str, visit: Visit, rules: Rules
) -> tuple[Found, _Row] | Refused:  # fmt: skip
    """Return a session and its account, both held until the transaction ends."""
    found = sessions.find(db, token, now=visit.now, rules=rules)
    if found is None:
        return refused(Why.NO_SESSION)
    row = accounts.locked(db, found.account_id)
    # Again, because what came first may have ended the session while we waited.
    found = sessions.find(db, token, now=visit.now, rules=rules)
    return refused(Why.NO_SESSION) if found is None else (found, row)


def _at_nobody(
    db: Connection, login: str, password: str, visit: Visit, rules: Rules
) -> Refused:  # fmt: skip
    """Refuse a login nobody has, as if somebody had it."""
    key = guesses.login_key(login)
    minutes = guesses.closed(db, key, visit.now)
    is_locked = minutes > 0
    if not is_locked:
        passwords.is_right(None, password)
        minutes = guesses.count(db, key, guesses.of_login(rules), visit.now)
    guesses.count(db, guesses.address_key(visit.address), guesses.of_address(rules), visit.now)
    # Not what was typed: people type their password there by mistake.
    audit.record(db, Act.SIGN_IN_FAILED, details={"why": "unknown login"}, address=visit.address)
    return refused(Why.LOCKED, minutes=minutes) if minutes else refused(Why.WRONG)


def _locked(db: Connection, row: _Row, visit: Visit, rules: Rules) -> Refused | None:
    minutes = guesses.minutes_left(row.locked_until, visit.now)
    if not minutes:
        return None
    guesses.count(db, guesses.address_key(visit.address), guesses.of_address(rules), visit.now)
    _record(db, Act.SIGN_IN_FAILED, row, visit, why=Why.LOCKED.value)
    return refused(Why.LOCKED, minutes=minutes)


def _wrong(db: Connection, row: _Row, why: Why, visit: Visit, rules: Rules) -> Refused:
    """Count a wrong guess at an account, whose row is held."""
    minutes = guesses.count_at_account(db, row, rules, visit.now)
    guesses.count(db, guesses.address_key(visit.address), guesses.of_address(rules), visit.now)
    _record(db, Act.SIGN_IN_FAILED, row, visit, why=why.value)
    if not minutes:
        return refused(why)
    _record(db, Act.LOCKED, row, visit, minutes=minutes)
    return refused(Why.LOCKED, minutes=minutes)


def _unwelcome(row: _Row, rules: Rules, now: dt.datetime) -> Why | None:
    """Return why somebody who knows the password is not let in all the same."""
    if row.disabled_at is not None:
        return Why.DISABLED
    over = row.password_set_at + dt.timedelta(days=rules.temporary_days)
    return Why.TEMPORARY if row.must_change and over <= now else None


def _owes(row: _Row, rules: Rules) -> bool:
    return rules.second_factor and row.code_since is None


def _risen(db: Connection, found: Found, row: _Row, visit: Visit, rules: Rules) -> SignedIn:
    token = sessions.rise(db, found, visit)
    need = sessions.need_of(row, rules, visit.now, is_full=True)
    return SignedIn(token, row.id, need)


def _opened(  # noqa: PLR0913 - what a session is made of
    db: Connection,
    row: _Row,
    visit: Visit,
    rules: Rules,
    *,
    is_full: bool,
    since: dt.datetime | None = None,
) -> SignedIn:
    token = sessions.open_session(db, row.id, visit, is_full=is_full, since=since)
    return SignedIn(token, row.id, sessions.need_of(row, rules, visit.now, is_full=is_full))


def _set(db: Connection, account_id: int, **values: object) -> None:
    db.execute(update(account).where(account.c.id == account_id).values(**values))


def _record(db: Connection, act: Act, row: _Row, visit: Visit, **details: object) -> None:
    audit.record(
        db, act, subject=f"account/{row.id}", details=details,
        account_id=row.id, login=row.login, address=visit.address,
    )  # fmt: skip
