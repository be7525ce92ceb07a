"""One's own account: posts and rights, the password, the second factor, where one is signed in."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import FastAPI, Request, Response
from sqlalchemy import Connection

from dashboard.door import Door, now
from dashboard.gate import visitor_of
from dashboard.pages.drawing import draw, form_of, go, language_of
from dashboard.sign_in.entering import left, visit_of
from dashboard.text import Say, named, speaker
from dashboard.visitors import Visitor, Visitors
from gis.access import accounts, codes, holdings, sessions
from gis.access import sign_in as doors
from gis.access.accounts import Account
from gis.access.holdings import Given
from gis.access.posts import POSTS
from gis.access.sessions import Found
from gis.errors import ForbiddenError

# What browsers call themselves, from the particular to the general: Edge also says Chrome.
BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari", "curl", "python")
BROWSER_NAMES = {"Edg": "Edge", "OPR": "Opera", "python": "Python"}
SYSTEMS = ("Windows", "Android", "iPhone", "iPad", "Mac OS X", "Linux")
TOLD = {"ended": "account.ended", "enrolled": "account.enrolled", "changed": "sign_in.changed"}


@dataclass(frozen=True)
class Mine:
    """What the page shows."""

    account: Account
    posts: list[Given]
    sessions: list[Found]
    recovery_codes: int


def add(server: FastAPI, door: Door, visitors: Visitors) -> None:
    """Add the routes to a server."""

    @server.get("/account", include_in_schema=False)
    async def show(request: Request) -> Response:
        """Show one's own account."""
        visitor = _person(request)
        say = speaker(language_of(request, door))
        mine = await door.ask(lambda db: _mine(db, door, visitor))
        language = language_of(request, door)
        shown = [
            {
                "name": named(POSTS[each.post].names, language),
                "place": named(each.place, language) if each.place else "",
            }
            for each in mine.posts
        ]
        return await draw(
            door, request, "account.html",
            told=TOLD.get(request.query_params.get("told", ""), ""),
            posts=shown,
            rights=[say(f"right.{right}") for right in sorted(visitor.viewer.rights)],
            account=mine.account,
            recovery_left=mine.recovery_codes,
            sessions=[(each, _browser(each.agent, say)) for each in mine.sessions],
            this=visitor.session.id if visitor.session else b"",
        )  # fmt: skip

    @server.post("/account/sessions/end")
    async def end_one(request: Request) -> Response:
        """End one of one's own sessions."""
        visitor = _person(request)
        form = await form_of(door, request)
        wanted = form.get("session", "")

        def end(db: Connection) -> None:
            for each in _mine(db, door, visitor).sessions:
                if each.id.hex() == wanted:
                    doors.sign_out(db, each, visit_of(request))

        await door.ask(end)
        visitors.forget()
        if visitor.session and wanted == visitor.session.id.hex():
            return left(door, request, "out")
        return go(door, "/account?told=ended")

    @server.post("/account/sessions/end-all")
    async def end_all(request: Request) -> Response:
        """Sign out everywhere."""
        visitor = _person(request)
        await form_of(door, request)
        found = visitor.session
        if found:
            await door.ask(lambda db: doors.sign_out_everywhere(db, found, visit_of(request)))
            visitors.forget()
        return left(door, request, "everywhere")


def _person(request: Request) -> Visitor:
    """Return who asks, by a browser: programs have no account page."""
    visitor = visitor_of(request)
    if visitor is None or visitor.session is None:
        raise ForbiddenError(
            "An account is looked after in a browser, not with a token.", key="error.by_browser"
        )
    return visitor


def _mine(db: Connection, door: Door, visitor: Visitor) -> Mine:
    number = visitor.session.account_id if visitor.session else 0
    at = now()
    return Mine(
        accounts.get(db, number),
        holdings.listed(db, account_id=number, at=at),
        sessions.of(db, number, now=at, rules=door.rules),
        codes.recovery_codes_left(db, number),
    )


def _browser(agent: str, say: Say) -> str:
    """Return a browser and its system in two words."""
    name = next((each for each in BROWSERS if each in agent), "")
    system = next((each for each in SYSTEMS if each in agent), "")
    words = [BROWSER_NAMES.get(name, name), system.replace(" OS X", "OS")]
    return " · ".join(word for word in words if word) or say("account.unknown")
