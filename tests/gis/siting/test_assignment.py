"""Nobody is served twice, no site serves more than it can, and nobody could be served sooner."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.optimize import linprog

from gis.siting.assignment import least_time, nearest_first
from tests.gis.siting.pairings import pairs_of, random_table
from tests.proof import TIMES

WAYS = (nearest_first, least_time)


def town(seed):
    rng = np.random.default_rng(seed)
    sites, points = int(rng.integers(1, 9)), int(rng.integers(1, 40))
    near = pairs_of(np.round(random_table(rng, sites, points, 400.0)))
    return near, rng.integers(0, 9, points), rng.integers(0, 40, sites)


def least_by_one_programme(near, demand, capacity):
    """How many are served, and the seconds of it: first the most, then the least."""
    pairs, points, sites = len(near.target), near.targets, len(near.starts) - 1
    limits = np.zeros((points + sites, pairs))
    limits[near.target, np.arange(pairs)] = 1
    limits[points + near.source, np.arange(pairs)] = 1
    room = np.concatenate([demand, capacity])
    most = linprog(-np.ones(pairs), A_ub=limits, b_ub=room, method="highs")
    least = linprog(
        near.seconds, A_ub=limits, b_ub=room, A_eq=np.ones((1, pairs)), b_eq=[-most.fun],
        method="highs",
    )  # fmt: skip
    return -most.fun, least.fun


@pytest.mark.parametrize("way", WAYS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=30 * TIMES, deadline=None)
def test_everybody_is_served_over_or_unreachable_and_no_site_is_overfull(way, seed):
    near, demand, capacity = town(seed)
    found = way(near, demand, capacity)
    assert (found.served >= 0).all()
    assert (found.by_site <= capacity).all()
    assert np.array_equal(found.by_point + found.over + found.unreachable, demand)
    assert found.by_site.sum() == found.by_point.sum() == found.served.sum()
    # Whoever is over has no place left anywhere near.
    full = found.by_site == capacity
    assert full[near.source[found.over[near.target] > 0]].all()


@given(seed=st.integers(0, 2**32))
@settings(max_examples=30 * TIMES, deadline=None)
def test_the_least_time_is_that_of_the_whole_programme(seed):
    near, demand, capacity = town(seed)
    if not len(near.target):
        return
    found = least_time(near, demand, capacity)
    assert (found.served.sum(), found.total_s) == pytest.approx(
        least_by_one_programme(near, demand, capacity)
    )


@given(seed=st.integers(0, 2**32))
@settings(max_examples=30 * TIMES, deadline=None)
def test_going_to_the_nearest_serves_no_more_than_the_best_plan(seed):
    given_town = town(seed)
    near, best = (way(*given_town) for way in WAYS)
    assert near.served.sum() <= best.served.sum()


def test_who_is_nearest_comes_first_and_of_those_as_near_the_first():
    near = pairs_of([[30, 10, 10], [40, 50, 60]])
    found = nearest_first(near, np.array([5, 5, 5]), np.array([7, 6]))
    assert found.served.tolist() == [0, 5, 2, 5, 0, 1]
    assert found.over.tolist() == [0, 0, 2]
    assert found.total_s == 5 * 10 + 2 * 10 + 5 * 40 + 1 * 60


def test_without_sites_nobody_is_reachable():
    near = pairs_of(np.full((0, 3), np.inf))
    for way in WAYS:
        found = way(near, np.array([1, 2, 3]), np.zeros(0, np.int64))
        assert found.unreachable.tolist() == [1, 2, 3]


@pytest.mark.parametrize("way", WAYS)
def test_the_same_town_has_the_same_bytes(way):
    given_town = town(7)
    one, other = (way(*given_town).served.tobytes() for _ in range(2))
    assert one == other
