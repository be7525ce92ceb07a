"""Rows that name other rows: the unit, building or household a code of a file means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, NamedTuple

import shapely
from sqlalchemy import Connection, func, literal, select

from gis.tables import building, entrance, estate, household, unit_version, zoning
from importers.fields import REFERENCES
from importers.values import plain
from layers.layer import Layer


class Target(NamedTuple):
    """The row that is meant, and where it stands in EPSG:4326."""

    id: int
    lon: float
    lat: float


Resolve = Callable[[str, Collection[str]], Mapping[str, Target]]
"""Field and texts → what each text means; texts that mean nothing are left out."""

Stored = Callable[[Layer, Collection[str]], Mapping[str, tuple[Any, int]]]
"""Keys → geometry and unit (-1: none) of the rows of a layer that are there."""


def nothing_stored(_layer: Layer, _keys: Collection[str]) -> Mapping[str, tuple[Any, int]]:
    """Return no rows: of a city that is loaded for the first time."""
    return {}


_POINTS = {
    "estate": estate.c.centre,
    "building": building.c.centre,
    "entrance": entrance.c.geom,
    "household": household.c.geom,
}


def resolver(db: Connection) -> Resolve:
    """Return how to look rows up in the database; units by code or by a name only one has."""

    @cache
    def units() -> Mapping[str, Target]:
        u = unit_version.c
        query = select(u.unit_id, u.code, u.names, func.ST_X(u.centre), func.ST_Y(u.centre)).where(
            func.upper_inf(u.valid),
            u.centre.is_not(None),
            u.zoning_id == select(zoning.c.id).where(zoning.c.is_main).scalar_subquery(),
        )
        rows = db.execute(query).all()
        named = [
            (text, Target(unit_id, lon, lat))
            for unit_id, _, names, lon, lat in rows
            for text in {plain(name) for name in names.values()}
        ]
        times = Counter(text for text, _ in named)
        by_name = {text: target for text, target in named if times[text] == 1}
        return by_name | {plain(row.code): Target(row[0], row[3], row[4]) for row in rows}

    def resolve(field: str, texts: Collection[str]) -> Mapping[str, Target]:
        table = REFERENCES[field]
        if table == "unit":
            return {t: units()[plain(t)] for t in texts if plain(t) in units()}
        point = _POINTS[table]
        columns = point.table.c
        query = select(columns.key, columns.id, func.ST_X(point), func.ST_Y(point)).where(
            columns.key == func.any(list(texts))
        )
        return {key: Target(*target) for key, *target in db.execute(query)}

    return resolve


def stored_places(db: Connection) -> Stored:
    """Return how to find where rows stand that are in the database."""

    def places(layer: Layer, keys: Collection[str]) -> Mapping[str, tuple[Any, int]]:
        c = layer.table.c
        unit = c.unit_id if "unit_id" in c else literal(None)
        query = select(c.key, func.ST_AsBinary(c.geom), unit).where(c.key == func.any(list(keys)))
        return {
            key: (shapely.from_wkb(bytes(shape)), -1 if unit_id is None else unit_id)
            for key, shape, unit_id in db.execute(query)
        }

    return places
