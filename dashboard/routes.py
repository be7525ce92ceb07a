"""What the page fetches by address: values, outlines, places, health, scripts."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from sqlalchemy import Connection, text

from dashboard import measured, worst
from dashboard import picture as drawing
from dashboard.coverage import gaps
from dashboard.coverage.desk import Desk
from dashboard.measured import Asked, Values
from dashboard.replies import Packer
from dashboard.scene import Scene
from dashboard.topics import TOPICS
from dashboard.view import View
from dashboard.view_fields import SPOT
from dashboard.workers import Workers
from gis import history, outlines, places
from gis.errors import NotFoundError
from layers.locating.locate import locate
from layers.locating.located import Located
from layers.search import search

GEOJSON = "application/geo+json"
JAVASCRIPT = "text/javascript"
PLACE = r"^(-?[0-9]{1,3}(\.[0-9]{1,9})?,-?[0-9]{1,2}(\.[0-9]{1,9})?)?$"
MARKED = rf"^((building|estate|facility):[0-9]{{1,9}}|{SPOT})$"

Number = Annotated[int | None, Query(ge=0, le=2**31 - 1)]


def add(server: FastAPI, workers: Workers, desk: Desk) -> None:
    """Add the routes to a server."""
    packer = Packer()
    _add_outlines(server, workers, packer)
    _add_values(server, workers, packer)
    _add_search(server, workers, packer)
    _add_locate(server, workers, packer)
    _add_picture(server, workers, packer, desk)
    _add_scripts(server, packer)

    @server.get("/health")
    async def health() -> dict[str, str]:
        """Say whether the page and its database answer."""
        await workers.ask(lambda db: db.execute(text("SELECT 1")))
        return {"status": "ok"}


def _add_outlines(server: FastAPI, workers: Workers, packer: Packer) -> None:
    @server.get("/labels")
    async def labels(
        request: Request,
        level: Annotated[int, Query(ge=1, le=20)],
        language: Annotated[str, Query(pattern="^(zh|en)$")],
        zoning: str = "main",
        within: Number = None,
    ) -> Response:
        """Return where the names of a level's units go."""

        def ask(db: Connection) -> outlines.Feature:
            number = zoning_number(db, zoning)
            return outlines.names(db, number, level, language, within)

        return packer.json(request, await workers.ask(ask), GEOJSON)

    @server.get("/outside")
    async def outside(request: Request, unit: Number = None) -> Response:
        """Return the world without a unit."""
        found = await workers.ask(lambda db: outlines.outside(db, unit))
        return packer.json(request, found, GEOJSON)

    @server.get("/then")
    async def then(  # noqa: PLR0913 - what can be asked for
        request: Request,
        at: datetime,
        level: Annotated[int, Query(ge=1, le=20)],
        language: Annotated[str, Query(pattern="^(zh|en)$")],
        zoning: str = "main",
        within: Number = None,
    ) -> Response:
        """Return a level's units as they were."""
        moment = at if at.tzinfo else at.replace(tzinfo=UTC)

        def ask(db: Connection) -> dict[str, Any]:
            number = zoning_number(db, zoning)
            return history.drawn(db, number, moment, level, language=language, within=within)

        return packer.json(request, await workers.ask(ask), GEOJSON)

    @server.get("/worst")
    async def worst_marks(request: Request) -> Response:
        """Return where the worst units lie; the address says of which view."""
        view = View.from_address(request.url.query)
        found = await workers.ask(lambda db: worst.marks(Scene(view, db)))
        return packer.json(request, found, GEOJSON)

    @server.get("/mark")
    async def mark(request: Request, of: Annotated[str, Query(pattern=MARKED)]) -> Response:
        """Return the outline or point of one thing."""
        kind, _, number = of.partition(":")
        if kind == "spot":
            lon, lat = map(float, number.split(","))
            return packer.json(request, outlines.spot(lon, lat), GEOJSON)
        found = await workers.ask(lambda db: outlines.mark(db, kind, int(number)))
        return packer.json(request, found, GEOJSON)


