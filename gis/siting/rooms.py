"""Sites that have room for so many: what a choice serves, and a greedy choice.

A choice is judged by how many it can serve if people go where it is best for all, by a maximum
flow or a transport problem; the greedy choice itself does not send anybody elsewhere again.
"""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit
from scipy import sparse
from scipy.sparse.csgraph import maximum_flow

from gis.arrangement import Floats
from gis.network.network import Ints
from gis.network.pairs import Pairs
from gis.siting.assignment import least_time, nearest_first
from gis.siting.question import Aim, Siting


def value(siting: Siting, chosen: Ints) -> float:
    """Return what a choice is worth: people served, cost if all are, or seconds of all."""
    both = joined(siting.standing, of_sites(siting.candidates, chosen))
    demand = np.asarray(siting.demand).astype(np.int64)
    capacity = np.concatenate([_standing_room(siting), _room(siting)[chosen]])
    if siting.aim is Aim.LEAST_TIME:
        found = least_time(both, demand, capacity, unserved_s=siting.longest_s)
        return found.total_s + float((demand.sum() - found.served.sum()) * siting.longest_s)
    served = float(served_at_most(both, demand, capacity))
    if siting.aim is Aim.MOST_PEOPLE:
        return served
    return float(siting.prices[chosen].sum()) if served >= _reachable(siting) else np.inf


def by_site(siting: Siting, chosen: Ints) -> Ints:
    """Return how many each of some sites serves where a choice of them serves as it is worth."""
    both = joined(siting.standing, of_sites(siting.candidates, chosen))
    demand = np.asarray(siting.demand).astype(np.int64)
    capacity = np.concatenate([_standing_room(siting), _room(siting)[chosen]])
    if siting.aim is Aim.LEAST_TIME:
        served = least_time(both, demand, capacity, unserved_s=siting.longest_s).by_site
    else:
        served = _sent(both, demand, capacity)
    return served[len(siting.standing.starts) - 1 :]


def greedy(siting: Siting) -> Ints:
    """Choose sites one after the other, by what each adds to those that stand and were chosen."""
    demand = np.asarray(siting.demand).astype(np.int64)
    standing = nearest_first(siting.standing, demand, _standing_room(siting))
    near = siting.candidates
    saving = np.ones(len(near.target))
    if siting.aim is Aim.LEAST_TIME:
        saving = np.maximum(siting.longest_s - near.seconds, 0)
    # The nearest of each site first: they have its room.
    order = np.lexsort([near.target, near.seconds, near.source])
    most = siting.sites if siting.aim is Aim.EVERYONE else siting.most
    purse = np.inf if siting.aim is Aim.EVERYONE else siting.purse + 1e-9 * abs(siting.purse)
    by_cost = (siting.budget is not None) or siting.aim is Aim.EVERYONE
    chosen = _greedy(
        near.starts, near.target[order], saving[order], demand - standing.by_point,
        _room(siting), siting.prices if by_cost else np.ones(siting.sites), most, purse,
    )  # fmt: skip
    return _without_spare(siting, chosen) if siting.aim is Aim.EVERYONE else np.sort(chosen)


def at_most(siting: Siting) -> float:
    """Return how many any choice serves at most: all rooms full, of those who are near."""
    near = siting.candidates
    around = np.bincount(near.source, np.asarray(siting.demand, float)[near.target], siting.sites)
    most = np.minimum(around, _room(siting))
    new = float(np.sort(most)[::-1][: siting.most].sum())
    if siting.budget is not None:
        new = min(new, _by_purse(most, siting.prices, siting.purse))
    return min(float(_standing_room(siting).sum()) + new, _reachable(siting))


def served_at_most(pairs: Pairs, demand: Ints, capacity: Ints) -> int:
    """Return how many can be served at once."""
    return int(_sent(pairs, demand, capacity).sum())


