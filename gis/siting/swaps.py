"""Lazy greedy, then swaps, for values that only the nearest sites of each point decide.

Most people and least time are the same search: of how much each pair saves, every point takes the
best, and with backup cover a part of the second best. What a further site adds never grows when
others are chosen before, so that gains need not be reckoned anew until they are the largest.
The swaps are those of Resende and Werneck (2007), with a third site kept for backup cover.
"""

from __future__ import annotations

import heapq

import numpy as np
from numba import njit

from gis.arrangement import Floats
from gis.network.network import Bools, Ints
from gis.siting.question import Siting
from gis.siting.savings import NONE, Members, Savings, build, totals

# The most work of the swaps, in pairs looked at: a clock would not answer the same every time.
WORK = 400_000_000
# The most numbers about exchanges that are remembered from one to the next.
REMEMBERED = 8_000_000


def greedy(siting: Siting, given: Savings) -> Ints:
    """Return the better of two greedy choices: by what sites save, and by what they save for it."""
    ways = (False, True) if siting.budget is not None else (False,)
    found = [_greedy(*_arrays(given), *_limits(siting), siting.backup, way) for way in ways]
    return min(found, key=lambda chosen: _rank(given.total(chosen, siting.backup)))


def swapped(siting: Siting, given: Savings, chosen: Ints) -> Ints:
    """Return a choice that no exchange of one site for another, and no further site, betters."""
    rounds = max(1, WORK // (len(given.target) + siting.sites * (len(chosen) + 1)))
    return np.sort(_swapped(*_arrays(given), *_limits(siting), siting.backup, chosen, rounds))


def _rank(total: tuple[float, float]) -> tuple[float, float]:
    return total[1], -total[0]


def _limits(siting: Siting) -> tuple[Floats, int, float]:
    # The last digit of a sum must not forbid what fits exactly.
    return siting.prices, siting.most, siting.purse + 1e-9 * abs(siting.budget or 0)


def _arrays(given: Savings) -> tuple[Ints, Ints, Floats, Members, Floats, Floats, Ints]:
    return (
        given.starts, given.target, given.saving, given.members, given.needs, given.values,
        given.sites,
    )  # fmt: skip


def _with_python(one: float, two: float, value: float, backup: float) -> float:
    """Return what the best two of three are worth."""
    if value > one:
        return value + backup * one
    return one + backup * max(two, value)


def _met_python(total: Floats, needs: Floats) -> float:
    met = 0.0
    for row in range(len(needs)):
        met += min(total[row + 1], needs[row])
    return met


def _gain_python(  # noqa: PLR0913
    site: int,
    starts: Ints,
    target: Ints,
    saving: Floats,
    weights: Members,
    values: Floats,
    sites: Ints,
    backup: float,
) -> Floats:
    people, of, group, many, rows = weights
    gain = np.zeros(rows)
    for k in range(starts[site], starts[site + 1]):
        i = target[k]
        now = values[i, 0] + backup * values[i, 1]
        then = _with(values[i, 0], values[i, 1], saving[k], backup)
        gain[0] += people[i] * (then - now)
        if sites[i, 0] == NONE:
            for m in range(of[i], of[i + 1]):
                gain[group[m]] += many[m]
    return gain


def _greedy_python(  # noqa: PLR0913 - a kernel has no objects to hand over
    starts: Ints,
    target: Ints,
    saving: Floats,
    weights: Members,
    needs: Floats,
    values: Floats,
    sites: Ints,
    cost: Floats,
    most: int,
    purse: float,
    backup: float,
    by_cost: bool,
) -> Ints:
    values, sites = values.copy(), sites.copy()
    total = totals(values, sites, weights, backup)
    # The floors first, then what is saved; an old gain is never too small.
    heap = [(-np.inf, -np.inf, site, -1) for site in range(len(cost))]
    chosen = np.empty(most, np.int64)
    count, spent = 0, 0.0
    while heap and count < most:
        _, _, site, known = heapq.heappop(heap)
        if spent + cost[site] > purse:
            continue
        if known != count:
            gain = _gain(site, starts, target, saving, weights, values, sites, backup)
            share = max(cost[site], 1e-12) if by_cost else 1.0
            met = _met(total + gain, needs) - _met(total, needs)
            if met > 0 or gain[0] > 0:
                heapq.heappush(heap, (-met / share, -gain[0] / share, site, count))
            continue
        chosen[count] = site
        count += 1
        spent += cost[site]
        total += _gain(site, starts, target, saving, weights, values, sites, backup)
        build(values, sites, starts, target, saving, chosen[count - 1 : count])
    return chosen[:count].copy()


def _swapped_python(  # noqa: PLR0913, C901 - a kernel has no objects to hand over
    starts: Ints,
    target: Ints,
    saving: Floats,
    weights: Members,
    needs: Floats,
    standing: Floats,
    stands: Ints,
    cost: Floats,
    most: int,
    purse: float,
    backup: float,
    chosen: Ints,
    rounds: int,
) -> Ints:
    rows, count = weights[-1], len(cost)
    place = np.full(count, NONE)
    # What a site adds, and what of that is not lost if it comes in exchange: told anew only for
    # sites near the last exchange, if there is room to remember it for all.
    remembers = count * (len(chosen) + 1) * rows <= REMEMBERED
    gain = np.zeros((count if remembers else 1, rows))
    kept = np.zeros((len(gain), len(chosen) + 1, rows))
    is_touched = np.ones(len(standing), np.bool_)
    total, then = np.zeros(rows), np.zeros(rows)
    for _ in range(rounds):
        values, sites = standing.copy(), stands.copy()
        build(values, sites, starts, target, saving, chosen)
        total = totals(values, sites, weights, backup)
        place[:] = NONE
        for k in range(len(chosen)):
            place[chosen[k]] = k
        spent = cost[chosen].sum()
        loss = _losses(values, sites, place, weights, backup, len(chosen))
        met, value = _met(total, needs), total[0]
        near = 1e-9 * (1 + abs(value))
        best_out, best_in = NONE, NONE
        # With none going there is one more.
        outs = len(chosen) + 1 if len(chosen) < most else len(chosen)
        for site in range(count):
            if place[site] != NONE:
                continue
            at = site if remembers else 0
            if not remembers or _any(is_touched, target, starts[site], starts[site + 1]):
                _exchanged(
                    site, starts, target, saving, weights, values, sites, place, backup,
                    gain[at], kept[at],
                )  # fmt: skip
            for out in range(outs):
                goes = cost[chosen[out]] if out < len(chosen) else 0.0
                if spent + cost[site] - goes > purse:
                    continue
                for row in range(rows):
                    then[row] = total[row] + gain[at, row] - loss[out, row] + kept[at, out, row]
                then_met = _met(then, needs)
                if then_met > met + 1e-9 or (then_met >= met - 1e-9 and then[0] > value + near):
                    met, value = then_met, then[0]
                    best_out, best_in = out, site
        if best_in == NONE:
            break
        if best_out == len(chosen):
            chosen = np.append(chosen, best_in)
            kept = np.zeros((len(gain), len(chosen) + 1, rows))
            is_touched[:] = True
            continue
        is_touched[:] = False
        for moved in (chosen[best_out], best_in):
            is_touched[target[starts[moved] : starts[moved + 1]]] = True
        chosen = chosen.copy()
        chosen[best_out] = best_in
    return chosen


def _any_python(is_touched: Bools, target: Ints, first: int, end: int) -> bool:
    for k in range(first, end):  # noqa: SIM110 - numba compiles no generators
        if is_touched[target[k]]:
            return True
    return False


def _losses_python(  # noqa: PLR0913
    values: Floats, sites: Ints, place: Ints, weights: Members, backup: float, count: int
) -> Floats:
    """Return what goes with each chosen site, and nothing with none."""
    people, of, group, many, rows = weights
    loss = np.zeros((count + 1, rows))
    for i in range(len(values)):
        now = values[i, 0] + backup * values[i, 1]
        for k in range(2):
            if sites[i, k] >= 0:
                left = values[i, 1 - k] + backup * values[i, 2]
                loss[place[sites[i, k]], 0] += people[i] * (now - left)
        if sites[i, 0] >= 0 and sites[i, 1] == NONE:
            for m in range(of[i], of[i + 1]):
                loss[place[sites[i, 0]], group[m]] += many[m]
    return loss


def _exchanged_python(  # noqa: PLR0913
    site: int,
    starts: Ints,
    target: Ints,
    saving: Floats,
    weights: Members,
    values: Floats,
    sites: Ints,
    place: Ints,
    backup: float,
    gain: Floats,
    kept: Floats,
) -> None:
    """Write down what a site adds, and what less is lost with each chosen one that goes for it."""
    people, of, group, many, _ = weights
    gain[:] = 0.0
    kept[:] = 0.0
    for p in range(starts[site], starts[site + 1]):
        i, save = target[p], saving[p]
        one, two, three = values[i]
        now = one + backup * two
        more = _with(one, two, save, backup) - now
        gain[0] += people[i] * more
        for k in range(2):
            if sites[i, k] >= 0:
                other = two if k == 0 else one
                left = other + backup * three
                instead = _with(other, three, save, backup)
                kept[place[sites[i, k]], 0] += people[i] * (instead - left - more)
        if sites[i, 0] == NONE:
            for m in range(of[i], of[i + 1]):
                gain[group[m]] += many[m]
        elif sites[i, 0] >= 0 and sites[i, 1] == NONE:
            for m in range(of[i], of[i + 1]):
                kept[place[sites[i, 0]], group[m]] += many[m]


_with = njit(cache=True, nogil=True)(_with_python)
_met = njit(cache=True, nogil=True)(_met_python)
_gain = njit(cache=True, nogil=True)(_gain_python)
_greedy = njit(cache=True, nogil=True)(_greedy_python)
_any = njit(cache=True, nogil=True)(_any_python)
_losses = njit(cache=True, nogil=True)(_losses_python)
_exchanged = njit(cache=True, nogil=True)(_exchanged_python)
_swapped = njit(cache=True, nogil=True)(_swapped_python)
