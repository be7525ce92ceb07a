"""Coordinates as people write them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.crs_china import Shifted, from_wgs84
from layers.locating.notation import ReadAs, read

TAIPEI = (121.45, 24.95, 121.67, 25.22)
# 25°02′00″ N, 121°34′00″ E.
LON, LAT = 121 + 34 / 60, 25 + 2 / 60


def readings(text, *, is_shifted=False):
    return read(text, TAIPEI, "EPSG:3826", is_shifted=is_shifted)


@pytest.mark.parametrize(
    "text",
    [
        "121.566667,25.033333",
        "25.033333 121.566667",
        "(25.033333, 121.566667)",
        "121.566667E 25.033333N",
        "N25°2′ E121°34′",
        "25°02'00\"N, 121°34'00\"E",
        "25°2.0′N 121°34.0′E",
        "25 02 00 N 121 34 00 E",
        "25d02m00s n 121d34m00s e",
        "东经121°34′0″，北纬25°2′0″",
        "東經121.566667度 北緯25.033333度",
        "经度：121.566667，纬度：25.033333",
        "lat=25.033333&lng=121.566667",
        "１２１．５６６６６７，２５．０３３３３３",
        "POINT(121.566667 25.033333)",
        "geo:25.033333,121.566667",
        "https://www.openstreetmap.org/#map=17/25.033333/121.566667",
    ],
)
def test_one_place_in_many_notations(text):
    (found,) = readings(text)
    assert (found.lon, found.lat) == pytest.approx((LON, LAT), abs=1e-6)
    assert found.read_as is (ReadAs.MINUTES if "34" in text else ReadAs.DEGREES)


@pytest.mark.parametrize("text", ["306800.5 2769900.2", "2769900.2, 306800.5"])
def test_metres_of_the_citys_own_system_in_either_order(text):
    (found,) = readings(text)
    assert found.read_as is ReadAs.METRES
    assert (found.lon, found.lat) == pytest.approx((121.56288, 25.03615), abs=1e-4)


@pytest.mark.parametrize(
    ("said", "system", "read_as"),
    [
        ("高德 {}", Shifted.GCJ02, ReadAs.GCJ02),
        ("gcj-02: {}", Shifted.GCJ02, ReadAs.GCJ02),
        ("https://uri.amap.com/marker?position={}", Shifted.GCJ02, ReadAs.GCJ02),
        ("百度坐标 {}", Shifted.BD09, ReadAs.BD09),
        ("BD09 {}", Shifted.BD09, ReadAs.BD09),
    ],
)
def test_what_comes_from_a_web_map_is_shifted_back_and_said_so(said, system, read_as):
    lon, lat = from_wgs84(np.array([[LON, LAT]]), system)[0]
    (found,) = readings(said.format(f"{lon:.7f},{lat:.7f}"))
    assert found.read_as is read_as
    assert (found.lon, found.lat) == pytest.approx((LON, LAT), abs=2e-7)


def test_where_web_maps_shift_both_ways_to_read_are_offered():
    kinds = [reading.read_as for reading in readings("121.5667,25.0333", is_shifted=True)]
    assert kinds == [ReadAs.DEGREES, ReadAs.MAYBE_GCJ02, ReadAs.MAYBE_BD09]


@pytest.mark.parametrize(
    "text",
    ["", "6 2", "6-2-301", "12.5 13", "2栋3单元", "忠孝东路4段121号", "1.2.3", "100 200 300",
     "200,95",
     "N25°2′", "https://example.com/25.03333,121.56667x", "301.5 302.5"],
)  # fmt: skip
def test_what_is_no_place_is_not_read_as_one(text):
    assert [r for r in readings(text) if "example" not in text] == []


def test_how_exact_it_is_follows_from_its_digits():
    coarse, fine = readings("121.567,25.033")[0], readings("121.566667,25.033333")[0]
    assert coarse.within_m == pytest.approx(55.6)
    assert fine.within_m == pytest.approx(0.0556)
    assert readings("N25°2′ E121°34′")[0].within_m == pytest.approx(926.7, abs=0.1)


@given(st.floats(-179.9, 179.9), st.floats(-89.9, 89.9))
def test_degrees_minutes_and_seconds_of_any_place_are_read_back(lon, lat):
    found = readings(f"{_said(lat, 'NS')} {_said(lon, 'EW')}")[0]
    assert (found.lon, found.lat) == pytest.approx((lon, lat), abs=2e-7)


def _said(degrees, halves):
    whole, rest = divmod(abs(degrees), 1)
    minutes, rest = divmod(rest * 60, 1)
    return f"{whole:.0f}°{minutes:.0f}′{rest * 60:.4f}″{halves[degrees < 0]}"
