"""Whatever a file holds, it ends in rows with verdicts or in a sentence, never in a traceback."""

import json
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gis.errors import FileError
from importers import headers, osm
from importers.check import Setting, check
from importers.classes import Class, ClassBook
from importers.coordinates import Area
from importers.read import read
from importers.sources import Source
from layers import catalog
from tests.proof import TIMES

BOOK = ClassBook(
    (
        Class("s", "01", None, {"zh": "甲", "en": "A"}),
        Class("s", "0101", "01", {"zh": "乙", "en": "B"}),
    )
)
SETTING = Setting(
    Area((121.4, 24.9, 121.7, 25.2), "EPSG:3826"),
    ZoneInfo("Asia/Taipei"),
    lambda _field, _texts: {},
    BOOK,
)
LAYERS = sorted(catalog.LAYERS)
CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        ["", "1", "121.5", "25.1", "121.5,25.1", "POINT (121.5 25)", "2024/1/1", "113/05/06",
         "45292", "男", "诊所", "4.4E+11", "NaN", "inf", "-1", "99999999999", "0101",
         "POLYGON EMPTY"]
    ),
)  # fmt: skip
SYNONYMS = {t for name in LAYERS for f in catalog.get(name).fields for t in (f.name, *f.synonyms)}
OTHERS = ("经度", "纬度", "坐标", "x", "y", "geometry", "民族", "", " ", "备注")
HEADERS = st.sampled_from(sorted({*SYNONYMS, *OTHERS}))
TABLES = st.integers(1, 6).flatmap(
    lambda n: st.tuples(
        st.lists(HEADERS, min_size=n, max_size=n),
        st.lists(st.lists(CELLS, min_size=n, max_size=n), max_size=6),
    )
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=2)
    ),
    max_leaves=4,
)
NUMBERS = st.one_of(
    st.floats(), st.floats(-200, 500), st.integers(), st.sampled_from(["121.5", "x"])
)
POSITIONS = st.lists(NUMBERS, max_size=3)
GEOMETRIES = st.one_of(
    st.none(),
    VALUES,
    st.builds(
        lambda kind, coordinates: {"type": kind, "coordinates": coordinates},
        st.sampled_from(["Point", "LineString", "Polygon", "MultiPolygon", "GeometryCollection"]),
        st.one_of(
            POSITIONS, st.lists(POSITIONS, max_size=5), st.lists(st.lists(POSITIONS), max_size=2)
        ),
    ),
    st.builds(
        lambda x, y: {"type": "Point", "coordinates": [x, y]},
        st.floats(121, 122),
        st.floats(24, 26),
    ),
)


def judge(path, layer_id):
    layer = catalog.get(layer_id)
    try:
        rows = read(path, table="roads" if path.suffix in osm.SUFFIXES else None)
        matched = headers.match(list(rows.frame.columns), layer, {})
        source = Source(path, layer.id, matched.columns)
        checked = check(rows, source, layer, SETTING)
    except FileError:
        return
    assert checked.read == len(rows) == len(checked.frame) + len(checked.rejected)
    assert all(checked.rejected.values())
    assert len(checked.geometry) == len(checked.frame) == len(checked.units)
    assert checked.frame["key"].is_unique
    lacking = checked.frame[
        [c.name for c in layer.table.c if c.name in checked.frame and not c.nullable]
    ]
    assert not lacking.isna().any(axis=None)


QUIET = settings(
    max_examples=60 * TIMES,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@QUIET
@given(content=st.binary(min_size=1, max_size=200), layer=st.sampled_from(LAYERS))
@pytest.mark.parametrize("suffix", [".csv", ".geojson", ".xlsx", ".gpkg", ".shp", ".osm", ".pbf"])
def test_any_bytes(tmp_path, suffix, content, layer):
    path = tmp_path / f"a{suffix}"
    path.write_bytes(content)
    judge(path, layer)


@QUIET
@given(table=TABLES, layer=st.sampled_from(LAYERS), encoding=st.sampled_from(["utf-8", "gb18030"]))
def test_any_table(tmp_path, table, layer, encoding):
    names, rows = table
    lines = [
        ",".join(json.dumps(cell, ensure_ascii=False) for cell in row) for row in (names, *rows)
    ]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines), encoding=encoding, errors="ignore")
    judge(path, layer)


@QUIET
@given(
    features=st.lists(
        st.tuples(st.dictionaries(HEADERS, VALUES, max_size=4), GEOMETRIES), min_size=1, max_size=6
    ),
    layer=st.sampled_from(LAYERS),
    crs=st.sampled_from(
        [None, "EPSG:3826", "EPSG:4326", "EPSG:1", "urn:ogc:def:crs:OGC:1.3:CRS84"]
    ),
)
def test_any_geojson(tmp_path, features, layer, crs):
    document = {
        "type": "FeatureCollection",
        "features": [{"type": "Feature", "properties": p, "geometry": g} for p, g in features],
    }
    if crs:
        document["crs"] = {"type": "name", "properties": {"name": crs}}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps(document), encoding="utf-8")
    judge(path, layer)
