"""Builds the page: Dash on a FastAPI server, with its routes and panels, on one database."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from dash import Dash
from dash.development.base_component import Component
from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from dashboard import (
    admin,
    events,
    live,
    opening,
    orders,
    page,
    replies,
    routes,
    sign_in,
    tile_server,
    unmasking,
)
from dashboard.arrival import Arrival
from dashboard.callbacks import Screen
from dashboard.coverage import candidates, following, scenarios
from dashboard.coverage import routes as coverage
from dashboard.coverage.desk import Desk
from dashboard.coverage.out import routes as coverage_out
from dashboard.door import Door
from dashboard.editing import balancing
from dashboard.editing import routes as editing
from dashboard.gate import Gate
from dashboard.headers import SafeHeaders
from dashboard.incidents import alerts, filters, hotline, patterns, showing, taking
from dashboard.incidents import routes as handling
from dashboard.incidents.finding import Finder
from dashboard.jobs import routes as jobs
from dashboard.jobs.working import KeepWorking
from dashboard.live import Relay
from dashboard.markup import Parts
from dashboard.open311 import routes as open311
from dashboard.open311.keys import Keys
from dashboard.orders.office import Office
from dashboard.panels.all import PANELS
from dashboard.payloads import Payloads
from dashboard.refusals import Refusals
from dashboard.reports import routes as reports
from dashboard.sealing import KeepSealed
from dashboard.together import Together
from dashboard.visitors import Visitors
from dashboard.workers import Workers
from gis.access import policy
from layers.tile_cache import TileCache

ASSETS = Path(__file__).parent / "assets"


def create_app(
    engine: Engine,
    door: Door,
    sealing: KeepSealed | None = None,
    office: Office | None = None,
    working: KeepWorking | None = None,
) -> Dash:
    """Return the page on a database; ``.server`` is the application to serve.

    Nothing is shared between two calls, so one process can serve several cities.

    Parameters
    ----------
    engine
        Connections as the role `app`; as many threads answer as its pool has.
    door
        Who is let in, and how the page is reached.
    sealing
        Keeps the audit sealed for as long as the page is served.
    office
        Decides on change orders, and lets those take effect that are due; without it the page only
        shows them.
    working
        Does the jobs that are asked for; without it they wait.
    """
    deciding = office or Office(None)
    cache = TileCache()
    relay = Relay(engine)

    @contextlib.asynccontextmanager
    async def lifespan(_server: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(_require_policy, engine)
        cache.listen(engine)
        relay.start()
        await relay.hearing()
        if sealing:
            sealing.start()
        deciding.start()
        if working:
            working.start()
        yield
        if working:
            await asyncio.to_thread(working.stop)
        await asyncio.to_thread(deciding.stop)
        if sealing:
            await asyncio.to_thread(sealing.stop)
        relay.stop()
        cache.stop()
        await asyncio.to_thread(workers.rest)
        await asyncio.to_thread(door.rest)

    server = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    workers = Workers(engine)
    replies.explain_errors(server, door.serving, Refusals(workers), workers)
    visitors = Visitors(door)
    # Before Dash's own routes: the first match answers.
    desk = Desk()
    routes.add(server, workers, desk)
    sign_in.add(server, door, visitors)
    admin.add(server, door, visitors, workers, deciding)
    reports.add(server, workers)
    unmasking.add(server, workers, door)
    balancing.add(server, workers, editing.add(server, workers))
    coverage.add(server, workers, desk)
    following.add(server, workers, deciding, desk)
    scenarios.add(server, workers, desk)
    candidates.add(server, workers)
    coverage_out.add(server, workers, desk)
    finder = Finder()
    patterns.add(server, workers, finder)
    orders.add(server, workers, deciding, visitors)
    showing.add(server, workers)
    filters.add(server, workers)
    alerts.add(server, workers)
    taking.add(server, workers)
    hotline.add(server, workers, deciding)
    # After those with a word where these have a number.
    handling.add(server, workers, deciding, desk, door)
    open311.add(server, workers, deciding)
    jobs.add(server, workers)
    live.add(server, relay, visitors)
    # The parameter's declared type is from when every server was Flask.
    backend: Any = server
    app = Dash(
        "citygrid",
        server=backend,
        assets_folder=str(ASSETS),
        # Loaded in the page's head instead.
        assets_ignore=r"first\.js|opening\.js|pages\.css",
        index_string=page.INDEX,
        # Our own routes are at the root whatever the browser calls it: see `Arrival`.
        requests_pathname_prefix=f"{door.serving.root_path}/",
        routes_pathname_prefix="/",
        title="CityGrid",
        update_title="",
        # Panels draw controls that callbacks listen to.
        suppress_callback_exceptions=True,
        serve_locally=True,
    )
    # No callback uses it; what is new comes by a socket of our own (`live`).
    app.backend.websocket_capability = False
    screen = Screen(app, workers, desk, finder)
    events.register(screen)
    for panel in PANELS:
        panel.register(screen)

    def layout(parts: Parts) -> Component:
        return page.layout(PANELS, parts)

    app.layout = screen.laid(layout)
    opening.add(server, screen, layout)
    _refuse_the_rest(server)
    server.add_middleware(GZipMiddleware, minimum_size=replies.WORTH_PACKING, compresslevel=5)
    server.add_middleware(Together, known=screen.alike)
    server.add_middleware(Payloads, page=app)
    tile_server.add(server, workers, cache)
    server.add_middleware(Gate, door=door, visitors=visitors)
    server.add_middleware(Keys)
    # The hashes are known once every callback is registered.
    server.add_middleware(SafeHeaders, scripts=_inline_scripts(app))
    # The last one added is the first to see a request.
    server.add_middleware(Arrival, serving=door.serving)
    return app


def _require_policy(engine: Engine) -> None:
    with engine.connect() as db:
        policy.require(db)


def _inline_scripts(app: Dash) -> tuple[str, ...]:
    hashes: Any = app.csp_hashes()
    return tuple(dict.fromkeys(hashes))


def _refuse_the_rest(server: FastAPI) -> None:
    # Dash's FastAPI backend adds a route at start-up that answers every unknown address with the
    # page of the app that was made last; this one stands before it.
    @server.get("/{path:path}", include_in_schema=False)
    async def nothing_here() -> None:
        raise HTTPException(404)
