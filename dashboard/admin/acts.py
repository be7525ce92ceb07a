"""What an administrator can do about an account: one table of acts and who may do them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from sqlalchemy import Connection

from dashboard.admin import desk
from dashboard.door import now
from dashboard.text import Say
from dashboard.visitors import Visitor
from gis.access import accounts, holdings, tokens, ways_in
from gis.access.accounts import AccountError
from gis.access.holdings import Term
from gis.access.posts import POSTS, Held, Post, Right
from gis.access.rules import Rules
from gis.errors import NotFoundError


@dataclass(frozen=True)
class Once:
    """A secret that is shown now and never again."""

    why: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Case:
    """One act: about whom, with what, by whom."""

    number: int
    form: Mapping[str, str]
    visitor: Visitor
    rules: Rules
    say: Say


@dataclass(frozen=True)
class Act:
    """What is done, and the right it takes."""

    right: Right
    do: Callable[[Connection, Case], Once | None]


def _rename(db: Connection, case: Case) -> None:
    accounts.rename(db, case.number, case.form.get("name", ""), by=case.visitor.actor)


def _disable(db: Connection, case: Case) -> None:
    ways_in.require_another(db, case.number, now=now())
    accounts.disable(db, case.number, by=case.visitor.actor, now=now())


def _enable(db: Connection, case: Case) -> None:
    accounts.enable(db, case.number, by=case.visitor.actor)


def _unlock(db: Connection, case: Case) -> None:
    accounts.unlock(db, case.number, by=case.visitor.actor)


def _reset(db: Connection, case: Case) -> Once:
    password = ways_in.reset(db, case.number, by=case.visitor.actor, now=now(), rules=case.rules)
    login = accounts.get(db, case.number).login
    return Once(case.say("admin.reset_done", login=login), password)


def _remove_code(db: Connection, case: Case) -> None:
    ways_in.remove_code(db, case.number, by=case.visitor.actor, now=now(), rules=case.rules)


def _link(db: Connection, case: Case) -> None:
    who = (case.form.get("issuer", ""), case.form.get("subject", "").strip())
    ways_in.link(db, case.number, who, by=case.visitor.actor, now=now(), rules=case.rules)


def _grant(db: Connection, case: Case) -> None:
    form = case.form
    post = form.get("post", "")
    if post not in set(Post):
        raise NotFoundError(
            f"No post is called {post[:40]!r}. There are: {', '.join(Post)}.", key="error.no_post"
        )
    held_on = POSTS[Post(post)].held_on
    # A unit typed for a post that is held on none is no mistake worth an answer.
    unit = desk.picked(db, form.get("unit", "")) if held_on is Held.UNITS else None
    body = holdings.body_called(db, form.get("body", "")) if held_on is Held.BODY else None
    at = now()
    since, last = (desk.day(form.get(name, ""), db) for name in ("since", "until"))
    # The last day is held to its end.
    until = last + dt.timedelta(days=1) if last else None
    # From today on means from now on: nobody held it this morning.
    term = Term(at if since is None or form["since"] == desk.today(db, at) else since, until)
    if term.until is not None and term.until <= at:
        raise AccountError("The term is over already.", key="error.term_over")
    holdings.grant(
        db, case.number, Post(post), term, unit_id=unit, body_id=body, by=case.visitor.actor,
        rules=case.rules,
    )  # fmt: skip


def _end_grant(db: Connection, case: Case) -> None:
    number = number_in(case.form.get("holding", ""))
    held = {each.id: each for each in holdings.listed(db, account_id=case.number)}
    if number not in held:
        raise NotFoundError(
            f"The account has no holding {number}.", key="error.no_holding", n=number
        )
    if held[number].post is Post.SECURITY_ADMIN:
        ways_in.require_another(db, case.number, now=now())
    holdings.end(db, number, by=case.visitor.actor, now=now())


def _token(db: Connection, case: Case) -> Once:
    until = desk.day(case.form.get("until", ""), db)
    scopes = frozenset(right for right in Right if f"scope.{right}" in case.form)
    at = now()
    made = tokens.make(
        db, case.number, case.form.get("name", ""), scopes, until or at,
        by=case.visitor.actor, now=at, rules=case.rules,
    )  # fmt: skip
    return Once(case.say("admin.token_done"), made.token)


def _end_token(db: Connection, case: Case) -> None:
    number = number_in(case.form.get("token", ""))
    tokens.end(db, number, by=case.visitor.actor, now=now(), of=case.number)


def number_in(typed: str) -> int:
    """Return a number of a row that was sent, or raise NotFoundError."""
    # PostgreSQL's integers end here.
    if not (typed.isascii() and typed.isdigit() and len(typed) < 10):
        raise NotFoundError(f"There is no number {typed[:40]!r}.", key="error.no_number")
    return int(typed)


ACTS: Mapping[str, Act] = MappingProxyType(
    {
        "rename": Act(Right.ACCOUNTS, _rename),
        "disable": Act(Right.ACCOUNTS, _disable),
        "enable": Act(Right.ACCOUNTS, _enable),
        "unlock": Act(Right.ACCOUNTS, _unlock),
        "reset": Act(Right.ACCOUNTS, _reset),
        "remove-code": Act(Right.ACCOUNTS, _remove_code),
        "link": Act(Right.ACCOUNTS, _link),
        "token": Act(Right.ACCOUNTS, _token),
        "end-token": Act(Right.ACCOUNTS, _end_token),
        "grant": Act(Right.GRANT, _grant),
        "end-grant": Act(Right.GRANT, _end_grant),
    }
)
"""What can be done about an account, and the right each takes."""
