"""Putting hand-overs in an order that works, and leaving out those that are not needed; compiled.

A plan that annealing found says where units end, not that each can go there straight from today.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from gis.division.balance.plan import Ground, Limits, Plan, Today, excess, give, hand_over, is_sound
from gis.division.balance.problem import Floats, Ints

POINTS = 100.0
EVEN = 1e-9


def _order_python(  # noqa: C901 - one loop, for speed
    ground: Ground, plan: Plan, limits: Limits, today: Today, goal: Ints
) -> tuple[Ints, Ints]:
    """Hand units over until a goal is reached, what helps most first.

    Returns
    -------
    tuple
        The units in their order, and the step of each: units of one step go together. Those that
        would each leave a piece of the giver behind, and those that trade places, have to.
    """
    waiting = np.flatnonzero(plan.group != goal)
    order = np.empty(len(waiting), np.int64)
    steps = np.empty(len(waiting), np.int64)
    done = step = 0
    while done < len(waiting):
        gain: Floats = np.full(len(waiting), -np.inf)
        for k in range(len(waiting)):
            unit = waiting[k]
            giver, to, load = plan.group[unit], goal[unit], ground.load[unit]
            if giver != to:
                gain[k] = (
                    _squared(limits, plan.load[giver], giver)
                    + _squared(limits, plan.load[to], to)
                    - _squared(limits, plan.load[giver] - load, giver)
                    - _squared(limits, plan.load[to] + load, to)
                )
        before = done
        for k in np.argsort(-gain)[: len(waiting) - done]:
            unit = waiting[k]
            if hand_over(ground, plan, limits, unit, goal[unit]):
                order[done], steps[done] = unit, step
                done += 1
                break
        # First as few together as can be: a connected lot, all between two, then all.
        for how in range(3):
            for k in range(len(waiting)):
                if done > before or plan.group[waiting[k]] == goal[waiting[k]]:
                    continue
                lot = _lot(ground, plan, goal, waiting, waiting[k], how)
                held = plan.group.copy()
                for unit in lot:
                    give(ground, plan, unit, goal[unit])
                if how == 2 or is_sound(ground, plan, limits, today):
                    for unit in lot:
                        order[done], steps[done] = unit, step
                        done += 1
                else:
                    for unit in lot:
                        give(ground, plan, unit, held[unit])
        step += 1
    return order, steps


def _lot_python(  # noqa: PLR0913
    ground: Ground, plan: Plan, goal: Ints, waiting: Ints, first: int, how: int
) -> Ints:
    """Return units that may go together with a first one."""
    one, other = plan.group[first], goal[first]
    if how == 2:
        rest: Ints = waiting[plan.group[waiting] != goal[waiting]]
        return rest
    lot = waiting[:0].copy()
    if how == 1:
        for unit in waiting:
            here, there = plan.group[unit], goal[unit]
            if (here == one and there == other) or (here == other and there == one):
                lot = np.append(lot, unit)
        return lot
    plan.stamp[0] += 1
    plan.seen[first] = plan.stamp[0]
    lot = np.append(lot, first)
    head = 0
    while head < len(lot):
        here = lot[head]
        head += 1
        for k in range(ground.starts[here], ground.starts[here + 1]):
            near = ground.others[k]
            if (
                ground.is_open[k]
                and plan.seen[near] != plan.stamp[0]
                and plan.group[near] == one
                and goal[near] == other
            ):
                plan.seen[near] = plan.stamp[0]
                lot = np.append(lot, near)
    return lot


def _squared_python(limits: Limits, load: float, group: int) -> float:
    target = limits.target[group]
    return (load / target - 1) ** 2 if target > 0 else 0.0


def _missed_python(plan: Plan, limits: Limits) -> tuple[float, float]:
    """Return the largest part outside the tolerance, and the sum of all, in points."""
    worst = total = 0.0
    for group in range(len(limits.target)):
        over = POINTS * excess(limits, plan.load[group], group)
        worst = max(worst, over)
        total += over
    return worst, total


def _is_free_python(plan: Plan, limits: Limits, most: tuple[float, float]) -> bool:
    """Whether no more is outside the tolerance than it may be."""
    worst, total = _missed(plan, limits)
    return bool(worst <= most[0] + EVEN and total <= most[1] + EVEN)


def _prune_python(ground: Ground, plan: Plan, limits: Limits, home: Ints, worth: float) -> None:
    """Take hand-overs back that are not needed, one by one and then two by two.

    Parameters
    ----------
    worth
        What a hand-over must take off the sum of all that is outside, in points, to be kept.
    """
    before = -1
    while before != (plan.group != home).sum():
        before = (plan.group != home).sum()
        _prune_ones(ground, plan, limits, home, worth)
        _prune_pair(ground, plan, limits, home, worth)


def _prune_ones_python(
    ground: Ground, plan: Plan, limits: Limits, home: Ints, worth: float
) -> None:
    away = np.flatnonzero(plan.group != home)
    for k in range(len(away)):
        unit = away[k]
        worst, total = _missed(plan, limits)
        held = plan.group[unit]
        if hand_over(ground, plan, limits, unit, home[unit]) and not _is_free(
            plan, limits, (worst, total + worth)
        ):
            give(ground, plan, unit, held)


def _prune_pair_python(
    ground: Ground, plan: Plan, limits: Limits, home: Ints, worth: float
) -> None:
    worst, total = _missed(plan, limits)
    most = (worst, total + 2 * worth)
    away = np.flatnonzero(plan.group != home)
    for one in range(len(away)):
        first = away[one]
        held = plan.group[first]
        if not hand_over(ground, plan, limits, first, home[first]):
            continue
        for two in range(len(away)):
            second = away[two]
            other_held = plan.group[second]
            if not hand_over(ground, plan, limits, second, home[second]):
                continue
            if _is_free(plan, limits, most):
                return
            give(ground, plan, second, other_held)
        give(ground, plan, first, held)


_squared = njit(cache=True, nogil=True)(_squared_python)
missed = njit(cache=True, nogil=True)(_missed_python)
_missed = missed
_is_free = njit(cache=True, nogil=True)(_is_free_python)
_prune_ones = njit(cache=True, nogil=True)(_prune_ones_python)
_prune_pair = njit(cache=True, nogil=True)(_prune_pair_python)
_lot = njit(cache=True, nogil=True)(_lot_python)
order = njit(cache=True, nogil=True)(_order_python)
prune = njit(cache=True, nogil=True)(_prune_python)
