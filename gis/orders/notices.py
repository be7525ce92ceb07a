"""Notices: what people concerned by an order are told on the page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, any_, func, insert, select, update

from gis import news
from gis.access.viewer import Viewer
from gis.news import News, Topic
from gis.orders.tables import change_order, order_notice

_n, _o = order_notice.c, change_order.c
MOST_LISTED = 200


class About(StrEnum):
    """What somebody is told of an order."""

    ASKED = "asked"
    """It waits for his answer."""
    PROPOSED = "proposed"
    """Somebody proposes it; told to who may make it his own."""
    ADOPTED = "adopted"
    """A head has made it his; told to who proposed it."""
    AGREED = "agreed"
    """Somebody asked has agreed; told to the author."""
    REFUSED = "refused"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    SCHEDULED = "scheduled"
    EFFECTIVE = "effective"
    FAILED = "failed"
    CONFLICTED = "conflicted"
    COMMENTED = "commented"


@dataclass(frozen=True)
class Notice:
    """Something somebody is told."""

    id: int
    order_id: int
    number: str
    title: str
    about: About
    at: dt.datetime
    seen_at: dt.datetime | None


def tell(db: Connection, order_id: int, about: About, account_ids: Iterable[int | None]) -> None:
    """Tell people about an order, once each; as the engine."""
    accounts = sorted({account for account in account_ids if account is not None})
    if accounts:
        rows = [{"account_id": a, "order_id": order_id, "about": about.value} for a in accounts]
        db.execute(insert(order_notice), rows)
        news.tell(db, News(Topic.ORDERS, order_id, account_ids=tuple(accounts)))


def notices(db: Connection, viewer: Viewer, *, unseen: bool = False) -> list[Notice]:
    """Return what a viewer is told, the latest first."""
    query = (
        select(_n.id, _n.order_id, _o.year, _o.serial, _o.title, _n.about, _n.at, _n.seen_at)
        .join(change_order, _o.id == _n.order_id)
        .where(_n.account_id == viewer.account_id)
        .order_by(_n.id.desc())
        .limit(MOST_LISTED)
    )
    if unseen:
        query = query.where(_n.seen_at.is_(None))
    return [
        Notice(
            row.id, row.order_id, f"TZ-{row.year}-{row.serial:04}", row.title, About(row.about),
            row.at, row.seen_at,
        )
        for row in db.execute(query)
    ]  # fmt: skip


def seen(db: Connection, viewer: Viewer, ids: Sequence[int]) -> None:
    """Note that a viewer has seen notices of his."""
    db.execute(
        update(order_notice)
        .where(
            _n.id == any_(sorted(ids)),  # type: ignore[arg-type]
            _n.account_id == viewer.account_id,
            _n.seen_at.is_(None),
        )
        .values(seen_at=func.now())
    )
