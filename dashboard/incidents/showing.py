"""The addresses the incidents mode looks at: the map of a list, whose a place is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import FastAPI, Query, Request, Response
from sqlalchemy import Connection

from dashboard.alike import Alike, sight
from dashboard.incidents import asking, heaps
from dashboard.replies import Packer
from dashboard.scene import Scene
from dashboard.view import View
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis import locate, places
from gis.access.viewer import Viewer
from layers.catalog.incidents import SEVERITIES, STAGES
from layers.handling import lists, tallies
from layers.handling.case import Case
from layers.handling.lists import Asked
from layers.handling.stages import Stage

PLACE = r"^-?[0-9]{1,3}(\.[0-9]{1,9})?,-?[0-9]{1,2}(\.[0-9]{1,9})?$"


def add(server: FastAPI, workers: Workers) -> None:
    """Add the addresses to a server."""
    packer, alike = Packer(), Alike()

    @server.get("/incidents/map")
    async def drawn(request: Request) -> Response:
        """Return the incidents of a view's list as points; the address is the page's own."""
        view = View.from_address(request.url.query)

        async def ask() -> dict[str, Any]:
            return await workers.ask(lambda db: on_map(Scene(view, db), VIEWER.get()))

        # What somebody was told of is his own.
        who = VIEWER.get() if view.cases == "told" else sight(VIEWER.get())
        found = await alike.once((view.to_address(), view.language, who), ask)
        return packer.json(request, found, "application/geo+json")

    @server.get("/incidents/place")
    async def place(
        request: Request,
        at: Annotated[str, Query(pattern=PLACE)],
        language: Literal["zh", "en"] = "zh",
    ) -> Response:
        """Return what a place is called whose pin is being moved, in one line."""
        lon, lat = map(float, at.split(","))

        def ask(db: Connection) -> dict[str, str]:
            scene = Scene(View(language=language), db)
            unit = locate.unit_at(db, places.zoning_ids(db)[scene.city.main.key], lon, lat)
            if unit is None:
                return {"said": scene.say("intake.outside")}
            path = places.path(db, unit)
            return {"said": " › ".join(scene.named(one.names) for one in path[-2:])}

        return packer.json(request, await workers.ask(ask))


def on_map(scene: Scene, viewer: Viewer) -> dict[str, Any]:
    """Return the incidents of a list as GeoJSON points (EPSG:4326).

    Each has a point of its own; of a list too long for that, those that are alone in a cell, while
    those that share one are counted there. Nothing is left out: the points add up to the list.
    """
    asked = asking.asked_of(scene)
    db, now = scene.db, scene.now
    if not lists.is_longer(db, viewer, asked, heaps.MOST_DRAWN, now=now):
        found = lists.listed(db, viewer, asked, now=now, most=heaps.MOST_DRAWN)
        return _collected(_pins(scene, asked, found))
    some = tallies.by_place(db, viewer, asked, heaps.cell_4326(scene.focus), now=now)
    alone = lists.listed_of(db, [heap.id for heap in some if heap.n == 1], now=now)
    return _collected(
        [*_pins(scene, asked, alone), *(heaps.feature(heap) for heap in some if heap.n > 1)]
    )


def _collected(features: list[heaps.Feature]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features}


def _pins(scene: Scene, asked: Asked, cases: Sequence[Case]) -> list[heaps.Feature]:
    classes = asking.classes(scene.db)
    return [
        {
            "type": "Feature",
            "id": case.id,
            "geometry": {"type": "Point", "coordinates": [case.lon, case.lat]},
            "properties": {
                # A number, so that a cluster adds it up.
                "supervised": int(case.is_supervised),
                "state": lists.pressing(case, asked.soon),
                **_clock(case),
                "title": case.title or asking.class_name(scene, classes, case),
                "stage": scene.named(STAGES[case.stage]),
                "severity": scene.named(SEVERITIES[case.severity])
                if case.severity in SEVERITIES
                else case.severity,
            },
        }
        for case in cases
    ]


def _clock(case: Case) -> dict[str, Any]:
    """Return what the page tells the time that is left of; nothing without a limit."""
    if case.stage is Stage.CLOSED:
        return {}
    if case.is_paused:
        return {"paused": True}
    if case.due_at is None:
        return {}
    unit = case.limit.unit.value if case.limit else ""
    return {"due": int(case.due_at.timestamp() * 1000), "unit": unit}
