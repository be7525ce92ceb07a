"""Callbacks are asked for as the page asks for them; anything else is refused before Dash reads it.

Reports of incidents, which may carry photos, are held to a size before they are read.

Dash's FastAPI backend answers whatever it cannot read with a bare 500 and logs nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson
from dash import Dash
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.replies import sentence

PATH = "/_dash-update-component"
# The page sends its view and a few events: some kilobytes.
MOST_BYTES = 1 << 20
WRONG = "This is no callback of this page: reload it."
TOO_LARGE = f"A callback takes at most {MOST_BYTES >> 10} kB."
# As many reports as are taken at once, or the photos of one, in base64.
REPORTS, MOST_REPORTED = "/incidents", 96 << 20
REPORTS_TOO_LARGE = (
    f"Reports take at most {MOST_REPORTED >> 20} MB at once, with the photos in them. "
    "Send fewer, or add photos to the incident afterwards."
)
# Of a report of what is there already.
_AGAIN = re.compile(r"/incidents/[^/]+/reports")


def _limit(scope: Scope) -> tuple[int, str] | None:
    """Return how large what is sent may be, and what is said of more; None: not judged here."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return None
    path = scope["path"]
    if path == PATH:
        return MOST_BYTES, TOO_LARGE
    if path == REPORTS or _AGAIN.fullmatch(path):
        return MOST_REPORTED, REPORTS_TOO_LARGE
    return None


class Payloads:
    """Lets callbacks through whose parts are those the page was given."""

    def __init__(self, app: ASGIApp, page: Dash) -> None:
        self.app = app
        self._page = page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body, judge it and pass it on."""
        limit = _limit(scope)
        if limit is None:
            await self.app(scope, receive, send)
            return
        most, too_large = limit
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > most:
                await sentence(too_large, 413)(scope, receive, send)
                return
            if not message.get("more_body"):
                break
        body = b"".join(parts)
        if scope["path"] == PATH and not self._is_ours(body):
            await sentence(WRONG, 400)(scope, receive, send)
            return
        is_read = False

        async def again() -> Message:
            nonlocal is_read
            if is_read:
                return await receive()
            is_read = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, send)

    def _is_ours(self, body: bytes) -> bool:
        try:
            asked = orjson.loads(body)
        except orjson.JSONDecodeError:
            return False
        output = asked.get("output") if isinstance(asked, dict) else None
        if not isinstance(output, str):
            return False
        known: Mapping[str, Any] = self._page.callback_map
        callback = known.get(output)
        # What the browser answers by itself has no function here.
        if callback is None or "callback" not in callback:
            return False
        changed = asked.get("changedPropIds", [])
        return (
            _fits(asked.get("inputs", []), callback["inputs"])
            and _fits(asked.get("state", []), callback["state"])
            and _names(asked.get("outputs"), outputs_of(output), is_list=output.startswith(".."))
            and isinstance(changed, list)
            and all(isinstance(each, str) for each in changed)
        )


def _fits(given: object, wanted: list[dict[str, Any]]) -> bool:
    if not isinstance(given, list) or len(given) != len(wanted):
        return False
    return all(
        _is_one(each, part["id"], part["property"])
        for each, part in zip(given, wanted, strict=True)
    )


def outputs_of(output: str) -> list[tuple[str, str]]:
    """Return what a callback writes, ids and properties: "a.b", or "..a.b...c.d.." of several."""
    joined = output.partition("@")[0]
    parts = joined[2:-2].split("...") if joined.startswith("..") else [joined]
    return [(id_, name) for id_, _, name in (part.rpartition(".") for part in parts)]


def _names(given: object, parts: list[tuple[str, str]], *, is_list: bool) -> bool:
    each_given = given if is_list else [given]
    if not isinstance(each_given, list) or len(each_given) != len(parts):
        return False
    return all(_is_one(each, *part) for each, part in zip(each_given, parts, strict=True))


def _is_one(given: object, id_: str, name: str) -> bool:
    """Whether something is a component's property; of a pattern, a list of such."""
    if id_.startswith("{") and isinstance(given, list):
        return all(_is_one(each, id_, name) for each in given)
    if not isinstance(given, dict) or given.get("property") != name:
        return False
    if id_.startswith("{"):
        return _is_pattern(given.get("id"))
    return bool(given.get("id") == id_)


def _is_pattern(id_: object) -> bool:
    return isinstance(id_, dict) and all(isinstance(each, str | int) for each in id_.values())
