"""What the map fetches of coverage: values of units, buildings uncovered, facilities."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np
import shapely
import shapely.geometry
from fastapi import FastAPI, Query, Request, Response
from sqlalchemy import Connection, func, select

from dashboard.coverage import gaps, shapes, supposed, tried
from dashboard.coverage.desk import Desk
from dashboard.coverage.question import question
from dashboard.replies import Packer
from dashboard.scene import Scene
from dashboard.view import View
from dashboard.view_fields import LARGEST_ID
from dashboard.workers import Workers
from gis.errors import NotFoundError
from gis.tables import facility
from layers.coverage.reach import serves
from layers.coverage.why import Why

GEOJSON = "application/geo+json"
# What a building is that a facility tried on the map reaches, one whose doors are reached in part,
# and one of which none is.
COVERED, PARTLY, UNCOVERED = 0, 1, 2


def add(server: FastAPI, workers: Workers, desk: Desk) -> None:
    """Add the addresses to a server; each carries the part of a view that asks."""
    packer = Packer()

    @server.get("/coverage/values")
    async def values(request: Request) -> Response:
        """Return the share of people uncovered of each unit on the map."""
        found = await workers.ask(lambda db: gaps.values(_scene(request, db), desk))
        reply = {
            "ids": found.ids,
            "values": found.numbers,
            "s": found.ids[found.is_withheld],
            "breaks": found.breaks,
        }
        return packer.json(request, reply)

    @server.get("/coverage/buildings")
    async def buildings(request: Request) -> Response:
        """Return the buildings that are not reached, or not at all doors."""
        found = await workers.ask(lambda db: _buildings(_scene(request, db), desk))
        return packer.json(request, found)

    @server.get("/coverage/site")
    async def site(
        request: Request,
        at: Annotated[str, Query(max_length=40)],
        but: Annotated[int, Query(ge=0, lt=tried.MOST)] = tried.MOST,
    ) -> Response:
        """Return what a facility would bring at a place, beside those tried elsewhere."""
        there = tried.place(at)
        if there is None:
            raise NotFoundError(f"There is no place {at!r} on the map.", key="coverage.no_place")

        def ask(db: Connection) -> dict[str, str]:
            scene = _scene(request, db)
            others = [each for k, each in enumerate(tried.places(scene.view)) if k != but]
            return {"said": tried.said(scene, desk.beside(scene, others, [there]), len(others))}

        return packer.json(request, await workers.ask(ask))

    _add_drawings(server, workers, desk, packer)


def _add_drawings(server: FastAPI, workers: Workers, desk: Desk, packer: Packer) -> None:
    @server.get("/coverage/way")
    async def way(
        request: Request, building: Annotated[int, Query(ge=0, le=LARGEST_ID)]
    ) -> Response:
        """Return the way from the nearest facility to a building, and what it lacks."""
        found = await workers.ask(
            lambda db: _way(desk.why(Scene(_view(request, building=building), db)))
        )
        return packer.json(request, found, GEOJSON)

    @server.get("/coverage/outline")
    async def outline(request: Request) -> Response:
        """Return how far one gets from the facilities a question is about, as a picture."""

        def ask(db: Connection) -> dict[str, Any]:
            drawn = desk.outline(_scene(request, db))
            return {
                "type": "Feature",
                "geometry": shapely.geometry.mapping(drawn.shape),
                "properties": {},
            }

        return packer.json(request, await workers.ask(ask), GEOJSON)

    @server.get("/coverage/areas")
    async def areas(request: Request) -> Response:
        """Return the area of each facility: the ground around the doors it is the nearest to."""

        def ask(db: Connection) -> dict[str, Any]:
            features = [
                {
                    "type": "Feature",
                    "id": each.facility_id,
                    "geometry": shapely.geometry.mapping(each.shape),
                    "properties": {"name": each.name},
                }
                for each in desk.areas(_scene(request, db))
            ]
            return {"type": "FeatureCollection", "features": features}

        return packer.json(request, await workers.ask(ask), GEOJSON)

    @server.get("/coverage/supposed")
    async def as_supposed(request: Request) -> Response:
        """Return the paths, closed roads and moved facilities that a view supposes."""

        def ask(db: Connection) -> dict[str, Any]:
            scene = _scene(request, db)
            return shapes.supposed(scene, desk.scenario(scene), desk.against(scene))

        return packer.json(request, await workers.ask(ask), GEOJSON)

    @server.get("/coverage/facilities")
    async def facilities(request: Request) -> Response:
        """Return the facilities a question is about; of those supposed gone, that they are."""
        found = await workers.ask(lambda db: _facilities(_scene(request, db), desk))
        return packer.json(request, found, GEOJSON)


def _buildings(scene: Scene, desk: Desk) -> dict[str, Any]:
    db = scene.db
    homes, found = desk.ground(db).homes(db), desk.found(scene)
    now = is_reached = found.reach.is_reached
    # What is tried only adds to it, and is known while it is moved; what is closed takes
    # away. Nothing is, most of the time.
    if any(getattr(scene.view, name) for name in supposed.OF_WAYS):
        there = desk.supposed(db, supposed.of_ways(supposed.changes(scene.view, scene.city)))
        is_reached = there.found(db, question(scene.view, scene.city)).reach.is_reached
    elif scene.view.tried:
        is_reached = is_reached | desk.brought(scene).is_new
    share = homes.share(is_reached)
    at = np.flatnonzero((homes.share(now) < 1) | (share < 1))
    share = share[at]
    state = np.select([share == 1, share > 0], [COVERED, PARTLY], UNCOVERED)
    return {"ids": homes.ids[at], "values": state, "s": []}


def _scene(request: Request, db: Connection) -> Scene:
    return Scene(_view(request), db)


def _view(request: Request, **told: object) -> View:
    return View.from_address(request.url.query, mode="coverage", **told)


def _way(why: Why) -> dict[str, Any]:
    lines = {
        "straight": why.straight_line, "way": why.way, "beyond": why.beyond,
        "link": why.link_line,
    }  # fmt: skip
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "LineString", "coordinates": list(line.coords)},
                "properties": {"part": part},
            }
            for part, line in lines.items()
            if line is not None
        ],
    }


def _facilities(scene: Scene, desk: Desk) -> dict[str, Any]:
    asked, c = question(scene.view, scene.city), facility.c
    gone = shapes.gone(scene, desk.scenario(scene))
    rows = scene.db.execute(
        select(
            c.id, c.name, c.kind, c.state, c.capacity,
            func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat"),
        )
        .where(serves(asked))
        .order_by(c.id)
    )  # fmt: skip
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": row.id,
                "geometry": {"type": "Point", "coordinates": [row.lon, row.lat]},
                "properties": {
                    "name": row.name, "kind": row.kind, "capacity": row.capacity,
                    "state": gone.get(row.id, row.state),
                },
            }
            for row in rows
        ],
    }  # fmt: skip
