"""Why a house is covered or not: the way from the nearest facility, and what it lacks."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.ops import substring
from sqlalchemy import Connection, func, select

from gis.city import City
from gis.errors import NotFoundError
from gis.network.missing import Link, missing_link
from gis.network.path import Path, path
from gis.network.snapping import Snapped
from gis.projecting import between
from gis.tables import STORED_CRS, barrier, facility
from layers.coverage.ground import Found, Ground
from layers.coverage.reach import Question
from layers.coverage.streets import Mode

# What is longer is a street of its own, not a gap in one.
LONGEST_LINK_M = 300.0
# A shorter link joins the ends of one street on both sides of a barrier; it is led on along it as
# far as a bridge or a gate takes, to be seen and built.
SEAM_M = 1.0
BRIDGE_M = 20.0


@dataclass(frozen=True)
class Serving:
    """A facility and how far it is from the door."""

    id: int
    name: str
    # Along the streets, and what passes before one sets out; None where no way leads there.
    seconds: float | None
    metres: float | None
    straight_m: float


@dataclass(frozen=True)
class Through:
    """A barrier that a link would lead over or through."""

    # One of `layers.catalog.barriers.KINDS`.
    kind: str
    name: str | None


@dataclass(frozen=True)
class Why:
    """What is known of one building's door: of several, the one that explains most."""

    question: Question
    # How many doors the building has, and how many of them are reached.
    doors: int
    reached: int
    # False: no street is near, so that nobody is sent on his way.
    is_hung: bool
    # Of these: streets are, but a barrier stands before each.
    is_walled: bool
    # Metres from the door to its street; None where it hangs on none.
    off_m: float | None
    nearest: Serving | None
    second: Serving | None
    # The nearest in a straight line, which may be another one.
    straight: Serving | None
    # A link that would be enough; None of a door that is reached, of driving, and where there is
    # none.
    link: Link | None
    # What stands in the way of it.
    through: tuple[Through, ...]
    # In EPSG:4326: the way from the nearest facility as far as one comes within the limit, the
    # rest of it, the straight line, the link.
    way: shapely.LineString | None
    beyond: shapely.LineString | None
    straight_line: shapely.LineString | None
    link_line: shapely.LineString | None

    @property
    def is_reached(self) -> bool:
        """Whether all doors are."""
        return self.reached == self.doors


def why(db: Connection, ground: Ground, question: Question, building_id: int) -> Why:
    """Say why a building is covered or not.

    Raises
    ------
    NotFoundError
        There is no such building.
    """
    homes, found = ground.homes(db), ground.found(db, question)
    # As the city has it: who is called sets out later than he is called.
    question = found.question
    doors = homes.doors_of(building_id)
    if not len(doors):
        raise NotFoundError(
            f"No building has the number {building_id}. Search for its name or address.",
            key="coverage.no_building",
        )
    is_reached = found.reach.is_reached[doors]
    door = _furthest(found, doors)
    hung, point_m = found.hung.take(np.array([door])), homes.points_m[[door]]
    names = _names(db, found)
    nearest, way = _along_streets(found, hung, point_m, names)
    second = None
    if nearest is not None:
        others = found.facilities.ids != nearest.id
        second, _ = _along_streets(found, hung, point_m, names, others)
    straight = _in_a_line(found, point_m, names)
    link = None
    if not is_reached.all() and question.mode is Mode.WALK and straight is not None:
        link = missing_link(
            found.network, found.facilities_hung, hung, point_m[0],
            limit_s=question.limit_s, access_ms=question.speed_ms, link_ms=question.speed_ms,
            within_m=LONGEST_LINK_M,
        )  # fmt: skip
        link = link and replace(link, line_m=_to_be_seen(link.line_m))
    lines = _lines(ground.city, found, question, point_m, nearest, straight, way, link)
    return Why(
        question,
        len(doors),
        int(is_reached.sum()),
        bool(hung.is_on[0]),
        bool(hung.is_walled[0]),
        float(hung.off_m[0]) if hung.is_on[0] else None,
        nearest,
        second,
        straight,
        link,
        _through(db, lines[-1]),
        *lines,
    )


