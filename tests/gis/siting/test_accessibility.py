"""Accessibility is what pysal's `access` finds; evenness is what its definition says."""

import hypothesis.strategies as st
import numpy as np
import pandas as pd
import pytest
from access import Access, weights
from hypothesis import given, settings

from gis.siting.accessibility import gini, two_step
from tests.gis.siting.pairings import pairs_of, random_table
from tests.proof import TIMES

ZONES_S = (100.0, 250.0, 400.0)


def by_access(table, supply, demand):
    rows = pairs_of(table)
    people = pd.DataFrame({"id": np.arange(len(demand)), "people": demand})
    sites = pd.DataFrame({"id": np.arange(len(supply)), "beds": supply})
    costs = pd.DataFrame({"origin": rows.target, "dest": rows.source, "cost": rows.seconds})
    asked = Access(
        demand_df=people, demand_index="id", demand_value="people",
        supply_df=sites, supply_index="id", supply_value="beds",
        cost_df=costs, cost_origin="origin", cost_dest="dest", cost_name="cost",
        neighbor_cost_df=costs, neighbor_cost_origin="origin", neighbor_cost_dest="dest",
        neighbor_cost_name="cost",
    )  # fmt: skip
    steps = weights.step_fn(dict(zip(ZONES_S, (1.0, 0.68, 0.22), strict=True)))
    found = asked.enhanced_two_stage_fca(max_cost=ZONES_S[-1], weight_fn=steps)
    return found.iloc[:, 0].reindex(range(len(demand))).fillna(0.0).to_numpy()


# The peer is not made for this pandas.
@pytest.mark.filterwarnings("ignore:The inplace keyword")
@given(seed=st.integers(0, 2**32))
@settings(max_examples=10 * TIMES, deadline=None)
def test_two_steps_find_what_pysal_finds(seed):
    rng = np.random.default_rng(seed)
    table = random_table(rng, 12, 60)
    # On the very edge of a zone, and at no time at all.
    table[0, :2] = ZONES_S[0], 0.0
    supply, demand = rng.integers(1, 200, 12).astype(float), rng.integers(1, 90, 60).astype(float)
    found = two_step(pairs_of(table), supply, demand, ZONES_S)
    assert found.score == pytest.approx(by_access(table, supply, demand), abs=1e-9)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20 * TIMES, deadline=None)
def test_all_that_is_supplied_near_anybody_is_shared_out(seed):
    rng = np.random.default_rng(seed)
    supply, demand = rng.integers(0, 200, 12).astype(float), rng.integers(0, 90, 60).astype(float)
    found = two_step(pairs_of(random_table(rng, 12, 60)), supply, demand, ZONES_S)
    shared = supply[found.per_person > 0].sum()
    assert (found.score * demand).sum() == pytest.approx(shared)


def test_who_competes_is_not_who_is_scored():
    near = pairs_of([[10, 10]])
    found = two_step(near, np.array([6.0]), np.array([3.0, 0.0]), (100,), (1.0,))
    assert found.score.tolist() == [2.0, 2.0]


def test_zones_that_do_not_ascend_are_a_mistake():
    with pytest.raises(ValueError, match="must ascend"):
        two_step(pairs_of([[1]]), np.ones(1), np.ones(1), (900, 600, 1200))


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20 * TIMES, deadline=None)
def test_gini_is_half_the_relative_mean_difference(seed):
    rng = np.random.default_rng(seed)
    score, people = rng.uniform(0, 9, 30).round(1), rng.integers(0, 50, 30)
    apart = np.abs(score[:, None] - score) * people[:, None] * people
    mean = (score * people).sum() / people.sum()
    assert gini(score, people) == pytest.approx(apart.sum() / (2 * people.sum() ** 2 * mean))


def test_where_nobody_has_anything_all_are_alike():
    assert gini(np.zeros(3), np.ones(3)) == 0.0
