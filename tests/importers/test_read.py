import json

import geopandas as gpd
import pyogrio
import pytest
from shapely import Point, Polygon

from gis.errors import FileError
from importers import guess
from importers.read import columns, read
from tests.importers.files import xlsx

ROWS = [("编码", "名称", "街道"), ("0101", "福民小区", "福田街道"), ("0102", "石厦村", "福保街道")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_read_whatever_its_encoding_and_delimiter(tmp_path, encoding, delimiter):
    path = tmp_path / "a.csv"
    path.write_text("\n".join(delimiter.join(row) for row in ROWS), encoding=encoding)
    rows = read(path)
    assert rows.frame.to_numpy().tolist() == [list(row) for row in ROWS[1:]]
    assert list(rows.frame.columns) == list(ROWS[0])
    assert rows.numbers.tolist() == [2, 3]


def test_traditional_text_in_big5_is_told_from_gbk():
    assert guess.encoding("臺北市信義區松仁路，消防局第一大隊".encode("big5")) == "big5"
    assert guess.encoding("深圳市福田区福民路，消防大队第一中队".encode("gbk")) == "gb18030"


def test_an_encoding_that_does_not_fit_is_a_sentence(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes("编码,名称\n1,福".encode("gbk"))
    with pytest.raises(FileError, match=r"cannot be read as 'utf-8'.*--encoding"):
        read(path, encoding="utf-8")


def test_a_csv_row_with_too_many_cells_is_named(tmp_path):
    path = tmp_path / "a.csv"
    lines = ["a,b"] + ["1,2"] * 300 + ["1,2,3", "1,2"]
    path.write_text("\n".join(lines))
    with pytest.raises(FileError, match=r"no regular table.*line 302"):
        read(path)


def test_title_rows_notes_and_merged_cells_of_a_workbook_are_no_data(tmp_path):
    path = xlsx(
        tmp_path / "a.xlsx",
        [
            ["福田区小区登记表", None, None, None],
            ["统计时间：2024年1月", None, None, None],
            ["街道", "小区名称", "户数", "编码"],
            ["福田街道", "福民小区", 120, 440304001001],
            [None, "石厦村", 80.0, 440304001002],
            [None, None, None, None],
            ["注：户数以登记为准", None, None, None],
            ["合计", None, 200, None],
        ],
        merged=("A1:D1", "A2:D2", "A4:A5", "A7:D7"),
    )
    rows = read(path)
    assert rows.frame.to_numpy().tolist() == [
        ["福田街道", "福民小区", "120", "440304001001"],
        ["福田街道", "石厦村", "80", "440304001002"],
    ]
    assert rows.numbers.tolist() == [4, 5]
    assert rows.notes == (
        "Row 3 was taken for the header; 2 above it left out.",
        "2 rows of remarks or sums below the table left out.",
    )


def test_a_header_in_two_rows_is_joined(tmp_path):
    path = xlsx(
        tmp_path / "a.xlsx",
        [["社区", "人口", None], [None, "男", "女"], ["福民", 10, 12], ["石厦", 3, 4]],
        merged=("A1:A2", "B1:C1"),
    )
    assert list(read(path).frame.columns) == ["社区", "人口 男", "人口 女"]
    assert read(path).frame.to_numpy().tolist() == [["福民", "10", "12"], ["石厦", "3", "4"]]


def test_a_code_too_long_for_a_number_shows_as_rounded(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", [["编码", "名称"], [440304001001001001, "福民"]])
    assert read(path).frame["编码"].tolist() == ["4.40304001001001e+17"]


def test_several_sheets_are_listed(tmp_path):
    path = xlsx(tmp_path / "a.xlsx", [["a", "b"], [1, 2]], [["a", "b"], [3, 4]])
    with pytest.raises(FileError, match=r"several sheets: 表1, 表2"):
        read(path)
    assert read(path, table="表2").frame.to_numpy().tolist() == [["3", "4"]]
    with pytest.raises(FileError, match=r"no sheet 'x'. There are: 表1, 表2"):
        read(path, table="x")


@pytest.mark.parametrize("encoding", ["GBK", "UTF-8"])
def test_a_shapefile_without_cpg_is_read_in_its_own_encoding(tmp_path, encoding):
    path = tmp_path / "网格.shp"
    frame = gpd.GeoDataFrame(
        {"名称": ["福民社区居民委员会", "石厦社区"], "code": ["0101", "0102"]},
        geometry=[Point(114.05, 22.53), None],
        crs=4326,
    )
    pyogrio.write_dataframe(frame, path, encoding=encoding)
    path.with_suffix(".cpg").unlink()
    path.with_suffix(".prj").unlink()
    rows = read(path)
    assert rows.frame["名称"].tolist() == ["福民社区居民委员会", "石厦社区"]
    assert rows.geometry[0] == Point(114.05, 22.53)
    assert rows.geometry[1] is None
    assert rows.crs is None
    assert [note[:22] for note in rows.notes] == [
        "There is no .cpg file;",
        "There is no .prj file,",
    ]


def test_field_names_cut_in_the_middle_of_a_character_are_read(tmp_path):
    path = tmp_path / "a.shp"
    frame = gpd.GeoDataFrame({"x" * 10: ["福民"]}, geometry=[Point(114, 22)], crs=4326)
    pyogrio.write_dataframe(frame, path, encoding="UTF-8")
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[32:42] = "所属街道".encode()[:10]
    path.with_suffix(".dbf").write_bytes(table)
    assert list(read(path).frame.columns) == ["所属街"]


def test_a_shapefile_without_its_parts_says_which(tmp_path):
    path = tmp_path / "a.shp"
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[Point(114, 22)], crs=4326)
    pyogrio.write_dataframe(frame, path)
    path.with_suffix(".dbf").unlink()
    path.with_suffix(".shx").unlink()
    with pytest.raises(FileError, match=r"lies without its .dbf and .shx file"):
        read(path)


def test_the_layers_of_a_geopackage_are_listed(tmp_path):
    path = tmp_path / "a.gpkg"
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[Polygon([(0, 0), (1, 0), (1, 1)])], crs=3826)
    for layer in ("one", "two"):
        pyogrio.write_dataframe(frame, path, layer=layer)
    with pytest.raises(FileError, match=r"several layers. There are: one, two"):
        read(path)
    assert read(path, table="two").crs == "EPSG:3826"
    assert columns(path, table="two") == ["a"]


def test_what_cannot_be_read_is_one_sentence(tmp_path):
    with pytest.raises(FileError, match=r"no file"):
        read(tmp_path / "none.csv")
    (tmp_path / "a.dwg").write_text("x")
    with pytest.raises(FileError, match=r"'.dwg' cannot be read. Give one of: .csv"):
        read(tmp_path / "a.dwg")
    (tmp_path / "a.csv").touch()
    with pytest.raises(FileError, match=r"empty"):
        read(tmp_path / "a.csv")
    (tmp_path / "a.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(FileError, match=r"no features"):
        read(tmp_path / "a.geojson")
    (tmp_path / "b.geojson").write_text("[1, 2]")
    with pytest.raises(FileError, match=r"no GeoJSON FeatureCollection"):
        read(tmp_path / "b.geojson")
    (tmp_path / "a.xlsx").write_text("not a workbook")
    with pytest.raises(FileError, match=r"no readable workbook"):
        read(tmp_path / "a.xlsx")
    (tmp_path / "a.gpkg").write_text("no")
    with pytest.raises(FileError, match=r"no readable GeoPackage"):
        read(tmp_path / "a.gpkg")


def test_a_cut_off_geojson_names_the_place(shared_data):
    with pytest.raises(
        FileError, match=r"broken_json.geojson is no whole JSON: line 155, column 9"
    ):
        read(shared_data / "hard" / "broken_json.geojson")


def test_coordinates_that_are_texts_are_read(tmp_path, shared_data):
    rows = read(shared_data / "hard" / "coordinates_as_text.geojson")
    assert len(rows) == 1148
    assert rows.geometry[0] == Point(121.525632, 25.039852)
    path = tmp_path / "a.geojson"
    ring = [["0", "0"], ["1", "0"], ["1", "1"], ["0", "0"]]
    shapes = [
        {"type": "Polygon", "coordinates": [ring]},
        {"type": "Point", "coordinates": ["x", "y"]},
        None,
    ]
    features = [{"type": "Feature", "properties": None, "geometry": g} for g in shapes]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    found = read(path)
    assert found.geometry[0].equals(Polygon([(0, 0), (1, 0), (1, 1)]))
    assert found.geometry[1:].tolist() == [None, None]
