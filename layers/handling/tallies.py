"""How many incidents of a list are where, when and at which stage; each tally adds up to it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, Double, func, select
from sqlalchemy import case as sql_case

from gis.access.viewer import Viewer
from gis.access.views import seen_incident
from layers.handling.lists import STATES, Asked, Listing, where
from layers.handling.stages import Stage, Supervised

_c = seen_incident.c


@dataclass(frozen=True)
class Times:
    """How many were reported when."""

    # hour, day, week, month
    step: str
    # By how they stand now, then by when the hour, day, week or month begins, on the city's clock.
    counts: Mapping[Listing, Mapping[dt.datetime, int]]


@dataclass(frozen=True)
class Heap:
    """Incidents of a list that lie in one cell of a grid."""

    # The least number among them.
    id: int
    # The middle of them, in EPSG:4326.
    lon: float
    lat: float
    supervised: int
    # By how they stand.
    counts: Mapping[Listing, int]

    @property
    def n(self) -> int:
        """How many there are."""
        return sum(self.counts.values())


_STEPS = (
    ("hour", dt.timedelta(days=3)),
    ("day", dt.timedelta(days=120)),
    ("week", dt.timedelta(days=800)),
    ("month", dt.timedelta.max),
)


def by_stage(db: Connection, viewer: Viewer, asked: Asked, *, now: dt.datetime) -> dict[Stage, int]:
    """Return how many of a list stand at each stage; together they are the list."""
    query = select(_c.stage, func.count()).where(where(db, viewer, asked, now)).group_by(_c.stage)
    found = {Stage(stage): count for stage, count in db.execute(query)}
    return {stage: found.get(stage, 0) for stage in Stage}


def by_time(
    db: Connection, viewer: Viewer, asked: Asked, *, now: dt.datetime, timezone: str
) -> Times:
    """Return how many of a list were reported in each hour, day, week or month, by how they stand.

    Hours of a few days, days of some months, and so on: as many bars as can be told apart.
    """
    within = where(db, viewer, asked, now)
    first, last = db.execute(
        select(func.min(_c.reported_at), func.max(_c.reported_at)).where(within)
    ).one()
    if first is None:
        return Times("day", {})
    step = next(name for name, longest in _STEPS if last - first <= longest)
    # On the clock of the city, which is how days are asked for.
    local = func.timezone(timezone, _c.reported_at)
    begins = func.date_trunc(step, local).label("begins")
    stands = _stands(asked, now).label("stands")
    counted = select(begins, stands).where(within).subquery()
    query = select(counted.c.begins, counted.c.stands, func.count()).group_by(
        counted.c.begins, counted.c.stands
    )
    found: dict[Listing, dict[dt.datetime, int]] = {}
    for moment, state, count in db.execute(query.order_by(counted.c.begins)):
        found.setdefault(Listing(state), {})[moment] = count
    return Times(step, found)


def by_place(
    db: Connection,
    viewer: Viewer,
    asked: Asked,
    cell_4326: tuple[float, float],
    *,
    now: dt.datetime,
) -> list[Heap]:
    """Return a list by cells of a grid; together they are the list.

    Parameters
    ----------
    cell_4326
        How wide and how high a cell is, in degrees.
    """
    x, y = (of(_c.geom, type_=Double) for of in (func.ST_X, func.ST_Y))
    c = (
        select(_c.id, x.label("x"), y.label("y"), _stands(asked, now).label("stands"),
               _is_watched().label("is_watched"))
        .where(where(db, viewer, asked, now))
        .subquery()
        .c
    )  # fmt: skip
    counts = [func.count().filter(c.stands == state.value) for state in STATES]
    query = select(
        func.min(c.id), func.avg(c.x), func.avg(c.y), func.count().filter(c.is_watched), *counts
    ).group_by(*(func.floor(at / size) for at, size in zip((c.x, c.y), cell_4326, strict=True)))
    return [
        Heap(id_, lon, lat, supervised, dict(zip(STATES, some, strict=True)))
        for id_, lon, lat, supervised, *some in db.execute(query)
    ]


def _stands(asked: Asked, now: dt.datetime) -> ColumnElement[str]:
    """Return the name of the state that `pressing` tells."""
    return sql_case(
        (_c.stage == "closed", Listing.CLOSED.value),
        (_c.due_at < now, Listing.OVERDUE.value),
        (_c.due_at < now + asked.soon, Listing.SOON.value),
        else_=Listing.OPEN.value,
    )


def _is_watched() -> ColumnElement[bool]:
    """Return whether a leader asks about it, as `Case.is_supervised` does."""
    # Of what was never asked about it is not known, which counts as little as no.
    is_so: ColumnElement[bool] = _c.supervision["state"].astext.in_(
        [Supervised.ASKED.value, Supervised.ANSWERED.value]
    )
    return is_so
