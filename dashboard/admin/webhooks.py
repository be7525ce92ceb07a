"""Webhooks: which addresses are told what is done with incidents, and the log of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from fastapi import FastAPI, Request, Response
from sqlalchemy import Connection

from dashboard.admin import desk
from dashboard.admin.acts import number_in
from dashboard.door import Door, now
from dashboard.hooks import addresses
from dashboard.pages.drawing import draw, form_of, go, language_of
from dashboard.text import explained, speaker
from gis import hooks
from gis.access import audit
from gis.access.posts import Right
from gis.errors import CityGridError
from layers.handling.stages import (
    ESCALATED,
    HOTLINE_CHANGED,
    REPORTED,
    REPORTED_AGAIN,
    RETIMED,
    Act,
)

TAB = "/admin/webhooks"
MOST_LOGGED = 100
ACTS = (
    REPORTED, REPORTED_AGAIN, ESCALATED, HOTLINE_CHANGED, RETIMED,
    *(act.value for act in Act if act is not Act.COMMENT),
)  # fmt: skip


def add(server: FastAPI, door: Door) -> None:
    """Add the page to a server."""

    @server.get("/admin/webhooks", include_in_schema=False)
    async def show(request: Request) -> Response:
        """Show the addresses and the log."""
        desk.entitled(request, Right.SETTINGS)
        return await _show(door, request)

    @server.post("/admin/webhooks")
    async def make(request: Request) -> Response:
        """Let an address be told; its secret is shown once."""
        visitor = desk.entitled(request, Right.SETTINGS)
        form = await form_of(door, request)
        url = form.get("url", "").strip()
        acts = [act for act in ACTS if form.get(f"act.{act}")]
        by = visitor.actor

        def do(db: Connection) -> str:
            addresses.check(addresses.target_of(url), door.webhook_networks)
            number, secret = hooks.make(db, url, acts, by.account_id, door.keys)
            audit.record(
                db, audit.Act.SETTINGS_CHANGED, subject=f"webhook/{number}",
                details={"to": url, "fields": acts}, account_id=by.account_id, login=by.login,
                address=by.address,
            )  # fmt: skip
            return secret

        try:
            secret = await door.ask(do)
        except CityGridError as error:
            said = explained(error, language_of(request, door))
            return await _show(door, request, fault=said, form=form)
        return await _show(door, request, secret=secret)

    @server.post("/admin/webhooks/end")
    async def end(request: Request) -> Response:
        """Tell an address nothing any more."""
        visitor = desk.entitled(request, Right.SETTINGS)
        form = await form_of(door, request)
        by = visitor.actor

        def do(db: Connection) -> None:
            number = number_in(form.get("webhook", ""))
            hooks.end(db, number, now())
            audit.record(
                db, audit.Act.SETTINGS_CHANGED, subject=f"webhook/{number}",
                details={"ended": True}, account_id=by.account_id, login=by.login,
                address=by.address,
            )  # fmt: skip

        try:
            await door.ask(do)
        except CityGridError as error:
            return await _show(door, request, fault=explained(error, language_of(request, door)))
        return go(door, f"{TAB}?told=done")


async def _show(
    door: Door,
    request: Request,
    *,
    fault: str = "",
    secret: str = "",
    form: Mapping[str, str] | None = None,
) -> Response:
    say = speaker(language_of(request, door))
    told = "admin.done" if request.query_params.get("told") == "done" else ""
    return await draw(
        door, request, "webhooks.html", here=TAB, told=told, tabs=desk.tabs(say, request), tab=TAB,
        faults=[fault] if fault else [], status=400 if fault else 200, secret=secret,
        typed=defaultdict(str, form or {}),
        acts=[(act, say(f"case_act.{act}")) for act in ACTS],
        hooks=await door.ask(hooks.listed),
        log=await door.ask(lambda db: hooks.log(db, MOST_LOGGED)),
    )  # fmt: skip
