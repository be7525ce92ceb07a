"""Who holds which post, on what, from when to when: given, ended, listed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, cast, func, insert, select, update
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range

from gis.access import audit
from gis.access.accounts import AccountError, locked
from gis.access.answers import Actor
from gis.access.audit import Act
from gis.access.posts import APART, POSTS, Held, Post, Right
from gis.access.rules import Rules
from gis.access.tables import account, post_holding
from gis.errors import ForbiddenError, NotFoundError
from gis.tables import duty_body, unit_version, zoning


@dataclass(frozen=True)
class Term:
    """From when to when; without an end until it is ended."""

    since: dt.datetime
    until: dt.datetime | None = None


@dataclass(frozen=True)
class Given:
    """A post somebody holds, held or will hold."""

    id: int
    account_id: int
    login: str
    name: str
    post: Post
    # Of the unit or body it is held on: {"zh": …, "en": …}; nothing for the whole installation,
    # and where the unit is gone.
    place: Mapping[str, str]
    unit_id: int | None
    unit_code: str | None
    body_id: int | None
    since: dt.datetime
    until: dt.datetime | None
    granted_by: int | None


def grant(  # noqa: PLR0913 - one argument for each field of the form
    db: Connection,
    account_id: int,
    post: Post,
    term: Term,
    *,
    unit_id: int | None = None,
    body_id: int | None = None,
    by: Actor,
    rules: Rules,
) -> int:
    """Give an account a post on a unit and all below it, at a duty body, or for everything.

    Returns
    -------
    int
        The number of the holding: `end` takes it.

    Raises
    ------
    AccountError
        The post is not held on that, the term ends before it begins, or it is held already.
    ForbiddenError
        Two administrators would be one person, or somebody gives a post to himself, where the
        rules keep administrators apart.
    NotFoundError
        There is no such account, unit or body.
    """
    # Held, so that two grants at once see each other.
    row = locked(db, account_id)
    place = _place(db, post, unit_id, body_id)
    if term.until is not None and term.until <= term.since:
        raise AccountError(
            f"The term ends ({term.until:%F %H:%M}) before it begins.", key="error.term"
        )
    if rules.administrators_apart:
        _keep_apart(db, row.login, account_id, post, term, by)
    valid = Range(term.since, term.until, bounds="[)")
    h = post_holding.c
    same = db.scalar(
        select(h.id).where(
            h.account_id == account_id, h.post == post.value,
            h.unit_id.is_not_distinct_from(unit_id), h.body_id.is_not_distinct_from(body_id),
            h.valid.overlaps(_range(valid)),
        )
    )  # fmt: skip
    if same is not None:
        raise AccountError(
            f"{row.login!r} holds the post {post.value} there in that time already.",
            key="error.holds_already",
            login=row.login,
            post=POSTS[post].names,
        )
    made = db.scalar(
        insert(post_holding)
        .values(
            account_id=account_id, post=post.value, unit_id=unit_id, body_id=body_id, valid=valid,
            granted_by=by.account_id,
        )
        .returning(h.id)
    )  # fmt: skip
    _record(
        db, Act.GRANT, account_id, by, login=row.login, post=post.value, place=place,
        since=str(term.since), until=str(term.until or ""),
    )  # fmt: skip
    return int(made or 0)


def end(db: Connection, holding_id: int, *, by: Actor, now: dt.datetime) -> None:
    """End a post now; one that has not begun is taken back."""
    h = post_holding.c
    row = db.execute(select(post_holding).where(h.id == holding_id).with_for_update()).first()
    if row is None:
        raise NotFoundError(
            f"There is no holding {holding_id}.", key="error.no_holding", n=holding_id
        )
    if row.valid.isempty or (row.valid.upper is not None and row.valid.upper <= now):
        return
    # Never deleted: who held what when is asked for years later.
    valid = Range(row.valid.lower, max(now, row.valid.lower), bounds="[)")
    db.execute(update(post_holding).where(h.id == holding_id).values(valid=valid))
    _record(
        db, Act.END_GRANT, row.account_id, by, holding=holding_id, post=row.post,
        unit=row.unit_id, body=row.body_id,
    )  # fmt: skip


def listed(
    db: Connection, *, account_id: int | None = None, at: dt.datetime | None = None
) -> list[Given]:
    """Return holdings by login and post: of one account or all, at one time or ever."""
    h, v = post_holding.c, unit_version.c
    main = select(zoning.c.id).where(zoning.c.is_main).scalar_subquery()
    asked = (
        select(
            h.id, h.account_id, account.c.login, account.c.name, h.post,
            func.coalesce(v.names, duty_body.c.names), h.unit_id, v.code, h.body_id,
            func.lower(h.valid), func.upper(h.valid), h.granted_by,
        )
        .join(account, account.c.id == h.account_id)
        .outerjoin(
            unit_version,
            (v.unit_id == h.unit_id) & (v.zoning_id == main) & func.upper_inf(v.valid),
        )
        .outerjoin(duty_body, duty_body.c.id == h.body_id)
        .where(~func.isempty(h.valid))
        .order_by(account.c.login, h.post, h.id)
    )  # fmt: skip
    if account_id is not None:
        asked = asked.where(h.account_id == account_id)
    if at is not None:
        asked = asked.where(h.valid.contains(at))
    return [_given(*row) for row in db.execute(asked)]


def rights(db: Connection, account_id: int, at: dt.datetime) -> frozenset[Right]:
    """Return all an account may do anywhere at a time."""
    h = post_holding.c
    held = db.scalars(select(h.post).where(h.account_id == account_id, h.valid.contains(at)))
    return frozenset[Right]().union(*(POSTS[Post(post)].rights for post in held))


def unit_called(db: Connection, code: str) -> int:
    """Return today's unit of the main zoning by its code; NotFoundError if there is none."""
    v = unit_version.c
    main = select(zoning.c.id).where(zoning.c.is_main).scalar_subquery()
    found = db.scalar(
        select(v.unit_id).where(v.code == code, v.zoning_id == main, func.upper_inf(v.valid))
    )
    if found is None:
        raise NotFoundError(f"No unit has the code {code!r} today.", key="error.no_code", code=code)
    return int(found)


