"""How long cases took: from being registered to being handled, on the clock of working hours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, ColumnElement, Connection, func, literal_column, select
from sqlalchemy import cast as sql_cast

from gis.cases import incident_pause
from gis.city import City
from gis.tables import incident
from layers.columns import Array, fetch
from layers.handling.asked import Asked, Stretch
from layers.handling.calendar import calendar_of
from layers.handling.clock import HOUR, NEVER, Stops, Unit, clock_of
from layers.handling.formulas import Count, condition

_c, _p = incident.c, incident_pause.c
# Three numbers of eight bytes for each case: which one, its first and its last second.
_NUMBERS, _BYTES = 3, 24
_NO_BYTES: ColumnElement[Any] = literal_column("''::bytea")


@dataclass(frozen=True, eq=False)
class Taken:
    """Hours of work that cases took."""

    # In which row of the table each is counted.
    row: Array
    # All of them, and without those in which its clock stood still.
    whole: Array
    net: Array


def packed(begin: ColumnElement[Any], end: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the cases that were timed in a stretch, as one value of a group; `taken` reads it."""
    numbers = (sql_cast(_c.id, BigInteger), _epoch(_c.registered_at), _epoch(_c.handled_at))
    one, first, last = (func.int8send(number) for number in numbers)
    return func.string_agg(one.op("||")(first).op("||")(last), _NO_BYTES).filter(
        condition(Count.TIMED, begin, end)
    )


def taken(
    db: Connection, city: City, asked: Asked, packages: Sequence[bytes | None], when: Stretch
) -> Taken:
    """Return how long the cases took of which each row of a table has a package, or none.

    Parameters
    ----------
    when
        All stretches of time of the table together.
    """
    given = [each or b"" for each in packages]
    ids, starts, ends = (
        np.frombuffer(b"".join(given), ">i8").astype(np.int64).reshape(-1, _NUMBERS).T
    )
    row = np.repeat(np.arange(len(given)), [len(each) // _BYTES for each in given])
    clock = clock_of(calendar_of(city))
    times = (starts, ends, Unit.WORK_HOURS)
    stops = _stops(db, asked, ids, when)
    return Taken(row, clock.taken_by(*times) / HOUR, clock.taken_by(*times, stops) / HOUR)


def _stops(db: Connection, asked: Asked, ids: Array, when: Stretch) -> Stops:
    query = (
        select(
            _p.incident_id.label("id"), _epoch(_p.since).label("since"),
            func.coalesce(_epoch(_p.until), NEVER).label("until"),
        )
        .join(incident, _c.id == _p.incident_id)
        .where(asked.chosen.rows(db), condition(Count.TIMED, *when))
    )  # fmt: skip
    found = fetch(db, query)
    order = np.argsort(ids)
    at = np.searchsorted(ids[order], found["id"]).clip(max=max(len(ids) - 1, 0))
    # A case may have been handled since the others were read.
    is_there = ids[order[at]] == found["id"] if len(ids) else np.zeros(len(at), bool)
    return Stops(order[at[is_there]], found["since"][is_there], found["until"][is_there])


def _epoch(moment: ColumnElement[Any]) -> ColumnElement[Any]:
    return sql_cast(func.extract("epoch", moment), BigInteger)
