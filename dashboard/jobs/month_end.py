"""Keeps the standard indicators of each month's end: ``python -m dashboard.jobs.month_end``.

Nobody asked for it, so it is done for nobody: by public numbers, with the right to keep them and no
other. What is kept of a day already stays.
"""

from __future__ import annotations

import datetime as dt
import logging
import os
from collections.abc import Iterator, Sequence

from sqlalchemy import Engine

from dashboard import processes
from gis import places
from gis.access.posts import Right
from gis.access.viewer import Viewer, act_as
from gis.city import City
from gis.database import Role
from layers.coverage import by_day
from layers.coverage.ground import Ground

log = logging.getLogger(__name__)
KEEPER = Viewer(rights=frozenset({Right.PLAN}))


def main() -> None:
    """Keep what the last month's end lacks."""
    processes.end_with_parent()
    logging.basicConfig(level=logging.WARNING)
    engine = processes.taken(os.environ).engine(Role.APP, pool_size=2)
    try:
        keep_month_end(engine, dt.datetime.now(dt.UTC))
    finally:
        engine.dispose()


def keep_month_end(engine: Engine, now: dt.datetime) -> tuple[dt.date | None, list[str]]:
    """Keep the indicators of the last month's end that are lacking; return which day and which.

    Parameters
    ----------
    engine
        As the role `app`, with two connections: one reads, one writes.
    """
    with engine.begin() as db:
        act_as(db, KEEPER)
        city = places.city(db)
        if city is None:
            return None, []
        day = by_day.month_end(now, city.tz)
        names = by_day.lacking(db, city, day)
    return day, list(kept(engine, city, day, names))


def kept(engine: Engine, city: City, day: dt.date, names: Sequence[str]) -> Iterator[str]:
    """Answer indicators by public numbers, keep them as a day's, and yield each that is kept."""
    if not names:
        return
    with engine.connect() as plain:
        db = plain.execution_options(isolation_level="REPEATABLE READ")
        with db.begin():
            act_as(db, KEEPER)
            ground = Ground(city)
            for name in names:
                rows = by_day.answer(db, ground, name)
                with engine.begin() as writing:
                    act_as(writing, KEEPER)
                    by_day.keep(writing, name, day, rows)
                yield name


if __name__ == "__main__":
    main()
