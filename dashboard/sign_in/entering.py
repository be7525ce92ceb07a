"""The sign-in page, the accounts of the demo, and the way out."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import FastAPI, Request, Response
from sqlalchemy import Connection

from dashboard.door import Door, now
from dashboard.gate import OWED, visitor_of
from dashboard.pages import cookies
from dashboard.pages.drawing import draw, form_of, go, language_of, sentences
from dashboard.pages.local import local, onward
from dashboard.sign_in import demos
from dashboard.text import speaker
from dashboard.visitors import Visitors
from gis.access import sign_in as doors
from gis.access.answers import Refused, Visit
from gis.access.sessions import Need, SignedIn

TOLD = {"out": "sign_in.signed_out", "everywhere": "sign_in.everywhere"}


def add(server: FastAPI, door: Door, visitors: Visitors) -> None:
    """Add the routes to a server."""

    @server.get("/sign-in", include_in_schema=False)
    async def ask(request: Request) -> Response:
        """Ask who it is; who is signed in already goes on."""
        visitor = visitor_of(request)
        if visitor and visitor.need is Need.NONE:
            return go(door, local(request.query_params.get("next", "")))
        what = request.query_params.get("told", "")
        say = speaker(language_of(request, door))
        over = [say("sign_in.over")] if what == "over" else []
        return await show(door, request, told=TOLD.get(what, ""), faults=over)

    @server.post("/sign-in")
    async def enter(request: Request) -> Response:
        """Sign in with a login and a password."""
        form = await form_of(door, request)
        visit = visit_of(request)
        login, password = form.get("login", ""), form.get("password", "")

        def sign_in(db: Connection) -> SignedIn | Refused:
            return doors.sign_in(db, login, password, visit, door.rules)

        said = await door.ask(sign_in)
        if isinstance(said, Refused):
            faults = sentences(said, speaker(language_of(request, door)))
            return await show(door, request, faults=faults, login=login, form=form, status=403)
        return entered(door, request, said, form.get("next", ""))

    @server.post("/sign-in/demo")
    async def demo(request: Request) -> Response:
        """Sign in as one of the demo's accounts, where these are offered."""
        form = await form_of(door, request)
        visit = visit_of(request)
        said = await door.ask(lambda db: demos.enter(db, door, form.get("login", ""), visit))
        if said is None or isinstance(said, Refused):
            fault = speaker(language_of(request, door))("sign_in.no_demo")
            return await show(door, request, faults=[fault], form=form, status=403)
        return entered(door, request, said, form.get("next", ""))

    @server.post("/sign-out")
    async def leave(request: Request) -> Response:
        """End this session."""
        visitor = visitor_of(request)
        await form_of(door, request)
        if visitor and visitor.session:
            found = visitor.session
            await door.ask(lambda db: doors.sign_out(db, found, visit_of(request)))
            visitors.forget()
        return left(door, request, "out")


async def show(  # noqa: PLR0913 - what stands on the page
    door: Door,
    request: Request,
    *,
    told: str = "",
    faults: Sequence[str] = (),
    login: str = "",
    form: dict[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Draw the sign-in page."""
    language = language_of(request, door)
    offered = await door.ask(lambda db: demos.offered(db, door, language))
    asked = (form or {}).get("next") or request.query_params.get("next", "")
    return await draw(
        door,
        request,
        "sign_in.html",
        here="/sign-in",
        told=told,
        faults=faults,
        status=status,
        login=login,
        next=local(asked),
        demos=offered,
        providers=door.providers,
    )


def entered(door: Door, request: Request, said: SignedIn, next_: str) -> Response:
    """Give the browser its session and send it on: first to what is still owed."""
    # The map's page keeps a language of its own, and this one was chosen last.
    goal = local(next_, f"/?language={language_of(request, door)}")
    if goal == "/":
        goal = f"/?language={language_of(request, door)}"
    response = go(door, goal if said.need is Need.NONE else onward(OWED[said.need], goal))
    cookies.give(response, request, door.serving, cookies.SESSION, said.token)
    cookies.take(response, request, door.serving, cookies.FORM)
    return response


def left(door: Door, request: Request, told: str) -> Response:
    """Take the browser's session away and show the sign-in page."""
    response = go(door, f"/sign-in?told={told}")
    cookies.take(response, request, door.serving, cookies.SESSION)
    return response


def visit_of(request: Request) -> Visit:
    """Return when and from where a request comes."""
    address = request.client.host if request.client else None
    return Visit(now(), address, request.headers.get("user-agent", ""))
