"""The audit as auditors search it, and whether its seal is whole."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from fastapi import FastAPI, Request, Response
from sqlalchemy import Connection

from dashboard.admin import audit_words, desk
from dashboard.door import Door
from dashboard.pages.drawing import draw, form_of, language_of
from dashboard.text import explained, speaker
from dashboard.visitors import Visitor
from dashboard.workers import Workers
from gis.access import audit, verifying
from gis.access.audit import Act, Entry
from gis.access.posts import Right
from gis.access.verifying import Verdict
from gis.errors import CityGridError

PAGE = 50
ASKED = ("text", "login", "act", "since", "until")
MOST_FAULTS = 20


def add(server: FastAPI, door: Door, workers: Workers) -> None:
    """Add the page to a server."""

    @server.get("/audit", include_in_schema=False)
    async def search(request: Request) -> Response:
        """Search the audit."""
        visitor = desk.entitled(request, Right.AUDIT)
        return await _show(door, workers, request, visitor)

    @server.post("/audit/verify")
    async def verify(request: Request) -> Response:
        """Recompute the chain and say whether it is whole."""
        visitor = desk.entitled(request, Right.AUDIT)
        await form_of(door, request)
        language = language_of(request, door)
        say = speaker(language)
        # Before the transaction, as `verify` asks.
        heads = await door.heads()

        def ask(db: Connection) -> Verdict:
            _record(db, Act.AUDIT_VERIFIED, visitor, {})
            return verifying.verify(db, heads)

        said = await workers.ask(ask)
        if said.is_whole:
            told = say("audit.whole", n=f"{said.sealed:,}", m=f"{said.unsealed:,}")
            return await _show(door, workers, request, visitor, told=told)
        faults = [
            say("audit.broken", n=said.faulty),
            *(explained(fault, language) for fault in said.faults[:MOST_FAULTS]),
        ]
        return await _show(door, workers, request, visitor, faults=faults)


async def _show(  # noqa: PLR0913 - what stands on the page
    door: Door,
    workers: Workers,
    request: Request,
    visitor: Visitor,
    *,
    told: str = "",
    faults: Sequence[str] = (),
) -> Response:
    asked = {name: request.query_params.get(name, "")[:200] for name in ASKED}
    after = request.query_params.get("after", "")
    below = int(after) if after.isascii() and after.isdigit() and len(after) < 19 else None
    said = list(faults)

    def ask(db: Connection) -> list[Entry]:
        since, until = (desk.day(asked[name], db) for name in ("since", "until"))
        if since and until and until < since:
            raise CityGridError("The days end before they begin.", key="audit.bad_days")
        act = Act(asked["act"]) if asked["act"] in set(Act) else None
        if any(asked.values()):
            _record(db, Act.AUDIT_SEARCHED, visitor, {k: v for k, v in asked.items() if v})
        return audit.search(
            db, since=since, until=until + dt.timedelta(days=1) if until else None,
            login=asked["login"], act=act, text=asked["text"], after_id=below, limit=PAGE + 1,
        )  # fmt: skip

    try:
        rows = await workers.ask(ask)
    except CityGridError as error:
        rows, said = [], [*said, explained(error, language_of(request, door))]
    given = {name: value for name, value in asked.items() if value}
    older = {**given, "after": rows[PAGE - 1].id} if len(rows) > PAGE else None
    return await draw(
        door, request, "audit.html", here="/audit", told=told, faults=said, status=200, asked=asked,
        rows=rows[:PAGE], acts=list(Act), older=f"/audit?{urlencode(older)}" if older else "",
        newer=f"/audit?{urlencode(given)}" if below else "",
        subject_of=audit_words.subject, details_of=audit_words.details,
    )  # fmt: skip


def _record(db: Connection, act: Act, visitor: Visitor, details: Mapping[str, str]) -> None:
    by = visitor.actor
    audit.record(
        db, act, details=details, account_id=by.account_id, login=by.login, address=by.address
    )
