"""Which units came from which: written by changes, read by histories."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from gis.tables import unit_lineage


def record(
    db: Connection, pairs: Iterable[tuple[int, int]], *, at: dt.datetime, reason: str = ""
) -> None:
    """Write down that units became others.

    Parameters
    ----------
    pairs
        (from, into) unit ids: a split has one ``from`` and several ``into``, a merge the reverse.
    at
        When the change came into force.
    """
    rows = [{"from_id": old, "into_id": new, "at": at, "reason": reason} for old, new in pairs]
    if rows:
        db.execute(insert(unit_lineage), rows)


def sources(db: Connection, unit_id: int) -> list[int]:
    """Return the units that a unit directly came from, the latest first."""
    c = unit_lineage.c
    query = select(c.from_id).where(c.into_id == unit_id).order_by(c.at.desc(), c.from_id)
    return list(db.scalars(query))


def successors(db: Connection, unit_id: int) -> list[int]:
    """Return the units that a unit directly went into, the latest first."""
    c = unit_lineage.c
    query = select(c.into_id).where(c.from_id == unit_id).order_by(c.at.desc(), c.into_id)
    return list(db.scalars(query))
