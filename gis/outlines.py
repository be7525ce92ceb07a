"""Small pictures of units as GeoJSON: where their names go, and what lies outside of one."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection, func, select

from gis.errors import NotFoundError
from gis.places import THINGS
from gis.tables import unit_shape, unit_version

Feature = dict[str, Any]

# More names than a screen can hold are only weight.
MOST_NAMES = 3000


def names(
    db: Connection, zoning_id: int, level: int, language: str, within: int | None = None
) -> Feature:
    """Return the names of the units of a level, each at a point inside its unit.

    Parameters
    ----------
    within
        Only units below this one (or itself).

    Returns
    -------
    dict
        A GeoJSON FeatureCollection of points: ``id`` is the unit's, ``name`` in ``language``,
        ``area`` in m² so that the greater name wins where two do not fit.
    """
    c = unit_version.c
    query = (
        select(c.unit_id, c.names, c.area_m2, func.ST_X(c.centre), func.ST_Y(c.centre))
        .where(c.zoning_id == zoning_id, c.level == level, func.upper_inf(c.valid))
        .where(c.centre.is_not(None))
        .order_by(c.area_m2.desc(), c.unit_id)
        .limit(MOST_NAMES)
    )
    if within is not None:
        here = unit_version.alias("here")
        query = query.join(here, c.lft.between(here.c.lft, here.c.rgt)).where(
            here.c.unit_id == within, here.c.zoning_id == zoning_id, func.upper_inf(here.c.valid)
        )
    features = [
        {
            "type": "Feature",
            "id": id_,
            "properties": {"name": by_language.get(language, ""), "area": round(area or 0)},
            "geometry": {"type": "Point", "coordinates": [round(x, 6), round(y, 6)]},
        }
        for id_, by_language, area, x, y in db.execute(query)
    ]
    return _collection(features)


def outside(db: Connection, unit_id: int | None) -> Feature:
    """Return the world without one unit, to be laid over it; nothing when no unit is named."""
    if unit_id is None:
        return _collection([])
    # The simplification that city-wide zooms draw would show a gap beside the tile's finer edge.
    shape = (
        select(func.ST_Transform(unit_shape.c.geom, 4326))
        .join(unit_version, unit_version.c.id == unit_shape.c.unit_version_id)
        .where(unit_shape.c.unit_id == unit_id, func.upper_inf(unit_version.c.valid))
        .order_by(unit_shape.c.zoom_from.desc())
        .limit(1)
        .scalar_subquery()
    )
    world = func.ST_MakeEnvelope(-179.9, -85, 179.9, 85, 4326)
    found = db.scalar(select(func.ST_AsGeoJSON(func.ST_Difference(world, shape), 6)))
    if found is None:
        raise NotFoundError(f"No unit with an area has the number {unit_id}.")
    return _collection([{"type": "Feature", "properties": {}, "geometry": json.loads(found)}])


def mark(db: Connection, kind: str, id_: int) -> Feature:
    """Return the outline or the point of an estate, a facility or a building."""
    things = THINGS[kind]
    found = db.scalar(select(func.ST_AsGeoJSON(things.c.geom, 7)).where(things.c.id == id_))
    if found is None:
        raise NotFoundError(f"No {kind} has the number {id_}.")
    return _collection([{"type": "Feature", "properties": {}, "geometry": json.loads(found)}])


def _collection(features: list[Feature]) -> Feature:
    return {"type": "FeatureCollection", "features": features}
