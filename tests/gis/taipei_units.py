"""The real city's units as an importer hands them over: five levels, polygons at every one."""

from functools import lru_cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio

from gis.city import City, Level, Zoning

LEVELS = (
    ("town", "TOWN_ID", None, "TOWN"),
    ("level3", "CODE2", "TOWN_ID", None),
    ("level4", "CODE1", "CODE2", None),
    ("micro_area", "CODEBASE", "CODE1", None),
)
CITY_CODE = "63000"
TAIPEI = City(
    id="taipei",
    names={"zh": "臺北", "en": "Taipei"},
    language="zh",
    timezone="Asia/Taipei",
    metric_crs="EPSG:3826",
    is_synthetic=False,
    centre_4326=(121.55, 25.05),
    zoom=11,
    zonings=(
        Zoning(
            "main",
            {"zh": "網格", "en": "Grid"},
            tuple(
                Level(number, key, {"zh": key, "en": key}, pattern)
                for number, (key, pattern) in enumerate(
                    (
                        ("city", r"\d{5}"),
                        ("town", r"\d{8}"),
                        ("level3", r"A\d{4}-[A-Z\d]\d"),
                        ("level4", r"A\d{4}-[A-Z\d]\d-\d{3}"),
                        ("micro_area", r"A\d{4}-\d{4}-\d\d[A-Z]*"),
                    ),
                    1,
                )
            ),
            is_main=True,
        ),
        Zoning("li", {"zh": "里", "en": "Li"}, (Level(1, "li", {"zh": "里", "en": "Li"}),)),
        Zoning(
            "beat", {"zh": "警勤區", "en": "Beat"}, (Level(1, "beat", {"zh": "警", "en": "Beat"}),)
        ),
    ),
)


@lru_cache(maxsize=1)
def _read(shared_data: Path) -> gpd.GeoDataFrame:
    path = shared_data / "taipei" / "boundaries.gpkg"
    frames = [gpd.GeoDataFrame({"code": [CITY_CODE], "level": [1]}, geometry=[None], crs=4326)]
    for number, (layer, code, parent, name) in enumerate(LEVELS, 2):
        rows = pyogrio.read_dataframe(path, layer=layer)
        frames.append(
            gpd.GeoDataFrame(
                {
                    "code": rows[code],
                    "level": number,
                    "parent_code": rows[parent] if parent else CITY_CODE,
                    "name_zh": rows[name] if name else None,
                },
                geometry=rows.geometry,
            )
        )
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=4326)


def main_units(shared_data: Path) -> gpd.GeoDataFrame:
    """All 20,082 units of the main zoning."""
    return _read(shared_data).copy()


def li(shared_data: Path) -> gpd.GeoDataFrame:
    rows = pyogrio.read_dataframe(shared_data / "taipei" / "boundaries.gpkg", layer="li_2021")
    return gpd.GeoDataFrame(
        {"code": rows.VILLCODE, "name_zh": rows.VILLNAME, "name_en": rows.VILLENG, "level": 1},
        geometry=rows.geometry,
    )


def beats(shared_data: Path) -> gpd.GeoDataFrame:
    rows = pyogrio.read_dataframe(shared_data / "taipei" / "zone_police_beat.geojson")
    codes = [f"B{i:03}" for i in np.arange(len(rows))]
    return gpd.GeoDataFrame({"code": codes, "level": 1}, geometry=rows.geometry)
