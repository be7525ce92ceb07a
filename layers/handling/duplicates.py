"""What may be known already: incidents of the same near by and not long ago, each with why.

Asked of an index of places and times, so that it is answered while somebody types.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from functools import lru_cache
from heapq import heappush, heappushpop
from typing import Any

import numpy as np
from geoalchemy2 import Geography
from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Integer,
    Row,
    Select,
    Text,
    and_,
    any_,
    case,
    cast,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, INT4MULTIRANGE

from gis.access.viewer import Viewer, multirange
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
# Programs say the same words again and again: so many texts, and pairs of them, are remembered.
REMEMBERED = 4_096
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


@dataclass(frozen=True)
class Said:
    """What a report says, of which others may say the same."""

    lon: float
    lat: float
    scheme: str
    # Codes of the class; the big one is asked for where settings compare by it.
    small: str
    big: str = ""
    text: str = ""
    # Its own number once it is written: it does not say itself again.
    id: int = 0


def possible(  # noqa: PLR0913 - of what, for whom, and when
    db: Connection, viewer: Viewer, said: Said, *, settings: Handling, now: dt.datetime,
    limit: int = MOST_SHOWN,
) -> list[Duplicate]:  # fmt: skip
    """Return what a report may say again, the likeliest first; see `possible_of_each`."""
    each = possible_of_each(db, viewer, [said], settings=settings, now=now, limit=limit)
    return each[0]


def possible_of_each(  # noqa: PLR0913 - as above
    db: Connection, viewer: Viewer, said: Sequence[Said], *, settings: Handling,
    now: dt.datetime, limit: int = MOST_SHOWN,
) -> list[list[Duplicate]]:  # fmt: skip
    """Return for each of some reports what it may say again, the likeliest first.

    Of what may be about persons only what the viewer may see, whoever asks the database.
    """
    if not said:
        return []
    near: list[list[Row[Any]]] = [[] for _ in said]
    for row in db.execute(_near(viewer, said, settings, now)):
        near[row.n - 1].append(row)
    return [
        _likeliest(rows, one, settings, now, limit) for rows, one in zip(near, said, strict=True)
    ]


def _likeliest(
    rows: Sequence[Row[Any]], said: Said, settings: Handling, now: dt.datetime, limit: int
) -> list[Duplicate]:
    """Return what is told of those that are near, the likeliest first.

    Texts are compared last, and only where they can still bring one among those that are told: of a
    hot spot that is a few of two hundred.
    """
    judged = [(_without_text(row, said, settings, now), row) for row in rows]
    judged.sort(key=lambda one: -one[0])
    found: list[Duplicate] = []
    least: list[float] = []
    for score, row in judged:
        # Rounded as scores are told: who is told first among equals has the lower number.
        if len(least) == limit and round(score + WEIGHTS["text"], 4) < least[0]:
            break
        one = _judged(row, said, settings, now, score)
        found.append(one)
        push = heappushpop if len(least) == limit else heappush
        push(least, one.score)
    return sorted(found, key=lambda one: (-one.score, one.id))[:limit]


def _near(
    viewer: Viewer, said: Sequence[Said], settings: Handling, now: dt.datetime
) -> Select[Any]:
    """Ask for the nearest incidents around each place, `n` being the report's, from 1 on."""
    far_y = settings.duplicate_within_m / _SHORTEST_DEGREE_M
    far_x = [far_y / max(0.01, float(np.cos(np.radians(one.lat)))) for one in said]
    listed = [
        cast([getattr(one, name) for one in said], ARRAY(kind))
        for name, kind in (
            ("lon", Double), ("lat", Double), ("scheme", Text), ("small", Text), ("big", Text),
            ("id", Integer),
        )
    ]  # fmt: skip
    asked = (
        func.unnest(*listed, cast(far_x, ARRAY(Double)))
        .table_valued(
            "lon", "lat", "scheme", "small", "big", "id", "far_x", with_ordinality="n", name="asked"
        )
        .render_derived()
    )
    a = asked.c
    here = func.ST_SetSRID(func.ST_Point(a.lon, a.lat), STORED_CRS)
    since = now - dt.timedelta(hours=settings.duplicate_within_h)
    closed_since = now - dt.timedelta(days=settings.duplicate_closed_days)
    # One bound on the time that the index takes, then what it means.
    earliest = min(since, closed_since - dt.timedelta(days=OPEN_FOR_D))
    # By place and time alone, which the offset holds apart: of a place there are a few dozen. Asked
    # again and again with a plan for any values, the server would go through all of a class.
    around = (
        select(
            _c.id, _c.key, _c.scheme, _c.big, _c.small, _c.stage, _c.title, _c.address,
            _c.reported_at, _c.closed_at, _c.duplicate_of, _c.geom,
        )
        .where(
            _c.geom.bool_op("&&")(func.ST_Expand(here, a.far_x, far_y)),
            _c.reported_at >= earliest,
            _is_seen(viewer),
        )
        .correlate(asked)
        .offset(0)
        .subquery("around")
    )  # fmt: skip
    c = around.c
    # On the ellipsoid: a degree is not as long to the east as to the north.
    distance = func.ST_Distance(cast(c.geom, Geography), cast(here, Geography))
    nearest = (
        select(
            *(one for one in c if one is not c.geom),
            func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat"),
            distance.label("distance_m"),
        )
        .where(
            c.id != a.id,
            _is_alike(settings.duplicate_class, c, a),
            or_(
                c.reported_at >= since,
                and_(c.stage == Stage.CLOSED.value, c.closed_at >= closed_since),
            ),
            distance <= settings.duplicate_within_m,
        )
        .correlate(asked)
        .order_by("distance_m", c.id)
        .limit(MOST_LOOKED_AT)
        .lateral("near")
    )  # fmt: skip
    return select(a.n, nearest).select_from(asked).join(nearest, true())


