"""Annealing: many small hand-overs at random, ever fewer of them for the worse; compiled.

Simulated annealing after Kirkpatrick, Gelatt and Vecchi (1983), over plans that are all sound.
Units weigh a tenth of a group, so that hardly any single one may go without another coming: a
hand-over that is refused is tried together with one or two that follow from it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from gis.division.balance.plan import Ground, Limits, Plan, Today, excess, give, hand_over, is_sound
from gis.division.balance.problem import Ints

# What is outside the tolerance is weighed in points (hundredths of the target), to a power.
POINTS = 100.0
HOT, COLD = 30.0, 0.05
LONGEST = 3


class Draw(NamedTuple):
    """How dear things are while annealing: a unit that is not at home, a mean length of border."""

    move: float
    border: float
    # By how much the tolerance is missed on purpose, so that what comes out is within it.
    tighter: float
    # Above 2 the largest deviation counts for more than many small ones.
    power: float


def _penalty_python(limits: Limits, load: float, group: int, power: float) -> float:
    outside: float = POINTS * excess(limits, load, group)
    return float(outside**power)


def _change_python(  # noqa: PLR0913
    ground: Ground, plan: Plan, limits: Limits, home: Ints, draw: Draw, unit: int, to: int
) -> float:
    """Return what handing a unit over would add to all that is dear."""
    giver, load = plan.group[unit], ground.load[unit]
    change = (
        _penalty(limits, plan.load[giver] - load, giver, draw.power)
        - _penalty(limits, plan.load[giver], giver, draw.power)
        + _penalty(limits, plan.load[to] + load, to, draw.power)
        - _penalty(limits, plan.load[to], to, draw.power)
    )
    if home[unit] == giver:
        change += draw.move
    elif home[unit] == to:
        change -= draw.move
    for k in range(ground.starts[unit], ground.starts[unit + 1]):
        other = plan.group[ground.others[k]]
        if other == giver:
            change += draw.border * ground.cut_cost[k]
        elif other == to:
            change -= draw.border * ground.cut_cost[k]
    return change


def _neighbour_python(ground: Ground, unit: int) -> int:
    """Return a neighbour at random; the unit itself where it has none."""
    first, last = ground.starts[unit], ground.starts[unit + 1]
    if first == last:
        return unit
    return int(ground.others[first + np.random.randint(last - first)])


def _missed_python(plan: Plan, limits: Limits, power: float) -> float:
    total = 0.0
    for group in range(len(limits.target)):
        total += _penalty(limits, plan.load[group], group, power)
    return total


def _anneal_python(  # noqa: PLR0913, C901 - one loop, for speed
    ground: Ground,
    plan: Plan,
    limits: Limits,
    today: Today,
    draw: Draw,
    begun_with: Ints,
    iterations: int,
    seed: int,
) -> Ints:
    """Change a plan, and return whose the units were when it was best.

    Each change begins with one of ``begun_with``.

    Best has the least outside the tolerance, then the fewest units that are not at home.
    """
    home = today.group
    np.random.seed(seed)
    tight = Limits(limits.target, limits.tolerance * (1 - draw.tighter), limits.compactness)
    units: Ints = np.zeros(LONGEST, np.int64)
    givers: Ints = np.zeros(LONGEST, np.int64)
    away = (plan.group != home).sum()
    missed = _missed(plan, limits, draw.power)
    first_missed = missed + 1e-6
    # Where it begins may be no plan that is allowed.
    best = home.copy()
    least_missed, least_away = np.inf, len(home)
    cooling = (COLD / HOT) ** (1.0 / iterations)
    temperature = HOT
    for _ in range(iterations):
        temperature *= cooling
        unit = begun_with[np.random.randint(len(begun_with))]
        allowed = -temperature * np.log(np.random.random())
        change = 0.0
        length = 0
        was_missed = 0.0
        now_missed = 0.0
        while length < LONGEST:
            to = plan.group[_neighbour(ground, unit)]
            giver = plan.group[unit]
            if to == giver or not ground.is_free[unit]:
                break
            step = _change(ground, plan, tight, home, draw, unit, to)
            # A single step for the worse is refused more often than it is followed up.
            if length == 0 and step > allowed and np.random.random() < 0.7:
                break
            before = _penalty(limits, plan.load[giver], giver, draw.power) + _penalty(
                limits, plan.load[to], to, draw.power
            )
            if not hand_over(ground, plan, limits, unit, to):
                break
            was_missed += before
            now_missed += _penalty(limits, plan.load[giver], giver, draw.power) + _penalty(
                limits, plan.load[to], to, draw.power
            )
            units[length], givers[length] = unit, giver
            length += 1
            change += step
            if change <= allowed:
                break
            # Who took it hands one on: the next unit lies near.
            for _ in range(2):
                near = _neighbour(ground, unit)
                if plan.group[near] == to:
                    unit = near
        if length == 0:
            continue
        if change > allowed:
            for k in range(length - 1, -1, -1):
                give(ground, plan, units[k], givers[k])
            continue
        missed += now_missed - was_missed
        # For most of the way it is worse than where it begins: not worth a closer look.
        if missed > least_missed + 1e-6 or missed > first_missed:
            continue
        away = (plan.group != home).sum()
        is_better = missed < least_missed - 1e-6 or away < least_away
        if is_better and is_sound(ground, plan, limits, today):
            least_missed, least_away = min(missed, least_missed), away
            best[:] = plan.group
    return best


_penalty = njit(cache=True, nogil=True)(_penalty_python)
_change = njit(cache=True, nogil=True)(_change_python)
_neighbour = njit(cache=True, nogil=True)(_neighbour_python)
_missed = njit(cache=True, nogil=True)(_missed_python)
anneal = njit(cache=True, nogil=True)(_anneal_python)
