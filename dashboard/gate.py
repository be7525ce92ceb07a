"""The gate: nothing but the sign-in page and the health check answers who is not signed in.

It stands before everything, tiles and assets included, and says who looks (`viewing.VIEWER`).
"""

from __future__ import annotations

import html
import logging
import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import quote, urlencode, urlsplit

from sqlalchemy.exc import OperationalError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.door import Door
from dashboard.pages import cookies
from dashboard.pages.forms import token_for
from dashboard.replies import NO_DATABASE, sentence, told
from dashboard.viewing import FORM_TOKEN, VIEWER
from dashboard.visitors import Asked, Visitor, Visitors
from gis.access.sessions import Need
from gis.access.viewer import NOBODY

log = logging.getLogger(__name__)

SAFE = ("GET", "HEAD", "OPTIONS")
# What the sign-in page itself is drawn with. None of it tells anything of the city.
OPEN = re.compile(
    r"/health|/sign-in(/.*)?|/assets/(pages|00-tokens|10-icons)\.css|/assets/(first|once)\.js"
    r"|/assets/favicon\.svg|/assets/fonts/[a-z-]+\.woff2"
)
# Where somebody is sent who still owes something.
OWED: Mapping[Need, str] = MappingProxyType(
    {
        Need.CODE: "/sign-in/code",
        Need.NEW_PASSWORD: "/sign-in/password",
        Need.ENROL: "/sign-in/enrol",
    }
)
# Where an open page says that somebody is at it.
PRESENCE = "/account/here"
LONGEST_AGENT = 300
BEARER = "bearer "
NOT_SIGNED_IN = "You are not signed in, or your session has ended. Sign in at /sign-in."
BAD_TOKEN = "The token is unknown, has ended or has expired."  # noqa: S105 - a sentence
OWES = "First finish signing in, at {address}."
FOREIGN = "This was asked for by another page. Open CityGrid itself and try again there."


