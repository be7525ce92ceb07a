"""What a view supposes of streets and facilities, as the map draws it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import shapely
import shapely.geometry
from sqlalchemy import func, select

from dashboard.coverage import written
from dashboard.scene import Scene
from gis.tables import facility, road

Feature = dict[str, Any]


def supposed(scene: Scene) -> dict[str, Any]:
    """Return new paths, closed roads, moved facilities and a path that is being drawn."""
    view = scene.view
    paths = (_line("path", path.line) for path in written.paths(view))
    features = [*paths, *_roads(scene), *_moved(scene), *_drawing(written.corners(view.corners))]
    return {"type": "FeatureCollection", "features": features}


def _roads(scene: Scene) -> Iterable[Feature]:
    closed = written.numbers(scene.view.roads)
    query = select(func.ST_AsBinary(road.c.geom)).where(road.c.id.in_(closed)).order_by(road.c.id)
    for shape in scene.db.scalars(query):
        yield _line("road", shapely.get_coordinates(shapely.from_wkb(bytes(shape))).tolist())


def _moved(scene: Scene) -> Iterable[Feature]:
    moved, c = written.moved(scene.view), facility.c
    query = select(c.id, c.name, func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat"))
    rows = scene.db.execute(query.where(c.id.in_(moved), c.geom.is_not(None)).order_by(c.id))
    for row in rows:
        there = moved[row.id]
        yield _line("moved", [(row.lon, row.lat), there])
        yield _feature("place", "Point", list(there), row.name)


def _drawing(corners: list[tuple[float, float]]) -> Iterable[Feature]:
    if len(corners) > 1:
        yield _line("drawing", corners)
    for corner in corners:
        yield _feature("corner", "Point", list(corner))


def _line(part: str, line: Iterable[Any]) -> Feature:
    return _feature(part, "LineString", [list(place) for place in line])


def _feature(part: str, kind: str, places: Any, name: str = "") -> Feature:  # noqa: ANN401
    return {
        "type": "Feature",
        "geometry": {"type": kind, "coordinates": places},
        "properties": {"part": part, "name": name},
    }
