"""What hangs on no street is listed with its reason, and lots of streets are counted."""

from dataclasses import replace

import numpy as np
import pytest
import shapely

from gis.network.network import network
from gis.network.report import Reason, left, report
from gis.network.snapping import snap
from tests.gis.network.streets import barriers, lattice, streets


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


def test_what_a_wall_keeps_from_all_streets_says_so(made):
    wall = barriers([(5, 5), (95, 5), (95, 95), (5, 95), (5, 5)])
    walled = replace(made, barriers=wall)
    points = np.array([[50.0, 50.0], [150.0, 50.0]])
    hung = snap(walled, points, within_m=100)
    (one,) = left(walled, points, hung, within_m=100)
    assert (one.number, one.reason, one.street_m) == (0, Reason.WALLED, pytest.approx(50))
    assert hung.is_walled.tolist() == [True, False]
