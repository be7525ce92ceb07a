"""What may be known already: incidents of the same near by and not long ago, each with why.

Asked of an index of places and times, so that it is answered while somebody types.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

import numpy as np
from geoalchemy2 import Geography
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    cast,
    func,
    or_,
    select,
    true,
)

from gis.access.views import seen_incident
from gis.tables import STORED_CRS
from layers.handling.settings import Alike, Handling
from layers.handling.stages import Stage
from layers.locating.writing import plain

# The length of a degree of latitude at the equator, where it is shortest.
_SHORTEST_DEGREE_M = 110_500.0
# Of a hot spot the nearest are looked at.
MOST_LOOKED_AT = 200
MOST_SHOWN = 10
# How much each tells: how near, how soon, of the same class, in the same words.
WEIGHTS = {"near": 0.35, "soon": 0.25, "class": 0.25, "text": 0.15}
# From here on two texts say the same.
ALIKE_FROM = 0.6
# What was closed lately may have been reported so long before.
OPEN_FOR_D = 60.0
_c = seen_incident.c


class Why(StrEnum):
    """Why one may be the same."""

    NEAR = "near"
    SAME_SMALL = "same_small"
    SAME_BIG = "same_big"
    SOON = "soon"
    ALIKE = "alike"
    CLOSED = "closed"
    """It was closed a short while ago: it may be back."""


@dataclass(frozen=True)
class Duplicate:
    """An incident that may be the same."""

    id: int
    key: str
    scheme: str
    small: str
    stage: Stage
    title: str | None
    address: str | None
    reported_at: dt.datetime
    closed_at: dt.datetime | None
    # The case that it was found to say again.
    duplicate_of: int | None
    lon: float
    lat: float
    distance_m: float
    # Between the two reports, in hours.
    apart_h: float
    # 0 nothing in common, 1 the same text; None where one of them says nothing.
    likeness: float | None
    why: tuple[Why, ...]
    # 1 the best; it is no probability.
    score: float


def possible(  # noqa: PLR0913 - what is known of a draft
    db: Connection, at: tuple[float, float], *, scheme: str, small: str, settings: Handling,
    now: dt.datetime, text: str = "", big: str = "", limit: int = MOST_SHOWN,
) -> list[Duplicate]:  # fmt: skip
    """Return what a report at a place (longitude, latitude) may say again, the likeliest first.

    Parameters
    ----------
    db
        As the role `app`: of what may be about persons only what the viewer may see.
    small, big
        Codes of the class; the big one is asked for where settings compare by it.
    text
        What the report says.
    """
    lon, lat = at
    here = func.ST_SetSRID(func.ST_Point(lon, lat), STORED_CRS)
    far_y = settings.duplicate_within_m / _SHORTEST_DEGREE_M
    far_x = far_y / max(0.01, float(np.cos(np.radians(lat))))
    # On the ellipsoid: a degree is not as long to the east as to the north.
    distance = func.ST_Distance(cast(_c.geom, Geography), cast(here, Geography))
    since = now - dt.timedelta(hours=settings.duplicate_within_h)
    closed_since = now - dt.timedelta(days=settings.duplicate_closed_days)
    # One bound on the time that the index takes, then what it means.
    earliest = min(since, closed_since - dt.timedelta(days=OPEN_FOR_D))
    is_lately = or_(
        _c.reported_at >= since,
        and_(_c.stage == Stage.CLOSED.value, _c.closed_at >= closed_since),
    )
    near = (
        select(
            _c.id, _c.key, _c.scheme, _c.big, _c.small, _c.stage, _c.title, _c.address,
            _c.reported_at, _c.closed_at, _c.duplicate_of,
            func.ST_X(_c.geom).label("lon"), func.ST_Y(_c.geom).label("lat"),
            distance.label("distance_m"),
        )
        .where(
            _c.geom.bool_op("&&")(func.ST_Expand(here, far_x, far_y)),
            _c.reported_at >= earliest,
            _is_alike(settings.duplicate_class, scheme, big, small),
            is_lately,
        )
        .subquery("near")
    )  # fmt: skip
    query = (
        select(near)
        .where(near.c.distance_m <= settings.duplicate_within_m)
        .order_by(near.c.distance_m, near.c.id)
        .limit(MOST_LOOKED_AT)
    )
    found = [
        _judged(row, text, settings, now, (scheme, small)) for row in db.execute(query).all()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.score, one.id))[:limit]


def _is_alike(kind: Alike, scheme: str, big: str, small: str) -> ColumnElement[bool]:
    if kind is Alike.ANY:
        return true()
    same = _c.small == small if kind is Alike.SMALL or not big else _c.big == big
    return and_(_c.scheme == scheme, same)


def _judged(
    row: Row[Any], text: str, settings: Handling, now: dt.datetime, kind: tuple[str, str]
) -> Duplicate:
    apart_h = abs((now - row.reported_at).total_seconds()) / 3600
    likeness = _likeness(text, row.title)
    is_same = (row.scheme, row.small) == kind
    is_closed = row.stage == Stage.CLOSED.value
    why = [Why.NEAR]
    if is_same:
        why.append(Why.SAME_SMALL)
    elif settings.duplicate_class is Alike.BIG:
        why.append(Why.SAME_BIG)
    if apart_h <= settings.duplicate_within_h:
        why.append(Why.SOON)
    if likeness is not None and likeness >= ALIKE_FROM:
        why.append(Why.ALIKE)
    if is_closed:
        why.append(Why.CLOSED)
    parts = {
        "near": 1 - row.distance_m / settings.duplicate_within_m,
        "soon": max(0.0, 1 - apart_h / settings.duplicate_within_h),
        "class": 1.0 if is_same else 0.4,
        "text": likeness or 0.0,
    }
    score = sum(WEIGHTS[name] * part for name, part in parts.items())
    return Duplicate(
        row.id, row.key, row.scheme, row.small, Stage(row.stage), row.title, row.address,
        row.reported_at, row.closed_at, row.duplicate_of, row.lon, row.lat,
        float(row.distance_m), apart_h, likeness, tuple(why), round(score, 4),
    )  # fmt: skip


def _likeness(one: str, other: str | None) -> float | None:
    """Return how alike two texts are, whatever their characters and signs; None without any."""
    left, right = plain(one), plain(other or "")
    if not left or not right:
        return None
    return SequenceMatcher(None, left, right, autojunk=False).ratio()
