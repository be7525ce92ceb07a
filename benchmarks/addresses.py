"""A made-up city of addresses: roads with numbers, estates with buildings and entrances."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import shapely
from sqlalchemy import Connection, insert, text

from gis import bulk, tables
from gis.city import City, Level, Zoning

WEST, SOUTH, SIDE = 114.0, 22.5, 0.4
_LETTERS = (
    "听潮安晏梧秀文晖榕泉桂林云亭青霞星塘悦芳永屿澄汀锦乐康坪银溪竹风梅园松门翠台莲生荷浦鹭洲碧月枕阳紫"
    "兰金湾海燕祥渡瑞港玉桥春田"
)
_ROADS, _ESTATES = ("路", "街", "巷", "大道"), ("花园", "家园", "雅苑", "公馆", "新村", "小区")
# Buildings of one estate, entrances of one building.
_BLOCKS = 60
CITY = City(
    id="addresses",
    names={"zh": "地址", "en": "Addresses"},
    language="zh",
    timezone="Asia/Shanghai",
    metric_crs="EPSG:4547",
    is_synthetic=True,
    centre_4326=(WEST + SIDE / 2, SOUTH + SIDE / 2),
    zoom=11,
    zonings=(
        Zoning(
            "main",
            {"zh": "网格", "en": "Grid"},
            (Level(1, "city", {"zh": "市", "en": "City"}),),
            is_main=True,
        ),
    ),
)


def fill(db: Connection, count: int, seed: int = 3) -> list[tuple[int, str]]:
    """Write so many addresses, half of buildings and half of entrances; return the buildings'.

    Returns
    -------
    list of tuple
        Number and address of each building; its entrance has the same number.
    """
    rng = np.random.default_rng(seed)
    buildings = count // 2
    estates = max(buildings // _BLOCKS, 1)
    roads = _names(rng, max(estates // 2, 2), _ROADS)
    names = _names(rng, estates, _ESTATES)
    estate = np.arange(buildings) // _BLOCKS % estates
    block = np.arange(buildings) % _BLOCKS + 1
    road = rng.integers(0, len(roads), estates)[estate]
    number = rng.integers(1, 900, estates)[estate]
    addresses = [
        f"{roads[r]}{n}号{names[e % len(names)]}{b}栋"
        for r, n, e, b in zip(road, number, estate, block, strict=True)
    ]
    middle = rng.uniform(0, SIDE, (estates, 2))[estate] + (WEST, SOUTH)
    points = np.round(middle + rng.normal(0, 0.0008, (buildings, 2)), 7)
    _city(db)
    ids = np.arange(1, buildings + 1)
    keys = np.array([f"B{number}" for number in ids], dtype=object)
    half = 0.00005
    bulk.copy(
        db,
        tables.building,
        {
            "id": ids,
            "key": keys,
            "address": np.array(addresses, dtype=object),
            "use": np.full(buildings, "residential", dtype=object),
            "floor_area_m2": np.full(buildings, 100),
            "geom": shapely.multipolygons(
                shapely.box(*(points - half).T, *(points + half).T), indices=np.arange(buildings)
            ),
            "centre": points,
        },
    )
    bulk.copy(
        db,
        tables.entrance,
        {
            "id": ids,
            "key": keys,
            "building_id": ids,
            "name": np.full(buildings, "1单元", dtype=object),
            "address": np.array([f"{address}1单元" for address in addresses], dtype=object),
            "geom": points,
        },
    )
    return list(zip(ids.tolist(), addresses, strict=True))


def _names(rng: np.random.Generator, count: int, ends: Sequence[str]) -> list[str]:
    """Return different names of two letters and an end."""
    every = [a + b + end for a in _LETTERS for b in _LETTERS for end in ends if a != b]
    return [every[i] for i in rng.permutation(len(every))[:count]]


def _city(db: Connection) -> None:
    area = shapely.MultiPolygon([shapely.box(WEST, SOUTH, WEST + SIDE, SOUTH + SIDE)])
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    names = {"zh": "地址", "en": "Addresses"}
    db.execute(insert(tables.city).values(id=CITY.id, settings=CITY.to_json(), is_synthetic=True))
    db.execute(insert(tables.zoning).values(id=1, key="main", names=names, is_main=True))
    db.execute(insert(tables.unit).values(id=1, zoning_id=1))
    db.execute(
        text(
            "INSERT INTO citygrid.unit_version (unit_id, zoning_id, valid, code, names, level, "
            "lft, rgt, is_face, geom, centre, area_m2) VALUES (1, 1, tstzrange(:now, NULL), 'C', "
            "cast(:names AS jsonb), 1, 1, 1, true, ST_GeomFromText(:area, 4326), "
            "ST_PointOnSurface(ST_GeomFromText(:area, 4326)), 1)"
        ),
        {"now": now, "names": '{"zh": "地址", "en": "Addresses"}', "area": area.wkt},
    )
