"""The buildings of one unit, with how many live in each."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, case, func, select

from gis.access.views import is_seen
from gis.tables import building, people

MOST = 500


@dataclass(frozen=True)
class Listed:
    """One building of the list."""

    id: int
    key: str
    name: str | None
    address: str | None
    # None: not the viewer's to know.
    people: int | None


def of_unit(db: Connection, unit_id: int) -> list[Listed]:
    """Return the buildings that stand in a unit itself (not in units below it).

    The most people first, at most 500.
    """
    c = building.c
    living = case((is_seen(c.unit_id), func.coalesce(func.sum(people.c.count), 0)))
    query = (
        select(c.id, c.key, c.name, c.address, living.label("people"))
        .outerjoin(people, people.c.building_id == c.id)
        .where(c.unit_id == unit_id)
        .group_by(c.id)
        .order_by(living.desc().nulls_last(), c.floor_area_m2.desc(), c.id)
        .limit(MOST)
    )
    return [Listed(**row._mapping) for row in db.execute(query)]
