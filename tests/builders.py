"""A tiny city for tests: squares inside squares, and strips that do not nest in them.

Level 1 is the city, level 2 its four quarters, level 3 sixteen squares of 0.01 degrees; the last
quarter may stay undivided, so that depth differs. The strips of the second zoning leave the
northern row of squares out.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pyproj
import shapely
from sqlalchemy import Connection, insert, text

from gis import bulk, tables
from gis.city import City, Level, Zoning

WEST, SOUTH, SIDE = 114.0, 22.5, 0.01
LOADED_AT = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
STRIPS = ((0.0, 1.5), (1.5, 3.0), (3.0, 4.0))
NO_AREA = shapely.MultiPolygon()
TO_3857 = pyproj.Transformer.from_crs(4326, 3857, always_xy=True).transform
TO_METRES = pyproj.Transformer.from_crs(4326, 4547, always_xy=True).transform

CITY = City(
    id="squares",
    names={"zh": "方城", "en": "Squares"},
    language="zh",
    timezone="Asia/Shanghai",
    metric_crs="EPSG:4547",
    is_synthetic=True,
    centre_4326=(WEST + 2 * SIDE, SOUTH + 2 * SIDE),
    zoom=13,
    zonings=(
        Zoning(
            "main",
            {"zh": "网格", "en": "Grid"},
            (
                Level(1, "city", {"zh": "市", "en": "City"}),
                Level(2, "quarter", {"zh": "街道", "en": "Quarter"}),
                Level(3, "square", {"zh": "网格", "en": "Square"}),
            ),
            is_main=True,
        ),
        Zoning(
            "beats",
            {"zh": "警区", "en": "Beats"},
            (Level(1, "beat", {"zh": "警区", "en": "Beat"}),),
        ),
    ),
)


def box(west: float, south: float, east: float, north: float) -> shapely.MultiPolygon:
    """A rectangle given in squares from the city's south-western corner."""
    corners = np.round(
        [WEST + west * SIDE, SOUTH + south * SIDE, WEST + east * SIDE, SOUTH + north * SIDE], 7
    )
    return shapely.MultiPolygon([shapely.box(*corners)])


def noded(west: int, south: int, east: int, north: int) -> shapely.MultiPolygon:
    """A rectangle with a vertex at every corner of the squares along it, as a union of them has."""
    ring = [
        *((x, south) for x in range(west, east)),
        *((east, y) for y in range(south, north)),
        *((x, north) for x in range(east, west, -1)),
        *((west, y) for y in range(north, south, -1)),
    ]
    return shapely.MultiPolygon([shapely.Polygon([at(x, y) for x, y in ring])])


def at(x: float, y: float) -> tuple[float, float]:
    """Longitude and latitude of a place given in squares."""
    return round(WEST + x * SIDE, 7), round(SOUTH + y * SIDE, 7)


def unit_frame(*, uneven: bool = False) -> pd.DataFrame:
    """The city's units, indexed by id: main tree in preorder from 1, then the strips."""
    rows: list[dict[str, Any]] = []

    def add(zoning: int, level: int, code: str, parent: int | None, area: Any) -> int:
        number = len(rows) + 1
        rows.append(
            {"id": number, "zoning_id": zoning, "level": level, "code": code, "parent_id": parent,
             "geom": area, "is_face": False}
        )  # fmt: skip
        return number

    root = add(1, 1, "C", None, noded(0, 0, 4, 4))
    for q, (x, y) in enumerate(((0, 0), (2, 0), (0, 2), (2, 2)), 1):
        quarter = add(1, 2, f"C{q}", root, noded(x, y, x + 2, y + 2))
        if uneven and q == 4:
            continue
        for s, (dx, dy) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1)), 1):
            add(1, 3, f"C{q}{s}", quarter, box(x + dx, y + dy, x + dx + 1, y + dy + 1))
    for s, (west, east) in enumerate(STRIPS, 1):
        add(2, 1, f"S{s}", None, box(west, 0, east, 3))
    frame = pd.DataFrame(rows).set_index("id")
    frame["is_face"] = ~frame.index.isin(frame.parent_id.dropna())
    frame["lft"] = frame.index
    frame["rgt"] = [_last_below(frame, number) for number in frame.index]
    return frame


def _last_below(frame: pd.DataFrame, number: int) -> int:
    children = frame.index[frame.parent_id == number]
    return max([number, *(_last_below(frame, child) for child in children)])


def load(db: Connection, *, uneven: bool = False) -> pd.DataFrame:
    """Write the city, its units and their shapes; return the units as `unit_frame` does."""
    db.execute(
        insert(tables.city),
        {"id": CITY.id, "settings": CITY.to_json(), "is_synthetic": True, "loaded_at": LOADED_AT},
    )
    for number, zoning in enumerate(CITY.zonings, 1):
        db.execute(
            insert(tables.zoning),
            {"id": number, "key": zoning.key, "names": zoning.names, "is_main": zoning.is_main},
        )
        db.execute(
            insert(tables.zoning_level),
            [
                {"zoning_id": number, "level": level.number, "key": level.key,
                 "names": level.names}
                for level in zoning.levels
            ],
        )  # fmt: skip
    units = unit_frame(uneven=uneven)
    write_units(db, units)
    return units


