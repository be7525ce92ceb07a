"""What the standard indicators came to, day after day: by public numbers, for everybody."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import insert

from gis.access.tables import release
from gis.arrangement import Floats
from gis.city import City
from gis.errors import NotFoundError
from gis.planning import indicator_day
from layers.coverage import indicators
from layers.coverage.ground import Ground
from layers.coverage.seen import BUILDINGS, seen

Json: TypeAlias = dict[str, Any]
_c = indicator_day.c
_NUMBERS = ("people", "reached", "buildings", "buildings_reached")
_AT_ONCE = 5_000


@dataclass(frozen=True)
class Day:
    """What an indicator came to in one unit; None: withheld, or not released."""

    day: dt.date
    people: int | None
    reached: int | None
    buildings: int
    buildings_reached: int
    # Later than the day where the program was off when it ended.
    made_at: dt.datetime


def answer(db: Connection, ground: Ground, indicator: str) -> list[Json]:
    """Answer a standard indicator for all units by public numbers; the whole city is the first.

    Parameters
    ----------
    db
        As the role `app`: the others are bound by no release, and would be told nothing of it.
    """
    questions = indicators.of(ground.city).questions
    if indicator not in questions:
        raise NotFoundError(
            f"There is no indicator {indicator!r}. There are: {', '.join(questions)}.",
            key="scenario.no_indicator", indicator=indicator,
        )  # fmt: skip
    found = seen(db, ground, questions[indicator], (), public=True)
    people, buildings = found.people, found.numbers[BUILDINGS]
    each = (people.all, people.reached, buildings.all, buildings.reached)
    columns = dict(zip(_NUMBERS, map(_whole, each), strict=True))
    return [
        {"unit_id": unit, **{name: column[at] for name, column in columns.items()}}
        for at, unit in enumerate(found.tree.ids.tolist())
    ]


def keep(db: Connection, indicator: str, day: dt.date, rows: Sequence[Json]) -> None:
    """Keep an answer as that of a day; what was kept of the day before goes.

    Parameters
    ----------
    db
        For somebody with the right `plan`, and not in a snapshot: two may keep the same day.
    """
    write = insert(indicator_day)
    write = write.on_conflict_do_update(
        index_elements=["indicator", "day", "unit_id"],
        set_={**{name: write.excluded[name] for name in _NUMBERS}, "made_at": func.now()},
    )
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        db.execute(write, [{"indicator": indicator, "day": day, **row} for row in some])


def history(db: Connection, indicator: str, unit_id: int) -> list[Day]:
    """Return what an indicator came to in a unit on each day that was kept, the first first."""
    query = (
        select(_c.day, *(_c[name] for name in _NUMBERS), _c.made_at)
        .where(_c.indicator == indicator, _c.unit_id == unit_id)
        .order_by(_c.day)
    )
    return [Day(**row._mapping) for row in db.execute(query)]


def shares(db: Connection, unit_id: int, *, most: int) -> dict[dt.date, dict[str, float | None]]:
    """Return which share of a unit's people each indicator reached on the last days that were kept.

    None: withheld, not released, or nobody lives there. The last day is the first.
    """
    days = select(_c.day).where(_c.unit_id == unit_id).distinct().order_by(_c.day.desc())
    query = (
        select(_c.day, _c.indicator, _c.people, _c.reached)
        .where(_c.unit_id == unit_id, _c.day.in_(days.limit(most)))
        .order_by(_c.day.desc())
    )
    found: dict[dt.date, dict[str, float | None]] = {}
    for row in db.execute(query):
        known = row.people and row.reached is not None
        found.setdefault(row.day, {})[row.indicator] = row.reached / row.people if known else None
    return found


def month_end(now: dt.datetime, tz: dt.tzinfo) -> dt.date:
    """Return the last day of the last month that has ended in a time zone.

    Examples
    --------
    >>> east = dt.timezone(dt.timedelta(hours=8))
    >>> month_end(dt.datetime(2026, 11, 30, 16, 30, tzinfo=dt.UTC), east)
    datetime.date(2026, 11, 30)
    """
    return now.astimezone(tz).date().replace(day=1) - dt.timedelta(days=1)


def lacking(db: Connection, city: City, day: dt.date) -> list[str]:
    """Return the indicators of which nothing was kept of a day; none where nothing was known then.

    Nothing was before the first release of numbers: a city that was loaded later has no such day.
    """
    ended = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), city.tz)
    if db.scalar(select(release.c.id).where(release.c.made_at < ended).limit(1)) is None:
        return []
    there = set(db.scalars(select(_c.indicator).where(_c.day == day).distinct()))
    return [name for name in indicators.of(city).indicators if name not in there]


def _whole(numbers: Floats) -> list[int | None]:
    return [None if np.isnan(n) else round(n) for n in numbers.tolist()]
