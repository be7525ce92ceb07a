"""The address at which the list of incidents is taken out; what leaves is in the audit before."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Request, Response
from sqlalchemy import Connection

from dashboard.incidents import case_list
from dashboard.replies import private
from dashboard.scene import Scene
from dashboard.view import View
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access import audit
from gis.access.audit import Act
from gis.access.posts import Right

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
}
# Why it is taken out, in the words of who takes it; it stands in the audit.
Why = Annotated[str, Query(max_length=200)]


def add(server: FastAPI, workers: Workers) -> None:
    """Add the address to a server."""

    @server.get("/incidents/list.{kind}")
    async def taken(
        request: Request, kind: Literal["csv", "xlsx", "geojson"], why: Why = ""
    ) -> Response:
        """Return the incidents that a view lists as a file; the address is the page's own."""
        viewer = VIEWER.get()
        viewer.require(Right.EXPORT)
        view = View.from_address(request.url.query, mode="incidents")

        def ask(db: Connection) -> tuple[bytes, str]:
            scene = Scene(view, db)
            found = case_list.read(scene, viewer, dt.datetime.now(dt.UTC).replace(microsecond=0))
            details = {"what": "incidents", "format": kind, "rows": len(found.cases)}
            audit.record(
                db, Act.EXPORT, subject=f"unit/{scene.focus.id}", reason=why, details=details,
                account_id=viewer.account_id, login=viewer.login, address=viewer.address,
            )  # fmt: skip
            day = found.now.astimezone(scene.city.tz).date()
            return case_list.MAKERS[kind](found), f"incidents-{found.asked.listing}-{day}"

        made, name = await workers.ask(ask)
        return private(made, MEDIA_TYPES[kind], f"{name}.{kind}")
