"""The addresses of change orders."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import FastAPI, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from dashboard.editing.answers import remarks
from dashboard.orders import answers
from dashboard.orders.answers import Json
from dashboard.orders.office import Office
from dashboard.replies import private_json
from dashboard.text import explained, speaker
from dashboard.viewing import VIEWER
from dashboard.visitors import Visitors
from dashboard.workers import Workers
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.orders import notices, orders, talk
from gis.orders.acting import LONGEST_NOTE, Said
from gis.orders.merging import ConflictError
from gis.orders.order import Order
from gis.orders.orders import LONGEST_TITLE
from gis.orders.status import TRANSITIONS, Act, Status
from gis.orders.talk import LONGEST_COMMENT
from layers import orders as way
from layers.order_checks import RemarksError

LARGEST = 2**31 - 1
MOST_ANSWERS = 500
READERS = (Right.REDRAW, Right.APPROVE, Right.FILE)

Number = Annotated[int, Path(ge=1, le=LARGEST)]
Unit = Annotated[int, Field(ge=1, le=LARGEST)]
Language = Annotated[Literal["zh", "en"], Query()]
Words = Annotated[str, Field(max_length=LONGEST_NOTE)]


class Beginning(BaseModel):
    """A draft to be begun."""

    title: Annotated[str, Field(max_length=LONGEST_TITLE)] = ""
    within: Annotated[list[Unit], Field(min_length=1, max_length=1000)]
    zoning: Annotated[str, Field(max_length=40)] = "main"


class Titled(BaseModel):
    """Another title for a draft."""

    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE)]


class Acting(BaseModel):
    """What somebody does with an order."""

    act: Act
    note: Words = ""
    effective_on: dt.date | None = None
    answers: Annotated[dict[str, Words], Field(max_length=MOST_ANSWERS)] = {}


class Reversing(BaseModel):
    """Why an order is taken back."""

    note: Words = ""


class Speaking(BaseModel):
    """Something said about an order, pinned to a place or not."""

    text: Annotated[str, Field(max_length=LONGEST_COMMENT)]
    at: tuple[
        Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]
    ] | None = None  # fmt: skip
    unit: Annotated[int, Field(ge=-LARGEST, le=LARGEST)] | None = None


class Seen(BaseModel):
    """Notices somebody has seen."""

    ids: Annotated[list[Annotated[int, Field(ge=1, le=2**63 - 1)]], Field(max_length=1000)]


def add(server: FastAPI, workers: Workers, office: Office, visitors: Visitors) -> None:
    """Add the addresses to a server."""
    _add_notices(server, workers)
    _add_reading(server, workers)
    _add_drafting(server, workers)
    _add_deciding(server, office, visitors)
    _add_talking(server, workers, office)


def _add_reading(server: FastAPI, workers: Workers) -> None:
    @server.get("/orders")
    async def listed(
        language: Language = "zh",
        status: Status | None = None,
        mine: bool = False,
        waiting: bool = False,
        touching: Annotated[list[Unit] | None, Query(max_length=1000)] = None,
    ) -> Response:
        """Return orders, the latest changed first."""
        viewer = VIEWER.get()

        def ask(db: Connection) -> Json:
            found = orders.listed(
                db, viewer, status=status, mine=mine, waiting_for_me=waiting, touching=touching
            )
            return {"orders": [answers.order(each, viewer, language) for each in found]}

        return private_json(await workers.ask(ask))

    @server.get("/orders/{number}")
    async def read(number: Number, language: Language = "zh") -> Response:
        """Return an order, with what was done with it."""
        viewer = VIEWER.get()

        def ask(db: Connection) -> Json:
            found = answers.order(orders.read(db, number), viewer, language)
            said = list(orders.said(db, number))
            return {**found, "said": said, "events": answers.events(talk.events(db, number))}

        return private_json(await workers.ask(ask))


def _add_drafting(server: FastAPI, workers: Workers) -> None:
    @server.post("/orders")
    async def begin(sent: Beginning, language: Language = "zh") -> Response:
        """Begin a draft."""
        viewer = VIEWER.get()
        viewer.require(Right.REDRAW)

        def do(db: Connection) -> Order:
            return orders.create(
                db, viewer, title=sent.title, within=sent.within, zoning=sent.zoning
            )

        return private_json(answers.order(await workers.ask(do), viewer, language), 201)

    @server.post("/orders/{number}/title")
    async def rename(number: Number, sent: Titled, language: Language = "zh") -> Response:
        """Give a draft another title."""
        viewer = VIEWER.get()
        viewer.require(Right.REDRAW)
        found = await workers.ask(lambda db: orders.rename(db, viewer, number, title=sent.title))
        return private_json(answers.order(found, viewer, language))


def _add_deciding(server: FastAPI, office: Office, visitors: Visitors) -> None:
    async def decide(number: int, act: Act, said: Said, language: str) -> Response:
        viewer = VIEWER.get()
        _require_some(viewer, act)
        now = dt.datetime.now(dt.UTC)
        try:
            found = await office.ask(lambda db: way.act(db, viewer, number, act, said, now=now))
        except RemarksError as error:
            listed = remarks(error.units, error.remarks, language)
            return private_json({"error": explained(error, language), "remarks": listed}, 422)
        except ConflictError as error:
            told = {"error": explained(error, language), "by": list(error.by)}
            return private_json({**told, **error.conflict.to_json()}, 409)
        if found.status is Status.EFFECTIVE:
            # Posts may have gone to other units.
            visitors.forget()
        return private_json(answers.order(found, viewer, language))

    @server.post("/orders/{number}/act")
    async def act(number: Number, sent: Acting, language: Language = "zh") -> Response:
        """Do something with an order."""
        said = Said(sent.note, sent.effective_on, sent.answers, _reversal(language))
        return await decide(number, sent.act, said, language)

    @server.post("/orders/{number}/reverse")
    async def reverse(number: Number, sent: Reversing, language: Language = "zh") -> Response:
        """Begin an order that takes another one back."""
        said = Said(sent.note, title=_reversal(language))
        return await decide(number, Act.REVERSE, said, language)


def _add_talking(server: FastAPI, workers: Workers, office: Office) -> None:
    @server.get("/orders/{number}/comments")
    async def comments(number: Number) -> Response:
        """Return what was said about an order, as GeoJSON."""
        _require_reader(VIEWER.get())

        def ask(db: Connection) -> Json:
            orders.read(db, number)
            return answers.comments(talk.comments(db, number))

        return private_json(await workers.ask(ask), media_type="application/geo+json")

    @server.post("/orders/{number}/comments")
    async def comment(number: Number, sent: Speaking) -> Response:
        """Say something about an order."""
        viewer = VIEWER.get()
        _require_reader(viewer)

        def do(db: Connection) -> talk.Comment:
            return talk.comment(db, viewer, number, sent.text, at=sent.at, unit_id=sent.unit)

        return private_json(answers.comment(await office.ask(do)), 201)


def _add_notices(server: FastAPI, workers: Workers) -> None:
    @server.get("/orders/notices")
    async def told(unseen: bool = False) -> Response:
        """Return what the viewer is told about orders."""
        viewer = VIEWER.get()
        found = await workers.ask(lambda db: notices.notices(db, viewer, unseen=unseen))
        return private_json({"notices": answers.notices(found)})

    @server.post("/orders/notices/seen")
    async def seen(sent: Seen) -> Response:
        """Note that the viewer has seen notices."""
        viewer = VIEWER.get()
        await workers.ask(lambda db: notices.seen(db, viewer, sent.ids))
        return Response(status_code=204)


def _require_reader(viewer: Viewer) -> None:
    if not any(viewer.may(right) for right in READERS):
        viewer.require(Right.REDRAW)


def _require_some(viewer: Viewer, act: Act) -> None:
    """Raise ForbiddenError for who may do something with no order wherever it stands."""
    rights = {rule.right for (_, each), rule in TRANSITIONS.items() if each is act}
    if not any(right is None or viewer.may(right) for right in rights):
        viewer.require(next(iter(sorted(right for right in rights if right)), Right.REDRAW))


def _reversal(language: str) -> str:
    """Return what an order is called that takes another back; the other's number is put in."""
    return speaker(language)("orders.undoes")
