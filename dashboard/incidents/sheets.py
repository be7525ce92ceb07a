"""The address of an incident's sheet, to be printed and signed."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Query, Response
from sqlalchemy import Connection

from dashboard.door import Door
from dashboard.incidents.files import Named
from dashboard.incidents.sent import PLAIN, Language
from dashboard.reports import case_sheet
from dashboard.reports.case_sheet import CaseSheet
from dashboard.scene import Scene
from dashboard.view import View
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access import audit
from gis.access.posts import Right
from layers.handling import case as reading
from layers.handling import reported_by
from layers.handling.stages import Who
from layers.handling.standing import is_who

Why = Annotated[str, Query(max_length=200, pattern=PLAIN)]


def add(server: FastAPI, workers: Workers, door: Door) -> None:
    """Add the address to a server."""

    @server.get("/incidents/{key}/sheet.pdf")
    async def sheet(
        key: Named, language: Language = "zh", why: Why = "", *, clear: bool = False
    ) -> Response:
        """Return the sheet of an incident; with ``clear`` and a reason, who reported it in full."""
        viewer = VIEWER.get()

        def ask(db: Connection) -> CaseSheet:
            scene = Scene(View(language=language), db)
            case = reading.by_key(db, key, scene.now)
            # Who works on it carries it to the place; others take data out.
            if not is_who(viewer, case, Who.HOLDER):
                viewer.require(Right.EXPORT)
            now = dt.datetime.now(dt.UTC)
            most = door.rules.reveals_per_hour
            reporters = (
                reported_by.reveal_reporters(db, viewer, case.id, why, now=now, most=most)
                if clear
                else None
            )
            audit.record(
                db, audit.Act.EXPORT, subject=f"incident/{case.id}", reason=why,
                details={"what": "case sheet", "format": "pdf"}, account_id=viewer.account_id,
                login=viewer.login, address=viewer.address,
            )  # fmt: skip
            return case_sheet.read(scene, viewer, case, reporters, now)

        # What is taken out is in the audit before it leaves; setting it needs no connection.
        found = await workers.ask(ask)
        made = await workers.run(case_sheet.pdf, found)
        headers = {
            "Cache-Control": "no-store",
            "Content-Disposition": f"inline; filename*=UTF-8''{quote(found.key, safe='')}.pdf",
        }
        return Response(made, media_type="application/pdf", headers=headers)
