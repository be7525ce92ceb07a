"""Covering every point that can be, by few or cheap sites; and the least worst time by that."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit

from gis.arrangement import Floats
from gis.network.network import Ints
from gis.network.pairs import Pairs
from gis.siting.bounds import at_least
from gis.siting.plan import Ended, Plan, plan
from gis.siting.question import Siting

# A bound that need only tell fewer from more sites, and how often a choice is tried again.
ROUNDS, KICKS = 150, 10
LONG, MANY = 600, 200
# How much of a choice is given up when it is tried again.
GIVEN_UP = 0.2
SEED = 0


@dataclass(frozen=True, eq=False)
class Cover:
    """Sites, what they cost, and what no others cost less than."""

    chosen: Ints
    cost: float
    least: float


def needs(siting: Siting, candidates: Pairs, standing: Pairs) -> Floats:
    """Return how often each point is still to be covered, as far as candidates can."""
    count = len(siting.demand)
    wanted = np.where(np.asarray(siting.demand) > 0, 2.0 if siting.backup else 1.0, 0.0)
    open_ = np.maximum(wanted - np.bincount(standing.target, minlength=count), 0)
    found: Floats = np.minimum(open_, np.bincount(candidates.target, minlength=count))
    return found


def cover(candidates: Pairs, needed: Floats, prices: Floats, *, rounds: int, kicks: int) -> Cover:
    """Cover all by greedy choices, again and again, and tell a bound.

    Points weigh what the bound would pay for them: those that few sites cover come first. Then a
    part of the choice is given up by seeded chance and covered anew.
    """
    starts, target = candidates.starts, candidates.target
    alike = np.ones(len(needed))
    best = _covered(starts, target, needed, alike, prices, np.zeros(0, np.int64))
    cost = float(prices[best].sum())
    least, paid = at_least(starts, target, needed, prices, cost, rounds=rounds)
    # A point of no price needs to be covered too.
    weight = paid + 1e-3 * max(float(paid.max(initial=0.0)), 1e-9)
    rng = np.random.default_rng(SEED)
    for kick in range(kicks + 1):
        left = rng.permutation(best)[int(GIVEN_UP * len(best)) :] if kick else best[:0]
        found = _covered(starts, target, needed, weight, prices, np.sort(left))
        if (other := float(prices[found].sum())) <= cost:
            best, cost = found, other
        if cost <= least + 1e-9:
            break
    return Cover(np.sort(best), cost, least)


def everyone(siting: Siting) -> Plan:
    """Suggest how to cover everybody who can be."""
    needed = needs(siting, siting.candidates, siting.standing)
    found = cover(siting.candidates, needed, siting.prices, rounds=LONG, kicks=MANY)
    return plan(siting, found.chosen, found.cost, found.least, Ended.SUGGESTED)


def limit(siting: Siting) -> tuple[Floats, float]:
    """Return the prices that are limited, and their limit: one each, or what sites cost."""
    if siting.budget is None:
        return np.ones(siting.sites), float(siting.most)
    return siting.prices, siting.purse


def steps(siting: Siting) -> Floats:
    """Return the times that the worst off may need, ascending.

    Nobody can be made to need less than the least he needs if everything is built.
    """
    peopled = np.asarray(siting.demand) > 0
    nearest = np.minimum(siting.candidates.nearest_s(), siting.standing.nearest_s())[peopled]
    at_best = nearest[np.isfinite(nearest)].max(initial=0.0)
    both = np.concatenate([siting.candidates.seconds, siting.standing.seconds])
    found: Floats = np.unique(np.append(both[both >= at_best], at_best))
    return found


def within(siting: Siting, limit_s: float) -> tuple[Pairs, Floats]:
    """Return the candidates' pairs within a time, and how often each point needs one."""
    near, standing = siting.candidates.within(limit_s), siting.standing.within(limit_s)
    count = len(siting.demand)
    reachable = np.isfinite(
        np.minimum(siting.candidates.nearest_s(), siting.standing.nearest_s())
    ) & (np.asarray(siting.demand) > 0)
    stands = np.bincount(standing.target, minlength=count) > 0
    return near, (reachable & ~stands).astype(float)


def worst_s(siting: Siting, chosen: Ints) -> float:
    """Return how long the worst off need, of those whom any site can reach; infinite if longer."""
    near = siting.candidates
    kept = np.isin(near.source, chosen)
    nearest = siting.standing.nearest_s()
    np.minimum.at(nearest, near.target[kept], near.seconds[kept])
    best = np.minimum(siting.candidates.nearest_s(), siting.standing.nearest_s())
    asked = np.isfinite(best) & (np.asarray(siting.demand) > 0)
    return float(nearest[asked].max(initial=0.0))


def least_worst(siting: Siting) -> Plan:
    """Suggest how to make the longest time of anybody short."""
    times = steps(siting)
    prices, most = limit(siting)
    found: dict[int, Cover] = {}

    def at(step: int) -> Cover:
        if step not in found:
            near, needed = within(siting, times[step])
            found[step] = cover(near, needed, prices, rounds=ROUNDS, kicks=KICKS)
        return found[step]

    # The first time that a greedy cover meets within the limit; there may be none.
    low, high = 0, len(times)
    while low < high:
        middle = (low + high) // 2
        if at(middle).cost <= most + 1e-9:
            high = middle
        else:
            low = middle + 1
    met = high
    # The first time that the bound does not rule out.
    low, high = 0, min(met, len(times) - 1)
    while low < high:
        middle = (low + high) // 2
        if at(middle).least > most + 1e-6:
            low = middle + 1
        else:
            high = middle
    if met == len(times):
        nothing = np.zeros(0, np.int64)
        return plan(siting, nothing, np.inf, float(times[low]), Ended.SUGGESTED)
    chosen = at(met).chosen
    return plan(siting, chosen, worst_s(siting, chosen), float(times[low]), Ended.SUGGESTED)


def _covered_python(  # noqa: PLR0913, C901 - one loop, for speed
    starts: Ints, target: Ints, needed: Floats, weight: Floats, prices: Floats, begun: Ints
) -> Ints:
    left = needed.copy()
    chosen = np.empty(len(prices) + len(begun), np.int64)
    chosen[: len(begun)] = begun
    count = len(begun)
    for site in begun:
        for k in range(starts[site], starts[site + 1]):
            left[target[k]] -= 1
    # No site counts twice, though a point may need two.
    is_new = np.ones(len(prices), np.bool_)
    is_new[begun] = False
    heap = [(-np.inf, site, -1) for site in range(len(prices)) if is_new[site]]
    while heap:
        _, site, known = heapq.heappop(heap)
        gain = 0.0
        for k in range(starts[site], starts[site + 1]):
            if left[target[k]] > 0:
                gain += weight[target[k]]
        if gain == 0:
            continue
        if known != count:
            heapq.heappush(heap, (-gain / max(prices[site], 1e-12), site, count))
            continue
        chosen[count] = site
        count += 1
        for k in range(starts[site], starts[site + 1]):
            left[target[k]] -= 1
    # What others cover as often as needed may go, the dearest first.
    chosen = chosen[:count]
    kept = np.ones(count, np.bool_)
    for place in np.argsort(-prices[chosen], kind="mergesort"):
        site = chosen[place]
        spare = True
        for k in range(starts[site], starts[site + 1]):
            if needed[target[k]] > 0 and left[target[k]] > -1:
                spare = False
                break
        if spare:
            kept[place] = False
            for k in range(starts[site], starts[site + 1]):
                left[target[k]] += 1
    return chosen[kept].copy()


_covered = njit(cache=True, nogil=True)(_covered_python)
