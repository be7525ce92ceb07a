"""Roads and places of OpenStreetMap files, and a city that is loaded from one."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from shapely import Point
from sqlalchemy import text

from gis.errors import FileError
from importers.city import init_city
from importers.read import columns, read
from tests.builders import at, box
from tests.importers import osm_files, small_city
from tests.importers.small_city import TOML

# Along the southern row of squares, and north from its second corner.
PLACES = {1: (0.5, 0.5), 2: (1.5, 0.5), 3: (2.5, 0.5), 4: (1.5, 1.5), 5: (1.7, 1.7), 6: (1.5, 1.7)}
TAGS = {
    2: {"barrier": "gate"},
    3: {"amenity": "clinic", "name": "福民诊所", "addr:street": "福民路", "addr:housenumber": "1"},
}
NODES = {n: (*at(*xy), TAGS.get(n, {})) for n, xy in PLACES.items()}
WAYS = {
    10: ([1, 2, 3], {"highway": "primary", "maxspeed": "50", "oneway": "-1", "name": "福民路"}),
    11: ([2, 4], {"highway": "footway", "access": "yes"}),
    12: ([1, 4], {"highway": "trunk", "sidewalk": "both", "maxspeed": "30 mph"}),
    13: ([4, 5, 6, 4], {"highway": "tertiary", "junction": "roundabout", "maxspeed": "CN:urban"}),
    14: ([1, 5], {"highway": "service", "access": "no", "foot": "yes"}),
    15: ([1, 6], {"highway": "proposed"}),
    16: ([4, 5, 6, 4], {"leisure": "park", "name": "公园"}),
    18: ([1, 3], {"waterway": "river", "name": "新洲河"}),
    19: ([1, 4], {"railway": "rail", "bridge": "viaduct"}),
    20: ([4, 3], {"barrier": "fence"}),
    17: (
        [3, 5],
        {"highway": "motorway_link", "oneway": "no", "motor_vehicle": "private", "bridge": "yes"},
    ),
}
OSM = """
[[layers.roads]]
file = "city.osm.pbf"
table = "roads"
prefix = "osm:"

[layers.roads.columns]
key = "osm_id"
name = "name"
kind = "highway"
walk = "walk"
drive = "drive"
oneway = "oneway"
passes = "passes"
speed_kmh = "maxspeed"

[[layers.barriers]]
file = "city.osm.pbf"
table = "barriers"
columns = { key = "osm_id", name = "name", kind = "kind" }

[[layers.facilities]]
file = "city.osm.pbf"
table = "places"
prefix = "osm:"
only = [{ column = "class", values = ["clinic", "gate", "park"] }]

[layers.facilities.columns]
key = "osm_id"
name = "name"
address = "address"
area_m2 = "area_m2"
kind = { column = "class" }

