"""Lazy greedy, then swaps, for values that only the nearest sites of each point decide.

Most people and least time are the same search: of how much each pair saves, every point takes the
best, and with backup cover a part of the second best. What a further site adds never grows when
others are chosen before, so that gains need not be reckoned anew until they are the largest.
The swaps are those of Resende and Werneck (2007), with a third site kept for backup cover.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numba import njit

from gis.arrangement import Floats
from gis.network.network import Bools, Ints
from gis.siting.question import Aim, Siting

Members: TypeAlias = tuple[Floats, Ints, Ints, Floats, int]
"""People of each point; then the groups at point `i`, at `starts[i]` to `starts[i + 1]`: the row of
each in `Savings.weights`, and how many; and how many rows there are."""

NONE, STANDS = -1, -2
# How many sites of each point are known: one may go, and two still count.
KEPT = 3
# The most work of the swaps, in pairs looked at: a clock would not answer the same every time.
WORK = 400_000_000
# The most numbers about exchanges that are remembered from one to the next.
REMEMBERED = 8_000_000


@dataclass(frozen=True, eq=False)
class Savings:
    """A question as pairs that save something at each point."""

    starts: Ints
    target: Ints
    # Of each pair, for each person.
    saving: Floats
    # (1 + groups, points): whose savings count, and the groups that have a floor.
    weights: Floats
    # How many of each group are to be reached.
    needs: Floats
    # (points, `KEPT`): what facilities that stand save, and `STANDS` or `NONE`.
    values: Floats
    sites: Ints

    @cached_property
    def members(self) -> Members:
        """`weights` as the kernels walk them: most points are of few groups."""
        point, row = np.nonzero(self.weights[1:].T)
        starts = np.searchsorted(point, np.arange(self.weights.shape[1] + 1))
        many = self.weights[row + 1, point]
        return self.weights[0], starts, row + 1, many, len(self.weights)

    def total(self, chosen: Ints, backup: float) -> tuple[float, float]:
        """Return what is saved by a choice, and how many are missing from the floors."""
        values, sites = self.values.copy(), self.sites.copy()
        _build(values, sites, self.starts, self.target, self.saving, chosen)
        totals = _totals(values, sites, self.members, backup)
        return float(totals[0]), float(np.maximum(self.needs - totals[1:], 0).sum())


def savings(siting: Siting) -> Savings:
    """Return what each pair saves: a person reached, or the seconds short of the longest."""
    near, standing = siting.candidates, siting.standing
    if siting.aim is Aim.MOST_PEOPLE:
        saving, stands = np.ones(len(near.target)), np.ones(len(standing.target))
    else:
        saving = np.maximum(siting.longest_s - near.seconds, 0)
        stands = np.maximum(siting.longest_s - standing.seconds, 0)
    groups = [np.asarray(many, float) for many in siting.groups.values()] if siting.floor else []
    weights = np.array([np.asarray(siting.demand, float), *groups])
    values = np.zeros((len(siting.demand), KEPT))
    sites = np.full((len(siting.demand), KEPT), NONE)
    _stand(values, sites, standing.target, stands)
    needs = siting.floor * weights[1:].sum(axis=1)
    return Savings(near.starts, near.target, saving, weights, needs, values, sites)


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


def _insert_python(values: Floats, sites: Ints, value: float, site: int) -> None:
    """Keep a site if it is among the best of a point; of those as good the first comes first."""
    place = KEPT
    while place > 0 and (sites[place - 1] == NONE or value > values[place - 1]):
        place -= 1
    for k in range(KEPT - 1, place, -1):
        values[k], sites[k] = values[k - 1], sites[k - 1]
    if place < KEPT:
        values[place], sites[place] = value, site


def _stand_python(values: Floats, sites: Ints, target: Ints, saving: Floats) -> None:
    for k in range(len(target)):
        _insert(values[target[k]], sites[target[k]], saving[k], STANDS)


def _build_python(  # noqa: PLR0913
    values: Floats, sites: Ints, starts: Ints, target: Ints, saving: Floats, chosen: Ints
) -> None:
    for site in chosen:
        for k in range(starts[site], starts[site + 1]):
            _insert(values[target[k]], sites[target[k]], saving[k], site)


def _totals_python(values: Floats, sites: Ints, weights: Members, backup: float) -> Floats:
    people, of, group, many, rows = weights
    total = np.zeros(rows)
    for i in range(len(values)):
        total[0] += people[i] * (values[i, 0] + backup * values[i, 1])
        if sites[i, 0] != NONE:
            for m in range(of[i], of[i + 1]):
                total[group[m]] += many[m]
    return total


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
    total = _totals(values, sites, weights, backup)
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
        _build(values, sites, starts, target, saving, chosen[count - 1 : count])
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
        _build(values, sites, starts, target, saving, chosen)
        total = _totals(values, sites, weights, backup)
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


_insert = njit(cache=True, nogil=True)(_insert_python)
_stand = njit(cache=True, nogil=True)(_stand_python)
_build = njit(cache=True, nogil=True)(_build_python)
_totals = njit(cache=True, nogil=True)(_totals_python)
_with = njit(cache=True, nogil=True)(_with_python)
_met = njit(cache=True, nogil=True)(_met_python)
_gain = njit(cache=True, nogil=True)(_gain_python)
_greedy = njit(cache=True, nogil=True)(_greedy_python)
_any = njit(cache=True, nogil=True)(_any_python)
_losses = njit(cache=True, nogil=True)(_losses_python)
_exchanged = njit(cache=True, nogil=True)(_exchanged_python)
_swapped = njit(cache=True, nogil=True)(_swapped_python)
