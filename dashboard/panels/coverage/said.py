"""What is supposed, each change in a sentence that names what it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import shapely
from sqlalchemy import func, select

from dashboard import numerals
from dashboard.coverage import tried
from dashboard.scene import Scene
from gis import places
from gis.errors import NotFoundError
from gis.orders import orders
from gis.tables import facility, road
from layers.catalog.facilities import KINDS
from layers.coverage import streets
from layers.coverage.changes import (
    AddPath,
    Change,
    Close,
    CloseRoad,
    Grow,
    Move,
    Open,
    Resize,
)

# In the order in which they are counted.
DOES = ("open", "close", "move", "resize", "add_path", "close_road", "grow", "redraw")


@dataclass(frozen=True)
class _Facility:
    name: str
    at: tuple[float, float] | None
    capacity: int | None


def sentences(scene: Scene, some: Sequence[Change]) -> list[str]:
    """Return what each change is, in the order of the changes."""
    there = _facilities(scene, some)
    roads = _roads(scene, [each.road for each in some if isinstance(each, CloseRoad)])
    units = places.names_of(scene.db, [each.unit for each in some if isinstance(each, Grow)])
    opened = 0
    found = []
    for change in some:
        if isinstance(change, Open):
            found.append(_open(scene, change, opened))
            opened += 1
        elif isinstance(change, Close | Move | Resize):
            found.append(_of_facility(scene, change, there.get(change.facility)))
        elif isinstance(change, AddPath):
            found.append(_path(scene, change))
        elif isinstance(change, CloseRoad):
            found.append(scene.say("scenarios.road_closed", name=roads[change.road]))
        elif isinstance(change, Grow):
            name = scene.named(units[change.unit][1]) if change.unit in units else change.unit
            found.append(scene.say("scenarios.grows", name=name, percent=signed(change.percent)))
        else:
            found.append(scene.say("scenarios.proposed", order=_order(scene, change.order)))
    return found


def signed(percent: float) -> str:
    """Write by how many percent something grows, with its sign."""
    return f"{percent:+g}%".replace("-", numerals.MINUS)


def metres(scene: Scene, line: Sequence[tuple[float, float]]) -> str:
    """Return how long a line is."""
    shapes = streets.metric(shapely.linestrings([list(line)]), scene.city)
    return f"{round(float(shapely.length(shapes)[0])):,}"


def _open(scene: Scene, change: Open, order: int) -> str:
    letter = tried.letter(order) if order < tried.MOST else str(order + 1)
    name = change.name or scene.say("scenarios.new_site", site=letter)
    return scene.say("scenarios.opened", name=name, kind=scene.named(KINDS[change.kind]))


def _of_facility(scene: Scene, change: Close | Move | Resize, there: _Facility | None) -> str:
    say = scene.say
    name = there.name if there else str(change.facility)
    if isinstance(change, Close):
        return say("scenarios.closed", name=name)
    if isinstance(change, Resize):
        was = there.capacity if there else None
        unknown = say("scenarios.unknown")
        return say("scenarios.resized", name=name, many=f"{change.capacity:,}",
                   was=unknown if was is None else f"{was:,}")  # fmt: skip
    if there is None or there.at is None:
        return say("scenarios.moved_there", name=name)
    return say("scenarios.moved", name=name, metres=metres(scene, [there.at, change.at]))


def _path(scene: Scene, change: AddPath) -> str:
    word = "path_on_foot" if change.drive_kmh is None else "path_for_cars"
    return scene.say(
        f"scenarios.{word}", metres=metres(scene, change.line), kmh=f"{change.drive_kmh or 0:g}"
    )


def _facilities(scene: Scene, some: Sequence[Change]) -> dict[int, _Facility]:
    ids = [each.facility for each in some if isinstance(each, Close | Move | Resize)]
    c = facility.c
    query = select(
        c.id, c.name, c.capacity, func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat")
    )
    return {
        row.id: _Facility(row.name, None if row.lon is None else (row.lon, row.lat), row.capacity)
        for row in scene.db.execute(query.where(c.id.in_(ids)))
    }


def _roads(scene: Scene, ids: Sequence[int]) -> dict[int, str]:
    """Return what roads are called; one without a name by its number."""
    query = select(road.c.id, road.c.name).where(road.c.id.in_(ids))
    known = {row.id: row.name for row in scene.db.execute(query)}
    unnamed = {n: scene.say("scenarios.unnamed_road", n=n) for n in ids}
    return {n: known.get(n) or unnamed[n] for n in ids}


def _order(scene: Scene, number: int) -> str:
    try:
        order = orders.read(scene.db, number)
    except NotFoundError:
        # Of older data, or not for whoever looks.
        return str(number)
    return f"{order.number} {order.title}"
