"""How good a choice of sites can be at best: Lagrangian bounds, found by subgradients.

Each point has a price; at given prices every site is worth what it saves beyond them, and the best
sites at those prices are no worse than the best choice. Prices move until the bound is close.
As sharp as the linear relaxation, in a fraction of its time. Source: M. S. Daskin, Network and
Discrete Location (2013), chapters 4 to 6.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numba import njit

from gis.arrangement import Floats
from gis.network.network import Bools, Ints
from gis.siting.question import Aim, Siting
from gis.siting.savings import NONE, Savings

Places: TypeAlias = npt.NDArray[np.uint32]

ROUNDS = 400
# After so many rounds without a better bound the steps become smaller.
PATIENCE = 20
# How much of the last step the next one keeps: without it prices go to and fro.
KEEPS = 0.9
# No closer than that is asked for: the exact search goes on from there.
CLOSE = 1e-3


@dataclass(frozen=True, eq=False)
class Bound:
    """What prices tell."""

    # No choice saves more.
    most: float
    # How often each site was among the best while prices moved, of late: roughly its part in the
    # linear relaxation.
    often: Floats
    # What each site saves beyond the prices of the bound.
    surplus: Floats

    def possible(self, siting: Siting, reached: float) -> Bools:
        """Tell which sites may be in a choice that saves more than is reached.

        To take another site in, the last of the best must go; only without a budget is it known
        which that is.
        """
        if siting.budget is not None or siting.most == 0:
            return np.ones(siting.sites, np.bool_)
        last = np.sort(np.maximum(self.surplus, 0))[::-1][siting.most - 1]
        better: Bools = self.most - last + self.surplus > reached
        return better


def at_most(siting: Siting, given: Savings, reached: float, *, rounds: int = ROUNDS) -> Bound:
    """Return what no choice of sites saves more than, what stands saves in it.

    Parameters
    ----------
    reached
        What a known choice saves.
    """
    demand, stands = given.weights[0], given.values
    # Unsigned and half as wide: the rounds read nothing as often.
    point = given.target.astype(np.uint32)
    first = demand * np.ones(len(demand))
    second = np.zeros(len(demand))
    if siting.aim is Aim.MOST_PEOPLE:
        # What one more site, and yet another, is worth where none stands, or one, or more.
        standing = (given.sites != NONE).sum(axis=1)
        backup = siting.backup * demand
        first = np.choose(np.minimum(standing, 2), [demand, backup, np.zeros(len(demand))])
        second = np.where(standing == 0, backup, 0.0)
        worth = first[point]
    else:
        first = np.zeros(0)
        worth = demand[point] * np.maximum(given.saving - stands[point, 0], 0)
    base = float((demand * (stands[:, 0] + siting.backup * stands[:, 1])).sum())
    bound, often, surplus = _at_most(
        given.starts, point, worth, first, first - second if second.any() else np.zeros(0),
        siting.prices, siting.most, siting.purse, reached - base, rounds,
    )  # fmt: skip
    return Bound(base + float(bound), often, surplus)


def at_least(  # noqa: PLR0913 - the pairs of a cover, and what is asked of it
    starts: Ints, target: Ints, needs: Floats, cost: Floats, known: float, *, rounds: int = ROUNDS
) -> tuple[float, Floats]:
    """Return what no choice that covers all points costs less than, and the price of each point.

    Parameters
    ----------
    needs
        How often each point is to be covered.
    known
        What a known choice costs.
    """
    bound, price = _at_least(starts, target, needs, cost, known, rounds)
    return float(bound), price


def _best_python(value: Floats, cost: Floats, most: int, purse: float) -> Floats:
    """Return how much of each site the best choice has, by number or by a purse that splits one."""
    parts = np.zeros(len(value))
    if purse == np.inf and 0 < most < len(value):
        # Where only the number is limited they need no order; of equals the first are taken.
        last = np.partition(value, len(value) - most)[len(value) - most]
        equals = most - (value > last).sum()
        for site in range(len(value)):
            is_equal = value[site] == last
            if value[site] > 0 and (value[site] > last or (is_equal and equals > 0)):
                parts[site] = 1.0
                equals -= is_equal
        return parts
    order = np.argsort(-value, kind="mergesort")[:most]
    total, spent = 0.0, 0.0
    for site in order:
        if value[site] <= 0:
            break
        parts[site] = 1.0
        total += value[site]
        spent += cost[site]
    if spent <= purse:
        return parts
    # Both limits bound it; the tighter bound is told.
    split = np.zeros(len(value))
    worth, left = 0.0, purse
    by_price = np.argsort(-value / np.maximum(cost, 1e-12), kind="mergesort")
    for dear in by_price:
        if value[dear] <= 0 or left < 0:
            break
        part = 1.0 if cost[dear] <= left else left / cost[dear]
        split[dear] = part
        worth += part * value[dear]
        left -= part * cost[dear]
        if part < 1:
            break
    return split if worth < total else parts


def _at_most_python(  # noqa: PLR0913, C901 - a kernel has no objects to hand over
    starts: Ints,
    target: Places,
    worth: Floats,
    alike: Floats,
    apart: Floats,
    cost: Floats,
    most: int,
    purse: float,
    reached: float,
    rounds: int,
) -> tuple[float, Floats, Floats]:
    points = np.int64(target.max()) + 1 if len(target) else 0
    highest = np.zeros(points)
    for k in range(len(target)):
        highest[target[k]] = max(highest[target[k]], worth[k])
    # First at prices that leave no site anything: everybody is reached.
    price = highest.copy()
    best, theta, since = np.inf, 0.5, 0
    left = np.zeros(points if len(alike) else 0)
    last, slope = np.zeros(points), np.zeros(points)
    value, often, surplus = np.zeros(len(cost)), np.zeros(len(cost)), np.zeros(len(cost))
    for round_ in range(rounds):
        # A point that is worth the same to all sites is reckoned once.
        for i in range(len(left)):
            left[i] = max(alike[i] - price[i], 0.0)
        for site in range(len(cost)):
            sum_ = 0.0
            if len(alike):
                for k in range(starts[site], starts[site + 1]):
                    sum_ += left[target[k]]
            else:
                for k in range(starts[site], starts[site + 1]):
                    sum_ += max(worth[k] - price[target[k]], 0.0)
            value[site] = sum_
        parts = _best(value, cost, most, purse)
        # What was long ago counts ever less.
        often = 0.98 * often + parts
        bound = (parts * value).sum()
        slope[:] = 1.0
        for i in range(points):
            bound += price[i]
            # A second layer sells at its own worth, less than the first by so much.
            if len(apart) and price[i] > apart[i]:
                bound += price[i] - apart[i]
                slope[i] += 1
        for built in np.flatnonzero(parts):
            for k in range(starts[built], starts[built + 1]):
                if worth[k] > price[target[k]]:
                    slope[target[k]] -= parts[built]
        since += 1
        if bound < best - 1e-9 * abs(bound):
            best, since = bound, 0
            surplus[:] = value
        if since > PATIENCE:
            theta, since = theta / 2, 0
        if best - reached <= CLOSE * abs(best) or theta < 1e-4:
            break
        if round_ == 0:
            price = highest / 2
            continue
        square = 0.0
        for i in range(points):
            way = slope[i] + KEEPS * last[i]
            last[i] = way
            # Without branches: a processor cannot guess which prices are stuck.
            stuck = ((price[i] <= 0) & (way > 0)) | ((price[i] >= highest[i]) & (way < 0))
            slope[i] = 0.0 if stuck else way
            square += slope[i] * slope[i]
        if square == 0:
            break
        step = theta * (bound - reached) / square
        for i in range(points):
            price[i] = min(max(price[i] - step * slope[i], 0.0), highest[i])
    return max(best, reached), often, surplus


def _at_least_python(  # noqa: PLR0913, C901 - a kernel has no objects to hand over
    starts: Ints, target: Ints, needs: Floats, cost: Floats, known: float, rounds: int
) -> tuple[float, Floats]:
    # Each point begins with its share of the cheapest site around, for each of those it covers.
    price = np.full(len(needs), np.inf)
    for site in range(len(cost)):
        many = 0
        for k in range(starts[site], starts[site + 1]):
            many += needs[target[k]] > 0
        for k in range(starts[site], starts[site + 1]):
            price[target[k]] = min(price[target[k]], cost[site] / max(many, 1))
    for i in range(len(needs)):
        if needs[i] <= 0 or price[i] == np.inf:
            price[i] = 0.0
    best, theta, since = 0.0, 1.0, 0
    last, kept = np.zeros(len(needs)), price.copy()
    for _ in range(rounds):
        bound, slope = (needs * price).sum(), needs.copy()
        for site in range(len(cost)):
            left = cost[site]
            for k in range(starts[site], starts[site + 1]):
                left -= price[target[k]]
            if left < 0:
                bound += left
                for k in range(starts[site], starts[site + 1]):
                    slope[target[k]] -= 1
        since += 1
        if bound > best + 1e-9:
            best, since = bound, 0
            kept[:] = price
        if since > PATIENCE:
            theta, since = theta / 2, 0
        if known - best <= 1e-9 or theta < 1e-4:
            break
        slope += KEEPS * last
        last[:] = slope
        square = 0.0
        for i in range(len(needs)):
            if needs[i] <= 0 or (price[i] <= 0 and slope[i] < 0):
                slope[i] = 0
            square += slope[i] ** 2
        if square == 0:
            break
        step = theta * (min(known, 1e12) - bound) / square
        for i in range(len(needs)):
            price[i] = max(price[i] + step * slope[i], 0.0)
    return best, kept


_best = njit(cache=True, nogil=True)(_best_python)
_at_most = njit(cache=True, nogil=True)(_at_most_python)
_at_least = njit(cache=True, nogil=True)(_at_least_python)
