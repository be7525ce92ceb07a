"""What no suggestion can beat: bounds from the loads alone, whatever the borders allow."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numba import njit
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from gis.division.balance.plan import Ground, Limits, Plan
from gis.division.balance.problem import EXACT, Floats, Ints


def least_deviation(ground: Ground, plan: Plan, limits: Limits) -> float:
    """Return a deviation that some group of a part must have.

    The groups of a part share its whole load; what is locked stays; the largest unit lies in some
    group; no group gets beyond the pieces of ground that it has a unit on.
    """
    has_target = limits.target > 0
    if not has_target.any():
        return 0.0
    target = limits.target[has_target]
    held = np.where(ground.is_free, 0.0, ground.load)
    locked = np.bincount(plan.group, held, len(limits.target))
    over = locked[has_target] / target - 1
    largest = ground.load[ground.is_free].max(initial=0.0)
    found = [
        abs(ground.load.sum() / limits.target.sum() - 1),
        float(over.max()),
        float(largest / target.max()) - 1,
    ]
    return float(max(0.0, *found, *_cut_off(ground, plan, limits)))


def _cut_off(ground: Ground, plan: Plan, limits: Limits) -> Iterator[float]:
    """Yield what the groups on one piece of ground must be off, where a part is in several."""
    n = len(plan.group)
    unit = np.repeat(np.arange(n), np.diff(ground.starts))[ground.is_open]
    ways = (unit, ground.others[ground.is_open])
    graph = sparse.coo_array((np.ones(len(unit)), ways), shape=(n, n))
    number, piece = connected_components(graph, directed=False)
    if number == 1:
        return
    for one in range(number):
        load = ground.load[piece == one].sum()
        here = np.unique(plan.group[piece == one])
        only = np.setdiff1d(here, plan.group[piece != one])
        if limits.target[here].sum() > 0:
            yield float(load / limits.target[here].sum()) - 1
        if limits.target[only].sum() > 0:
            yield 1 - float(load / limits.target[only].sum())


def ladders(ground: Ground, plan: Plan) -> tuple[Floats, Ints]:
    """Return what each group can give by 0, 1, 2… units at the most, and where its ladder begins.

    The last ladder is that of all units together: what a group can take.
    """
    steps, starts = [], [0]
    for group in range(len(plan.size) + 1):
        here = ground.is_free & ((plan.group == group) | (group == len(plan.size)))
        loads = -np.sort(-ground.load[here])
        steps.append(np.concatenate([[0.0], np.cumsum(loads)]))
        starts.append(starts[-1] + len(steps[-1]))
    return np.concatenate(steps), np.array(starts, np.int64)


def _least_moves_python(plan: Plan, limits: Limits, steps: Floats, starts: Ints) -> int:
    """Return how many hand-overs it takes at least to bring all within the tolerance; -1: none do.

    Each is given by one group and taken by one, so the larger of the two sums counts.
    """
    given = taken = 0
    groups = len(limits.target)
    for group in range(groups):
        target = limits.target[group]
        if target <= 0:
            continue
        over = plan.load[group] - target * (1 + limits.tolerance) - EXACT * target
        under = target * (1 - limits.tolerance) - plan.load[group] - EXACT * target
        ladder = group if over > 0 else groups
        amount = max(over, under)
        if amount <= 0:
            continue
        first, last = starts[ladder], starts[ladder + 1]
        number = np.searchsorted(steps[first:last], amount)
        if number >= last - first:
            return -1
        if over > 0:
            given += number
        else:
            taken += number
    return max(given, taken)


least_moves = njit(cache=True, nogil=True)(_least_moves_python)
