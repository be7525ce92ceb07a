import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from gis.crs_china import Shifted, from_wgs84, to_wgs84
from tests.proof import TIMES

GEOD = Geod(ellps="WGS84")


def metres(a, b):
    return GEOD.inv(a[:, 0], a[:, 1], b[:, 0], b[:, 1])[2]


@pytest.mark.parametrize("system", list(Shifted))
@settings(max_examples=100 * TIMES)
@given(lon=st.floats(74, 135), lat=st.floats(3, 53))
def test_there_and_back_is_within_a_millimetre(system, lon, lat):
    place = np.array([[lon, lat]])
    assert metres(place, to_wgs84(from_wgs84(place, system), system)).max() < 0.001


def test_the_shift_in_shenzhen_is_as_published():
    # eviltransform's own test values, 31.1774276, 121.5272106 (Shanghai).
    shanghai = np.array([[121.5272106, 31.1774276]])
    assert from_wgs84(shanghai, Shifted.GCJ02) == pytest.approx(
        np.array([[121.531541859215, 31.17530398364597]]), abs=1e-9
    )
    futian = np.array([[114.055, 22.541]])
    assert 550 < metres(futian, from_wgs84(futian, Shifted.GCJ02))[0] < 660
    assert 1100 < metres(futian, from_wgs84(futian, Shifted.BD09))[0] < 1400


def test_places_outside_china_stay():
    london = np.array([[-0.1276, 51.5072]])
    assert (from_wgs84(london, Shifted.GCJ02) == london).all()
