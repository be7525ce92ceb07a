"""What is near a place: facilities by the way there, buildings, what else is open, who is nearest.

Places only: nobody's whereabouts are known or looked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from geoalchemy2 import Geography
from sqlalchemy import ColumnElement, Connection, any_, cast, exists, func, select

from gis.access.views import is_seen, seen_incident
from gis.errors import CityGridError
from gis.network.search import NOBODY
from gis.network.travel import times
from gis.tables import STORED_CRS, building, duty_body, facility, incident_class, people
from layers.coverage import indicators, reach
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.streets import Mode, metric_points
from layers.handling import settings
from layers.handling.stages import Stage

# What is looked for first, and how one gets there: help comes by car, people go on foot.
HELP = ("fire_station", "police_station", "hospital")
ON_FOOT = ("hydrant", "aed", "emergency_shelter", "health_centre", "clinic")
LONGEST_DRIVE_MIN, LONGEST_WALK_MIN = 60.0, 30.0
# How many of a kind.
OF_EACH = 2
BUILDINGS_WITHIN_M, INCIDENTS_WITHIN_M = 60.0, 200.0
MOST_BUILDINGS, MOST_INCIDENTS = 12, 20
# 突发事件 and what is said to be grave: what may harm who comes there. The big class is known by
# its name in the table of classes: editions of the standard give its code to another one.
GRAVE = ("serious", "extreme")
EMERGENCIES = ("突发事件", "突發事件")
HAZARDS_WITHIN_M, MOST_HAZARDS = 300.0, 10
_SHORTEST_DEGREE_M = 110_500.0


@dataclass(frozen=True)
class Reached:
    """A facility, and how long it takes from there (by car) or to there (on foot)."""

    id: int
    kind: str
    name: str
    phone: str | None
    lon: float
    lat: float
    # As the crow flies.
    distance_m: float
    mode: Mode
    # With what passes before one sets out.
    seconds: float


@dataclass(frozen=True)
class Standing:
    """A building near by."""

    id: int
    name: str | None
    address: str | None
    use: str
    floors: int | None
    lon: float
    lat: float
    distance_m: float
    # None: not for this viewer, who holds no persons of its unit.
    people: int | None


@dataclass(frozen=True)
class Open:
    """An open incident near by."""

    id: int
    key: str
    scheme: str
    small: str
    severity: str
    stage: Stage
    title: str | None
    reported_at: dt.datetime
    due_at: dt.datetime | None
    lon: float
    lat: float
    distance_m: float
    # Whether its big class is that of emergencies.
    is_emergency: bool

    @property
    def is_hazard(self) -> bool:
        """Whether it is an emergency, or said to be grave."""
        return self.is_emergency or self.severity in GRAVE


@dataclass(frozen=True)
class Hazard:
    """A facility near by that may harm who comes there, such as a petrol station."""

    id: int
    kind: str
    name: str
    phone: str | None
    lon: float
    lat: float
    distance_m: float


@dataclass(frozen=True)
class Near:
    """What is near a place."""

    facilities: tuple[Reached, ...]
    buildings: tuple[Standing, ...]
    # The nearest first; hazards are among them.
    incidents: tuple[Open, ...]
    # Facilities of the kinds that the city calls hazardous, the nearest first.
    hazards: tuple[Hazard, ...]
    # From which posts of its body somebody is there soonest; posts, never people.
    posts: tuple[Reached, ...]


def near(
    db: Connection, ground: Ground, at: tuple[float, float], *, body_id: int | None = None
) -> Near:
    """Return what is near a place (longitude, latitude), as the viewer may know it.

    Parameters
    ----------
    db
        As the role `app`, acting for the viewer.
    body_id
        Whose posts are wanted; None: the territory's own.
    """
    wanted = settings.read(ground.city.handling)
    key = None
    if body_id is not None:
        key = db.scalar(select(duty_body.c.key).where(duty_body.c.id == body_id))
    post = wanted.posts.get(key or "", wanted.own_post)
    found = [
        *(one for kind in HELP for one in reached(db, ground, at, kind, Mode.DRIVE)),
        *(one for kind in ON_FOOT for one in reached(db, ground, at, kind, Mode.WALK)),
    ]
    posts = reached(db, ground, at, post, Mode.DRIVE) if post else ()
    dangerous = hazards(db, at, wanted.hazard_kinds)
    return Near(tuple(found), buildings(db, at), incidents(db, at), dangerous, posts)


def reached(
    db: Connection, ground: Ground, at: tuple[float, float], kind: str, mode: Mode
) -> tuple[Reached, ...]:
    """Return the nearest open facilities of a kind by the time along the streets; none without.

    By car from there to the place, as who is called comes; on foot the way is the same both ways.
    """
    minutes = LONGEST_DRIVE_MIN if mode is Mode.DRIVE else LONGEST_WALK_MIN
    speed_ms = indicators.of(ground.city).walk_ms
    asked = Question((kind,), minutes=minutes, mode=mode, speed_ms=speed_ms)
    question = reach.as_in(asked, ground.city)
    try:
        ways = ground.ways(db, question)
    except CityGridError:
        # A city without streets of this kind.
        return ()
    there, hung = ground.standing(db, question)
    if not len(there.ids):
        return ()
    here = ways.hung(metric_points(np.array([at[0]]), np.array([at[1]]), ground.city))
    found = times(
        ways.network, hung, here,
        limit_s=question.limit_s, access_ms=question.speed_ms, labels=OF_EACH,
    )  # fmt: skip
    seconds = {
        int(there.ids[source]): float(took) + question.delay_s
        for source, took in zip(found.source[0].tolist(), found.seconds[0].tolist(), strict=True)
        if source != NOBODY
    }
    c = facility.c
    place = func.ST_SetSRID(func.ST_Point(*at), STORED_CRS)
    distance = func.ST_Distance(cast(c.geom, Geography), cast(place, Geography))
    rows = db.execute(
        select(
            c.id, c.kind, c.name, c.phone, func.ST_X(c.geom).label("lon"),
            func.ST_Y(c.geom).label("lat"), distance.label("distance_m"),
        ).where(c.id == any_(list(seconds)))  # type: ignore[arg-type]
    )  # fmt: skip
    listed = [Reached(**row._mapping, mode=mode, seconds=seconds[row.id]) for row in rows]
    return tuple(sorted(listed, key=lambda one: (one.seconds, one.id)))


def buildings(db: Connection, at: tuple[float, float]) -> tuple[Standing, ...]:
    """Return the buildings near a place; how many live there only of the viewer's own units."""
    b, p = building.c, people.c
    here, box = _around(at, BUILDINGS_WITHIN_M)
    distance = func.ST_Distance(cast(b.geom, Geography), cast(here, Geography))
    inside = func.ST_PointOnSurface(b.geom)
    living = (
        select(func.coalesce(func.sum(p.count), 0)).where(p.building_id == b.id).scalar_subquery()
    )
    close = (
        select(
            b.id, b.name, b.address, b.use, b.floors, func.ST_X(inside).label("lon"),
            func.ST_Y(inside).label("lat"), distance.label("distance_m"),
            func.coalesce(is_seen(b.unit_id), False).label("is_seen"), living.label("living"),
        )
        .where(b.geom.bool_op("&&")(box), distance <= BUILDINGS_WITHIN_M)
        .order_by(distance, b.id)
        .limit(MOST_BUILDINGS)
    )  # fmt: skip
    return tuple(
        Standing(
            row.id, row.name, row.address, row.use, row.floors, row.lon, row.lat,
            float(row.distance_m), int(row.living) if row.is_seen else None,
        )
        for row in db.execute(close)
    )  # fmt: skip


