"""A new site never makes a way longer, and changes what asking anew would tell."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from gis.network.network import network
from gis.network.pairs import PairSearch
from gis.network.snapping import snap
from gis.network.travel import times
from gis.siting.effect import effect
from tests.gis.network.streets import random_streets
from tests.proof import TIMES


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20 * TIMES, deadline=None)
def test_the_effect_of_a_site_is_the_difference_of_two_answers(seed):
    rng = np.random.default_rng(seed)
    made = network(random_streets(rng))
    sites, doors = rng.uniform(0, 1000, (4, 2)), rng.uniform(0, 1000, (60, 2))
    people = {"all": rng.integers(1, 9, 60), "old": rng.integers(0, 3, 60)}
    here = snap(made, doors, within_m=200)

    def asked(some):
        there = snap(made, some, within_m=200)
        return times(made, there, here, limit_s=400, access_ms=1.0, labels=1).seconds[:, 0]

    before, after = asked(sites[:3]), asked(sites)
    search = PairSearch(made, here, access_ms=1.0)
    found = effect(before, search.pairs(snap(made, sites[3:], within_m=200), limit_s=400), people)
    assert np.array_equal(found.seconds, after)
    assert (after <= before).all()
    newly = np.isfinite(after) & np.isinf(before)
    assert found.newly.tolist() == np.flatnonzero(newly).tolist()
    for key, many in people.items():
        assert found.people_newly[key] == many[newly].sum()
        both = np.isfinite(before)
        saved = (many[both] * (before[both] - after[both])).sum()
        assert found.saved_s[key] == pytest.approx(saved)
        assert found.people_sooner[key] == many[both & (after < before)].sum()