def body_called(db: Connection, key: str) -> int:
    """Return a duty body by its key; NotFoundError if there is none."""
    found = db.scalar(select(duty_body.c.id).where(duty_body.c.key == key))
    if found is None:
        known = ", ".join(db.scalars(select(duty_body.c.key).order_by(duty_body.c.key))) or "none"
        raise NotFoundError(
            f"No duty body is called {key!r}. There are: {known}.", key="error.no_body"
        )
    return int(found)


def _place(db: Connection, post: Post, unit_id: int | None, body_id: int | None) -> str:
    """Return what a post is to be held on, for the audit; an error if it cannot be."""
    held_on = POSTS[post].held_on
    wanted = {Held.UNITS: "a unit", Held.BODY: "a duty body", Held.CITY: "nothing: it is for all"}
    given = (unit_id is not None, body_id is not None)
    if given != (held_on is Held.UNITS, held_on is Held.BODY):
        raise AccountError(
            f"The post {post.value} is held on {wanted[held_on]}.",
            key=f"error.held_on_{held_on}",
            post=POSTS[post].names,
        )
    if unit_id is not None:
        main = select(zoning.c.id).where(zoning.c.is_main).scalar_subquery()
        v = unit_version.c
        code = db.scalar(
            select(v.code).where(
                v.unit_id == unit_id, v.zoning_id == main, func.upper_inf(v.valid)
            )
        )  # fmt: skip
        if code is None:
            raise NotFoundError(f"No unit {unit_id} is in force today.", key="state.gone")
        return f"unit/{code}"
    if body_id is not None:
        key = db.scalar(select(duty_body.c.key).where(duty_body.c.id == body_id))
        if key is None:
            raise NotFoundError(f"There is no duty body {body_id}.", key="error.no_body")
        return f"body/{key}"
    return ""


def _keep_apart(  # noqa: PLR0913 - what a grant is made of
    db: Connection, login: str, account_id: int, post: Post, term: Term, by: Actor
) -> None:
    if by.account_id == account_id:
        raise ForbiddenError(
            "Nobody gives himself a post; ask another security administrator.",
            key="error.grant_own",
        )
    if post not in APART:
        return
    h = post_holding.c
    others = [other.value for other in APART if other is not post]
    held = db.scalar(
        select(h.post).where(
            h.account_id == account_id,
            h.post.in_(others),
            h.valid.overlaps(_range(Range(term.since, term.until, bounds="[)"))),
        )
    )
    if held is not None:
        raise ForbiddenError(
            f"{login!r} is {held} already: the rules keep administrators apart (三员分立). "
            f"Give {post.value} to somebody else, or end the other post first.",
            key="error.apart",
            login=login,
            held=POSTS[Post(held)].names,
            post=POSTS[post].names,
        )


def _range(valid: Range[dt.datetime]) -> Any:  # noqa: ANN401 - an expression of SQL
    return cast(valid, TSTZRANGE)


def _given(*row: Any) -> Given:  # noqa: ANN401 - a row
    holding_id, account_id, login, name, post, place, *rest = row
    return Given(holding_id, account_id, login, name, Post(post), place or {}, *rest)


def _record(db: Connection, act: Act, account_id: int, by: Actor, **details: object) -> None:
    audit.record(
        db, act, subject=f"account/{account_id}", details=details,
        account_id=by.account_id, login=by.login, address=by.address,
    )  # fmt: skip
