import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importers.estimate import Buildings, apportion, on_buildings
from tests.proof import TIMES

MEMBERS = st.lists(
    st.tuples(st.integers(0, 3), st.floats(0, 1e6, allow_subnormal=False)), min_size=4, max_size=60
)


@settings(max_examples=100 * TIMES)
@given(MEMBERS, st.lists(st.integers(0, 5000), min_size=4, max_size=4))
def test_shares_add_up_and_are_within_one_of_exact(members, totals):
    group = np.array([0, 1, 2, 3] + [g for g, _ in members])
    weight = np.array([1.0, 0, 2.0, 0] + [w for _, w in members])
    total = np.array(totals)
    share = apportion(total, group, weight)
    assert np.bincount(group, share, 4).astype(int).tolist() == totals
    sums = np.bincount(group, weight, 4)
    even = np.where(sums[group] > 0, weight, 1.0)
    exact = total[group] * even / np.bincount(group, even, 4)[group]
    assert (np.abs(share - exact) < 1 + 1e-6).all()
    assert (share >= 0).all()


def test_the_largest_remainder_gets_what_is_left_the_earlier_first():
    assert apportion(np.array([10]), np.zeros(3, int), np.array([1.0, 1, 1])).tolist() == [4, 3, 3]
    assert apportion(np.array([7]), np.zeros(2, int), np.array([0.9, 0.1])).tolist() == [6, 1]
    assert apportion(np.array([3]), np.zeros(2, int), np.array([0.0, 0.0])).tolist() == [2, 1]


@pytest.fixture
def laid():
    buildings = Buildings(
        ids=np.array([11, 12, 13, 14]),
        keys=np.array(["a", "b", "c", "d"], dtype=object),
        units=np.array([1, 1, 2, -1]),
        floor_area_m2=np.array([300.0, 100.0, 50.0, 900.0]),
        is_home=np.array([True, True, False, True]),
        points=np.array([[121.1, 25.0], [121.2, 25.0], [121.3, 25.0], [0.0, 0.0]]),
    )
    return on_buildings(
        {"male": np.array([40, 5, 7]), "female": np.array([0, 6, 0])},
        np.array(["A", "B", "C"], dtype=object),
        np.array([1, 2, 3]),
        np.array([[121.15, 25.0], [121.35, 25.0], [121.4, 25.0]]),
        buildings,
    )


def test_people_go_to_homes_else_to_other_buildings_else_to_a_point(laid):
    rows = laid.set_index("key")[["count", "building_id", "unit_id", "lon"]]
    assert rows.loc["census:A:a:male"].tolist() == [30, 11, 1, 121.1]
    assert rows.loc["census:A:b:male"].tolist() == [10, 12, 1, 121.2]
    assert rows.loc["census:B:c:male"].tolist() == [5, 13, 2, 121.3]
    assert rows.loc["census:B:c:female", "count"] == 6
    assert rows.loc["census:C::male", "count"] == 7
    assert pd.isna(rows.loc["census:C::male", "building_id"])
    assert rows.loc["census:C::male", "lon"] == 121.4
    assert len(rows) == 5
    assert rows["count"].sum() == 58
