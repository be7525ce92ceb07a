"""One unit and where it stands: its name, what it lies in, its box on the map."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from gis.city import City
from gis.errors import NotFoundError
from gis.tables import city as city_table
from gis.tables import unit_version as table
from gis.tables import zoning as zoning_table


@dataclass(frozen=True)
class Place:
    """A unit as it is today."""

    id: int
    zoning_id: int
    code: str
    names: Mapping[str, str]
    level: int
    parent_id: int | None
    kind: str
    is_face: bool
    lft: int
    rgt: int
    area_m2: float | None
    # West, south, east, north; None of a unit without an area.
    bounds_4326: tuple[float, float, float, float] | None


def city(db: Connection) -> City | None:
    """Return the settings of the city in this database; None when none is loaded."""
    settings = db.scalar(select(city_table.c.settings))
    return City.from_json(settings) if settings else None


def zoning_ids(db: Connection) -> dict[str, int]:
    """Return the number of each zoning, by key."""
    return {row.key: row.id for row in db.execute(select(zoning_table.c.key, zoning_table.c.id))}


def root(db: Connection) -> Place | None:
    """Return the widest unit of the main zoning; None when there is none.

    A main zoning has one unit at its first level, whose numbers are the city's.
    """
    main = select(zoning_table.c.id).where(zoning_table.c.is_main).scalar_subquery()
    query = _places().where(table.c.zoning_id == main, table.c.parent_id.is_(None))
    row = db.execute(query.order_by(table.c.lft).limit(1)).first()
    return _place(row) if row else None


def path(db: Connection, unit_id: int) -> tuple[Place, ...]:
    """Return a unit and all it lies in, widest first.

    Raises
    ------
    NotFoundError
        If no unit of today has this number.
    """
    here = table.alias("here")
    query = (
        _places()
        .join(here, (here.c.zoning_id == table.c.zoning_id))
        .where(here.c.unit_id == unit_id, func.upper_inf(here.c.valid))
        .where(table.c.lft <= here.c.lft, table.c.rgt >= here.c.rgt)
        .order_by(table.c.level)
    )
    places = tuple(_place(row) for row in db.execute(query))
    if not places or places[-1].id != unit_id:
        raise NotFoundError(
            f"No unit has the number {unit_id}. It may have been merged or retired; "
            "search for its name or code."
        )
    return places


def _places() -> Select[Any]:
    box = func.box2d(table.c.geom)
    return select(
        table.c.unit_id.label("id"), table.c.zoning_id, table.c.code, table.c.names, table.c.level,
        table.c.parent_id, table.c.kind, table.c.is_face, table.c.lft, table.c.rgt, table.c.area_m2,
        func.ST_XMin(box).label("west"), func.ST_YMin(box).label("south"),
        func.ST_XMax(box).label("east"), func.ST_YMax(box).label("north"),
    ).where(func.upper_inf(table.c.valid))  # fmt: skip


def _place(row: Row[Any]) -> Place:
    given = dict(row._mapping)
    box = (given.pop("west"), given.pop("south"), given.pop("east"), given.pop("north"))
    return Place(**given, bounds_4326=None if box[0] is None else box)
