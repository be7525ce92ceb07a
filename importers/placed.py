"""How incidents of files were placed: by the file's coordinates, or by the unit it names."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, any_, func, select, update

from gis.tables import incident, unit_version
from importers.upsert import Staged, Verdict

OWN, BY_UNIT = "file", "unit"
"""Words of `how` in the texts of the page."""
# The longest degree of latitude.
_DEGREE_M = 111_700.0
# What is written of how a row was placed.
COLUMNS = ("placed_by", "placed_score", "placed_within_m", "placed_as")


def fill(
    db: Connection, frame: pd.DataFrame, units: NDArray[np.int64], read_as: NDArray[Any]
) -> pd.DataFrame:
    """Return incidents with `COLUMNS`.

    Parameters
    ----------
    units
        The unit that stands in for the place of a row that has none, -1 where the row has one.
    read_as
        How its coordinates were read.
    """
    known = np.unique(units[units >= 0])
    reach = _reach_m(db, known) if len(known) else {}
    within = np.array([reach.get(int(unit), np.nan) for unit in units], dtype=np.float64)
    return frame.assign(
        placed_by=np.where(units >= 0, BY_UNIT, OWN),
        placed_score=np.ones(len(frame)),
        placed_within_m=pd.array(within, dtype="Float64"),
        placed_as=pd.Series(read_as, index=frame.index, dtype=object).where(units < 0, None),
    )


def renew(db: Connection, staged: Staged) -> None:
    """Write it of rows that are there and that the file places elsewhere: before they are written.

    Where somebody put the pin meanwhile, and the file says nothing new, that is how it was placed.
    """
    table, copy = incident, staged.table
    moved = staged.of(Verdict.UPDATED)
    if not len(moved):
        return
    db.execute(
        update(table)
        .where(
            table.c.key == copy.c.key,
            table.c.id == any_(moved.tolist()),
            table.c.geom.is_distinct_from(copy.c.geom),
        )
        .values({name: copy.c[name] for name in COLUMNS})
    )


def _reach_m(db: Connection, units: NDArray[np.int64]) -> dict[int, float]:
    """Return how far a unit reaches from its centre at most, in metres."""
    u = unit_version.c
    box = func.Box2D(u.geom)
    query = select(
        u.unit_id, func.ST_X(u.centre), func.ST_Y(u.centre), func.ST_XMin(box), func.ST_YMin(box),
        func.ST_XMax(box), func.ST_YMax(box),
    ).where(u.unit_id == any_(units.tolist()), func.upper_inf(u.valid))  # fmt: skip
    found = {}
    for unit, x, y, west, south, east, north in db.execute(query):
        across = max(x - west, east - x) * math.cos(math.radians(y))
        found[unit] = float(math.ceil(math.hypot(across, max(y - south, north - y)) * _DEGREE_M))
    return found