[[layers.facilities]]
file = "parks.geojson"
prefix = "drawn:"
columns = { key = "no", name = "name", kind = { text = "park" } }
"""


@pytest.fixture(params=["city.osm", "city.osm.pbf"])
def file(request, tmp_path):
    write = osm_files.write_xml if request.param.endswith(".osm") else osm_files.write_pbf
    return write(tmp_path / request.param, NODES, WAYS)


def test_roads_say_where_one_may_go_and_how_fast(file):
    rows = read(file, table="roads")
    assert list(rows.frame.columns) == columns(file, table="roads")
    found = rows.frame.set_index("osm_id").astype(object)
    found = found.where(found.notna(), None)
    assert sorted(found.index) == ["w10", "w11", "w12", "w13", "w14", "w17"]
    assert found.index[found["passes"].astype(bool)].tolist() == ["w17"]
    said = found[["walk", "drive", "oneway", "maxspeed"]].T.to_dict("list")
    assert said == {
        "w10": [None, None, True, 50],
        "w11": [True, None, False, None],
        "w12": [True, None, False, 48],
        "w13": [None, None, True, None],
        "w14": [True, False, False, None],
        "w17": [None, False, False, None],
    }
    turned = rows.geometry[rows.frame["osm_id"].tolist().index("w10")]
    assert shapely.get_coordinates(turned).tolist()[0] == pytest.approx(at(*PLACES[3]))


def test_places_are_points_whatever_they_were(file):
    rows = read(file, table="places")
    assert rows.frame["osm_id"].tolist() == ["n2", "n3", "w16"]
    assert rows.frame["class"].tolist() == ["gate", "clinic", "park"]
    assert rows.frame["address"][1] == "福民路1"
    assert shapely.get_type_id(rows.geometry).tolist() == [0, 0, 0]
    park = shapely.Polygon([NODES[n][:2] for n in (4, 5, 6)])
    assert park.contains(rows.geometry[2])
    # Of what is drawn as an area, how large it is: a fiftieth of a square of a hundredth degree.
    side_m = 110_700 / 100, 111_320 * np.cos(np.radians(22.5)) / 100
    assert rows.frame["area_m2"][2] == pytest.approx(side_m[0] * side_m[1] / 50, rel=0.01)
    assert rows.frame["area_m2"].isna().tolist() == [True, True, False]


def test_barriers_are_what_one_does_not_go_through(file):
    rows = read(file, table="barriers")
    assert list(rows.frame.columns) == columns(file, table="barriers")
    assert rows.frame["osm_id"].tolist() == ["w18", "w20"]
    assert rows.frame["kind"].tolist() == ["river", "wall"]


def test_a_table_is_named_and_a_broken_file_is_a_sentence(file):
    with pytest.raises(FileError, match=r"several layers\. There are: roads, places, barriers"):
        read(file)
    with pytest.raises(FileError, match="no layer 'lines'"):
        columns(file, table="lines")
    file.write_bytes(file.read_bytes()[:40])
    with pytest.raises(FileError, match=r"cannot be read|has no rows"):
        read(file, table="roads")


def test_a_city_is_loaded_from_it(engine, tmp_path):
    folder = small_city.write(tmp_path / "squares", TOML + OSM)
    osm_files.write_pbf(folder / "city.osm.pbf", NODES, WAYS)
    drawn = gpd.GeoDataFrame(
        {"no": ["1", "2"], "name": ["湖", "山"]},
        geometry=[box(0.4, 0.4, 0.6, 0.6), Point(at(1, 1))],
    )
    drawn.set_crs(4326).to_file(folder / "parks.geojson")
    loaded = init_city(engine, folder)
    assert (loaded.rows["road"], loaded.rows["barrier"]) == (6, 2)
    with engine.connect() as db:
        roads = db.execute(
            text(
                "SELECT key, kind, walk, drive, oneway, passes, speed_kmh "
                "FROM citygrid.road ORDER BY 1"
            )
        ).all()
        kinds = dict(
            db.execute(
                text("SELECT CASE WHEN key LIKE 'osm:%' THEN kind ELSE key END, area_m2 "
                     "FROM citygrid.facility WHERE key ~ '^(osm|drawn):' ORDER BY key DESC")
            ).all()
        )  # fmt: skip
    assert [tuple(row) for row in roads] == [
        ("osm:w10", "primary", True, True, True, False, 50),
        ("osm:w11", "path", True, False, False, False, None),
        ("osm:w12", "trunk", True, True, False, False, 48),
        ("osm:w13", "tertiary", True, True, True, False, None),
        ("osm:w14", "service", True, False, False, False, None),
        ("osm:w17", "motorway", False, False, False, True, None),
    ]
    assert set(kinds) == {"gate", "clinic", "park", "drawn:1", "drawn:2"}
    # How large the ground is, of what is drawn as an area.
    assert kinds["clinic"] is kinds["drawn:2"] is None
    assert kinds["park"] > 20_000
    assert kinds["drawn:1"] == pytest.approx(0.04 * 1107 * 1028, rel=0.01)
