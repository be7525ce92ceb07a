"""A missing link, once built, does what was said of it; and there is none where none helps."""

import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from gis.network.missing import missing_link
from gis.network.network import Streets, network
from gis.network.snapping import snap
from gis.network.travel import times
from tests.gis.network.streets import random_streets, streets
from tests.proof import TIMES

# Two streets thirty metres apart that meet only a kilometre away.
HAIRPIN = [[(0, 0), (1000, 0)], [(1000, 0), (1000, 30)], [(1000, 30), (0, 30)]]


def link(made, sources, target, limit_s, within_m=100.0):
    on = [snap(made, np.array(some, float), within_m=60) for some in (sources, [target])]
    return missing_link(
        made, *on, np.array(target, float),
        limit_s=limit_s, access_ms=1.0, link_ms=1.0, within_m=within_m,
    )  # fmt: skip


def test_between_two_streets_back_to_back_one_would_go_across():
    made = network(streets(HAIRPIN))
    found = link(made, [(100, 0)], (140, 35), limit_s=300)
    assert found.line_m.length == pytest.approx(30)
    assert found.line_m.coords[0][1] == 0
    assert found.line_m.coords[1][1] == 30
    assert found.seconds <= 300
    assert found.source == 0
    assert link(made, [(100, 0)], (140, 35), limit_s=300, within_m=29) is None


def test_where_the_way_is_short_enough_nothing_is_missing():
    made = network(streets(HAIRPIN))
    assert link(made, [(900, 0)], (900, 30), limit_s=300) is None
    assert link(made, [(9000, 9000)], (900, 30), limit_s=1) is None


def test_to_a_door_on_no_street_the_link_leads_itself():
    made = network(streets(HAIRPIN))
    found = link(made, [(100, 0)], (120, -70), limit_s=300)
    assert found.line_m.coords[1] == (120, -70)
    assert found.line_m.length == pytest.approx(70)


def test_against_a_one_way_street_no_link_helps_where_the_target_is_not_led_to():
    made = network(streets([[(0, 0), (50, 0)], [(0, 40), (500, 40)]], back=[True, False]))
    found = link(made, [(25, 0)], (400, 40), limit_s=500)
    assert found.line_m.length == pytest.approx(40)
    turned = link(made, [(400, 40)], (25, 0), limit_s=500)
    assert turned is None


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20 * TIMES, deadline=None)
def test_with_the_link_the_target_is_reached(seed):
    rng = np.random.default_rng(seed)
    given_ = random_streets(rng)
    made = network(given_, join_within_m=0)
    points = np.round(rng.uniform(0, 1000, (3, 2)), 2)
    on = [snap(made, some, within_m=300) for some in (points[:2], points[2:])]
    question = {"limit_s": float(rng.uniform(50, 500)), "access_ms": 1.0}
    found = missing_link(made, *on, points[2], **question, link_ms=1.0, within_m=200.0)
    if found is None or found.line_m.coords[1] == tuple(points[2]):
        return
    assert found.line_m.length <= 200
    assert found.seconds <= question["limit_s"]
    # The street that was missing, and the two it meets cut where it meets them.
    ends = np.array(found.line_m.coords)
    lines = shapely.snap(given_.lines_m, shapely.MultiPoint(ends), 1e-6)
    more = Streets(
        np.append(lines, found.line_m), np.append(given_.forth, True),
        np.append(given_.back, True), np.append(given_.speed_ms, 1.0),
    )  # fmt: skip
    after = network(more, join_within_m=0.01)
    on = [snap(after, some, within_m=300) for some in (points[:2], points[2:])]
    reached = times(after, *on, **{**question, "limit_s": 1e9}, labels=1).seconds[0, 0]
    assert reached <= found.seconds * (1 + 1e-6) + 0.1
