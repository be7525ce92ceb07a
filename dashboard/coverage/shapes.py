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
from layers.coverage.changes import AddPath, Change, Close, CloseRoad, Move, Open
from layers.coverage.reach import Question, serves
from layers.coverage.scenarios import Scenario
from layers.coverage.sites import Place

Feature = dict[str, Any]
CLOSED, MOVED = "closed_then", "moved_then"
"""What becomes of a facility that is not there any more as is supposed, as a state of it."""


def supposed(
    scene: Scene, scenario: Scenario | None, against: Scenario | None = None
) -> dict[str, Any]:
    """Return new paths, closed roads, moved facilities and a path that is being drawn.

    Parameters
    ----------
    scenario
        What is compared, if anything; else it is what the view supposes itself.
    against
        What that is compared with; of it what only this one opens. None: today.
    """
    view = scene.view
    changes = scenario.changes if scenario else wanted.changes(view, scene.city)
    others = against.changes if scenario and against else ()
    features = [
        *changed(scene.db, changes),
        *_opened_only(others, changes),
        *_drawing(written.corners(view.corners)),
    ]
    return {"type": "FeatureCollection", "features": features}


def gone(scene: Scene, scenario: Scenario | None) -> dict[int, str]:
    """Return the facilities that do not stand where they do today, and what becomes of each."""
    return _gone(scenario.changes if scenario else wanted.changes(scene.view, scene.city))


def places_gone(
    db: Connection, asked: Question, changes: Sequence[Change]
) -> dict[str, list[Place]]:
    """Return where those facilities of a question stand today, by what becomes of them."""
    some, c = _gone(changes), facility.c
    query = select(c.id, func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat"))
    rows = db.execute(
        query.where(c.id.in_(some), serves(asked), c.geom.is_not(None)).order_by(c.id)
    )
    found: dict[str, list[Place]] = {}
    for row in rows:
        found.setdefault(some[row.id], []).append((row.lon, row.lat))
    return found


def _gone(changes: Sequence[Change]) -> dict[int, str]:
    moved = {each.facility: MOVED for each in changes if isinstance(each, Move)}
    # Wherever it was to go: what is closed is nowhere.
    return moved | {each.facility: CLOSED for each in changes if isinstance(each, Close)}


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


def _opened_only(others: Sequence[Change], mine: Sequence[Change]) -> Iterator[Feature]:
    """Yield where others open something and these do not; at the same place it is the same."""
    there = {each.at for each in mine if isinstance(each, Open)}
    for each in others:
        if isinstance(each, Open) and each.at not in there:
            yield _feature("against", "Point", list(each.at), each.name)


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
