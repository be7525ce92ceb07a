"""What depends on the moment and is therefore never stored: overdue incidents, the latest ones."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from gis.tables import feature_unit, zoning
from gis.tables import incident as table
from layers import selection, statistics, tree
from layers.catalog.incidents import INCIDENTS
from layers.columns import fetch

# Up to so many incidents a unit's own are sorted; of more, the latest are picked out of all.
_FEW = 5_000

# In the words of the partial indexes, which hold nothing but open incidents.
is_open = table.c.stage != "closed"


def is_overdue(now: dt.datetime) -> ColumnElement[bool]:
    """Return whether an incident should have been dealt with by now and is not."""
    return and_(is_open, table.c.due_at < now)


def overdue(db: Connection, unit_id: int, now: dt.datetime) -> int:
    """Return how many incidents of a unit, everything below it included, are overdue now."""
    rows = selection.rows_in(db, INCIDENTS, unit_id)
    return db.scalar(select(func.count()).select_from(table).where(is_overdue(now), rows)) or 0


def overdue_values(
    db: Connection, zoning_id: int, level: int, now: dt.datetime, within: int | None = None
) -> pd.DataFrame:
    """Return how many are overdue now in every unit that the map shows of a level.

    The same frame as `statistics.values`: indexed by ``id``, in preorder, one column ``value``.
    """
    units = fetch(db, selection.at_level(db, zoning_id, level, within))["unit_id"]
    found = _by_unit(db, zoning_id, now).reindex(units, fill_value=0).astype(float)
    return found.rename_axis("id").to_frame("value")


def latest(
    db: Connection, unit_id: int, limit: int = 20, *, only_open: bool = False
) -> pd.DataFrame:
    """Return the latest incidents of a unit, everything below it included, newest first.

    Returns
    -------
    DataFrame
        Indexed by ``id``: key, scheme, big, small, severity, stage, title, address, source,
        reported_at, due_at, closed_at, unit_id, lon, lat.
    """
    c = table.c
    query = select(
        c.id, c.key, c.scheme, c.big, c.small, c.severity, c.stage, c.title, c.address, c.source,
        c.reported_at, c.due_at, c.closed_at, c.unit_id,
        func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat"),
    ).where(selection.rows_in(db, INCIDENTS, unit_id))  # fmt: skip
    if only_open:
        query = query.where(is_open)
    if only_open or (statistics.numbers(db, unit_id, ["incidents"])["incidents"] or 0) <= _FEW:
        # Said so, because a plan made for any unit would go through all incidents by time.
        few = query.cte("few").prefix_with("MATERIALIZED")
        query = select(few).order_by(few.c.reported_at.desc(), few.c.id)
    else:
        query = query.order_by(c.reported_at.desc(), c.id)
    found = db.execute(query.limit(limit))
    return pd.DataFrame(found.all(), columns=pd.Index(found.keys(), dtype=object)).set_index("id")


def _by_unit(db: Connection, zoning_id: int, now: dt.datetime) -> pd.Series[int]:
    """Return how many are overdue in each unit of a zoning that has any, and in all above."""
    c = feature_unit.c
    is_main = db.scalar(select(zoning.c.is_main).where(zoning.c.id == zoning_id))
    unit: ColumnElement[int] = table.c.unit_id if is_main else c.unit_id
    query: Select[int, int] = (
        select(unit.label("unit"), func.count().label("n"))
        .select_from(table)
        .where(is_overdue(now), unit.is_not(None))
        .group_by(unit)
    )
    if not is_main:
        query = query.join(feature_unit, c.feature_id == table.c.id)
        query = query.where(c.layer == INCIDENTS.id, c.zoning_id == zoning_id)
    found = fetch(db, query)
    units = tree.read(db, zoning_id)
    places = units.places(found["unit"])
    own = np.bincount(places[places >= 0], found["n"][places >= 0], len(units))
    return pd.Series(units.rolled_up(own), index=units.ids, dtype=np.int64)
