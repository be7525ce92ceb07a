"""What a person waits for between two clicks; no peer, but a limit."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from sqlalchemy import Connection, text

from benchmarks import contest, prepared
from benchmarks.contest import Clock, ContestError, repeat
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import Size
from gis import locate
from gis.access.viewer import act_as, everything
from gis.database import Role, Server
from layers import search, statistics

TIMES = 5
# What people type, taken from what is there: a whole name, its beginning, a code, an address.
TYPED = (
    "SELECT names ->> 'zh' FROM estate ORDER BY id LIMIT 3",
    "SELECT left(names ->> 'zh', 2) FROM estate ORDER BY id DESC LIMIT 2",
    "SELECT name FROM facility ORDER BY id LIMIT 3",
    "SELECT left(name, 2) FROM facility ORDER BY id DESC LIMIT 2",
    "SELECT address FROM building WHERE address IS NOT NULL ORDER BY id LIMIT 3",
    "SELECT left(address, 3) FROM building WHERE address IS NOT NULL ORDER BY id LIMIT 1",
    "SELECT code FROM unit_version ORDER BY id DESC LIMIT 2",
)
LIMITS_S = {
    "search, the slowest of what was typed": 0.05,
    "one point placed by SQL": 0.005,
    "every micro-grid's value for the map": 0.3,
    "one unit's headline numbers": 0.01,
}


def measure(size: Size) -> Iterator[Row]:
    """Ask the demo city what its page asks."""
    with prepared.demo(size.city) as demo:
        outcome = contest.run(ask, demo.server, apart=size.apart)
    for name, limit_s in LIMITS_S.items():
        laps = {lap: s for lap, s in outcome.laps.items() if lap.startswith(name)}
        slowest = max(laps, key=lambda lap: laps[lap])
        yield Row(
            name,
            f"demo {size.city}",
            Reading(laps[slowest], Unit.SECONDS),
            limit=Reading(limit_s, Unit.SECONDS),
            note=slowest.removeprefix(name).strip(),
        )


def ask(clock: Clock, target: Server) -> None:
    """Time each question."""
    engine = target.engine(Role.APP)
    with engine.connect() as db:
        act_as(db, everything(db))
        names = list(LIMITS_S)
        for typed in (typed for query in TYPED for typed in db.scalars(text(query)).all()):
            if not search.search(db, typed):
                raise ContestError(f"Nothing is found for {typed!r}, which is there.")
            _time(clock, f"{names[0]} {typed!r}", partial(search.search, db, typed))
        lon, lat, unit, level = _middle(db)
        _time(clock, names[1], lambda: locate.unit_at(db, 1, lon, lat))
        _time(clock, names[2], lambda: statistics.values(db, 1, level, "people"))
        headline = ["people", "households", "buildings", "incidents"]
        _time(clock, names[3], lambda: statistics.numbers(db, unit, headline))
    engine.dispose()


def _time(clock: Clock, name: str, action: Callable[[], Any]) -> None:
    action()
    repeat(clock, name, TIMES, action)


def _middle(db: Connection) -> tuple[float, float, int, int]:
    """Return a place, its city's unit, and the finest level."""
    row = db.execute(
        text(
            "SELECT ST_X(centre), ST_Y(centre), "
            "(SELECT unit_id FROM unit_version WHERE zoning_id = 1 AND parent_id IS NULL), level "
            "FROM unit_version WHERE zoning_id = 1 AND is_face ORDER BY level DESC, unit_id LIMIT 1"
        )
    ).one()
    return row[0], row[1], row[2], row[3]
