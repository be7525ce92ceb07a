"""Nobody goes through a wall, everybody over a bridge; streets that cross meet where asked."""

import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from gis.network.barriers import cut, met
from gis.network.network import Streets, network
from gis.network.search import spread
from gis.network.snapping import snap
from gis.network.travel import times
from tests.gis.network.streets import barriers, lattice, lines, random_streets, streets
from tests.proof import TIMES


def walked(made, source, target):
    on = [snap(made, np.array([point], float), within_m=5) for point in (source, target)]
    return times(made, *on, limit_s=1e9, access_ms=1.0, labels=1).seconds[0, 0]


def parted(given, *wall, gates=(), passes=None):
    none, held = np.zeros(len(given.lines_m), np.bool_), barriers(*wall, gates=gates)
    found = cut(given, held, passes=none if passes is None else passes)
    return found, network(found.streets, barriers=held)


def test_at_a_wall_a_street_ends_and_one_goes_round_by_the_gate():
    given = lattice(2)
    wall = [(50, -10), (50, 210)]
    found, made = parted(given, wall)
    assert [(c.x_m, c.y_m, c.street, c.barrier) for c in found.cuts] == [
        (50, 0, 0, 0), (50, 100, 1, 0), (50, 200, 2, 0),
    ]  # fmt: skip
    assert found.origin.tolist() == [0, 0, 1, 1, 2, 2, 3, 4, 5]
    assert len(set(made.component.tolist())) == 2
    assert made.joints == ()
    assert shapely.length(found.streets.lines_m).sum() == pytest.approx(1200, abs=0.1)
    _, gated = parted(given, wall, gates=[(50, 203.0)])
    assert walked(gated, (0, 0), (100, 0)) == pytest.approx(500)
    assert walked(network(given), (0, 0), (100, 0)) == 100


def test_a_bridge_leads_over_a_river():
    bridge = np.arange(6) == 1
    _, made = parted(lattice(2), [(50, -10), (50, 210)], passes=bridge)
    assert walked(made, (0, 0), (100, 0)) == pytest.approx(300)


def test_two_streets_that_end_at_a_wall_from_either_side_do_not_meet_in_it():
    given = streets([[(0, 0), (50, 0)], [(50, 0), (100, 0)], [(50, -80), (50, -20)]])
    _, made = parted(given, [(50, -10), (50, 10)])
    assert np.isinf(walked(made, (10, 0), (90, 0)))


def test_a_street_along_a_wall_is_not_cut():
    found, _ = parted(streets([[(0, 0), (100, 0)]]), [(20, 0), (60, 0)])
    assert found.cuts == ()


def test_directions_and_speeds_stay_with_what_is_left_of_a_street():
    given = streets([[(0, 0), (100, 0)], [(0, 50), (100, 50)]], back=[False, True], speed_ms=[2, 4])
    found, _ = parted(given, [(30, -5), (30, 5)])
    assert found.streets.back.tolist() == [False, False, True]
    assert found.streets.speed_ms.tolist() == [2, 2, 4]


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20 * TIMES, deadline=None)
def test_a_barrier_makes_nobodys_way_shorter_and_nobody_goes_through_one(seed):
    rng = np.random.default_rng(seed)
    given = random_streets(rng)
    wall = rng.uniform(0, 1000, (3, 2)), rng.uniform(0, 1000, (2, 2))
    found = cut(given, barriers(*wall), passes=np.zeros(len(given.lines_m), np.bool_))
    assert not shapely.STRtree(lines(*wall)).query(found.streets.lines_m, "crosses").size
    seconds = []
    for some in (given, found.streets):
        made = network(some, join_within_m=0)
        at = {tuple(place): node for node, place in enumerate(made.nodes_m.tolist())}
        begin = at[given.lines_m[0].coords[0]]
        seeds = np.zeros(1), np.zeros(1, np.int64), np.array([begin])
        there = spread(made.ways_out[:3], seeds, np.inf, 1)[0][:, 0]
        seconds.append({place: there[node] for place, node in at.items()})
    before, after = seconds
    assert before.keys() <= after.keys()
    assert all(after[place] >= before[place] - 1e-6 for place in before)


def test_streets_that_cross_meet_where_that_is_asked_but_for_bridges():
    given = streets([[(0, 0), (100, 0)], [(50, -50), (50, 50)], [(70, -50), (70, 50)]])
    assert len(network(given).start) == 3
    made = met(given.lines_m, passes=np.array([False, False, True]))
    level = network(Streets(made, given.forth, given.back, given.speed_ms))
    assert walked(level, (0, 0), (50, 50)) == pytest.approx(100)
    assert np.isinf(walked(level, (0, 0), (70, 50)))
    assert shapely.length(made) == pytest.approx(shapely.length(given.lines_m))


def test_where_one_touches_another_the_vertex_is_the_one_that_is_there():
    given = streets([[(0, 0), (100, 0.001)], [(33, 0.00033), (33, 50)]])
    made = met(given.lines_m, passes=np.zeros(2, np.bool_))
    assert (shapely.get_coordinates(made[0])[1] == (33, 0.00033)).all()
    assert made[1].equals(given.lines_m[1])


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20 * TIMES, deadline=None)
def test_met_streets_are_those_that_noding_makes(seed):
    rng = np.random.default_rng(seed)
    given = random_streets(rng, count=25)
    made = met(given.lines_m, passes=np.zeros(len(given.lines_m), np.bool_))
    joined = network(Streets(made, given.forth, given.back, given.speed_ms), join_within_m=0)
    noded = shapely.node(shapely.multilinestrings(list(given.lines_m)))
    parts = shapely.get_parts(noded)
    assert len(np.unique(joined.component)) == len(
        shapely.get_parts(shapely.union_all(shapely.buffer(parts, 1e-4)))
    )
