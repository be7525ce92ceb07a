"""What may be owed after the password: the second factor's code, setting one up, a new password.

Who owes something reaches these pages and no others.
"""

from __future__ import annotations

import segno
from fastapi import FastAPI, Request, Response
from markupsafe import Markup

from dashboard.door import Door
from dashboard.gate import visitor_of
from dashboard.pages import cookies
from dashboard.pages.drawing import draw, form_of, go, language_of, sentences
from dashboard.pages.local import local, onward
from dashboard.sign_in.entering import entered, visit_of
from dashboard.text import speaker
from dashboard.visitors import Visitor, Visitors
from gis.access import codes
from gis.access import sign_in as doors
from gis.access.answers import Refused, Why, refused
from gis.access.codes import Enrolment
from gis.access.sessions import Need

URI = "otpauth://totp/"


def add(server: FastAPI, door: Door, visitors: Visitors) -> None:
    """Add the routes to a server."""
    _add_code(server, door, visitors)
    _add_enrol(server, door, visitors)
    _add_password(server, door, visitors)


def _add_code(server: FastAPI, door: Door, visitors: Visitors) -> None:
    async def page(
        request: Request, visitor: Visitor, faults: list[str], next_: str, status: int
    ) -> Response:
        return await draw(
            door, request, "code.html", faults=faults, status=status,
            name=visitor.viewer.name, next=local(next_),
        )  # fmt: skip

    @server.get("/sign-in/code", include_in_schema=False)
    async def ask_code(request: Request) -> Response:
        """Ask for the second factor's code."""
        visitor = visitor_of(request)
        next_ = request.query_params.get("next", "")
        if visitor is None or visitor.need is not Need.CODE:
            return go(door, onward("/sign-in", local(next_)))
        return await page(request, visitor, [], next_, 200)

    @server.post("/sign-in/code")
    async def take_code(request: Request) -> Response:
        """Take the second factor's code, or a recovery code."""
        visitor = visitor_of(request)
        form = await form_of(door, request)
        if visitor is None or visitor.need is not Need.CODE:
            return go(door, "/sign-in")
        token, code, visit = visitor.token, form.get("code", ""), visit_of(request)
        said = await door.ask(
            lambda db: doors.confirm_code(db, token, code, visit, door.rules, door.keys)
        )
        if isinstance(said, Refused):
            faults = sentences(said, speaker(language_of(request, door)))
            return await page(request, visitor, faults, form.get("next", ""), 403)
        visitors.forget()
        return entered(door, request, said, form.get("next", ""))


def _add_enrol(server: FastAPI, door: Door, visitors: Visitors) -> None:
    async def page(
        request: Request, shown: Enrolment, faults: list[str], next_: str, status: int
    ) -> Response:
        visitor = visitor_of(request)
        picture = segno.make(shown.uri, micro=False, error="m")
        return await draw(
            door, request, "enrol.html", faults=faults, status=status, next=local(next_),
            is_owed=visitor is not None and visitor.need is not Need.NONE,
            secret=shown.secret, uri=shown.uri,
            qr=Markup(picture.svg_inline(border=2, dark="#111827", omitsize=True)),  # noqa: S704
        )  # fmt: skip

    @server.get("/sign-in/enrol", include_in_schema=False)
    async def begin(request: Request) -> Response:
        """Show what a telephone needs to know."""
        visitor = visitor_of(request)
        next_ = request.query_params.get("next", "")
        if visitor is None or not visitor.session or visitor.need not in (Need.ENROL, Need.NONE):
            return go(door, onward("/sign-in", local(next_)))
        mine = visitor.session.account_id
        shown = await door.ask(lambda db: codes.start(db, mine, door.keys))
        return await page(request, shown, [], next_, 200)

    @server.post("/sign-in/enrol")
    async def finish(request: Request) -> Response:
        """Switch the second factor on, once a code shows that it works."""
        visitor = visitor_of(request)
        form = await form_of(door, request)
        if visitor is None or not visitor.session:
            return go(door, "/sign-in")
        token, code, visit = visitor.token, form.get("code", ""), visit_of(request)
        said = await door.ask(lambda db: doors.enrol(db, token, code, visit, door.rules, door.keys))
        next_ = local(form.get("next", ""))
        if isinstance(said, Refused):
            faults = sentences(said, speaker(language_of(request, door)))
            # As it was shown before: the telephone has read it already.
            uri = form.get("uri", "")
            shown = Enrolment(form.get("secret", ""), uri if uri.startswith(URI) else URI)
            return await page(request, shown, faults, next_, 403)
        visitors.forget()
        goal = entered(door, request, said.signed_in, next_)
        response = await draw(
            door, request, "recovery.html", recovery=said.recovery_codes,
            next=goal.headers["location"].removeprefix(door.serving.root_path),
        )  # fmt: skip
        cookies.give(response, request, door.serving, cookies.SESSION, said.signed_in.token)
        return response


def _add_password(server: FastAPI, door: Door, visitors: Visitors) -> None:
    async def page(
        request: Request, visitor: Visitor, faults: list[str], next_: str, status: int
    ) -> Response:
        say, rules = speaker(language_of(request, door)), door.rules
        rule = "password.rule_kinds" if rules.password_kinds > 1 else "password.rule"
        return await draw(
            door, request, "password.html", faults=faults, status=status, next=local(next_),
            is_owed=visitor.need is not Need.NONE, login=visitor.viewer.login,
            rule=say(rule, length=rules.password_length, kinds=rules.password_kinds),
        )  # fmt: skip

    def may(visitor: Visitor | None) -> bool:
        able = (Need.NEW_PASSWORD, Need.ENROL, Need.NONE)
        return visitor is not None and visitor.session is not None and visitor.need in able

    @server.get("/sign-in/password", include_in_schema=False)
    async def ask_password(request: Request) -> Response:
        """Ask for the old password and a new one."""
        visitor = visitor_of(request)
        next_ = request.query_params.get("next", "")
        if visitor is None or not may(visitor):
            return go(door, onward("/sign-in", local(next_)))
        return await page(request, visitor, [], next_, 200)

    @server.post("/sign-in/password")
    async def take_password(request: Request) -> Response:
        """Change one's own password."""
        visitor = visitor_of(request)
        form = await form_of(door, request)
        if visitor is None or not may(visitor):
            return go(door, "/sign-in")
        say = speaker(language_of(request, door))
        old, new, next_ = form.get("old", ""), form.get("new", ""), form.get("next", "")
        if new != form.get("again"):
            return await page(request, visitor, [say("sign_in.again")], next_, 403)
        token, visit = visitor.token, visit_of(request)
        said = await door.ask(
            lambda db: doors.change_password(db, token, old, new, visit, door.rules)
        )
        if isinstance(said, Refused):
            # Who is in has given his login already: only the password can be wrong.
            is_wrong = said == refused(Why.WRONG)
            faults = [say("password.wrong_old")] if is_wrong else sentences(said, say)
            return await page(request, visitor, faults, next_, 403)
        visitors.forget()
        return entered(door, request, said, next_)
