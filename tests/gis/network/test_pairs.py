"""Pairs are all times there are within a limit: those of `times`, of networkx, of closed forms."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from gis.errors import CityGridError
from gis.network.network import network
from gis.network.pairs import PairSearch, pairs
from gis.network.snapping import snap
from gis.network.travel import times
from tests.gis.network.streets import lattice, random_streets, streets
from tests.gis.network.test_travel import FAR, by_networkx
from tests.proof import TIMES


def hung(made, *points):
    return [snap(made, np.array(some, float), within_m=60) for some in points]


def dense(found):
    """(targets, sources), infinite where there is no pair."""
    seconds = np.full((found.targets, len(found.starts) - 1), np.inf)
    seconds[found.target, found.source] = found.seconds
    return seconds


def test_on_a_lattice_one_walks_as_far_as_the_blocks_say():
    made = network(lattice(6))
    on = hung(made, [(0, 0), (600, 600)], [(600, 600), (250, 0), (300, 150), (0, 0)])
    found = pairs(made, *on, limit_s=1000, access_ms=1.0)
    assert found.starts.tolist() == [0, 3, 6]
    assert found.target.tolist() == [1, 2, 3, 0, 1, 2]
    assert found.seconds.tolist() == pytest.approx([250, 450, 0, 0, 950, 750])


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20 * TIMES, deadline=None)
def test_pairs_are_those_of_networkx_and_of_times_to_the_last_digit(seed):
    rng = np.random.default_rng(seed)
    made = network(random_streets(rng), join_within_m=0)
    on = hung(made, *(np.round(rng.uniform(-20, 1020, (n, 2)), 2) for n in (4, 6)))
    limit = float(rng.choice([FAR, 200, 1000]))
    found = pairs(made, *on, limit_s=limit, access_ms=1.0)
    truth = by_networkx(made, *on)
    assert dense(found) == pytest.approx(np.where(truth <= limit, truth, np.inf), rel=1e-9)
    ordered = np.lexsort([found.target, found.source])
    assert (ordered == np.arange(len(ordered))).all()
    told = times(made, *on, limit_s=limit, access_ms=1.0, labels=4)
    assert np.array_equal(np.sort(dense(found), axis=1), told.seconds)
    assert np.array_equal(found.nearest_s(), told.seconds[:, 0])


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20 * TIMES, deadline=None)
def test_another_street_makes_no_way_longer(seed):
    rng = np.random.default_rng(seed)
    given_streets = random_streets(rng, places=20, count=60)
    fewer = streets(
        [line.coords[:] for line in given_streets.lines_m[:-1]],
        forth=given_streets.forth[:-1],
        back=given_streets.back[:-1],
        speed_ms=given_streets.speed_ms[:-1],
    )
    before, after = (network(some, join_within_m=0) for some in (fewer, given_streets))
    # The last street is the last edge: what hangs on the others hangs there in both.
    assert np.array_equal(before.street, after.street[: len(before.street)])
    on = hung(before, rng.uniform(0, 1000, (4, 2)), rng.uniform(0, 1000, (8, 2)))
    places = [dense(pairs(one, *on, limit_s=FAR, access_ms=1.0)) for one in (before, after)]
    assert (places[1] <= places[0]).all()


def test_a_search_may_be_used_again_and_finds_the_same_bytes():
    rng = np.random.default_rng(0)
    made = network(random_streets(rng))
    sites, doors = hung(made, rng.uniform(0, 1000, (30, 2)), rng.uniform(0, 1000, (200, 2)))
    search = PairSearch(made, doors, access_ms=1.0)
    one, other = (search.pairs(sites, limit_s=300) for _ in range(2))
    assert one.seconds.tobytes() == other.seconds.tobytes()
    assert one.target.tobytes() == other.target.tobytes()


def test_turned_pairs_are_the_same_pairs():
    rng = np.random.default_rng(1)
    made = network(random_streets(rng))
    on = hung(made, rng.uniform(0, 1000, (30, 2)), rng.uniform(0, 1000, (50, 2)))
    found = pairs(made, *on, limit_s=300, access_ms=1.0)
    assert np.array_equal(dense(found.turned()), dense(found).T)
    assert np.array_equal(
        dense(found.within(100)), np.where(dense(found) <= 100, dense(found), np.inf)
    )


def test_too_many_pairs_are_refused_in_one_sentence():
    made = network(lattice(6))
    on = hung(made, [(0, 0), (600, 600)], [(600, 600), (250, 0)])
    with pytest.raises(CityGridError, match="More than 3 ways"):
        PairSearch(made, on[1], access_ms=1.0).pairs(on[0], limit_s=FAR, most=3)
