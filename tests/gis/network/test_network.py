"""Streets become a graph: split where they meet, joined where they all but do."""

import numpy as np
import pytest
import shapely

from gis.errors import CityGridError
from gis.network.network import network
from gis.network.snapping import NOWHERE, snap
from tests.gis.network.streets import BLOCK_M, lattice, streets


def test_streets_are_split_where_they_meet_and_nothing_of_them_is_lost():
    made = network(lattice(3))
    assert len(made.nodes_m) == 16
    assert len(made.start) == 24
    assert made.length_m == pytest.approx(BLOCK_M)
    assert np.bincount(made.street).tolist() == [3] * 8
    begin = shapely.get_coordinates(shapely.get_point(made.lines_m, 0))
    end = shapely.get_coordinates(shapely.get_point(made.lines_m, -1))
    assert (made.nodes_m[made.start] == begin).all()
    assert (made.nodes_m[made.end] == end).all()


def test_a_bridge_that_shares_no_vertex_meets_nothing():
    made = network(streets([[(0, 0), (100, 0)], [(50, -50), (50, 50)]]))
    assert len(made.start) == 2
    assert sorted(set(made.component.tolist())) == [0, 1]


def test_a_street_that_meets_itself_is_split_there():
    made = network(streets([[(0, 0), (50, 0), (50, 50), (0, 50), (50, 0), (100, 0)]]))
    assert len(made.nodes_m) == 3
    assert made.length_m.tolist() == pytest.approx([50, 50 + 50 + 50 * 2**0.5, 50])


@pytest.mark.parametrize(("gap", "joints"), [(1.5, 1), (2.5, 0)])
def test_a_dead_end_that_all_but_meets_a_street_is_joined_to_it(gap, joints):
    made = network(streets([[(0, 0), (100, 0)], [(40, 80), (40, gap)]]), join_within_m=2)
    assert len(made.joints) == joints
    assert len(set(made.component.tolist())) == 2 - joints
    if joints:
        joint = made.joints[0]
        assert (joint.x_m, joint.y_m, joint.gap_m) == (40, gap, pytest.approx(gap))
        assert (joint.street, joint.to) == (1, 0)
        # The street that was met is two edges now, as long together as it was.
        assert made.length_m[made.street == 0].tolist() == pytest.approx([40, 60])


def test_two_dead_ends_that_miss_each_other_become_one_node():
    made = network(streets([[(0, 0), (50, 0)], [(51, 0), (100, 0)]]), join_within_m=2)
    assert len(made.nodes_m) == 3
    assert set(made.component.tolist()) == {0}


def test_nothing_is_joined_where_that_is_not_wanted():
    lines = [[(0, 0), (50, 0)], [(50.5, 0), (100, 0)]]
    assert network(streets(lines), join_within_m=0).joints == ()


def test_without_streets_it_says_so():
    with pytest.raises(CityGridError, match="no streets"):
        network(streets([]))


def test_points_hang_on_the_nearest_edge_and_not_on_islands_of_streets():
    far = [[(5000, 5000), (5010, 5000)]]
    made = network(
        streets([*[list(map(tuple, shapely.get_coordinates(s))) for s in lattice(3).lines_m], *far])
    )
    on = snap(made, np.array([[130.0, 7.0], [5005.0, 5001.0], [130.0, 900.0]]), within_m=50)
    assert on.is_on.tolist() == [True, False, False]
    assert on.edge[1] == NOWHERE
    line = made.lines_m[on.edge[0]]
    assert line.interpolate(on.share[0], normalized=True).coords[0] == pytest.approx((130, 0))
    assert on.off_m[0] == pytest.approx(7)
