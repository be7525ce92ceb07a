"""Vector tiles of any layer: what the zoom can show, as Mapbox Vector Tile bytes.

A tile of units holds the shapes of one level of one zoning, simplified for its zoom band. A tile
of a counted layer below its ``min_zoom`` holds counted cells (``n``, and a count for each of the
layer's ``cell_parts``); from there on it holds rows. Persons are counted cells at every zoom.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Double,
    Integer,
    Select,
    SmallInteger,
    TableClause,
    bindparam,
    cast,
    func,
    literal_column,
    or_,
    select,
    text,
)

from gis.access.viewer import Ranges, Viewer
from gis.access.views import person_cell, seen_incident
from gis.city import City, Zoning
from gis.errors import CityGridError, NotFoundError
from gis.tables import cell_count, unit_shape, unit_version
from gis.tables import measure as measure_table
from gis.tables import zoning as zoning_table
from layers import catalog
from layers.layer import Draw, Layer
from layers.measures import TOTAL
from layers.tally import CELL_ZOOMS

EXTENT = 4096
# Lines and areas reach this far over the edge, so that strokes do not end at it.
BUFFER = 64
MAX_ZOOM = 22
HALF_WORLD_M = 20037508.342789244
# From here on a degree is so nearly even within a tile that leaving out the projection moves
# nothing by half a step of its 4,096 (tan φ · Δφ² / 8, at 60° north 0.35 of a step).
LINEAR_FROM_ZOOM = 13
# Cells of a tile: 64 × 64, or fewer where the finest stored ones are larger.
CELLS_BITS = 6
# The most rows a tile shows of a layer that has a time; open ones first, then the latest.
MOST_ROWS = 3000
# A tile of units above this leaves their names out.
MOST_BYTES = 500_000
UNITS = "units"
# Layers some of whose rows only those concerned see, and what to ask for them.
_SEEN: Mapping[str, TableClause] = {"incidents": seen_incident}
_OWN_TO_VIEWERS = frozenset(_SEEN)


class BadTileError(CityGridError):
    """The address of a tile names no tile."""


@dataclass(frozen=True)
class Address:
    """Which tile: layer, place, and for units which zoning and level."""

    layer: str
    z: int
    x: int
    y: int
    zoning: str = ""
    level: int = 0
    # Whose tile it is, where not everybody has the same: units and duty bodies whose cases are in.
    cases: Ranges = ()
    bodies: tuple[int, ...] = ()

    @property
    def bounds_4326(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        n = 1 << self.z
        return (
            self.x / n * 360 - 180,
            _latitude(self.y + 1, n),
            (self.x + 1) / n * 360 - 180,
            _latitude(self.y, n),
        )

    @property
    def bounds_3857(self) -> tuple[float, float, float, float]:
        """West, south, east, north in web-map metres."""
        size = 2 * HALF_WORLD_M / (1 << self.z)
        west, north = self.x * size - HALF_WORLD_M, HALF_WORLD_M - self.y * size
        return west, north - size, west + size, north


def address(  # noqa: PLR0913 - the parts of an address
    city: City, layer_id: str, z: int, x: int, y: int, *, zoning: str = "", level: int = 0
) -> Address:
    """Return a tile's address, with what was left out filled in.

    ``units`` without a level is the one the zoom can show; a boundary layer of the catalogue
    (``units:main:grid``) names its own.

    Raises
    ------
    NotFoundError
        No such layer, zoning or level.
    BadTileError
        Zoom, column or row lie outside the map.
    """
    if not 0 <= z <= MAX_ZOOM:
        raise BadTileError(f"Zoom must be 0 to {MAX_ZOOM}, found {z}.")
    last = (1 << z) - 1
    if not (0 <= x <= last and 0 <= y <= last):
        raise BadTileError(f"At zoom {z} columns and rows are 0 to {last}, found {x}, {y}.")
    if layer_id == UNITS:
        found = _zoning(city, zoning)
        return Address(UNITS, z, x, y, found.key, _level(found, level) or _level_at(found, z))
    layer = catalog.get(layer_id, city)
    if layer.zoning:
        return Address(UNITS, z, x, y, layer.zoning, layer.level)
    return Address(layer.id, z, x, y)


def seen_by(at: Address, viewer: Viewer) -> Address:
    """Return the address of a tile for a viewer: the same for all where all see the same."""
    if at.layer not in _OWN_TO_VIEWERS:
        return at
    return replace(at, cases=viewer.cases, bodies=viewer.bodies)


def tile(db: Connection, at: Address) -> bytes:
    """Return one tile; empty bytes where the layer has nothing to show. Same data, same bytes.

    What the viewer sees for whom ``db`` acts: `seen_by` tells whose tile it is.
    """
    if at.layer == UNITS:
        query, bounds = _units(is_named=True), at.bounds_3857
    else:
        layer = catalog.get(at.layer)
        if at.z < layer.min_zoom:
            if layer.below_min_zoom is Draw.NOTHING:
                return b""
            return _cells(db, layer, at)
        is_linear = at.z >= LINEAR_FROM_ZOOM
        query, bounds = _rows(layer.id, is_linear), at.bounds_4326 if is_linear else at.bounds_3857
    west, south, east, north = bounds
    values: dict[str, object] = {
        "w": west, "s": south, "e": east, "n": north, "z": at.z,
        "zoning": at.zoning, "level": at.level,
    }  # fmt: skip
    if at.layer != UNITS:
        values |= dict(zip(("w4326", "s4326", "e4326", "n4326"), _widened(at), strict=True))
    body = bytes(db.scalar(query, values) or b"")
    if at.layer == UNITS and len(body) > MOST_BYTES:
        # Thousands of units of some pixels each: what they are called is most of the bytes.
        body = bytes(db.scalar(_units(is_named=False), values) or b"")
    return body


def _cells(db: Connection, layer: Layer, at: Address) -> bytes:
    zoom = min(max(at.z + CELLS_BITS, CELL_ZOOMS[0]), CELL_ZOOMS[-1])
    # A tile deeper than the finest cells shows the cell whose middle lies in it.
    down = zoom - at.z
    if down < 0:
        return b""
    values = {
        "zoom": zoom, "x": at.x << down, "y": at.y << down, "count": 1 << down,
        "size": EXTENT / (1 << down),
    }  # fmt: skip
    return bytes(db.scalar(_cells_query(layer.id), values) or b"")


@cache
def _units(*, is_named: bool) -> Select[tuple[bytes]]:
    """Return the tile of a level: id, and code, name in each language and kind where named.

    A face that ends above the level is drawn with it, so that the map has no holes.
    """
    shape, version = unit_shape.c, unit_version.c
    box = func.ST_MakeEnvelope(*_corners(), 3857)
    # Small integers like the columns': the index knows no others.
    level, z = (bindparam(name, type_=SmallInteger) for name in ("level", "z"))
    named = (
        version.code,
        version.names["zh"].astext.label("name_zh"),
        version.names["en"].astext.label("name_en"),
        version.kind,
    )
    rows = (
        select(
            shape.unit_id.label("id"),
            *(named if is_named else ()),
            _clipped(shape.geom, box),
        )
        .join(unit_version, version.id == shape.unit_version_id)
        .where(
            shape.zoning_id
            == select(zoning_table.c.id)
            .where(zoning_table.c.key == bindparam("zoning"))
            .scalar_subquery(),
            shape.level <= level,
            or_(shape.level == level, version.is_face),
            shape.zoom_from <= z,
            shape.zoom_to >= z,
            shape.geom.bool_op("&&")(box),
        )
        .order_by(shape.unit_id)
    )
    return _as_mvt(rows, UNITS)


@cache
def _rows(layer_id: str, is_linear: bool) -> Select[tuple[bytes]]:
    layer = catalog.get(layer_id)
    columns = _SEEN.get(layer_id, layer.table).c
    box = func.ST_MakeEnvelope(*_corners(), 4326 if is_linear else 3857)
    geom = columns.geom if is_linear else func.ST_Transform(columns.geom, 3857)
    near = func.ST_MakeEnvelope(*(bindparam(f"{side}4326") for side in "wsen"), 4326)
    rows = select(
        columns.id,
        *(columns[field.name] for field in layer.fields if field.on_map),
        _clipped(geom, box),
    ).where(columns.geom.bool_op("&&")(near))
    if layer.drawn:
        # In brackets: an OR in it would otherwise look past the box, and so past the index.
        rows = rows.where(text(f"({layer.drawn})"))
    if layer.time:
        open_first = [columns.stage == "closed"] if "stage" in columns else []
        chosen = (
            rows.order_by(*open_first, columns[layer.time].desc(), columns.id)
            .limit(MOST_ROWS)
            .subquery("chosen")
        )
        return _as_mvt(select(chosen).order_by(chosen.c.id), layer.id)
    return _as_mvt(rows.order_by(columns.id), layer.id)


@cache
def _cells_query(layer_id: str) -> Select[tuple[bytes]]:
    layer = catalog.get(layer_id)
    cell = (person_cell if layer.is_personal else cell_count).c
    counted = measure_table.c
    x, y = bindparam("x", type_=Integer), bindparam("y", type_=Integer)
    count, size = bindparam("count", type_=Integer), bindparam("size", type_=Double)
    parts: Mapping[str, tuple[str, str]] = {
        "n": (TOTAL, ""),
        **{key: (dimension, key) for dimension, key in layer.cell_parts},
    }
    measures = select(counted.id, counted.dimension, counted.key).where(
        counted.layer == layer.id,
        counted.weight == layer.weight,
        or_(*((counted.dimension == d) & (counted.key == k) for d, k in parts.values())),
    ).cte("measures")  # fmt: skip
    rows = (
        select(
            ((cell.y - y) * count + (cell.x - x)).label("id"),
            *(
                cast(
                    func.sum(cell.n).filter(measures.c.dimension == d, measures.c.key == k),
                    BigInteger,
                ).label(name)
                for name, (d, k) in parts.items()
            ),
            func.ST_Point(
                (cell.x - x) * size + size / 2, (cell.y - y) * size + size / 2
            ).label("geom"),
        )
        .join(measures, measures.c.id == cell.measure_id)
        .where(
            cell.zoom == bindparam("zoom", type_=Integer),
            cell.x.between(x, x + count - 1),
            cell.y.between(y, y + count - 1),
        )
        .group_by(cell.x, cell.y)
        .order_by(cell.y, cell.x)
    )  # fmt: skip
    return _as_mvt(rows, layer.id)


def _as_mvt(rows: Select[Any], name: str) -> Select[tuple[bytes]]:
    shown = rows.subquery("shown")
    record: ColumnElement[Any] = literal_column("shown")
    return (
        select(func.ST_AsMVT(record, name, EXTENT, "geom", "id"))
        .select_from(shown)
        .where(shown.c.geom.is_not(None))
    )


def _clipped(geom: Any, box: Any) -> Any:  # noqa: ANN401 - SQL expressions
    return func.ST_AsMVTGeom(geom, box, EXTENT, BUFFER, True).label("geom")


def _corners() -> tuple[BindParameter[Any], ...]:
    return tuple(bindparam(side) for side in "wsen")


def _widened(at: Address) -> tuple[float, float, float, float]:
    """Return a tile's bounds with its buffer, in degrees."""
    west, south, east, north = at.bounds_4326
    x, y = (east - west) * BUFFER / EXTENT, (north - south) * BUFFER / EXTENT
    return west - x, south - y, east + x, north + y


def _latitude(row: int, rows: int) -> float:
    return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / rows))))


def _zoning(city: City, key: str) -> Zoning:
    for zoning in city.zonings:
        if zoning.key == (key or city.main.key):
            return zoning
    known = ", ".join(zoning.key for zoning in city.zonings)
    raise NotFoundError(f"No zoning is called {key!r}. There are: {known}.")


def _level(zoning: Zoning, number: int) -> int:
    if number and number not in {level.number for level in zoning.levels}:
        known = ", ".join(f"{level.number} ({level.key})" for level in zoning.levels)
        raise NotFoundError(f"Zoning {zoning.key!r} has no level {number}. There are: {known}.")
    return number


def _level_at(zoning: Zoning, z: int) -> int:
    """Return the level whose units are some 100 pixels wide at a zoom."""
    first, step = 9, 2
    return min(max(1 + (z - first) // step, 1), len(zoning.levels))
