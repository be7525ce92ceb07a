"""News of what changed, told to every server process once the change is committed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import Connection, func, select

CHANNEL = "citygrid_news"
# A notification may have 8,000 bytes. News of more than this is for everybody it may concern.
MOST_NAMED = 400


class Topic(StrEnum):
    """What changed."""

    BOUNDARIES = "boundaries"
    """Units, and with them what lies in which: numbers and tiles are others now."""
    ORDERS = "orders"
    """Change orders: a draft, a decision, a comment."""
    JOBS = "jobs"
    """Jobs: one began, came further or ended."""
    INCIDENTS = "incidents"
    """Incidents: reported, or something was done with them."""


@dataclass(frozen=True)
class News:
    """That something changed, never what: who hears it asks, and is told what he may know."""

    topic: Topic
    # The change order concerned.
    order_id: int | None = None
    # Who is concerned: accounts, and whoever decides on these units. Neither: everybody who
    # decides anywhere.
    account_ids: tuple[int, ...] = ()
    unit_ids: tuple[int, ...] = ()
    # The job concerned.
    job_id: int | None = None
    # The incidents concerned, and the duty bodies; none: several, whichever.
    incident_ids: tuple[int, ...] = ()
    body_ids: tuple[int, ...] = ()
    # Only who holds the units or works for the bodies may know that there is anything.
    is_personal: bool = False


def tell(db: Connection, news: News) -> None:
    """Tell every server process, once the caller's transaction commits."""
    named = (news.account_ids, news.unit_ids, news.incident_ids, news.body_ids)
    is_short = sum(map(len, named)) <= MOST_NAMED
    told = {
        "topic": news.topic,
        "order": news.order_id,
        "accounts": news.account_ids if is_short else (),
        "units": news.unit_ids if is_short else (),
        "job": news.job_id,
    }
    if news.topic is Topic.INCIDENTS:
        told |= {
            "incidents": news.incident_ids if is_short else (),
            "bodies": news.body_ids if is_short else (),
            "personal": news.is_personal,
        }
    db.execute(select(func.pg_notify(CHANNEL, json.dumps(told, separators=(",", ":")))))


def read(payload: str) -> News:
    """Return the news that a notification carries."""
    told: Mapping[str, object] = json.loads(payload)
    order_id, job_id = told["order"], told["job"]
    return News(
        Topic(str(told["topic"])),
        order_id if isinstance(order_id, int) else None,
        _numbers(told["accounts"]),
        _numbers(told["units"]),
        job_id if isinstance(job_id, int) else None,
        _numbers(told.get("incidents")),
        _numbers(told.get("bodies")),
        bool(told.get("personal")),
    )


def _numbers(given: object) -> tuple[int, ...]:
    return tuple(n for n in given if isinstance(n, int)) if isinstance(given, list) else ()