def _to_be_seen(line: shapely.LineString) -> shapely.LineString:
    """Return a line that is led on in both directions where it is a seam."""
    if not 0 < line.length < SEAM_M:
        return line
    begin, end = shapely.get_coordinates(line)
    more = (end - begin) / line.length * (BRIDGE_M - line.length) / 2
    return shapely.LineString([begin - more, end + more])


def _through(db: Connection, link: shapely.LineString | None) -> tuple[Through, ...]:
    """Return the barriers that a link crosses, each once."""
    if link is None:
        return ()
    c = barrier.c
    line = func.ST_SetSRID(func.ST_GeomFromWKB(shapely.to_wkb(link)), STORED_CRS)
    query = select(c.kind, c.name).where(func.ST_Crosses(c.geom, line)).distinct()
    return tuple(Through(*row) for row in db.execute(query.order_by(c.kind, c.name)).all())


def _furthest(found: Found, doors: np.ndarray) -> int:
    """Return the door that explains most: one not reached, on a street, with the longest way."""
    seconds = [
        np.inf if way is None else way.seconds
        for way in (
            path(
                found.network, found.facilities_hung, found.hung.take(np.array([door])),
                access_ms=found.question.speed_ms,
            )
            for door in doors.tolist()
        )
    ]  # fmt: skip
    on = found.hung.is_on[doors]
    order = np.lexsort((doors, -np.array(seconds), ~on, found.reach.is_reached[doors]))
    return int(doors[order[0]])


def _along_streets(
    found: Found,
    hung: Snapped,
    point_m: np.ndarray,
    names: dict[int, str],
    some: np.ndarray | None = None,
) -> tuple[Serving | None, Path | None]:
    number = np.arange(len(found.facilities.ids)) if some is None else np.flatnonzero(some)
    if not len(number):
        return None, None
    way = path(
        found.network, found.facilities_hung.take(number), hung,
        access_ms=found.question.speed_ms,
    )  # fmt: skip
    if way is None:
        return None, None
    at = int(number[way.source])
    return _serving(found, at, point_m, names, way), way


def _in_a_line(found: Found, point_m: np.ndarray, names: dict[int, str]) -> Serving | None:
    points = found.facilities.points_m
    if not len(points):
        return None
    at = int(np.argmin(np.hypot(*(points - point_m[0]).T)))
    return _serving(found, at, point_m, names, None)


def _serving(
    found: Found, at: int, point_m: np.ndarray, names: dict[int, str], way: Path | None
) -> Serving:
    id_ = int(found.facilities.ids[at])
    straight_m = float(np.hypot(*(found.facilities.points_m[at] - point_m[0])))
    seconds = way.seconds + found.question.delay_s if way else None
    return Serving(id_, names.get(id_, ""), seconds, way.metres if way else None, straight_m)


def _names(db: Connection, found: Found) -> dict[int, str]:
    c = facility.c
    query = select(c.id, c.name).where(c.kind.in_(found.question.kinds))
    return dict(db.execute(query).all())


def _lines(  # noqa: PLR0913 - everything that is drawn
    city: City,
    found: Found,
    question: Question,
    point_m: np.ndarray,
    nearest: Serving | None,
    straight: Serving | None,
    way: Path | None,
    link: Link | None,
) -> tuple[shapely.LineString | None, ...]:
    to = between(city.metric_crs, STORED_CRS)

    def stored(line: shapely.LineString | None) -> shapely.LineString | None:
        if line is None or line.length == 0:
            return None
        return shapely.transform(line, lambda xy: np.column_stack(to.transform(*xy.T)))

    def of(serving: Serving) -> np.ndarray:
        at = int(np.flatnonzero(found.facilities.ids == serving.id)[0])
        place: np.ndarray = found.facilities.points_m[at]
        return place

    whole = within = beyond = None
    if way is not None and nearest is not None:
        xy = [of(nearest), *shapely.get_coordinates(way.line_m), point_m[0]]
        whole = shapely.LineString(xy)
        # Seconds are as good as spread evenly along a way on foot; by car the cut is about there.
        part = min(1.0, question.limit_s / way.seconds) if way.seconds else 1.0
        within = substring(whole, 0, part, normalized=True)
        beyond = substring(whole, part, 1, normalized=True) if part < 1 else None
    line = shapely.LineString([of(straight), point_m[0]]) if straight is not None else None
    gap = link.line_m if link is not None else None
    return stored(within), stored(beyond), stored(line), stored(gap)
