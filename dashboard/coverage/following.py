"""Areas of responsibility as a draft: a change order whose boundaries follow them."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import FastAPI, Request, Response

from dashboard.coverage.desk import Desk
from dashboard.coverage.question import question
from dashboard.panels.coverage import words
from dashboard.scene import Scene
from dashboard.view import View
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access.posts import Right
from gis.division import stored
from gis.division.surroundings import Stored
from gis.errors import BalanceError
from gis.orders import orders
from layers.coverage.answers import MAIN
from layers.coverage.followed import operations


def add(server: FastAPI, workers: Workers, desk: Desk) -> None:
    """Add the address to a server; it carries the part of a view that asks."""

    @server.post("/coverage/areas/draft")
    async def draft(request: Request) -> Response:
        """Draw the boundaries that follow the areas as a draft of whoever asks."""
        VIEWER.get().require(Right.REDRAW)
        view = View.from_address(request.url.query, mode="coverage")
        found = await workers.ask(lambda db: drawn(Scene(view, db), desk))
        return Response(orjson.dumps(found), 201, media_type="application/json",
                        headers={"Cache-Control": "no-store"})  # fmt: skip


def drawn(scene: Scene, desk: Desk) -> dict[str, Any]:
    """Keep the hand-overs as one step of a new draft, and return which one that is.

    Raises
    ------
    ForbiddenError
        Whoever looks may not redraw the unit.
    BalanceError
        Nothing can be handed over.
    """
    viewer, db, unit = VIEWER.get(), scene.db, scene.unit
    viewer.require(Right.REDRAW, unit.id)
    found = desk.followed(scene)
    if not found.moves:
        raise BalanceError(
            "No unit can go over whole: the boundaries follow the areas as far as they can.",
            key="coverage.nothing_follows",
        )
    facilities = words.facilities(scene, question(scene.view, scene.city))
    title = scene.say("areas.title_of", facilities=facilities, place=scene.named(unit.names))
    order = orders.create(db, viewer, title=title, within=[unit.id])
    made = operations(found, Stored(db, scene.city, MAIN))
    delta = stored.open_division(db, [unit.id]).do(*made)
    orders.save_step(db, viewer, order.id, seen=order.revision, delta=delta, said=title)
    return {"order": order.id, "number": order.number}
