"""The city of squares of `tests.builders` as a folder of files with its `city.toml`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import shapely

from tests import builders
from tests.builders import at

TOML = """
id = "squares"
names = { zh = "方城", en = "Squares" }
language = "zh"
timezone = "Asia/Shanghai"
metric_crs = "EPSG:4547"

[view]
centre = [114.02, 22.52]
zoom = 13

[[levels]]
key = "city"
names = { zh = "市", en = "City" }
units = [{ code = "C", name_zh = "方城", name_en = "Squares" }]

[[levels]]
key = "quarter"
names = { zh = "街道", en = "Quarter" }
file = "quarters.geojson"
columns = { code = "code", parent = "parent", name_zh = "name" }

[[levels]]
key = "square"
names = { zh = "网格", en = "Square" }
file = "squares.geojson"
columns = { code = "code", parent = "parent", name_en = { pattern = "Square {code}" } }

[[zonings]]
key = "beats"
names = { zh = "警区", en = "Beats" }
file = "beats.geojson"
columns = { code = "code" }

[census]
file = "squares.geojson"
code = "code"
households = "h"
people = { male = "m", female = "f" }

[states.people]
as_of = "2020-11-01"
source = "census 2020"

[[layers.buildings]]
file = "buildings.geojson"
columns = { key = "id", floors = "floors" }

[[layers.facilities]]
file = "clinics.csv"
prefix = "clinic:"
columns = { key = "编号", name = "名称", kind = { text = "clinic" } }
reject = [{ column = "名称", contains = ["测试"], reason = "a test" }]
"""


def geojson(path: Path, rows: list[tuple[Any, dict[str, Any]]]) -> None:
    """Write shapes with properties."""
    features = [
        {"type": "Feature", "properties": said, "geometry": shapely.geometry.mapping(shape)}
        for shape, said in rows
    ]
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8"
    )


def write(folder: Path, toml: str = TOML) -> Path:
    """Write a city of sixteen squares, 10 people in each but the first, 3 buildings, 3 clinics."""
    folder.mkdir(exist_ok=True)
    (folder / "city.toml").write_text(toml, encoding="utf-8")
    units = builders.unit_frame()
    for level, name in ((2, "quarters"), (3, "squares")):
        mine = units[(units.zoning_id == 1) & (units.level == level)]
        rows = [
            (row.geom, {"code": row.code, "parent": units.code[row.parent_id], "name": row.code,
                        "h": 4, "m": 0 if row.code == "C11" else 3,
                        "f": 0 if row.code == "C11" else 7})
            for row in mine.itertuples()
        ]  # fmt: skip
        geojson(folder / f"{name}.geojson", rows)
    beats = units[units.zoning_id == 2]
    geojson(
        folder / "beats.geojson", [(row.geom, {"code": row.code}) for row in beats.itertuples()]
    )
    geojson(
        folder / "buildings.geojson",
        [
            (builders.box(0.2, 0.2, 0.4, 0.4), {"id": "B1", "floors": 2}),
            (builders.box(1.2, 0.2, 1.4, 0.4), {"id": "B2", "floors": 3}),
            (builders.box(1.6, 0.2, 1.8, 0.4), {"id": "B3", "floors": 1}),
        ],
    )
    lines = [
        "编号,名称,经度,纬度",
        *(f"{key},{name},{x},{y}" for key, name, (x, y) in (
            ("1", "福民诊所", at(0.5, 0.5)), ("2", "石厦诊所", at(5.0, 0.5)),
            ("3", "测试诊所", at(0.5, 0.5)),
        )),
    ]  # fmt: skip
    (folder / "clinics.csv").write_text("\n".join(lines), encoding="utf-8")
    return folder