def _is_alike(kind: Alike, one: Any, asked: Any) -> ColumnElement[bool]:  # noqa: ANN401 - columns
    if kind is Alike.ANY:
        return true()
    is_same = one.small == asked.small
    if kind is Alike.BIG:
        is_same = case((asked.big == "", is_same), else_=one.big == asked.big)
    return and_(one.scheme == asked.scheme, is_same)


def _is_seen(viewer: Viewer) -> ColumnElement[bool]:
    """Say what the row policy says, since the engine is not bound by it."""
    own = cast(multirange(viewer.cases), INT4MULTIRANGE)
    return or_(
        ~_c.is_personal,
        _c.unit_id.bool_op("<@")(own),
        _c.body_id == any_(cast(sorted(viewer.bodies), ARRAY(Integer))),
    )


def _is_same(row: Row[Any], said: Said) -> bool:
    return (row.scheme, row.small) == (said.scheme, said.small)


def _apart_h(row: Row[Any], now: dt.datetime) -> float:
    return float(abs((now - row.reported_at).total_seconds()) / 3600)


def _without_text(row: Row[Any], said: Said, settings: Handling, now: dt.datetime) -> float:
    """Return how likely it is the same by where, when and what, whatever the texts say."""
    parts = {
        "near": 1 - row.distance_m / settings.duplicate_within_m,
        "soon": max(0.0, 1 - _apart_h(row, now) / settings.duplicate_within_h),
        "class": 1.0 if _is_same(row, said) else 0.4,
    }
    return float(sum(WEIGHTS[name] * part for name, part in parts.items()))


def _judged(
    row: Row[Any], said: Said, settings: Handling, now: dt.datetime, score: float
) -> Duplicate:
    apart_h, is_same = _apart_h(row, now), _is_same(row, said)
    likeness = _likeness(said.text, row.title or "")
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
    return Duplicate(
        row.id, row.key, row.scheme, row.small, Stage(row.stage), row.title, row.address,
        row.reported_at, row.closed_at, row.duplicate_of, row.lon, row.lat,
        float(row.distance_m), apart_h, likeness, tuple(why),
        round(score + WEIGHTS["text"] * (likeness or 0.0), 4),
    )  # fmt: skip


@lru_cache(REMEMBERED)
def _likeness(one: str, other: str) -> float | None:
    """Return how alike two texts are, whatever their characters and signs; None without any."""
    left, right = _plain(one), _plain(other)
    if not left or not right:
        return None
    return SequenceMatcher(None, left, right, autojunk=False).ratio()


_plain = lru_cache(REMEMBERED)(plain)
