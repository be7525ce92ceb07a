"""Outlines outside the tiles: where names go, what lies outside a unit, paths for a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, literal, select

from gis.errors import NotFoundError
from gis.places import THINGS
from gis.tables import unit_shape, unit_version, water

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


def points(db: Connection, told: Mapping[int, Mapping[str, object]]) -> Feature:
    """Return a point inside each of some units, with what is told of it as its properties."""
    c = unit_version.c
    query = (
        select(c.unit_id, func.ST_X(c.centre), func.ST_Y(c.centre))
        .where(c.unit_id.in_(list(told)), func.upper_inf(c.valid), c.centre.is_not(None))
        .order_by(c.unit_id)
    )
    return _collection(
        [
            {
                "type": "Feature",
                "id": id_,
                "properties": dict(told[id_]),
                "geometry": {"type": "Point", "coordinates": [round(x, 6), round(y, 6)]},
            }
            for id_, x, y in db.execute(query)
        ]
    )


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


def spot(lon: float, lat: float) -> Feature:
    """Return a place that is none of anything: EPSG:4326."""
    point = {"type": "Point", "coordinates": [lon, lat]}
    return _collection([{"type": "Feature", "properties": {}, "geometry": point}])


@dataclass(frozen=True)
class Shape:
    """A unit as SVG draws it: metres of the web map from an origin, y counted downwards."""

    id: int
    names: Mapping[str, str]
    path: str
    # Where its name goes; None for a unit without an area.
    x: float | None
    y: float | None


def frame_3857(db: Connection, unit_id: int) -> tuple[float, float, float, float]:
    """Return west, south, east, north of a unit in web-map metres."""
    box = func.box2d(func.ST_Transform(unit_version.c.geom, 3857))
    row = db.execute(
        select(func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box)).where(
            unit_version.c.unit_id == unit_id, func.upper_inf(unit_version.c.valid)
        )
    ).first()
    if row is None or row[0] is None:
        raise NotFoundError(f"No unit with an area has the number {unit_id}.")
    west, south, east, north = row
    return west, south, east, north


def shapes(  # noqa: PLR0913 - which units, and how
    db: Connection,
    zoning_id: int,
    level: int,
    zoom: int,
    origin_3857: tuple[float, float],
    within: int | None = None,
) -> list[Shape]:
    """Return the units of a level as SVG paths, simplified for a zoom, in the order of ids.

    Coordinates count from ``origin_3857``: browsers draw with numbers of seven digits.
    """
    c, shape = unit_version.c, unit_shape.c
    x, y = -origin_3857[0], -origin_3857[1]
    centre = func.ST_Translate(func.ST_Transform(c.centre, 3857), x, y)
    query = (
        select(
            c.unit_id, c.names, func.ST_AsSVG(func.ST_Translate(shape.geom, x, y), 1, 0),
            func.ST_X(centre), -func.ST_Y(centre),
        )
        .join(unit_shape, shape.unit_version_id == c.id)
        .where(c.zoning_id == zoning_id, c.level == level, func.upper_inf(c.valid))
        .where(literal(zoom).between(shape.zoom_from, shape.zoom_to))
        .order_by(c.unit_id)
    )  # fmt: skip
    if within is not None:
        here = unit_version.alias("here")
        query = query.join(here, c.lft.between(here.c.lft, here.c.rgt)).where(
            here.c.unit_id == within, here.c.zoning_id == zoning_id, func.upper_inf(here.c.valid)
        )
    return [Shape(*row) for row in db.execute(query)]


def water_paths(
    db: Connection, frame: tuple[float, float, float, float], detail_m: float
) -> list[str]:
    """Return the water within a frame of web-map metres as SVG paths, as `shapes` does.

    Coordinates count from the frame's middle; bends below ``detail_m`` are left out.
    """
    west, south, east, north = frame
    box = func.ST_MakeEnvelope(*frame, 3857)
    shape = func.ST_SimplifyPreserveTopology(func.ST_Transform(water.c.geom, 3857), detail_m)
    query = (
        select(
            func.ST_AsSVG(
                func.ST_Translate(
                    func.ST_Intersection(shape, box), -(west + east) / 2, -(south + north) / 2
                ),
                1,
                0,
            )
        )
        .where(water.c.geom.bool_op("&&")(func.ST_Transform(box, 4326)))
        .order_by(water.c.id)
    )
    return [path for path in db.scalars(query) if path]


def _collection(features: list[Feature]) -> Feature:
    return {"type": "FeatureCollection", "features": features}
