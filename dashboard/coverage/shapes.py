"""What is supposed of streets and facilities, as a map draws it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import shapely
import shapely.geometry
from sqlalchemy import Connection, func, select

from dashboard.coverage import supposed as wanted
from dashboard.coverage import written
from dashboard.scene import Scene
from gis.tables import facility, road
from layers.coverage.changes import AddPath, Change, CloseRoad, Move
from layers.coverage.scenarios import Scenario
from layers.coverage.sites import Place

Feature = dict[str, Any]


def supposed(scene: Scene, scenario: Scenario | None) -> dict[str, Any]:
    """Return new paths, closed roads, moved facilities and a path that is being drawn.

    Parameters
    ----------
    scenario
        What is compared, if anything; else it is what the view supposes itself.
    """
    view = scene.view
    changes = scenario.changes if scenario else wanted.changes(view, scene.city)
    features = [*changed(scene.db, changes), *_drawing(written.corners(view.corners))]
    return {"type": "FeatureCollection", "features": features}


def changed(db: Connection, changes: Sequence[Change]) -> Iterator[Feature]:
    """Yield what changes draw: each a line or a place, `part` says of what."""
    for each in changes:
        if isinstance(each, AddPath):
            yield _line("path", each.line)
    yield from _roads(db, [each.road for each in changes if isinstance(each, CloseRoad)])
    yield from _moved(db, {each.facility: each.at for each in changes if isinstance(each, Move)})


def _roads(db: Connection, closed: list[int]) -> Iterator[Feature]:
    query = select(func.ST_AsBinary(road.c.geom)).where(road.c.id.in_(closed)).order_by(road.c.id)
    for shape in db.scalars(query):
        yield _line("road", shapely.get_coordinates(shapely.from_wkb(bytes(shape))).tolist())


def _moved(db: Connection, moved: Mapping[int, Place]) -> Iterator[Feature]:
    c = facility.c
    query = select(c.id, c.name, func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat"))
    rows = db.execute(query.where(c.id.in_(moved), c.geom.is_not(None)).order_by(c.id))
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