def write_units(db: Connection, units: pd.DataFrame) -> None:
    """Write units as `unit_frame` describes them, each with one version and one shape."""
    ids, zonings = units.index.to_numpy(), units.zoning_id.to_numpy()
    geoms = units.geom.to_numpy()
    bulk.copy(db, tables.unit, {"id": ids, "zoning_id": zonings})
    bulk.copy(
        db,
        tables.unit_version,
        {
            "unit_id": ids,
            "zoning_id": zonings,
            "valid": np.full(len(units), np.datetime64("2026-01-01")),
            "code": units.code,
            "names": np.array(
                [{"zh": f"{code}区", "en": f"Unit {code}"} for code in units.code], dtype=object
            ),
            "level": units.level.to_numpy(),
            "parent_id": units.parent_id,
            "lft": units.lft.to_numpy(),
            "rgt": units.rgt.to_numpy(),
            "is_face": units.is_face.to_numpy(),
            "geom": geoms,
            "centre": shapely.point_on_surface(geoms),
            "area_m2": shapely.area(shapely.transform(geoms, TO_METRES, interleaved=False)),
        },
    )
    versions = dict(db.execute(text("SELECT unit_id, id FROM citygrid.unit_version")).all())
    bulk.copy(
        db,
        tables.unit_shape,
        {
            "unit_version_id": np.array([versions[i] for i in ids]),
            "unit_id": ids,
            "zoning_id": zonings,
            "level": units.level.to_numpy(),
            "zoom_from": np.zeros(len(units), int),
            "zoom_to": np.full(len(units), 22),
            "geom": shapely.transform(geoms, TO_3857, interleaved=False),
        },
    )


def place(units: pd.DataFrame, points: np.ndarray, zoning: int = 1) -> np.ndarray:
    """The face each point lies in, the smallest id where edges meet; -1 outside."""
    faces = units[units.is_face & (units.zoning_id == zoning)].sort_index(ascending=False)
    found = np.full(len(points), -1)
    for number, area in faces.geom.items():
        found[shapely.intersects_xy(area, *points.T)] = number
    return found


PLAIN: dict[str, dict[str, Any]] = {
    "people": {"count": 1, "age_band": 3, "sex": "female", "residence": "registered", "care": 0},
    "households": {"count": 1, "tenure": "own"},
    "estates": {"names": {"zh": "花园", "en": "Garden"}, "kind": "garden_estate"},
    "buildings": {"use": "residential", "floors": 6, "floor_area_m2": 600},
    "incidents": {
        "scheme": "gb", "big": "01", "small": "0101", "severity": "ordinary", "stage": "closed",
        "source": "hotline", "reported_at": dt.datetime(2025, 12, 1, 4, tzinfo=dt.UTC),
    },
    "facilities": {"kind": "clinic", "name": "诊所"},
    "roads": {"kind": "primary", "walk": True, "drive": True, "oneway": False, "length_m": 100.0},
    "barriers": {"kind": "wall", "name": "墙"},
    "land": {"name": "地块", "area_m2": 3000.0},
    "water": {"kind": "lake", "name": "湖"},
    "green": {"kind": "park", "name": "公园"},
}  # fmt: skip


def rows(layer_id: str, *places: tuple[float, float], start: int = 1, **values: Any) -> list[dict]:
    """Plain rows of a layer at places given in squares; ``values`` fill every row's columns."""
    return [
        {"id": number, "key": f"{layer_id}-{number}", "at": place, **PLAIN[layer_id], **values}
        for number, place in enumerate(places, start)
    ]


def add(db: Connection, layer: Any, units: pd.DataFrame, items: list[dict]) -> None:
    """Insert rows of a layer, placed in the units of every zoning; "at" is in squares."""
    table = layer.table
    for item in items:
        x, y = item["at"]
        point = shapely.Point(at(x, y))
        values = {k: v for k, v in item.items() if k != "at"}
        if "unit_id" in table.c and "unit_id" not in values:
            values["unit_id"] = _none(place(units, np.array([at(x, y)]))[0])
        values["geom"] = _shape(table.name, x, y).wkt
        if "centre" in table.c:
            values["centre"] = point.wkt
        for name in ("geom", "centre"):
            if name in values:
                values[name] = f"SRID=4326;{values[name]}"
        db.execute(insert(table), values)
        if layer.is_counted:
            beat = place(units, np.array([at(x, y)]), 2)[0]
            if beat > 0:
                db.execute(
                    insert(tables.feature_unit),
                    {"layer": layer.id, "zoning_id": 2, "feature_id": item["id"],
                     "unit_id": int(beat)},
                )  # fmt: skip


def _none(number: int) -> int | None:
    return int(number) if number > 0 else None


def _shape(table: str, x: float, y: float) -> Any:
    if table in ("estate", "building", "water", "green"):
        return box(x - 0.02, y - 0.02, x + 0.02, y + 0.02)
    if table in ("road", "barrier"):
        return shapely.LineString([at(x - 0.2, y), at(x + 0.2, y)])
    return shapely.Point(at(x, y))
