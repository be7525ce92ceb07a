"""Travel times are those of the streets: closed forms, networkx, and what must not change."""

import itertools

import hypothesis.strategies as st
import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings

from gis.network.network import Network, network
from gis.network.snapping import snap
from gis.network.travel import NOBODY, times
from tests.gis.network.streets import BLOCK_M, lattice, random_streets, streets
from tests.proof import TIMES

FAR = 1e9


def walked(made, sources, targets, limit_s=FAR, labels=2):
    on = [snap(made, np.array(some, float), within_m=60) for some in (sources, targets)]
    return times(made, *on, limit_s=limit_s, access_ms=1.0, labels=labels), on


def by_networkx(made: Network, sources, targets, access_ms=1.0):
    """Seconds from each source to each target, with every point a node of a graph of its own."""
    found = np.full((len(targets.edge), len(sources.edge)), np.inf)
    for j in range(len(targets.edge)):
        for i in range(len(sources.edge)):
            if sources.edge[i] < 0 or targets.edge[j] < 0:
                continue
            graph = nx.MultiDiGraph()
            graph.add_nodes_from(range(len(made.nodes_m)))
            ends = {"S": (sources, i), "T": (targets, j)}
            on = {}
            for name, (some, k) in ends.items():
                on.setdefault(int(some.edge[k]), []).append((float(some.share[k]), name))
            for e in range(len(made.start)):
                stops = [(0.0, int(made.start[e])), *sorted(on.get(e, [])), (1.0, int(made.end[e]))]
                for (a, one), (b, other) in itertools.pairwise(stops):
                    for way, come, go in ((made.forth_s, one, other), (made.back_s, other, one)):
                        cost = 0.0 if a == b else (b - a) * way[e]
                        if np.isfinite(cost):
                            graph.add_edge(come, go, weight=cost)
            try:
                length = nx.shortest_path_length(graph, "S", "T", weight="weight")
            except nx.NetworkXNoPath:
                continue
            found[j, i] = length + (sources.off_m[i] + targets.off_m[j]) / access_ms
    return found


def test_on_a_lattice_one_walks_as_far_as_the_blocks_say():
    made = network(lattice(6))
    found, _ = walked(made, [(0, 0)], [(600, 600), (250, 0), (300, 150), (0, 0)], labels=1)
    assert found.seconds[:, 0].tolist() == pytest.approx([1200, 250, 450, 0])
    assert found.source[:, 0].tolist() == [0, 0, 0, 0]


def test_the_way_to_the_street_and_from_it_counts():
    made = network(lattice(2))
    found, _ = walked(made, [(50, 10)], [(150, -20)], labels=1)
    assert found.seconds[0, 0] == pytest.approx(10 + BLOCK_M + 20)


def test_what_takes_longer_than_the_limit_is_not_reached():
    made = network(lattice(4))
    found, _ = walked(made, [(0, 0)], [(100, 0), (100, 1)], limit_s=100)
    assert found.seconds[0, 0] == pytest.approx(100)
    assert found.seconds[1, 0] == np.inf
    assert found.source[1, 0] == NOBODY


def test_of_two_that_are_as_near_the_first_is_the_nearest():
    made = network(lattice(4))
    found, _ = walked(made, [(0, 0), (400, 0)], [(200, 0)])
    assert found.seconds[0].tolist() == pytest.approx([200, 200])
    assert found.source[0].tolist() == [0, 1]


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20 * TIMES, deadline=None)
def test_times_are_those_of_networkx(seed):
    rng = np.random.default_rng(seed)
    made = network(random_streets(rng), join_within_m=0)
    points = [np.round(rng.uniform(-20, 1020, (n, 2)), 2) for n in (4, 6)]
    limit = float(rng.choice([FAR, 200, 1000]))
    labels = int(rng.integers(1, 4))
    found, on = walked(made, *points, limit_s=limit, labels=labels)
    truth = by_networkx(made, *on)
    within = np.where(truth <= limit, truth, np.inf)
    ranked = np.sort(within, axis=1)[:, :labels]
    assert found.seconds == pytest.approx(ranked, rel=1e-9)
    reached = np.isfinite(found.seconds)
    assert (found.source[~reached] == NOBODY).all()
    rows, labels = np.nonzero(reached)
    told = within[rows, found.source[rows, labels]]
    assert told == pytest.approx(found.seconds[rows, labels], rel=1e-9)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20 * TIMES, deadline=None)
def test_another_place_to_go_makes_nobodys_way_longer(seed):
    rng = np.random.default_rng(seed)
    made = network(random_streets(rng))
    few, doors = rng.uniform(0, 1000, (3, 2)), rng.uniform(0, 1000, (20, 2))
    before, _ = walked(made, few, doors)
    after, _ = walked(made, [*few, rng.uniform(0, 1000, 2)], doors)
    assert (after.seconds <= before.seconds * (1 + 1e-12)).all()


def test_a_way_that_takes_no_time_and_one_that_takes_days_are_searched_as_well():
    quick = [[(0, 0), (100, 0)], [(100, 0), (200, 0)], [(200, 0), (300, 0)]]
    made = network(streets(quick, speed_ms=[1e12, 1e-4, 1]))
    found, _ = walked(made, [(0, 0), (50, 0)], [(250, 0), (60, 0)])
    assert found.seconds[0] == pytest.approx([1e6 + 50, 1e6 + 50])
    assert found.source[0].tolist() == [1, 0]
    assert found.seconds[1] == pytest.approx([0, 0], abs=1e-6)
