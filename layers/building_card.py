"""The card of one building: what it is, who lives in it, what is open there, what is near."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from geoalchemy2 import Geography
from sqlalchemy import Connection, Select, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from gis.access.views import is_seen
from gis.errors import NotFoundError
from gis.tables import building, estate, facility, household, incident, people
from layers.catalog.people import AGE_BANDS
from layers.layer import Names
from layers.live import is_open, is_overdue

# An incident this near to the walls is the building's: it is reported in front of the door.
AT_THE_DOOR_M = 20.0
# How far "nearest" looks, as the crow flies.
NEAR_M = 1500.0
# What people ask for first; the caller may ask for others.
NEAREST_KINDS = (
    "health_centre", "clinic", "hospital", "primary_school", "middle_school", "elderly_care",
    "food_market", "park", "metro", "bus_stop", "police_station", "emergency_shelter",
)  # fmt: skip
_SHORTEST_DEGREE_M = 110_500.0


@dataclass(frozen=True)
class Nearest:
    """The nearest open facility of a kind, in a straight line: the way there is longer."""

    id: int
    kind: str
    name: str
    straight_line_m: float
    lon: float
    lat: float


@dataclass(frozen=True)
class BuildingCard:
    """What a card shows; None: unknown."""

    id: int
    key: str
    name: str | None
    address: str | None
    use: str
    floors: int | None
    year: int | None
    height_m: float | None
    floor_area_m2: int
    unit_id: int | None
    # Its persons are the viewer's to see; else nothing is known of them here.
    is_seen: bool
    estate_names: Names | None
    estate_kind: str | None
    households: int
    people: int
    # Five-year bands, the youngest first; people of unknown age are in none.
    ages: tuple[int, ...]
    open_incidents: int
    overdue_incidents: int
    nearest: tuple[Nearest, ...]
    lon: float
    lat: float
    # Some of the people or households are estimates.
    is_estimated: bool


def card(
    db: Connection, building_id: int, now: dt.datetime, kinds: Sequence[str] = NEAREST_KINDS
) -> BuildingCard:
    """Return the card of a building.

    Parameters
    ----------
    now
        The moment that makes incidents overdue.
    kinds
        Kinds of facilities whose nearest one is wanted.

    Raises
    ------
    NotFoundError
        If there is no such building.
    """
    b = building.c
    row = db.execute(
        select(
            b.id, b.key, b.name, b.address, b.use, b.floors, b.year, b.height_m, b.floor_area_m2,
            b.unit_id, func.coalesce(is_seen(b.unit_id), False).label("is_seen"),
            estate.c.names.label("estate_names"), estate.c.kind.label("estate_kind"),
            func.ST_X(b.centre).label("lon"), func.ST_Y(b.centre).label("lat"),
        )
        .outerjoin(estate, estate.c.id == b.estate_id)
        .where(b.id == building_id)
    ).first()  # fmt: skip
    if row is None:
        raise NotFoundError(
            f"No building has the number {building_id}. Search for its name or address."
        )
    homes = db.execute(
        select(
            func.coalesce(func.sum(household.c.count), 0),
            func.coalesce(func.bool_or(household.c.estimated), False),
        ).where(household.c.building_id == building_id)
    ).one()
    living = db.execute(
        select(people.c.age_band, func.sum(people.c.count), func.bool_or(people.c.estimated))
        .where(people.c.building_id == building_id)
        .group_by(people.c.age_band)
    ).all()
    ages = {band: int(n) for band, n, _ in living}
    open_, overdue = db.execute(_incidents(building_id, now)).one()
    return BuildingCard(
        **row._mapping,
        households=int(homes[0]),
        people=sum(ages.values()),
        ages=tuple(ages.get(band, 0) for band in range(AGE_BANDS)),
        open_incidents=open_,
        overdue_incidents=overdue,
        nearest=nearest(db, row.lon, row.lat, kinds),
        is_estimated=bool(homes[1]) or any(estimated for _, _, estimated in living),
    )


def nearest(
    db: Connection, lon: float, lat: float, kinds: Sequence[str] = NEAREST_KINDS
) -> tuple[Nearest, ...]:
    """Return the nearest open facility of each kind within NEAR_M, in a straight line.

    In the order of ``kinds``; a kind with none that near is left out.
    """
    c = facility.c
    here = func.ST_Point(lon, lat, 4326)
    # On the ellipsoid: a degree is not as long to the east as to the north.
    distance = func.ST_Distance(cast(c.geom, Geography), cast(here, Geography))
    far_y = NEAR_M / _SHORTEST_DEGREE_M
    far_x = far_y / max(0.01, float(np.cos(np.radians(lat))))
    near = (
        select(c.id, c.kind, c.name, distance.label("straight_line_m"), c.geom)
        .where(c.geom.bool_op("&&")(func.ST_Expand(here, far_x, far_y)))
        .where(c.state == "open", c.kind.in_(kinds))
        .subquery("near")
    )
    query = (
        select(
            near.c.id, near.c.kind, near.c.name, near.c.straight_line_m,
            func.ST_X(near.c.geom).label("lon"), func.ST_Y(near.c.geom).label("lat"),
        )
        .where(near.c.straight_line_m <= NEAR_M)
        .ext(distinct_on(near.c.kind))
        .order_by(near.c.kind, near.c.straight_line_m, near.c.id)
    )  # fmt: skip
    found = {row.kind: Nearest(**row._mapping) for row in db.execute(query)}
    return tuple(found[kind] for kind in kinds if kind in found)


def _incidents(building_id: int, now: dt.datetime) -> Select[int, int]:
    """Return the query of open and of overdue incidents at a building's walls."""
    walls = select(building.c.geom).where(building.c.id == building_id).scalar_subquery()
    far = AT_THE_DOOR_M / _SHORTEST_DEGREE_M
    # Twice as far to the east: half a degree's length is reached at 60° north.
    box = func.ST_Expand(walls, 2 * far, far)
    near = func.ST_DWithin(cast(incident.c.geom, Geography), cast(walls, Geography), AT_THE_DOOR_M)
    return select(func.count(), func.count().filter(is_overdue(now))).where(
        is_open, incident.c.geom.bool_op("&&")(box), near
    )
