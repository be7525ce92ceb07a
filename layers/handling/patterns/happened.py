"""What happened where and when: the incidents that a pattern is looked for in, as columns."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Double,
    FromClause,
    and_,
    cast,
    func,
    select,
)

from gis.city import City
from gis.errors import CityGridError
from gis.projecting import between
from gis.tables import STORED_CRS, feature_unit, incident, zoning
from layers.catalog.incidents import INCIDENTS
from layers.columns import Array, fetch
from layers.handling.boundaries import On
from layers.handling.chosen import Chosen, moments, past
from layers.rows import NO_UNIT
from layers.series import Span

# A year of a city; more take longer than somebody waits.
MOST = 1_000_000


@dataclass(frozen=True, eq=False)
class Happened:
    """Incidents in the order of their numbers."""

    ids: Array
    # Longitude and latitude; and easting and northing in the city's metric system.
    at_4326: Array
    at_m: Array
    # Seconds since 1970, UTC.
    seconds: Array
    # The unit each hangs on, or of then its `boundaries` code; `NO_UNIT`: none.
    units: Array

    def __len__(self) -> int:
        return len(self.ids)


def read(
    db: Connection, city: City, chosen: Chosen, span: Span, zoning_id: int | None = None
) -> Happened:
    """Read the incidents reported in some days, of those the viewer may see.

    Parameters
    ----------
    zoning_id
        Whose units are meant; the main one's if left out.

    Raises
    ------
    CityGridError
        More than can be looked at together.
    """
    c, u = incident.c, feature_unit.c
    begin, end = moments(city, span)
    here = (chosen.rows(db), c.reported_at >= begin, c.reported_at < end, c.geom.is_not(None))
    unit: ColumnElement[Any] = c.unit_id
    joined: FromClause = incident
    main = db.scalar(select(zoning.c.id).where(zoning.c.is_main))
    lay = past(db, chosen, zoning_id) if chosen.on is On.THEN else None
    if lay is not None:
        unit = lay.key()
    elif zoning_id not in (None, main):
        unit = u.unit_id
        joined = incident.outerjoin(
            feature_unit,
            and_(u.feature_id == c.id, u.layer == INCIDENTS.id, u.zoning_id == zoning_id),
        )
    query = (
        select(
            c.id,
            cast(func.ST_X(c.geom), Double).label("lon"),
            cast(func.ST_Y(c.geom), Double).label("lat"),
            cast(func.extract("epoch", c.reported_at), BigInteger).label("second"),
            cast(func.coalesce(unit, NO_UNIT), BigInteger).label("unit"),
        )
        .select_from(joined)
        .where(*here)
        .order_by(c.id)
        .limit(MOST + 1)
    )
    found = fetch(db, query)
    if len(found["id"]) > MOST:
        raise CityGridError(
            f"More than {MOST:,} incidents: choose fewer days, a class or a smaller area.",
            key="error.many_incidents", most=MOST,
        )  # fmt: skip
    at = np.column_stack([found["lon"], found["lat"]])
    metric = np.column_stack(between(STORED_CRS, city.metric_crs).transform(*at.T))
    units = found["unit"] if lay is None else lay.coded(found["unit"])
    return Happened(found["id"], at, metric, found["second"], units)


def local(city: City, seconds: Array) -> Array:
    """Return what the clock on the wall showed, as seconds since 1970 there."""
    # Few offsets hold for many moments: one is looked up for each hour that occurs.
    hours, of = np.unique(np.asarray(seconds) // 3600, return_inverse=True)
    offsets = [
        (dt.datetime.fromtimestamp(int(hour) * 3600, city.tz).utcoffset() or dt.timedelta())
        .total_seconds()
        for hour in hours
    ]  # fmt: skip
    shown: Array = seconds + np.array(offsets, np.int64)[of] if len(hours) else seconds
    return shown
