"""The address at which an incident that is there is reported again."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import FastAPI, Header, Path, Response
from sqlalchemy import Connection

from dashboard.incidents import answers
from dashboard.incidents.files import Studio
from dashboard.incidents.sent import ReportingAgain
from dashboard.limiting import Buckets
from dashboard.orders.office import Office
from dashboard.replies import private_json
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis import places
from gis.access.posts import Right
from gis.city import City
from layers.handling import again, settings
from layers.handling import case as reading
from layers.handling.case import Case
from layers.handling.drafts import LONGEST_KEY

Given = Annotated[str, Header(alias="Idempotency-Key", max_length=LONGEST_KEY)]


def add(
    server: FastAPI, workers: Workers, office: Office, studio: Studio, buckets: Buckets
) -> None:
    """Add the address to a server; ``buckets`` are those of reports."""

    @server.post("/incidents/{key}/reports")
    async def report_again(
        key: Annotated[str, Path(max_length=200)], sent: ReportingAgain, given: Given = ""
    ) -> Response:
        """Add who reports an incident that is there to it; return the one that is worked on."""
        viewer = VIEWER.get()
        viewer.require(Right.REPORT)
        buckets.take(viewer.account_id or 0, 1)
        studio.take(viewer, len(sent.files))

        def ask(db: Connection) -> tuple[int, City]:
            return reading.by_key(db, key, _now()).id, places.city_of(db)

        number, city = await workers.ask(ask)
        ready = await studio.all_ready(sent.files, settings.read(city.handling))
        repeat = sent.repeat(given, ready)

        def do(db: Connection) -> Case:
            return again.report_again(db, viewer, city, number, repeat, now=_now())

        return private_json(answers.case(await office.ask(do), viewer))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
