"""A zoning as it was on a day: every unit of then, with its code, names, parent and area."""

from __future__ import annotations

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, func, select

from gis import places
from gis.city import City
from gis.errors import NotFoundError
from gis.tables import STORED_CRS, unit_version, zoning, zoning_level

_c = unit_version.c
_LAST_MOMENT = dt.timedelta(microseconds=1)


def moment_of(city: City, day: dt.date) -> dt.datetime:
    """Return the last moment of a day in the city's time zone."""
    next_day = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), city.tz)
    return next_day - _LAST_MOMENT


def units_on(db: Connection, key: str, day: dt.date, *, today: dt.date) -> gpd.GeoDataFrame:
    """Return the units of a zoning as they were at the end of a day, in preorder.

    Returns
    -------
    GeoDataFrame
        Indexed by unit id: level (1 = widest), level_key, code, name_zh, name_en, parent_code,
        kind, is_face, since (the day from which it was so), area_m2 and geometry (EPSG:4326; None
        of units without an area).

    Raises
    ------
    NotFoundError
        There is no such zoning, or nothing is known of that day.
    """
    city = places.city(db)
    numbers = places.zoning_ids(db)
    if city is None or key not in numbers:
        known = ", ".join(numbers) or "none"
        raise NotFoundError(
            f"No zoning is called {key!r}. There are: {known}.",
            key="error.no_zoning", zoning=key,
        )  # fmt: skip
    if day > today:
        raise NotFoundError(
            f"{day} is yet to come: a zoning is exported as it was, or as it is today.",
            key="error.day_to_come", day=str(day),
        )  # fmt: skip
    above = unit_version.alias("above")
    at = moment_of(city, day)
    query = (
        select(
            _c.unit_id, _c.level, zoning_level.c.key, _c.code, _c.names["zh"].astext,
            _c.names["en"].astext, above.c.code, _c.kind, _c.is_face, func.lower(_c.valid),
            _c.area_m2, func.ST_AsBinary(_c.geom),
        )
        .join(zoning, zoning.c.id == _c.zoning_id)
        .join(
            zoning_level,
            (zoning_level.c.zoning_id == _c.zoning_id) & (zoning_level.c.level == _c.level),
        )
        .outerjoin(above, (above.c.unit_id == _c.parent_id) & above.c.valid.op("@>")(at))
        .where(zoning.c.key == key, _c.valid.op("@>")(at))
        .order_by(_c.level, _c.code)
    )  # fmt: skip
    rows = db.execute(query).all()
    if not rows:
        first = db.scalar(
            select(func.min(func.lower(_c.valid))).where(_c.zoning_id == numbers[key])
        )
        since = first.astimezone(city.tz).date() if first else "–"
        raise NotFoundError(
            f"Nothing is known of {key!r} on {day}: its first units are of {since}.",
            key="error.no_units_then", zoning=key, day=str(day), since=str(since),
        )  # fmt: skip
    names = (
        "id", "level", "level_key", "code", "name_zh", "name_en", "parent_code", "kind", "is_face",
        "since", "area_m2", "geometry",
    )  # fmt: skip
    frame = pd.DataFrame([tuple(row) for row in rows], columns=list(names)).set_index("id")
    frame["since"] = [since.astimezone(city.tz).date().isoformat() for since in frame.since]
    shapes = np.array(
        [None if wkb is None else shapely.from_wkb(bytes(wkb)) for wkb in frame.geometry],
        dtype=object,
    )
    return gpd.GeoDataFrame(frame.assign(geometry=shapes), crs=STORED_CRS)
