"""What incidents are seen against: nothing, who lives in a place, or who is there by day.

昼间人口, who is in a building on a working day, comes with the buildings. It counts a place, but of
a small one it would tell as much of persons as residents do. So units that are not the viewer's own
have it rounded, and small numbers withheld, by the rules of the latest release.
"""

from __future__ import annotations

from enum import StrEnum

import h3.api.basic_int as h3
import numpy as np
import pandas as pd
from sqlalchemy import BigInteger, Connection, Double, and_, cast, exists, func, select

from gis.access.views import is_seen
from gis.errors import CityGridError
from gis.tables import STORED_CRS, building, feature_unit, unit_version, zoning
from layers import disclosure, h3_cells, statistics
from layers.catalog.buildings import BUILDINGS
from layers.columns import Array, fetch
from layers.h3_cells import Bounds
from layers.handling.grouping import shown

_b = building.c
_MEASURE = "people"


class Per(StrEnum):
    """What incidents are divided by."""

    NONE = "none"
    PEOPLE = "people"
    DAY = "day"


def knows_day(db: Connection) -> bool:
    """Return whether any building says how many people are there by day."""
    return bool(db.scalar(select(exists().where(_b.day_people.is_not(None)))))


def of_units(
    db: Connection, per: Per, zoning_id: int, level: int, within: int
) -> pd.Series[float] | None:
    """Return how many people there are in the units shown of a level, as a viewer may know it.

    Returns
    -------
    Series
        By the number of the unit; NaN where it is not told. None where none are asked for.

    Raises
    ------
    CityGridError
        Nobody knows who is there by day.
    """
    if per is Per.NONE:
        return None
    if per is Per.PEOPLE:
        return statistics.values(db, zoning_id, level, _MEASURE, within)["value"]
    _need_day(db)
    units = shown(db, zoning_id, level, within)
    found = _by_unit(db, zoning_id)
    at = units.index_of(found["unit"])
    summed = np.bincount(at[at >= 0], found["n"][at >= 0], minlength=len(units.ids)).astype(float)
    told = disclosure.of(db)
    if told.is_bound:
        c = unit_version.c
        query = select(c.unit_id, c.level).where(
            c.unit_id == func.any(units.ids.tolist()), func.upper_inf(c.valid), ~is_seen(c.unit_id)
        )
        others = dict(db.execute(query).all())
        main = zoning_id == told.main
        for index, unit in enumerate(units.ids.tolist()):
            if unit in others:
                least = told.threshold(_MEASURE, others[unit] if main else 0)
                summed[index] = _released(summed[index], least, told)
    return pd.Series(summed, units.ids)


def of_cells(
    db: Connection, per: Per, resolution: int, bounds_4326: Bounds
) -> pd.Series[float] | None:
    """Return how many people there are in H3 cells, by number: for viewers the rounded totals.

    Raises
    ------
    CityGridError
        Nobody knows who is there by day, or there are more cells than can be shown.
    """
    if per is Per.NONE:
        return None
    if per is Per.PEOPLE:
        residents = h3_cells.values(db, _MEASURE, resolution, bounds_4326)["value"]
        return residents.set_axis([h3.str_to_int(str(cell)) for cell in residents.index])
    _need_day(db)
    x, y = (of(_b.centre, type_=Double) for of in (func.ST_X, func.ST_Y))
    box = func.ST_MakeEnvelope(*bounds_4326, STORED_CRS)
    query = select(
        x.label("lon"), y.label("lat"), cast(_b.day_people, BigInteger).label("n")
    ).where(_b.day_people.is_not(None), _b.geom.bool_op("&&")(box))
    found = fetch(db, query)
    places = zip(found["lat"].tolist(), found["lon"].tolist(), strict=True)
    cells = [h3.latlng_to_cell(lat, lon, resolution) for lat, lon in places]
    summed = pd.Series(found["n"], cells, dtype=float).groupby(level=0).sum()
    told = disclosure.of(db)
    return summed.map(lambda n: _released(n, 0, told)) if told.is_bound else summed


def _need_day(db: Connection) -> None:
    if not knows_day(db):
        raise CityGridError(
            "No building of this city says how many people are there by day: "
            "divide by residents, or by nothing.",
            key="error.no_day_people",
        )


def _by_unit(db: Connection, zoning_id: int) -> dict[str, Array]:
    """Return how many are in the buildings of each unit of a zoning, as columns unit and n."""
    n = cast(func.sum(_b.day_people), BigInteger).label("n")
    if db.scalar(select(zoning.c.is_main).where(zoning.c.id == zoning_id)):
        query = select(_b.unit_id.label("unit"), n).where(_b.unit_id.is_not(None))
        return fetch(db, query.where(_b.day_people.is_not(None)).group_by(_b.unit_id))
    u = feature_unit.c
    is_in = and_(u.feature_id == _b.id, u.layer == BUILDINGS.id, u.zoning_id == zoning_id)
    query = select(u.unit_id.label("unit"), n).select_from(building.join(feature_unit, is_in))
    return fetch(db, query.where(_b.day_people.is_not(None)).group_by(u.unit_id))


def _released(n: float, least: int | None, told: disclosure.Disclosure) -> float:
    """Return a number as it is told of a place that is not the viewer's own; NaN: it is not."""
    if told.rules is None or least is None or 0 < n < least:
        return np.nan
    base = told.rules.rounded_to
    return float(round(n / base) * base)
