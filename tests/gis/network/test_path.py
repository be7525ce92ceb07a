"""A way is as long as the search says, its line lies on the streets, and legs follow each other."""

import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from gis.network.network import network
from gis.network.path import path
from gis.network.snapping import NOWHERE, snap
from tests.gis.network.streets import lattice, random_streets, streets
from tests.gis.network.test_travel import by_networkx
from tests.proof import TIMES


def way(made, sources, target):
    on = [snap(made, np.array(some, float), within_m=60) for some in (sources, [target])]
    return path(made, *on, access_ms=1.0), on


def test_on_a_lattice_the_way_goes_round_the_blocks():
    made = network(lattice(4))
    found, _ = way(made, [(50, 10)], (150, 120))
    assert found.seconds == pytest.approx(10 + 50 + 100 + 50 + 20)
    assert found.metres == pytest.approx(found.seconds)
    assert found.line_m.length == pytest.approx(200)
    assert found.line_m.coords[0] == (50, 0)
    assert found.line_m.coords[-1] == (150, 100)
    assert len(found.nodes) == len(found.edges) - 1


def test_two_on_one_street_go_along_it_without_a_node():
    made = network(lattice(2))
    found, _ = way(made, [(20, 5)], (70, -5))
    assert (found.seconds, found.nodes.tolist()) == (pytest.approx(60), [])
    assert list(found.line_m.coords) == [(20, 0), (70, 0)]
    same, _ = way(made, [(20, 5)], (20, -5))
    assert same.metres == pytest.approx(10)
    assert same.line_m.length == 0


def test_against_a_one_way_street_one_goes_round():
    made = network(streets([[(0, 0), (100, 0)], [(100, 0), (50, 50), (0, 0)]], back=[False, False]))
    found, _ = way(made, [(70, 0)], (30, 0))
    assert found.edges.tolist() == [0, 1, 0]
    assert found.metres == pytest.approx(30 + 2 * 50 * 2**0.5 + 30)


def test_where_no_way_leads_there_is_none():
    made = network(streets([[(0, 0), (100, 0)], [(0, 500), (100, 500)]]))
    assert way(made, [(50, 0)], (50, 500))[0] is None
    nowhere, on = way(made, [(50, 0)], (50, 250))
    assert (on[1].edge[0], nowhere) == (NOWHERE, None)


def test_a_way_leads_to_one_target():
    made = network(lattice(2))
    on = snap(made, np.array([[0.0, 0.0], [100.0, 0.0]]), within_m=1)
    with pytest.raises(ValueError, match="one target"):
        path(made, on, on, access_ms=1.0)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20 * TIMES, deadline=None)
def test_ways_are_as_quick_as_those_of_networkx(seed):
    rng = np.random.default_rng(seed)
    made = network(random_streets(rng), join_within_m=0)
    points = np.round(rng.uniform(-20, 1020, (5, 2)), 2)
    found, on = way(made, points[:4], points[4])
    truth = by_networkx(made, *on)[0]
    if found is None:
        assert np.isinf(truth).all()
        return
    assert found.seconds == pytest.approx(truth.min(), rel=1e-9)
    assert truth[found.source] == pytest.approx(truth.min(), rel=1e-9)
    off = on[0].off_m[found.source] + on[1].off_m[0]
    assert found.line_m.length == pytest.approx(found.metres - off, abs=1e-6)
    feet = [
        made.lines_m[some.edge[k]].interpolate(some.share[k], normalized=True)
        for some, k in ((on[0], found.source), (on[1], 0))
    ]
    ends = shapely.points(np.array(found.line_m.coords)[[0, -1]])
    assert shapely.distance(feet, ends) == pytest.approx([0, 0], abs=1e-6)
    for node, one, other in zip(found.nodes, found.edges[:-1], found.edges[1:], strict=True):
        assert node in (made.start[one], made.end[one])
        assert node in (made.start[other], made.end[other])
