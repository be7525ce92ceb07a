import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from gis.crs_china import Shifted, from_wgs84
from gis.errors import FileError, SettingsError
from importers import coordinate_columns
from importers.coordinates import Area, parse_crs, place
from tests.proof import TIMES

TAIPEI = Area((121.45, 24.96, 121.67, 25.21), "EPSG:3826")
SHENZHEN = Area((113.75, 22.4, 114.6, 22.9), "EPSG:4547")
LONLAT = np.array([[121.5, 25.0], [121.6, 25.1], [121.55, 25.05]])


def metres(lonlat, crs="EPSG:3826"):
    return np.column_stack(Transformer.from_crs(4326, crs, always_xy=True).transform(*lonlat.T))


@pytest.mark.parametrize(
    ("xy", "declared", "says"),
    [
        (LONLAT, None, None),
        (LONLAT, "EPSG:4326", None),
        (metres(LONLAT), "EPSG:3826", None),
        (metres(LONLAT), None, "EPSG:3826 (metres)"),
        (LONLAT, "urn:ogc:def:crs:EPSG::3826", "read as degrees: its coordinates are no EPSG:3826"),
        (LONLAT[:, ::-1], None, "degrees with latitude first"),
        (np.add(LONLAT, (360, 0)), "EPSG:4326", "360 added"),
        (metres(LONLAT)[:, ::-1], None, "EPSG:3826 with x to the north"),
        (np.add(metres(LONLAT), (51_000_000, 0)), None, "with a zone number before x"),
    ],
)
def test_coordinates_are_read_in_the_way_that_puts_them_into_the_city(xy, declared, says):
    placed = place(shapely.points(xy), declared, TAIPEI)
    assert shapely.get_coordinates(placed.geometry) == pytest.approx(LONLAT, abs=2e-7)
    assert placed.wrong == {}
    if says:
        assert says in placed.notes[0]
    else:
        assert placed.notes == ()


@pytest.mark.parametrize("system", list(Shifted))
def test_shifted_systems_are_taken_at_the_users_word(system):
    lonlat = np.array([[114.05, 22.54], [114.1, 22.6]])
    placed = place(shapely.points(from_wgs84(lonlat, system)), system, SHENZHEN, is_certain=True)
    assert shapely.get_coordinates(placed.geometry) == pytest.approx(lonlat, abs=1e-7)


def test_a_row_that_cannot_be_where_it_says_is_rejected_with_the_reason():
    points = [
        shapely.Point(121.5, 25),
        shapely.Point(121.6, 25.1),
        shapely.Point(121.4, 25.3),
        None,
        shapely.Point(),
        shapely.Point(18.0452879, 59.3419185),
        shapely.Point(25.0, 121.5),
        shapely.Point(0, 0),
        shapely.Point(np.inf, 25),
        shapely.Point(121.5, 25.2),
        shapely.Point(121.5, 25.2),
        shapely.Point(121.5, 25.2),
        shapely.Point(121.5, 25.2),
    ]
    placed = place(np.array(points, dtype=object), None, TAIPEI)
    assert placed.wrong == {
        3: "there is no geometry and no coordinates",
        4: "there is no geometry and no coordinates",
        5: "the place (18.0453, 59.3419) is 8,336 km away from the city",
        6: "the coordinates (25, 121.5) are no degrees",
        7: "the place (0, 0) is 13,147 km away from the city",
        8: "the coordinates are no numbers",
    }
    # Outside the city, but close by: kept, in no unit.
    assert placed.geometry[2] == shapely.Point(121.4, 25.3)


def test_exchanged_coordinates_of_single_rows_are_told():
    area = Area((60.0, 40.0, 61.0, 41.0), "EPSG:32641")
    points = shapely.points(np.array([[40.5, 60.5], [60.5, 40.5], [60.6, 40.6], [60.7, 40.6]]))
    assert place(points, None, area).wrong == {
        0: "longitude and latitude (40.5, 60.5) are exchanged"
    }


def test_a_file_that_fits_nowhere_is_one_sentence():
    with pytest.raises(FileError, match=r"x 1e\+09 … 1e\+09.*nowhere near the city as degrees"):
        place(shapely.points([[1e9, 1e9]]), None, TAIPEI)
    with pytest.raises(FileError, match=r"as EPSG:3826. They would fit as degrees. Say with --crs"):
        place(shapely.points(LONLAT), "EPSG:3826", TAIPEI, is_certain=True)


def test_an_unknown_system_is_refused():
    assert parse_crs("GCJ-02") == "gcj02"
    assert parse_crs("epsg:4547") == "EPSG:4547"
    with pytest.raises(SettingsError, match=r"'EPSG:99999'.*gcj02 or bd09"):
        parse_crs("EPSG:99999")


@settings(max_examples=50 * TIMES)
@given(
    st.lists(st.tuples(st.floats(121.46, 121.66), st.floats(24.97, 25.2)), min_size=1, max_size=9)
)
def test_metres_with_x_to_the_north_come_back(places):
    lonlat = np.array(places)
    placed = place(shapely.points(metres(lonlat)[:, ::-1]), None, TAIPEI)
    assert shapely.get_coordinates(placed.geometry) == pytest.approx(lonlat, abs=2e-7)


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (["名称", "經度", "緯度"], ("經度", "緯度")),
        (["name", "Lng", "LAT"], ("Lng", "LAT")),
        (["X坐标", "Y坐标"], ("X坐标", "Y坐标")),
        (["名称", "经纬度"], ("经纬度",)),
        (["名称", "lng"], ()),
    ],
)
def test_columns_with_coordinates_are_found_by_their_headers(headers, found):
    assert coordinate_columns.find(headers) == found


def test_cells_with_both_numbers_are_read():
    frame = pd.DataFrame(
        {"坐标": ["121.5,25.0", "（121.5，25.0）", "121.5 25.0", "POINT (121.5 25)", "", "台北",
                 None, "121°30′0″E, 25°0′N"]}
    )  # fmt: skip
    points = coordinate_columns.read(frame, ("坐标",))
    assert [None if p is None else (p.x, p.y) for p in points] == [
        *[(121.5, 25.0)] * 4, None, None, None, (121.5, 25.0),
    ]  # fmt: skip
    both = pd.DataFrame(
        {"x": ["121.5", "１２１．５", "", "121度30分"], "y": ["25", "25", "25", "25"]}
    )
    assert [None if p is None else p.x for p in coordinate_columns.read(both, ("x", "y"))] == [
        121.5, 121.5, None, 121.5,
    ]  # fmt: skip
