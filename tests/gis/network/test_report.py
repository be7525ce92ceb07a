"""What hangs on no street is listed with its reason, and lots of streets are counted."""

import numpy as np
import pytest
import shapely

from gis.network.network import network
from gis.network.report import Reason, left, report
from gis.network.snapping import snap
from tests.gis.network.streets import lattice, streets


@pytest.fixture
def made():
    town = [list(map(tuple, shapely.get_coordinates(line))) for line in lattice(3).lines_m]
    # A stub that misses the town by a metre, and a lane far away.
    lines = [*town, [(301, 0), (350, 0)], [(5000, 5000), (5020, 5000)]]
    return network(streets(lines), join_within_m=2)


def test_a_network_is_told_in_numbers(made):
    told = report(made)
    assert (told.nodes, told.edges, told.lots) == (16 + 1 + 2, 24 + 1 + 1, 2)
    assert told.length_m == pytest.approx(2400 + 49 + 20)
    assert told.island_m == pytest.approx(20)
    assert [joint.gap_m for joint in told.joints] == [1]


def test_what_hangs_on_no_street_says_why(made):
    points = np.array([[10.0, 5.0], [5010, 5003], [1000, 1000]])
    hung = snap(made, points, within_m=50)
    far, island = left(made, points, hung, within_m=50)[::-1]
    assert (island.number, island.reason, island.street_m) == (1, Reason.ISLAND, pytest.approx(3))
    assert (far.number, far.reason) == (2, Reason.FAR)
    assert far.street_m == pytest.approx(700 * 2**0.5)
    assert left(made, points[:1], hung.take([0]), within_m=50) == []
