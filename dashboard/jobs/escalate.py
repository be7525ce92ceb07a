"""Lets those hear whose cases run out of time: ``python -m dashboard.jobs.escalate``.

Nobody asked for it: the rules of the city do. As the engine, which alone may write what is done
with cases; whoever acts on one meanwhile waits for it, or was first.
"""

from __future__ import annotations

import datetime as dt
import logging
import os

from sqlalchemy import Engine

from dashboard import processes
from gis import places
from gis.database import Role
from layers.handling import escalations

log = logging.getLogger(__name__)


def main() -> None:
    """Escalate what is due."""
    processes.end_with_parent()
    logging.basicConfig(level=logging.WARNING)
    engine = processes.taken(os.environ).engine(Role.ENGINE, pool_size=1)
    try:
        escalate_due(engine, dt.datetime.now(dt.UTC))
    finally:
        engine.dispose()


def escalate_due(engine: Engine, now: dt.datetime) -> int:
    """Escalate the cases that rules in force speak of, each in a transaction of its own.

    Returns
    -------
    int
        How many.
    """
    with engine.begin() as db:
        city = places.city(db)
        if city is None:
            return 0
        rules = escalations.in_force(db)
        numbers = sorted(escalations.due(db, city, rules, now))
    done = 0
    for number in numbers:
        with engine.begin() as db:
            done += bool(escalations.escalate(db, city, number, rules, now))
    return done


if __name__ == "__main__":
    main()
