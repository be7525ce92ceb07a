"""What of the news somebody wants to be rung for: new cases, and those that wait for him."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from sqlalchemy import Connection

from dashboard.incidents import asking
from dashboard.replies import Packer
from dashboard.scene import Scene
from dashboard.view import View
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access.viewer import Viewer
from gis.access.views import seen_incident
from layers.handling import case as reading
from layers.handling import standing
from layers.handling.case import Case
from layers.handling.stages import Act, Stage, Who

IDS = r"^[0-9]{1,9}(,[0-9]{1,9}){0,49}$"


def add(server: FastAPI, workers: Workers) -> None:
    """Add the address to a server."""
    packer = Packer()

    @server.get("/incidents/alerts")
    async def alerts(
        request: Request,
        ids: Annotated[str, Query(pattern=IDS)],
        language: Literal["zh", "en"] = "zh",
    ) -> Response:
        """Return which of some incidents that just changed concern the viewer, and why."""
        wanted = sorted({int(number) for number in ids.split(",")})
        viewer = VIEWER.get()

        def ask(db: Connection) -> dict[str, Any]:
            return {"alerts": ringing(Scene(View(language=language), db), viewer, wanted)}

        return packer.json(request, await workers.ask(ask))


def ringing(scene: Scene, viewer: Viewer, ids: list[int]) -> list[dict[str, Any]]:
    """Return those to ring for; not for what the viewer did himself."""
    db = scene.db
    query = reading.columns().where(seen_incident.c.id.in_(ids)).order_by(seen_incident.c.id)
    found, names = [], asking.classes(db)
    for case in reading.cases_of(db, query, dt.datetime.now(dt.UTC)):
        why = reason(viewer, case)
        if not why:
            continue
        done = reading.steps(db, case.id)
        if done and done[-1].account_id == viewer.account_id:
            continue
        # A notice lies on a screen that others may see: of what is about a person only the class.
        title = "" if case.is_personal else case.title
        found.append(
            {
                "id": case.id, "key": case.key, "version": case.version, "why": why,
                "title": title or asking.class_name(scene, names, case),
                "said": scene.say(f"ring.{why}"),
            }
        )  # fmt: skip
    return found


def reason(viewer: Viewer, case: Case) -> str:
    """Return why a case is to be rung for: supervised, mine, new; empty for the others."""
    if standing.may(viewer, case, Act.ANSWER):
        return "supervised"
    is_open = case.stage is not Stage.CLOSED
    if is_open and not case.is_paused and standing.next_act(viewer, case) is not None:
        return "mine"
    is_new = case.stage is Stage.REPORT and case.version == 0
    return "new" if is_new and standing.is_who(viewer, case, Who.HOLDER) else ""