def _add_values(server: FastAPI, workers: Workers, packer: Packer) -> None:
    @server.get("/values")
    async def values(  # noqa: PLR0913 - what can be asked for
        request: Request,
        measure: str,
        level: Annotated[int, Query(ge=1, le=20)],
        part: Annotated[str, Query(max_length=90)] = "",
        per: Literal["", "people", "households", "area_km2", "buildings"] = "",
        zoning: str = "main",
        within: Number = None,
        start: date | None = None,
        end: date | None = None,
    ) -> Response:
        """Return the value of each unit of a level, null where there is none, and the classes."""
        if measure not in TOPICS:
            known = ", ".join(TOPICS)
            raise NotFoundError(f"No measure is called {measure!r}. There are: {known}.")

        def ask(db: Connection) -> Values:
            period = (start, end) if start and end else None
            number = zoning_number(db, zoning)
            what = Asked(measure, part, per, number, level, within, period)
            return measured.values(db, what)

        found = await workers.ask(ask)
        reply = {
            "ids": found.ids,
            # NaN is written as null.
            "values": found.numbers,
            "s": found.ids[found.is_withheld],
            "breaks": found.breaks,
        }
        return packer.json(request, reply)


def _add_search(server: FastAPI, workers: Workers, packer: Packer) -> None:
    @server.get("/search")
    async def find(
        request: Request,
        q: Annotated[str, Query(max_length=200)],
        limit: Annotated[int, Query(ge=1, le=100)] = 20,
    ) -> Response:
        """Return the places a text may mean, the likeliest first."""
        found = await workers.ask(lambda db: search(db, q, limit))
        return packer.json(request, found)


def _add_locate(server: FastAPI, workers: Workers, packer: Packer) -> None:
    @server.get("/locate")
    async def where(
        request: Request,
        q: Annotated[str, Query(max_length=200)],
        near: Annotated[str, Query(pattern=PLACE)] = "",
        limit: Annotated[int, Query(ge=1, le=50)] = 8,
    ) -> Response:
        """Return where what was typed may be, the best first, and how that was found."""

        def ask(db: Connection) -> list[Located]:
            city = places.city_of(db)
            lon, _, lat = near.partition(",")
            here = (float(lon), float(lat)) if near else None
            return locate(db, city, q, near=here, limit=limit)

        return packer.json(request, await workers.ask(ask))


def _add_picture(server: FastAPI, workers: Workers, packer: Packer, desk: Desk) -> None:
    @server.get("/picture.svg")
    async def picture(request: Request, scheme: Literal["light", "dark"] = "light") -> Response:
        """Return the map as a picture; the rest of the address is the page's own."""
        view = View.from_address(request.url.query, system=scheme)

        def ask(db: Connection) -> str:
            scene = Scene(view, db)
            is_coverage = view.mode == "coverage"
            return drawing.draw(scene, gaps.values(scene, desk) if is_coverage else None)

        drawn = await workers.ask(ask)
        return packer.reply(request, drawn.encode(), "image/svg+xml")


def _add_scripts(server: FastAPI, packer: Packer) -> None:
    # The cartesian build has every chart of ours in a third of the full one's bytes; Dash asks for
    # its own under this name.
    plotly = files("dashboard").joinpath("vendor/plotly-cartesian.min.js").read_bytes()

    @server.get("/_dash-component-suites/plotly/package_data/plotly.min.js")
    async def charts(request: Request) -> Response:
        return packer.reply(request, plotly, JAVASCRIPT)


def zoning_number(db: Connection, key: str) -> int:
    """Return the number of a zoning, or raise NotFoundError naming the ones there are."""
    numbers = places.zoning_ids(db)
    if key not in numbers:
        known = ", ".join(numbers) or "none"
        raise NotFoundError(f"No zoning is called {key!r}. There are: {known}.")
    return numbers[key]