class Gate:
    """Lets requests through, sends pages to the sign-in page and refuses the rest."""

    def __init__(self, app: ASGIApp, door: Door, visitors: Visitors) -> None:
        self.app = app
        self._door = door
        self._visitors = visitors
        self._root = door.serving.root_path
        self._form_key = door.form_key

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Find out who asks, and answer or pass on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        asked = self._asked(scope, headers)
        scope["state"] = {
            **scope.get("state", {}),
            # By which a socket asks again, later, whether its session is still good.
            "asked": asked,
            "home": f"{self._root}/",
        }
        try:
            visitor = await self._visitors.find(asked) if asked else None
            refused = self._refused(scope, headers, visitor, asked)
            if visitor and not refused and is_act(scope, headers):
                visitor = await self._visitors.touch(visitor)
        except OperationalError:
            log.exception("The database does not answer")
            # What its page is drawn with is no secret, and in no database.
            is_asset = OPEN.fullmatch(scope["path"]) and not scope["path"].startswith("/sign-in")
            visitor, refused = None, None if is_asset else self._no_database(scope)
        if refused:
            if scope["type"] == "websocket":
                await receive()
                # 1013: try again later.
                code = 1013 if refused.status_code == 503 else 4401
                await send({"type": "websocket.close", "code": code})
            else:
                await refused(scope, receive, send)
            return
        scope["state"]["visitor"] = visitor
        is_through = visitor is not None and visitor.need is Need.NONE
        mark = VIEWER.set(visitor.viewer if visitor and is_through else NOBODY)
        form = FORM_TOKEN.set(token_for(self._form_key, visitor.token) if visitor else "")
        try:
            await self.app(scope, receive, send)
        finally:
            VIEWER.reset(mark)
            FORM_TOKEN.reset(form)

    def _asked(self, scope: Scope, headers: Headers) -> Asked | None:
        client = scope.get("client")
        address = client[0] if client else None
        agent = headers.get("user-agent", "").replace("\0", "")[:LONGEST_AGENT]
        given = headers.get("authorization", "")
        if given[: len(BEARER)].lower() == BEARER:
            return Asked(given[len(BEARER) :].strip(), True, address, agent)
        is_tls = scope["scheme"] in ("https", "wss")
        name = cookies.name_of(self._door.serving, cookies.SESSION, is_tls=is_tls)
        token = cookies.value_of(headers.get("cookie", ""), name)
        return Asked(token, False, address, agent) if token else None

    def _no_database(self, scope: Scope) -> Response:
        if scope["type"] == "websocket":
            return sentence(str(NO_DATABASE), 503)
        return told(Request(scope), self._door.serving, NO_DATABASE, 503)

    def _refused(
        self, scope: Scope, headers: Headers, visitor: Visitor | None, asked: Asked | None
    ) -> Response | None:
        is_program = asked is not None and asked.is_bearer
        method = scope.get("method", "GET")
        is_socket = scope["type"] == "websocket"
        if (method not in SAFE or is_socket) and not is_program and not is_own(scope, headers):
            return sentence(FOREIGN, 403)
        path = scope["path"]
        if OPEN.fullmatch(path):
            return None
        if visitor is None:
            if is_program:
                return sentence(BAD_TOKEN, 401)
            # Who carries a session that is none was signed in, and wonders.
            return self._to_sign_in(scope, headers, is_over=asked is not None)
        if visitor.need is Need.NONE or path == "/sign-out":
            return None
        onward = self._root + OWED[visitor.need]
        if _is_page(scope, headers):
            return RedirectResponse(onward, 303)
        return sentence(OWES.format(address=onward), 403)

    def _to_sign_in(self, scope: Scope, headers: Headers, *, is_over: bool) -> Response:
        if _is_form(scope, headers):
            return RedirectResponse(f"{self._root}/sign-in?told=over", 303)
        if not _is_page(scope, headers):
            return sentence(NOT_SIGNED_IN, 401)
        asked = scope["query_string"].decode("latin-1")
        here = quote(scope["path"], safe="/") + (f"?{asked}" if asked else "")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site"):
            # Our cookie does not travel with a link on another site. Asked again from a page of
            # our own, it does.
            again = html.escape(self._root + here, quote=True)
            return HTMLResponse(
                f'<!DOCTYPE html><meta http-equiv="refresh" content="0; url={again}">'
                f'<title>CityGrid</title><a href="{again}">CityGrid</a>'
            )
        query = {} if here == "/" else {"next": here}
        if is_over:
            query["told"] = "over"
        onward = f"?{urlencode(query, safe='/', quote_via=quote)}" if query else ""
        return RedirectResponse(f"{self._root}/sign-in{onward}", 303)


def visitor_of(request: Request) -> Visitor | None:
    """Return who the gate let through; None for somebody who is not signed in."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    return visitor


def is_own(scope: Scope, headers: Headers) -> bool:
    """Whether a request was sent by a page of this very server; a browser always says."""
    site = headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return False
    origin = headers.get("origin")
    if origin is None:
        return site == "same-origin"
    scheme = {"ws": "http", "wss": "https"}.get(scope["scheme"], scope["scheme"])
    came = urlsplit(origin)
    return came.scheme == scheme and came.netloc.lower() == headers.get("host", "").lower()


def is_act(scope: Scope, headers: Headers) -> bool:
    """Whether a request is something a person does: a page opened, a form sent, or presence told.

    Tiles, values, callbacks and live events are fetched by a page nobody may be looking at.
    """
    if scope["type"] != "http":
        return False
    if scope["path"] == PRESENCE:
        return bool(scope["method"] == "POST")
    is_document = headers.get("sec-fetch-dest", "document") == "document"
    return is_document and "text/html" in headers.get("accept", "")


def _is_page(scope: Scope, headers: Headers) -> bool:
    return scope["type"] == "http" and scope["method"] in ("GET", "HEAD") and _is_read(headers)


def _is_form(scope: Scope, headers: Headers) -> bool:
    return scope["type"] == "http" and scope["method"] == "POST" and _is_read(headers)


def _is_read(headers: Headers) -> bool:
    """Whether the answer is to be a page."""
    meant = headers.get("sec-fetch-dest", "document")
    return meant == "document" and "text/html" in headers.get("accept", "")