def _sent(pairs: Pairs, demand: Ints, capacity: Ints) -> Ints:
    """Return how many each site serves where as many as possible are."""
    sites, points = len(capacity), pairs.targets
    if not len(pairs.target):
        return np.zeros(sites, np.int64)
    # From a source above all sites, to the points, to a sink below.
    top, bottom = sites + points, sites + points + 1
    many = np.minimum(demand[pairs.target], capacity[pairs.source])
    row = np.concatenate([np.full(sites, top), pairs.source, sites + np.arange(points)])
    column = np.concatenate([np.arange(sites), sites + pairs.target, np.full(points, bottom)])
    flow = np.concatenate([np.minimum(capacity, demand.sum()), many, demand])
    graph = sparse.csr_array((flow.astype(np.int32), (row, column)), shape=(bottom + 1,) * 2)
    found: Ints = maximum_flow(graph, top, bottom).flow[[top], :sites].toarray()[0]
    return found.astype(np.int64)


def of_sites(near: Pairs, sites: Ints) -> Pairs:
    """Return the pairs of some sites, each a source in the order given."""
    lengths = np.diff(near.starts)[sites]
    starts = np.append(0, np.cumsum(lengths))
    at = np.repeat(near.starts[sites] - starts[:-1], lengths) + np.arange(starts[-1])
    return Pairs(starts, near.target[at], near.seconds[at], near.targets)


def joined(one: Pairs, other: Pairs) -> Pairs:
    """Return the pairs of two lots of sources, one lot after the other."""
    return Pairs(
        np.concatenate([one.starts, one.starts[-1] + other.starts[1:]]),
        np.concatenate([one.target, other.target]),
        np.concatenate([one.seconds, other.seconds]),
        one.targets,
    )


def _room(siting: Siting) -> Ints:
    return np.zeros(siting.sites, np.int64) if siting.room is None else siting.room


def _standing_room(siting: Siting) -> Ints:
    if siting.existing_room is None:
        return np.zeros(len(siting.standing.starts) - 1, np.int64)
    return siting.existing_room


def _reachable(siting: Siting) -> float:
    both = np.concatenate([siting.candidates.target, siting.standing.target])
    return float(np.asarray(siting.demand)[np.unique(both)].sum())


def _by_purse(most: Floats, prices: Floats, purse: float) -> float:
    order = np.argsort(-most / np.maximum(prices, 1e-12), kind="stable")
    spent = np.append(0.0, np.cumsum(prices[order]))
    part = np.clip((purse - spent[:-1]) / np.maximum(prices[order], 1e-12), 0, 1)
    return float((part * most[order]).sum())


def _without_spare(siting: Siting, chosen: Ints) -> Ints:
    """Leave out sites without which all are served too, the dearest first."""
    kept = np.sort(chosen)
    for site in chosen[np.argsort(-siting.prices[chosen], kind="stable")]:
        fewer = kept[kept != site]
        if np.isfinite(value(siting, fewer)):
            kept = fewer
    return kept


def _greedy_python(  # noqa: PLR0913 - a kernel has no objects to hand over
    starts: Ints,
    target: Ints,
    saving: Floats,
    demand: Ints,
    room: Ints,
    cost: Floats,
    most: int,
    purse: float,
) -> Ints:
    left = demand.copy()
    heap = [(-np.inf, site, -1) for site in range(len(cost))]
    chosen = np.empty(most, np.int64)
    count, spent = 0, 0.0
    while heap and count < most:
        _, site, known = heapq.heappop(heap)
        if spent + cost[site] > purse:
            continue
        free, gain = room[site], 0.0
        for k in range(starts[site], starts[site + 1]):
            people = min(left[target[k]], free)
            free -= people
            gain += people * saving[k]
            if known == count:
                left[target[k]] -= people
        if known == count:
            chosen[count] = site
            count += 1
            spent += cost[site]
        elif gain > 0:
            heapq.heappush(heap, (-gain / max(cost[site], 1e-12), site, count))
    return chosen[:count].copy()


_greedy = njit(cache=True, nogil=True)(_greedy_python)
