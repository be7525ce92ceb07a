"""Areas of responsibility as a draft, or as a proposal: a change order that follows them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fastapi import FastAPI, Request, Response
from sqlalchemy import Connection

from dashboard.coverage.desk import Desk
from dashboard.coverage.question import question
from dashboard.orders.office import Office
from dashboard.panels.coverage import words
from dashboard.replies import private_json
from dashboard.scene import Scene
from dashboard.view import View
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access.posts import Right
from gis.division import stored
from gis.division.delta import Delta
from gis.division.surroundings import Stored
from gis.errors import BalanceError
from gis.orders import orders
from gis.orders.order import Order
from layers import orders as way
from layers.coverage.answers import MAIN
from layers.coverage.followed import operations


@dataclass(frozen=True)
class Drawn:
    """What would be handed over, as one step of an order."""

    title: str
    unit_id: int
    delta: Delta


def add(server: FastAPI, workers: Workers, office: Office, desk: Desk) -> None:
    """Add the addresses to a server; each carries the part of a view that asks."""

    @server.post("/coverage/areas/draft")
    async def draft(request: Request) -> Response:
        """Draw the boundaries that follow the areas as a draft of whoever asks."""
        VIEWER.get().require(Right.REDRAW)
        view = View.from_address(request.url.query, mode="coverage")
        return _made(await workers.ask(lambda db: drawn(Scene(view, db), desk)))

    @server.post("/coverage/areas/proposal")
    async def proposal(request: Request) -> Response:
        """Propose those boundaries to who heads the units: he decides whether he takes them up."""
        viewer = VIEWER.get()
        viewer.require(Right.PROPOSE)
        view = View.from_address(request.url.query, mode="coverage")
        found = await workers.ask(lambda db: followed(Scene(view, db), desk, Right.PROPOSE))

        def propose(db: Connection) -> Order:
            return way.propose(
                db, viewer, title=found.title, within=found.unit_id, delta=found.delta,
                now=dt.datetime.now(dt.UTC),
            )  # fmt: skip

        return _made(await office.ask(propose))


def drawn(scene: Scene, desk: Desk) -> Order:
    """Keep the hand-overs as one step of a new draft, and return which one that is.

    Raises
    ------
    ForbiddenError
        Whoever looks may not redraw the unit.
    BalanceError
        Nothing can be handed over.
    """
    viewer, db = VIEWER.get(), scene.db
    found = followed(scene, desk, Right.REDRAW)
    order = orders.create(db, viewer, title=found.title, within=[found.unit_id])
    orders.save_step(db, viewer, order.id, seen=order.revision, delta=found.delta, said=found.title)
    return order


def followed(scene: Scene, desk: Desk, right: Right) -> Drawn:
    """Return what is handed over for boundaries to follow the areas of a scene.

    Raises
    ------
    ForbiddenError
        Whoever looks has not the right on the unit.
    BalanceError
        Nothing can be handed over.
    """
    unit = scene.unit
    VIEWER.get().require(right, unit.id)
    found = desk.followed(scene)
    if not found.moves:
        raise BalanceError(
            "No unit can go over whole: the boundaries follow the areas as far as they can.",
            key="coverage.nothing_follows",
        )
    facilities = words.facilities(scene, question(scene.view, scene.city))
    title = scene.say("areas.title_of", facilities=facilities, place=scene.named(unit.names))
    made = operations(found, Stored(scene.db, scene.city, MAIN))
    return Drawn(title, unit.id, stored.open_division(scene.db, [unit.id]).do(*made))


def _made(order: Order) -> Response:
    return private_json({"order": order.id, "number": order.number}, 201)
