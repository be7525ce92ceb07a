"""API tokens: for programs that have no browser; with scopes, an end, and shown once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, insert, select, update

from gis.access import audit, holdings, sessions, typed
from gis.access.accounts import AccountError, get
from gis.access.answers import Actor
from gis.access.audit import Act
from gis.access.posts import Right
from gis.access.rules import Rules
from gis.access.tables import account, api_token
from gis.errors import ForbiddenError, NotFoundError, TextKey

PREFIX = "citygrid_"
"""What a token begins with: whoever finds one knows what it opens, and so do scanners for leaks."""
_LONGEST_NAME = 80
# Nobody runs an import or reads the audit by a page, but names and posts are given by people.
NEVER = frozenset({Right.ACCOUNTS, Right.GRANT, Right.REVEAL})
"""What no token may do: these acts are a person's own."""
SEEING = frozenset({Right.PERSONS, Right.CARE, Right.CASES, Right.AUDIT})
"""What an administrator could see by a token of somebody else's account."""


@dataclass(frozen=True)
class Made:
    """A new token: only now is it known."""

    id: int
    token: str = field(repr=False)


@dataclass(frozen=True)
class ApiToken:
    """A token, without itself."""

    id: int
    account_id: int
    login: str
    name: str
    scopes: frozenset[Right]
    created_at: dt.datetime
    expires_at: dt.datetime
    ended_at: dt.datetime | None
    used_at: dt.datetime | None


def make(  # noqa: PLR0913 - one argument for each field of the form
    db: Connection,
    account_id: int,
    name: str,
    scopes: frozenset[Right],
    expires_at: dt.datetime,
    *,
    by: Actor,
    now: dt.datetime,
    rules: Rules,
) -> Made:
    """Make a token for an account.

    Parameters
    ----------
    scopes
        What it may do; none: read what everybody signed in may read.

    Raises
    ------
    AccountError
        It would have no name, or last longer than the rules allow.
    ForbiddenError
        It would do what the account may not, or what only a person does; or see, where the rules
        keep administrators apart, what who makes it may not.
    """
    owner = get(db, account_id)
    if owner.disabled_at is not None:
        raise AccountError(
            f"{owner.login!r} is disabled; enable the account first.",
            key="error.disabled",
            login=owner.login,
        )
    named = typed.one_line(name)
    if not named or len(named) > _LONGEST_NAME:
        raise AccountError(
            f"Name the token in 1 to {_LONGEST_NAME} characters, for what it does.",
            key="error.token_name",
            most=_LONGEST_NAME,
        )
    if not now < expires_at <= now + dt.timedelta(days=rules.token_days):
        raise AccountError(
            f"A token lasts {rules.token_days} days at most, and ends in the future; "
            f"found {expires_at:%F %H:%M}.",
            key="error.token_term",
            days=rules.token_days,
        )
    if rules.administrators_apart and by.account_id not in (None, account_id):
        _check_seeing(scopes)
    _check_scopes(scopes, holdings.rights(db, account_id, now), owner.login)
    token = PREFIX + sessions.new_token()
    made = db.scalar(
        insert(api_token)
        .values(
            hash=sessions.hash_of(token), account_id=account_id, name=named,
            scopes=sorted(scopes), created_at=now, expires_at=expires_at,
        )
        .returning(api_token.c.id)
    )  # fmt: skip
    audit.record(
        db, Act.TOKEN_MADE, subject=f"account/{account_id}",
        details={"token": made, "name": named, "scopes": sorted(scopes),
                 "expires": str(expires_at)},
        account_id=by.account_id, login=by.login, address=by.address,
    )  # fmt: skip
    return Made(int(made or 0), token)


def find(db: Connection, token: str, *, now: dt.datetime) -> ApiToken | None:
    """Return what a token stands for; None if it ended, expired or never was.

    It may do what is in its scopes *and* what its account may do by now.
    """
    if not token.startswith(PREFIX):
        return None
    c = api_token.c
    row = db.execute(
        _SELECT.where(
            c.hash == sessions.hash_of(token), c.ended_at.is_(None), c.expires_at > now,
            account.c.disabled_at.is_(None),
        )
    ).first()  # fmt: skip
    return None if row is None else _token(*row)


def touch(db: Connection, found: ApiToken, *, now: dt.datetime) -> None:
    """Say that a token was used; writes at most once a minute."""
    if found.used_at is not None and now - found.used_at < sessions.TOUCH_EVERY:
        return
    db.execute(update(api_token).where(api_token.c.id == found.id).values(used_at=now))


def end(
    db: Connection, token_id: int, *, by: Actor, now: dt.datetime, of: int | None = None
) -> None:
    """End a token; with ``of`` only one of that account's.

    Raises
    ------
    NotFoundError
        There is none.
    """
    c = api_token.c
    asked = select(c.account_id, c.ended_at).where(c.id == token_id).with_for_update()
    row = db.execute(asked if of is None else asked.where(c.account_id == of)).first()
    if row is None:
        raise NotFoundError(f"There is no token {token_id}.", key="error.no_token", n=token_id)
    if row.ended_at is not None:
        return
    db.execute(update(api_token).where(c.id == token_id).values(ended_at=now))
    audit.record(
        db, Act.TOKEN_ENDED, subject=f"account/{row.account_id}", details={"token": token_id},
        account_id=by.account_id, login=by.login, address=by.address,
    )  # fmt: skip


def listed(db: Connection, account_id: int | None = None) -> list[ApiToken]:
    """Return the tokens of an account or of all, newest first, those that ended too."""
    asked = _SELECT.order_by(api_token.c.id.desc())
    if account_id is not None:
        asked = asked.where(api_token.c.account_id == account_id)
    return [_token(*row) for row in db.execute(asked)]


def _check_seeing(scopes: frozenset[Right]) -> None:
    seen = sorted(scopes & SEEING)
    if seen:
        raise ForbiddenError(
            f"Who looks after accounts makes no token that may {', '.join(seen)}: the rules keep "
            "administrators apart (三员分立). Use `citygrid account token add` on the machine.",
            key="error.token_apart",
            rights=_named(seen),
        )


def _check_scopes(scopes: frozenset[Right], held: frozenset[Right], login: str) -> None:
    never, beyond = sorted(scopes & NEVER), sorted(scopes - held)
    if never:
        raise ForbiddenError(
            f"No token may {', '.join(never)}: people do that themselves.",
            key="error.token_never",
            rights=_named(never),
        )
    if beyond:
        raise ForbiddenError(
            f"A token of {login!r} may not {', '.join(beyond)}: the account has no such right.",
            key="error.token_beyond",
            login=login,
            rights=_named(beyond),
        )


def _named(rights: Iterable[Right]) -> tuple[TextKey, ...]:
    return tuple(TextKey(f"right.{right}") for right in rights)


_c = api_token.c
_SELECT = select(
    _c.id, _c.account_id, account.c.login, _c.name, _c.scopes, _c.created_at, _c.expires_at,
    _c.ended_at, _c.used_at,
).join(account, account.c.id == _c.account_id)  # fmt: skip


def _token(
    token_id: int,
    account_id: int,
    login: str,
    name: str,
    scopes: list[str],
    *times: dt.datetime,
) -> ApiToken:
    return ApiToken(token_id, account_id, login, name, frozenset(map(Right, scopes)), *times)
