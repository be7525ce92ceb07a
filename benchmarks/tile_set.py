"""The tiles asked for: of every layer that draws its rows, wherever the city is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mapbox_vector_tile
import numpy as np
import shapely
from sqlalchemy import Connection, text

from benchmarks.contest import ContestError
from benchmarks.peers import tipg
from gis import places
from gis.tables import unit_shape
from layers import catalog, tiles

# Below, and for roads by class, ours leaves out what the zoom cannot show; a peer does not.
ZOOMS = (14, 15, 16)
LAYERS = ("buildings", "estates", "facilities", "roads", "water", "green")
UNITS_COLUMNS = ("unit_id", "level")
TABLES = (*(catalog.get(layer).table.name for layer in LAYERS), unit_shape.name)


@dataclass(frozen=True)
class Pair:
    """One tile, at both servers."""

    ours: str
    theirs: str


def pairs(db: Connection, count: int, seed: int = 5) -> list[Pair]:
    """Return at most ``count`` tiles, mixed."""
    city = places.city(db)
    if city is None:
        raise ContestError("The database holds no city.")
    found = []
    for z in ZOOMS:
        for x, y in _columns_and_rows(_bounds(db), z):
            for layer in LAYERS:
                table = catalog.get(layer)
                columns = ["id", *(field.name for field in table.fields if field.on_map)]
                theirs = tipg.path(table.table.name, columns, (z, x, y))
                found.append(Pair(f"/tiles/{layer}/{z}/{x}/{y}", theirs))
            level = tiles.address(city, tiles.UNITS, z, x, y).level
            where = f"zoning_id = 1 AND level = {level} AND zoom_from <= {z} AND zoom_to >= {z}"
            theirs = tipg.path(unit_shape.name, UNITS_COLUMNS, (z, x, y), where)
            found.append(Pair(f"/tiles/units/{z}/{x}/{y}?level={level}", theirs))
    chosen = np.random.default_rng(seed).permutation(len(found))[:count]
    return [found[i] for i in chosen]


def compare(ours: bytes, theirs: bytes, pair: Pair) -> None:
    """Raise ContestError unless both tiles hold the same things.

    Ours may hold more, but only in the margin: the peer's has what is drawn there only of things
    that reach into the tile itself.
    """
    shapes, numbers = _shapes(ours), set(_shapes(theirs))
    inside = shapely.box(1, 1, tiles.EXTENT - 1, tiles.EXTENT - 1)
    visible = {number for number, shape in shapes.items() if shape.intersects(inside)}
    if missing := numbers - shapes.keys():
        raise ContestError(f"{pair.ours} lacks {sorted(missing)[:5]} of {pair.theirs}.")
    if more := visible - numbers:
        raise ContestError(f"{pair.theirs} lacks {sorted(more)[:5]} of {pair.ours}.")


def _shapes(body: bytes) -> dict[int, shapely.Geometry]:
    if not body:
        return {}
    layers = mapbox_vector_tile.decode(body)
    return {
        int(properties.get("id") or properties.get("unit_id") or feature["id"]): shapely.make_valid(
            shapely.geometry.shape(feature["geometry"])
        )
        for layer in layers.values()
        for feature in layer["features"]
        for properties in [feature["properties"]]
    }


def _bounds(db: Connection) -> tuple[float, float, float, float]:
    row = db.execute(
        text(
            "SELECT ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e) FROM "
            "(SELECT ST_Extent(geom) AS e FROM unit_version WHERE level = 1) AS extent"
        )
    ).one()
    return row[0], row[1], row[2], row[3]


def _columns_and_rows(
    bounds_4326: tuple[float, float, float, float], z: int
) -> list[tuple[int, int]]:
    west, south, east, north = bounds_4326
    first, last = _tile(west, north, z), _tile(east, south, z)
    return [(x, y) for x in range(first[0], last[0] + 1) for y in range(first[1], last[1] + 1)]


def _tile(lon: float, lat: float, z: int) -> tuple[int, int]:
    n = 1 << z
    y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2
    return int((lon + 180) / 360 * n), int(y * n)
