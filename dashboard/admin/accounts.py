"""Accounts: who there is, what each holds, and what an administrator does about it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from typing import Annotated

from fastapi import FastAPI, Path, Request, Response
from sqlalchemy import Connection

from dashboard.admin import acts, desk
from dashboard.door import Door, now
from dashboard.pages.drawing import draw, form_of, go, language_of
from dashboard.text import explained, named, speaker
from dashboard.visitors import Visitors
from gis.access import accounts, holdings, sessions, tokens, ways_in
from gis.access.holdings import Given
from gis.access.posts import POSTS, Right
from gis.errors import CityGridError, NotFoundError
from gis.tables import duty_body

# PostgreSQL's integers end there.
Number = Annotated[int, Path(ge=1, le=2**31 - 1)]
TAB = "/admin"
DONE = {"done": "admin.done", "made": "admin.made_account"}


def add(server: FastAPI, door: Door, visitors: Visitors) -> None:
    """Add the pages to a server."""

    @server.get("/admin", include_in_schema=False)
    async def everybody(request: Request) -> Response:
        """List the accounts."""
        desk.entitled(request, Right.ACCOUNTS, Right.GRANT)
        return await _list(door, request)

    @server.post("/admin/accounts")
    async def make(request: Request) -> Response:
        """Make an account."""
        visitor = desk.entitled(request, Right.ACCOUNTS)
        form = await form_of(door, request)
        login, name = form.get("login", ""), form.get("name", "")
        try:
            number = await door.ask(
                lambda db: accounts.make(db, login, name, by=visitor.actor, now=now())
            )
        except CityGridError as error:
            said = explained(error, language_of(request, door))
            return await _list(door, request, fault=said, typed=form)
        return go(door, f"/admin/accounts/{number}?told=made")

    @server.get("/admin/accounts/{number}", include_in_schema=False)
    async def one(request: Request, number: Number) -> Response:
        """Show an account."""
        desk.entitled(request, Right.ACCOUNTS, Right.GRANT)
        told = DONE.get(request.query_params.get("told", ""), "")
        return await _one(door, request, number, told=told)

    @server.post("/admin/accounts/{number}/{act}")
    async def change(request: Request, number: Number, act: str) -> Response:
        """Do something about an account."""
        wanted = acts.ACTS.get(act)
        if wanted is None:
            raise NotFoundError(
                f"Nothing called {act[:40]!r} can be done about an account.", key="error.no_act"
            )
        visitor = desk.entitled(request, wanted.right)
        form = await form_of(door, request)
        case = acts.Case(number, form, visitor, door.rules, speaker(language_of(request, door)))
        try:
            once = await door.ask(lambda db: wanted.do(db, case))
        except CityGridError as error:
            said = explained(error, language_of(request, door))
            return await _one(door, request, number, fault=said, failed=act, typed=form)
        # His posts, sessions and tokens count as they are now, from the next request on.
        visitors.forget()
        if once:
            return await _one(door, request, number, once=once)
        return go(door, f"/admin/accounts/{number}?told=done")


async def _list(
    door: Door, request: Request, fault: str = "", typed: Mapping[str, str] | None = None
) -> Response:
    visitor = desk.entitled(request, Right.ACCOUNTS, Right.GRANT)
    language, at = language_of(request, door), now()
    say = speaker(language)

    def ask(db: Connection) -> tuple[list[accounts.Account], list[Given]]:
        return accounts.listed(db), holdings.listed(db, at=at)

    everybody, held = await door.ask(ask)
    posts = defaultdict(list)
    for each in held:
        posts[each.account_id].append(_shown(each, language))
    return await draw(
        door, request, "accounts.html", here=TAB, status=400 if fault else 200,
        faults=[fault] if fault else [], tabs=desk.tabs(say, request), tab=TAB, at=at,
        accounts=everybody, posts=posts, typed=defaultdict(str, typed or {}),
        may_make=Right.ACCOUNTS in visitor.viewer.rights,
    )  # fmt: skip


async def _one(  # noqa: PLR0913 - what stands on the page
    door: Door,
    request: Request,
    number: int,
    *,
    told: str = "",
    fault: str = "",
    failed: str = "",
    once: acts.Once | None = None,
    typed: Mapping[str, str] | None = None,
) -> Response:
    visitor = desk.entitled(request, Right.ACCOUNTS, Right.GRANT)
    language, at = language_of(request, door), now()
    say, rights = speaker(language), visitor.viewer.rights

    def stake_of(db: Connection) -> str:
        posts = ways_in.posts_at_stake(db, number, now=at, rules=door.rules)
        named_so = say("error.between").join(named(POSTS[post].names, language) for post in posts)
        return say("admin.at_stake", posts=named_so) if posts else ""

    def ask(db: Connection) -> dict[str, object]:
        bodies = db.execute(duty_body.select().order_by(duty_body.c.key))
        known = tokens.listed(db, number)
        today = desk.today(db, at)
        return {
            "each": accounts.get(db, number),
            "held": [_shown(each, language) for each in holdings.listed(db, account_id=number)],
            "sessions": len(sessions.of(db, number, now=at, rules=door.rules)),
            "tokens": known,
            "live_tokens": sum(not t.ended_at and t.expires_at > at for t in known),
            "scopes": sorted(holdings.rights(db, number, at) - tokens.NEVER),
            "units": desk.offered(db, language),
            "bodies": [(row.key, named(row.names, language)) for row in bodies],
            "today": today,
            "at_stake": stake_of(db),
        }

    found = await door.ask(ask)
    return await draw(
        door, request, "account_of.html", here=f"{TAB}/accounts/{number}", told=told,
        status=400 if fault else 200,
        faults=[fault] if fault else [], tabs=desk.tabs(say, request), tab=TAB, at=at, once=once,
        failed=failed, typed=defaultdict(str, typed or {}), has_providers=bool(door.providers),
        issuers=[provider.issuer for provider in door.providers],
        may_accounts=Right.ACCOUNTS in rights, may_grant=Right.GRANT in rights,
        all_posts=[(post.value, named(duty.names, language)) for post, duty in POSTS.items()],
        **found,
    )  # fmt: skip


def _shown(given: Given, language: str) -> dict[str, object]:
    return {
        "id": given.id,
        "name": named(POSTS[given.post].names, language),
        "place": named(given.place, language) if given.place else "",
        "code": given.unit_code,
        "since": given.since,
        # The last day, also of a term that ends with it.
        "until": given.until and given.until - dt.timedelta(microseconds=1),
        "is_over": given.until is not None and given.until <= now(),
    }
