"""The moment by which incidents are late: the clock on the wall, or where the files left off."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import Connection, select

from gis import places
from gis.tables import layer_state
from layers.catalog.incidents import INCIDENTS

# An invented city is as of the day it was made, and nobody really works in it. Left alone for
# longer, it stays at that day instead of having all its open incidents late by months.
FRESH = dt.timedelta(days=7)


@dataclass(frozen=True)
class Moment:
    """By when incidents are looked at."""

    at: dt.datetime
    # Whether time goes on: somebody works on the incidents. Those that came from files only are as
    # their files knew them; by the clock on the wall all that were open then would be late.
    is_live: bool


def moment(db: Connection, clock: dt.datetime) -> Moment:
    """Return the moment by which a city's incidents are late.

    Parameters
    ----------
    clock
        The clock on the wall.
    """
    c = layer_state.c
    query = select(c.as_of, c.worked_at).where(c.layer == INCIDENTS.id)
    as_of, worked_at = db.execute(query).one_or_none() or (None, None)
    if as_of is None:
        return Moment(clock, is_live=True)
    city = places.city(db)
    is_made_up = city is not None and city.is_synthetic
    is_live = clock - as_of < FRESH if is_made_up else worked_at is not None
    return Moment(clock if is_live else as_of, is_live)
