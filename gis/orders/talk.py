"""What was said and done about an order: comments, with a place on the map, and its history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Double, func, insert, select

from gis.access.viewer import Viewer
from gis.errors import ForbiddenError
from gis.orders import notices, orders
from gis.orders.notices import About
from gis.orders.status import Status, TransitionError
from gis.orders.tables import order_comment, order_event
from gis.tables import STORED_CRS

_c, _e = order_comment.c, order_event.c
LONGEST_COMMENT = 2_000


@dataclass(frozen=True)
class Comment:
    """Something said about an order."""

    id: int
    at: dt.datetime
    account_id: int | None
    name: str
    text: str
    # Longitude, latitude; None of a comment that is pinned nowhere.
    place: tuple[float, float] | None
    unit_id: int | None


@dataclass(frozen=True)
class Event:
    """Something done with an order."""

    at: dt.datetime
    account_id: int | None
    # "" of what the program did.
    name: str
    act: str
    before: Status
    after: Status
    note: str
    details: Mapping[str, Any]


def comment(  # noqa: PLR0913 - what a comment is
    db: Connection,
    viewer: Viewer,
    order_id: int,
    text: str,
    *,
    at: tuple[float, float] | None = None,
    unit_id: int | None = None,
) -> Comment:
    """Say something about an order, at a place or of a unit; as the engine.

    Its author is told, and who has spoken before.
    """
    order = orders.read(db, order_id)
    if viewer.account_id is None:
        raise ForbiddenError("Who is not signed in says nothing.", key="error.sign_in_to_comment")
    words = text.replace("\0", " ").strip()[:LONGEST_COMMENT]
    if not words:
        raise TransitionError("A comment needs words.", key="error.comment_empty")
    place = None if at is None else func.ST_SetSRID(func.ST_Point(*at), STORED_CRS)
    made = db.execute(
        insert(order_comment)
        .values(
            order_id=order_id, account_id=viewer.account_id, name=viewer.name or viewer.login,
            text=words, place=place, unit_id=unit_id,
        )
        .returning(_c.id, _c.at)
    ).one()  # fmt: skip
    spoke = set(db.scalars(select(_c.account_id).where(_c.order_id == order_id)))
    notices.tell(
        db, order_id, About.COMMENTED, {*spoke, order.author_id} - {viewer.account_id}
    )  # fmt: skip
    return Comment(
        made.id, made.at, viewer.account_id, viewer.name or viewer.login, words, at, unit_id
    )


def comments(db: Connection, order_id: int) -> list[Comment]:
    """Return what was said about an order, first to last."""
    query = (
        select(
            _c.id, _c.at, _c.account_id, _c.name, _c.text, _c.unit_id,
            func.ST_X(_c.place, type_=Double).label("x"),
            func.ST_Y(_c.place, type_=Double).label("y"),
        )
        .where(_c.order_id == order_id)
        .order_by(_c.id)
    )  # fmt: skip
    return [
        Comment(
            row.id, row.at, row.account_id, row.name, row.text,
            None if row.x is None else (row.x, row.y), row.unit_id,
        )
        for row in db.execute(query)
    ]  # fmt: skip


def events(db: Connection, order_id: int) -> list[Event]:
    """Return what was done with an order, first to last."""
    query = select(order_event).where(_e.order_id == order_id).order_by(_e.id)
    return [
        Event(
            row.at, row.account_id, row.name, row.act, Status(row.before), Status(row.after),
            row.note, row.details,
        )
        for row in db.execute(query)
    ]  # fmt: skip