def incidents(db: Connection, at: tuple[float, float]) -> tuple[Open, ...]:
    """Return the open incidents near a place that the viewer sees, the nearest first."""
    c = seen_incident.c
    here, box = _around(at, INCIDENTS_WITHIN_M)
    distance = func.ST_Distance(cast(c.geom, Geography), cast(here, Geography))
    k = incident_class.c
    big = exists().where(
        k.scheme == c.scheme, k.code == c.big, k.names["zh"].astext.in_(EMERGENCIES)
    )
    query = (
        select(
            c.id, c.key, c.scheme, c.small, c.severity, c.stage, c.title, c.reported_at, c.due_at,
            func.ST_X(c.geom).label("lon"), func.ST_Y(c.geom).label("lat"),
            distance.label("distance_m"), big.label("is_emergency"),
        )
        .where(c.stage != Stage.CLOSED.value, c.geom.bool_op("&&")(box))
        .where(distance <= INCIDENTS_WITHIN_M)
        .order_by(distance, c.id)
        .limit(MOST_INCIDENTS)
    )  # fmt: skip
    return tuple(Open(**{**row._mapping, "stage": Stage(row.stage)}) for row in db.execute(query))


def hazards(db: Connection, at: tuple[float, float], kinds: Sequence[str]) -> tuple[Hazard, ...]:
    """Return the facilities of hazardous kinds near a place, in use or not, the nearest first."""
    c = facility.c
    here, box = _around(at, HAZARDS_WITHIN_M)
    distance = func.ST_Distance(cast(c.geom, Geography), cast(here, Geography))
    query = (
        select(
            c.id, c.kind, c.name, c.phone, func.ST_X(c.geom).label("lon"),
            func.ST_Y(c.geom).label("lat"), distance.label("distance_m"),
        )
        .where(c.geom.bool_op("&&")(box), c.kind == any_(list(kinds)))  # type: ignore[arg-type]
        .where(c.state != "planned", distance <= HAZARDS_WITHIN_M)
        .order_by(distance, c.id)
        .limit(MOST_HAZARDS)
    )  # fmt: skip
    return tuple(Hazard(**row._mapping) for row in db.execute(query))


def _around(
    at: tuple[float, float], metres: float
) -> tuple[ColumnElement[object], ColumnElement[object]]:
    """Return a place, and a box that holds all that is so near."""
    lon, lat = at
    here = func.ST_SetSRID(func.ST_Point(lon, lat), STORED_CRS)
    far_y = metres / _SHORTEST_DEGREE_M
    far_x = far_y / max(0.01, float(np.cos(np.radians(lat))))
    return here, func.ST_Expand(here, far_x, far_y)
