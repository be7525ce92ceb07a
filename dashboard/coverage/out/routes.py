"""The addresses of what is taken out of coverage; what leaves is in the audit before it does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Request, Response
from sqlalchemy import Connection

from dashboard.coverage.desk import Desk
from dashboard.coverage.out import (
    content,
    files,
    odd_list,
    standards_list,
    tables,
    tables_sheet,
)
from dashboard.coverage.out.content import Content
from dashboard.coverage.standards import standards
from dashboard.replies import private, private_json
from dashboard.scene import Scene
from dashboard.view import View
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access import audit
from gis.access.audit import Act
from gis.access.posts import Right
from layers.coverage import by_day

MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "gpkg": "application/geopackage+sqlite3",
    "pdf": "application/pdf",
    "png": "image/png",
}
# Why something is taken out, in the words of who takes it; it stands in the audit.
Why = Annotated[str, Query(max_length=200)]
# What somebody typed: `systems.crs_of` says whether it is one.
Crs = Annotated[str, Query(max_length=20)]
Supposed = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


def add(server: FastAPI, workers: Workers, desk: Desk) -> None:
    """Add the addresses; each carries the part of a view that asks."""
    _add_history(server, workers)
    _add_streets(server, workers, desk)
    _add_standards(server, workers, desk)

    @server.get("/coverage/sheet.{kind}")
    async def taken(  # noqa: PLR0913 - what is taken out, and how
        request: Request,
        kind: Literal["xlsx", "gpkg", "pdf", "png"],
        scenario: Supposed = None,
        against: Supposed = None,
        crs: Crs = "4490",
        why: Why = "",
    ) -> Response:
        """Return an answer, or a scenario compared with it, as a table, layers or a map."""

        def ask(db: Connection) -> tuple[Callable[[], bytes], str]:
            found = _read(request, db, desk, scenario, "coverage", f"{kind} {crs}", why, against)
            return files.maker(found, kind, crs), _name(found)

        make, name = await workers.ask(ask)
        # Setting it takes a while and no connection.
        made = await workers.run(make)
        return private(made, MEDIA_TYPES[kind], f"{name}.{kind}")

    @server.get("/coverage/gaps.{kind}")
    async def gaps(
        request: Request, kind: Literal["xlsx", "csv"], scenario: Supposed = None, why: Why = ""
    ) -> Response:
        """Return the buildings that are not reached, by grid, as a list to work off."""

        def ask(db: Connection) -> tuple[bytes, str]:
            found = _read(request, db, desk, scenario, "uncovered addresses", kind, why)
            return files.gaps(found, kind), _name(found)

        made, name = await workers.ask(ask)
        return private(made, MEDIA_TYPES[kind], f"{name}-gaps.{kind}")


def _add_streets(server: FastAPI, workers: Workers, desk: Desk) -> None:
    @server.get("/coverage/streets.{kind}")
    async def streets(
        request: Request, kind: Literal["xlsx", "csv", "gpkg"], why: Why = ""
    ) -> Response:
        """Return what is odd about the streets of a question, and what hangs on none."""

        def ask(db: Connection) -> tuple[bytes, str]:
            viewer = VIEWER.get()
            viewer.require(Right.EXPORT)
            scene = Scene(View.from_address(request.url.query, mode="coverage"), db)
            found, now = desk.odd(scene), _now()
            audit.record(
                db, Act.EXPORT, subject="coverage/streets", reason=why,
                details={"what": "streets", "format": kind}, account_id=viewer.account_id,
                login=viewer.login, address=viewer.address,
            )  # fmt: skip
            made = odd_list.made(scene.say, found, kind, viewer.name, now)
            return made, f"streets-{now.astimezone(scene.city.tz).date()}"

        made, name = await workers.ask(ask)
        return private(made, MEDIA_TYPES[kind], f"{name}.{kind}")


def _add_standards(server: FastAPI, workers: Workers, desk: Desk) -> None:
    @server.get("/coverage/standards.{kind}")
    async def taken(request: Request, kind: Literal["xlsx", "pdf"], why: Why = "") -> Response:
        """Return all standard indicators of a place and its units, as the page has them."""

        def ask(db: Connection) -> tuple[Callable[[], bytes], str]:
            viewer = VIEWER.get()
            viewer.require(Right.EXPORT)
            scene = Scene(View.from_address(request.url.query, mode="coverage"), db)
            found, now = standards(scene, desk, standards_list.MOST_ROWS), _now()
            details = {"what": "standards", "format": kind, "exact": found.is_exact}
            audit.record(
                db, Act.EXPORT, subject="coverage/standards", reason=why, details=details,
                account_id=viewer.account_id, login=viewer.login, address=viewer.address,
            )  # fmt: skip
            title = f"{scene.say('cover.all_standards')} · {found.whole.name}"
            parts = standards_list.parts(scene, found)
            if kind == "pdf":
                made = partial(tables_sheet.pdf, scene, title, viewer.name, parts, now)
            else:
                made = partial(tables.workbook, title, viewer.name, parts, now)
            return made, f"standards-{now.astimezone(scene.city.tz).date()}"

        make, name = await workers.ask(ask)
        return private(await workers.run(make), MEDIA_TYPES[kind], f"{name}.{kind}")


def _add_history(server: FastAPI, workers: Workers) -> None:
    @server.get("/coverage/history")
    async def history(
        indicator: Annotated[str, Query(pattern="^[a-z][a-z0-9_]{0,40}$")],
        unit: Annotated[int, Query(ge=1, le=2**31 - 1)],
    ) -> Response:
        """Return what a standard indicator came to in a unit, day after day."""
        found = await workers.ask(lambda db: by_day.history(db, indicator, unit))
        return private_json({"days": [asdict(day) for day in found]})


def _read(  # noqa: PLR0913 - who asks for what, and how
    request: Request,
    db: Connection,
    desk: Desk,
    scenario: int | None,
    what: str,
    form: str,
    why: str,
    against: int | None = None,
) -> Content:
    viewer = VIEWER.get()
    viewer.require(Right.EXPORT)
    if scenario is not None:
        viewer.require(Right.PLAN)
    scene = Scene(View.from_address(request.url.query, mode="coverage"), db)
    found = content.read(scene, desk, viewer, scenario, _now(), against)
    is_exact = bool(found.seen.people.is_exact[found.seen.place(scene.unit.id)])
    details = {"what": what, "format": form, "exact": is_exact}
    audit.record(
        db, Act.EXPORT, subject=f"coverage/{','.join(found.asked.kinds)}", reason=why,
        details=details, account_id=viewer.account_id, login=viewer.login, address=viewer.address,
    )  # fmt: skip
    return found


def _name(found: Content) -> str:
    day = found.now.astimezone(found.scene.city.tz).date()
    about = f"scenario-{found.scenario.id}" if found.scenario else "-".join(found.asked.kinds)
    if found.against:
        about += f"-against-{found.against.id}"
    return f"coverage-{about}-{day}"


def _now() -> dt.datetime:
    # As it is printed: to the second.
    return dt.datetime.now(dt.UTC).replace(microsecond=0)
