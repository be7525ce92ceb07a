"""Parts of the city that an address begins with: 台北市北投区大同街 is 大同街, in Beitou."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from cachetools import LRUCache
from sqlalchemy import Connection, func, select

from gis.tables import unit_version
from layers.locating import writing

# Units of a level with more of them than this are too many to be named in an address.
_MOST_UNITS = 3_000
_SHORTEST = 2
_c = unit_version.c


@dataclass(frozen=True)
class Named:
    """An address without the parts of the city it begins with."""

    text: str
    # The narrowest part that was named, EPSG:4326; None: none was.
    area: Any = None


# In plain form → the units called so.
Names = Mapping[str, tuple[int, ...]]
_lock = threading.Lock()
_remembered: LRUCache[tuple[str, int], Names] = LRUCache(8)


def named(db: Connection, plain: str) -> Named:
    """Take the names of units from the beginning of a text in plain form."""
    rest, units = cut(names(db), plain)
    if not units:
        return Named(rest)
    query = select(_c.geom.ST_AsBinary()).where(
        _c.unit_id.in_(units), func.upper_inf(_c.valid), _c.parent_id.is_not(None)
    )
    shapes = shapely.from_wkb([bytes(wkb) for wkb in db.scalars(query) if wkb is not None])
    if not len(shapes):
        return Named(rest)
    area = shapely.union_all(shapes)
    shapely.prepare(area)
    return Named(rest, area)


def cut(known: Names, plain: str) -> tuple[str, tuple[int, ...]]:
    """Return a text without the names it begins with, and the units of the last one."""
    longest = max(map(len, known), default=0)
    units: tuple[int, ...] = ()
    rest = plain.lstrip()
    while True:
        for size in range(min(longest, len(rest) - _SHORTEST), _SHORTEST - 1, -1):
            if rest[:size] in known:
                units = known[rest[:size]]
                rest = rest[size:].lstrip(" ,")
                break
        else:
            return rest, units


def names(db: Connection) -> Names:
    """Return the units that an address may begin with, by their names in plain form."""
    # Every change of a unit's name or shape makes a version with a new number.
    version = int(db.scalar(select(func.coalesce(func.max(_c.id), 0))) or 0)
    key = (str(db.engine.url), version)
    with _lock:
        found = _remembered.get(key)
    if found is None:
        few = (
            select(_c.zoning_id, _c.level)
            .where(func.upper_inf(_c.valid))
            .group_by(_c.zoning_id, _c.level)
            .having(func.count() <= _MOST_UNITS)
        ).subquery()
        query = (
            select(_c.unit_id, _c.names["zh"].astext.label("name"))
            .join(few, (few.c.zoning_id == _c.zoning_id) & (few.c.level == _c.level))
            .where(func.upper_inf(_c.valid), _c.geom.is_not(None))
        )
        rows = db.execute(query).all()
        by_name: dict[str, tuple[int, ...]] = {}
        for row, name in zip(rows, writing.plain_all([r.name for r in rows]), strict=True):
            if len(name) > _SHORTEST:
                by_name[name] = (*by_name.get(name, ()), row.unit_id)
        found = by_name
        with _lock:
            _remembered[key] = found
    return found
