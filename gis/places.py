"""One unit and where it stands: its name, what it lies in, its box on the map."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from gis.city import City
from gis.errors import NotFoundError
from gis.tables import building, estate, facility
from gis.tables import city as city_table
from gis.tables import unit_version as table
from gis.tables import zoning as zoning_table

# What can be looked up by its number, besides units.
THINGS = {"building": building, "estate": estate, "facility": facility}
# Nearly every panel asks: made once, for that takes longer than the question.
_HERE, _ABOVE = table.alias("here"), table.alias("above")


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


def city_of(db: Connection) -> City:
    """Return the settings of the city in this database, or raise NotFoundError."""
    found = city(db)
    if found is None:
        raise NotFoundError("No city is loaded. Load one first.", key="error.no_city")
    return found


def zoning_ids(db: Connection) -> dict[str, int]:
    """Return the number of each zoning, by key."""
    return {row.key: row.id for row in db.execute(select(zoning_table.c.key, zoning_table.c.id))}


def zonings_of(db: Connection, unit_ids: Sequence[int]) -> dict[int, str]:
    """Return the keys of the zonings that units of today are of, by the units' numbers."""
    query = (
        select(table.c.unit_id, zoning_table.c.key)
        .join(zoning_table, zoning_table.c.id == table.c.zoning_id)
        .where(table.c.unit_id.in_(unit_ids), func.upper_inf(table.c.valid))
    )
    return {row.unit_id: row.key for row in db.execute(query)}


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
    here = _HERE.c
    query = (
        _places()
        .join(_HERE, (here.zoning_id == table.c.zoning_id))
        .where(here.unit_id == unit_id, func.upper_inf(here.valid))
        .where(table.c.lft <= here.lft, table.c.rgt >= here.rgt)
        .order_by(table.c.level)
    )
    places = tuple(_place(row) for row in db.execute(query))
    if not places or places[-1].id != unit_id:
        raise NotFoundError(
            f"No unit has the number {unit_id}. It may have been merged or retired; "
            "search for its name or code.",
            key="state.gone",
        )
    return places


def names_of(db: Connection, unit_ids: Sequence[int]) -> dict[int, tuple[str, Mapping[str, str]]]:
    """Return the code and the names of units, by number."""
    query = select(table.c.unit_id, table.c.code, table.c.names).where(
        table.c.unit_id.in_(unit_ids), func.upper_inf(table.c.valid)
    )
    return {id_: (code, names) for id_, code, names in db.execute(query)}


def last_names_of(
    db: Connection, unit_ids: Sequence[int]
) -> dict[int, tuple[str, Mapping[str, str]]]:
    """Return the code and the names of units, by number; of those that are no more, the last."""
    query = (
        select(table.c.unit_id, table.c.code, table.c.names)
        .where(table.c.unit_id.in_(unit_ids))
        .order_by(func.lower(table.c.valid))
    )
    return {id_: (code, names) for id_, code, names in db.execute(query)}


def ends_of(db: Connection, unit_ids: Sequence[int]) -> dict[int, datetime]:
    """Return when units ended, by number; those of today are left out."""
    ends = func.max(func.upper(table.c.valid))
    query = (
        select(table.c.unit_id, ends)
        .where(table.c.unit_id.in_(unit_ids))
        .group_by(table.c.unit_id)
        .having(~func.bool_or(func.upper_inf(table.c.valid)))
    )
    return dict(db.execute(query).all())


def parents_of(db: Connection, unit_ids: Sequence[int]) -> dict[int, tuple[int, Mapping[str, str]]]:
    """Return the parent of units, its number and names, by number; the widest has none."""
    above = _ABOVE.c
    query = (
        select(table.c.unit_id, above.unit_id, above.names)
        .join(_ABOVE, above.unit_id == table.c.parent_id)
        .where(table.c.unit_id.in_(unit_ids), func.upper_inf(table.c.valid))
        .where(func.upper_inf(above.valid))
    )
    return {id_: (parent, names) for id_, parent, names in db.execute(query)}


def around(db: Connection, unit_ids: Sequence[int]) -> Place | None:
    """Return the lowest unit that holds all of some and is none of them; None if it is the widest.

    Units that are no more are left out.
    """
    paths = [found for unit_id in unit_ids if (found := path(db, unit_id))]
    shared = set.intersection(*({place.id for place in one[:-1]} for one in paths)) if paths else ()
    lowest = (
        next((place for place in reversed(paths[0]) if place.id in shared), None) if paths else None
    )
    return lowest if lowest is not None and lowest.parent_id is not None else None


def areas_km2(db: Connection, unit_ids: Sequence[int]) -> dict[int, float | None]:
    """Return the areas of units, by number."""
    query = select(table.c.unit_id, table.c.area_m2 / 1e6).where(
        table.c.unit_id.in_(unit_ids), func.upper_inf(table.c.valid)
    )
    return dict(db.execute(query).all())


def unit_of(db: Connection, kind: str, id_: int) -> int | None:
    """Return the unit a building, an estate or a facility stands in; None when in no unit.

    Raises
    ------
    NotFoundError
        If there is no such thing.
    """
    things = THINGS[kind]
    row = db.execute(select(things.c.unit_id).where(things.c.id == id_)).first()
    if row is None:
        raise NotFoundError(
            f"No {kind} has the number {id_}. Search for its name or address.", key="state.gone"
        )
    return None if row.unit_id is None else int(row.unit_id)


def box_of(db: Connection, kind: str, id_: int) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north (EPSG:4326) of a building, an estate or a facility."""
    things = THINGS[kind]
    box = func.box2d(things.c.geom)
    row = db.execute(
        select(func.ST_XMin(box), func.ST_YMin(box), func.ST_XMax(box), func.ST_YMax(box)).where(
            things.c.id == id_
        )
    ).first()
    return tuple(row) if row else None


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
