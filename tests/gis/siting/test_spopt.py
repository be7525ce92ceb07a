"""On small towns the proven plans are worth what spopt's exact ones are."""

import numpy as np
import pulp
import pytest
from spopt.locate import LSCP, MCLP, PCenter, PMedian

from gis.siting.exact import prove
from gis.siting.question import Aim, Siting
from gis.siting.suggest import suggest
from tests.gis.siting.pairings import pairs_of, random_table

# The peer is not made for this PuLP.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

LIMIT_S, COUNT = 420.0, 3
SEEDS = range(4)


@pytest.fixture(params=SEEDS)
def town(request):
    rng = np.random.default_rng(request.param)
    table = random_table(rng, 14, 40, 5000.0)
    return table, rng.integers(1, 30, 40).astype(float)


def proven(aim, table, demand, **options):
    within = np.where(table <= options.pop("limit_s", np.inf), table, np.inf)
    asked = Siting(aim, pairs_of(within), demand, **options)
    found = prove(asked, suggest(asked))
    assert found.gap == 0
    return found


def solved(problem):
    return problem.solve(pulp.PULP_CBC_CMD(msg=False), results=True)


def test_most_people(town):
    table, demand = town
    peer = solved(MCLP.from_cost_matrix(table.T, demand, LIMIT_S, COUNT))
    ours = proven(Aim.MOST_PEOPLE, table, demand, limit_s=LIMIT_S, count=COUNT)
    assert ours.value == pytest.approx(pulp.value(peer.problem.objective))


def test_everyone(town):
    table, demand = town
    # The peer finds nothing at all where somebody cannot be reached.
    reachable = (table <= LIMIT_S).any(axis=0)
    peer = solved(LSCP.from_cost_matrix(table.T[reachable], LIMIT_S))
    ours = proven(Aim.EVERYONE, table, demand, limit_s=LIMIT_S)
    assert ours.value == pytest.approx(pulp.value(peer.problem.objective))


def test_least_time(town):
    table, demand = town
    peer = solved(PMedian.from_cost_matrix(table.T, demand, COUNT))
    ours = proven(Aim.LEAST_TIME, table, demand, count=COUNT)
    assert ours.value == pytest.approx(pulp.value(peer.problem.objective))


def test_least_worst(town):
    table, demand = town
    peer = solved(PCenter.from_cost_matrix(table.T, COUNT))
    ours = proven(Aim.LEAST_WORST, table, demand, count=COUNT)
    assert ours.value == pytest.approx(pulp.value(peer.problem.objective))
