"""A plan that is being changed, compiled: who has which unit, and whether one may change hands.

Every hand-over keeps what hangs together in one piece: the giver falls into no more pieces than
before, the taker touches the unit, nobody is left without units, nobody is newly enclosed by a
single other, nobody loses more of its compactness than allowed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from gis.division.balance.problem import Bools, Floats, Ints

FULL_CIRCLE = 4 * np.pi


class Ground(NamedTuple):
    """What no hand-over changes. Neighbours of unit ``i``: ``starts[i]`` to ``starts[i + 1]``."""

    starts: Ints
    others: Ints
    border_m: Floats
    # Units hang together over these borders; over the others they only touch.
    is_open: Bools
    # What it costs that two groups meet at a border, against that it lies within one.
    cut_cost: Floats
    load: Floats
    area_m2: Floats
    outline_m: Floats
    is_outer: Bools
    is_free: Bools


class Limits(NamedTuple):
    """What is asked of each group: its load, how far off it may be, how compact it must be."""

    target: Floats
    tolerance: float
    compactness: Floats


class Today(NamedTuple):
    """What must not get worse: into how many pieces each group falls, and whom another encloses."""

    group: Ints
    pieces: Ints
    is_enclosed: Bools


class Plan(NamedTuple):
    """Whose each unit is, and what follows from it for the groups; the last three are scratch."""

    group: Ints
    load: Floats
    size: Ints
    area_m2: Floats
    outline_m: Floats
    # How many borders two groups have in common; the last column counts those with the outside.
    links: Ints
    queue: Ints
    seen: Ints
    stamp: Ints


def placed(ground: Ground, group: Ints, groups: int) -> Plan:
    """Return the plan in which units belong to some groups."""
    n = len(group)
    links = np.zeros((groups, groups + 1), np.int64)
    unit = np.repeat(np.arange(n), np.diff(ground.starts))
    mine, other = group[unit], group[ground.others]
    apart = mine != other
    np.add.at(links, (mine[apart], other[apart]), 1)
    np.add.at(links, (group, np.full(n, groups)), ground.is_outer.astype(np.int64))
    inner = _summed(mine[~apart], ground.border_m[~apart], groups)
    return Plan(
        group.astype(np.int64),
        _summed(group, ground.load, groups),
        np.bincount(group, minlength=groups).astype(np.int64),
        _summed(group, ground.area_m2, groups),
        _summed(group, ground.outline_m, groups) - inner,
        links,
        np.zeros(n, np.int64),
        np.zeros(n, np.int64),
        np.zeros(1, np.int64),
    )


def _summed(group: Ints, what: Floats, groups: int) -> Floats:
    return np.bincount(group, what, groups).astype(np.float64)


def _pieces_python(ground: Ground, plan: Plan) -> Ints:
    """Return into how many pieces each group falls."""
    found = np.zeros(len(plan.size), np.int64)
    plan.stamp[0] += 1
    seen = plan.stamp[0]
    for unit in range(len(plan.group)):
        if plan.seen[unit] == seen:
            continue
        group = plan.group[unit]
        found[group] += 1
        plan.seen[unit] = seen
        plan.queue[0] = unit
        head, tail = 0, 1
        while head < tail:
            here = plan.queue[head]
            head += 1
            for k in range(ground.starts[here], ground.starts[here + 1]):
                other = ground.others[k]
                if ground.is_open[k] and plan.group[other] == group and plan.seen[other] != seen:
                    plan.seen[other] = seen
                    plan.queue[tail] = other
                    tail += 1
    return found


def _is_rooted_python(ground: Ground, plan: Plan, home: Ints) -> bool:
    """Whether every piece of a group holds a unit that is its own today: no group moves house."""
    plan.stamp[0] += 1
    seen = plan.stamp[0]
    head, tail = 0, 0
    for unit in range(len(home)):
        if plan.group[unit] == home[unit]:
            plan.seen[unit] = seen
            plan.queue[tail] = unit
            tail += 1
    while head < tail:
        here = plan.queue[head]
        head += 1
        for k in range(ground.starts[here], ground.starts[here + 1]):
            other = ground.others[k]
            if (
                ground.is_open[k]
                and plan.group[other] == plan.group[here]
                and plan.seen[other] != seen
            ):
                plan.seen[other] = seen
                plan.queue[tail] = other
                tail += 1
    return tail == len(home)


def _is_sound_python(ground: Ground, plan: Plan, limits: Limits, today: Today) -> bool:
    """Whether a plan is allowed, however it came about."""
    if not _is_rooted(ground, plan, today.group):
        return False
    pieces = _pieces(ground, plan)
    for group in range(len(plan.size)):
        if (
            plan.size[group] == 0
            or pieces[group] > today.pieces[group]
            or (not today.is_enclosed[group] and _encloser(plan, group) >= 0)
            or not _is_shapely(plan, limits, group)
        ):
            return False
    return True


def _may_leave_python(ground: Ground, plan: Plan, unit: int) -> bool:
    """Whether a giver falls into no more pieces without a unit, and is not left empty."""
    giver = plan.group[unit]
    if not ground.is_free[unit] or plan.size[giver] == 1:
        return False
    plan.stamp[0] += 1
    # Neighbours of the giver's that must still reach each other bear this stamp, those that do
    # the next one.
    wanted = plan.stamp[0]
    plan.stamp[0] += 1
    reached = plan.stamp[0]
    left = 0
    first = -1
    for k in range(ground.starts[unit], ground.starts[unit + 1]):
        other = ground.others[k]
        if ground.is_open[k] and plan.group[other] == giver and plan.seen[other] != wanted:
            plan.seen[other] = wanted
            left += 1
            first = other
    if left <= 1:
        return True
    plan.seen[first] = reached
    plan.seen[unit] = reached
    left -= 1
    plan.queue[0] = first
    head, tail = 0, 1
    while head < tail:
        here = plan.queue[head]
        head += 1
        for k in range(ground.starts[here], ground.starts[here + 1]):
            other = ground.others[k]
            if not ground.is_open[k] or plan.group[other] != giver or plan.seen[other] == reached:
                continue
            if plan.seen[other] == wanted:
                left -= 1
                if left == 0:
                    return True
            plan.seen[other] = reached
            plan.queue[tail] = other
            tail += 1
    return False


def _touches_python(ground: Ground, plan: Plan, unit: int, to: int) -> bool:
    """Whether a unit hangs together with a group."""
    for k in range(ground.starts[unit], ground.starts[unit + 1]):
        if ground.is_open[k] and plan.group[ground.others[k]] == to:
            return True
    return False


def _give_python(ground: Ground, plan: Plan, unit: int, to: int) -> None:
    """Hand a unit over, allowed or not."""
    giver = plan.group[unit]
    outside = len(plan.size)
    with_giver = with_to = 0.0
    for k in range(ground.starts[unit], ground.starts[unit + 1]):
        other = plan.group[ground.others[k]]
        if other == giver:
            with_giver += ground.border_m[k]
        else:
            plan.links[giver, other] -= 1
            plan.links[other, giver] -= 1
        if other == to:
            with_to += ground.border_m[k]
        else:
            plan.links[to, other] += 1
            plan.links[other, to] += 1
    if ground.is_outer[unit]:
        plan.links[giver, outside] -= 1
        plan.links[to, outside] += 1
    plan.outline_m[giver] += 2 * with_giver - ground.outline_m[unit]
    plan.outline_m[to] += ground.outline_m[unit] - 2 * with_to
    plan.area_m2[giver] -= ground.area_m2[unit]
    plan.area_m2[to] += ground.area_m2[unit]
    plan.load[giver] -= ground.load[unit]
    plan.load[to] += ground.load[unit]
    plan.size[giver] -= 1
    plan.size[to] += 1
    plan.group[unit] = to


def _encloser_python(plan: Plan, group: int) -> int:
    """Return the only other group that a group touches, -1 if it touches more or the outside."""
    found = -1
    for other in range(plan.links.shape[1]):
        if plan.links[group, other] > 0:
            if found >= 0:
                return -1
            found = other
    return found if found < len(plan.size) else -1


def _is_shapely_python(plan: Plan, limits: Limits, group: int) -> bool:
    """Whether a group is as compact as it must be."""
    least: float = limits.compactness[group]
    outline: float = plan.outline_m[group]
    area: float = plan.area_m2[group]
    return FULL_CIRCLE * area >= least * outline * outline


def _encloses_python(ground: Ground, plan: Plan, unit: int, giver: int, group: int) -> bool:
    """Whether a group is enclosed since a unit was handed over; who was before may stay so."""
    if _encloser(plan, group) < 0:
        return False
    to = plan.group[unit]
    _give(ground, plan, unit, giver)
    was = _encloser(plan, group) >= 0
    _give(ground, plan, unit, to)
    return not was


def _hand_over_python(ground: Ground, plan: Plan, limits: Limits, unit: int, to: int) -> bool:
    """Hand a unit over if that is allowed; tell whether it was."""
    giver = plan.group[unit]
    if giver == to or not _touches(ground, plan, unit, to) or not _may_leave(ground, plan, unit):
        return False
    _give(ground, plan, unit, to)
    is_right = _is_shapely(plan, limits, giver) and _is_shapely(plan, limits, to)
    is_right = is_right and not _encloses(ground, plan, unit, giver, giver)
    for k in range(ground.starts[unit], ground.starts[unit + 1]):
        is_right = is_right and not _encloses(
            ground, plan, unit, giver, plan.group[ground.others[k]]
        )
    if not is_right:
        _give(ground, plan, unit, giver)
    return is_right


def _excess_python(limits: Limits, load: float, group: int) -> float:
    """Return by how much a load is outside the tolerance, as a share of the target."""
    if limits.target[group] <= 0:
        return 0.0
    target: float = limits.target[group]
    return max(0.0, abs(load / target - 1) - limits.tolerance)


_is_rooted = njit(cache=True, nogil=True)(_is_rooted_python)
_pieces = njit(cache=True, nogil=True)(_pieces_python)
_may_leave = njit(cache=True, nogil=True)(_may_leave_python)
_touches = njit(cache=True, nogil=True)(_touches_python)
_encloser = njit(cache=True, nogil=True)(_encloser_python)
_is_shapely = njit(cache=True, nogil=True)(_is_shapely_python)
_give = njit(cache=True, nogil=True)(_give_python)
is_sound = njit(cache=True, nogil=True)(_is_sound_python)
_encloses = njit(cache=True, nogil=True)(_encloses_python)
hand_over = njit(cache=True, nogil=True)(_hand_over_python)
excess = njit(cache=True, nogil=True)(_excess_python)
give = _give
touches = _touches


def today(ground: Ground, plan: Plan) -> Today:
    """Return what a plan is, for others to be held against."""
    enclosed = [_encloser(plan, group) >= 0 for group in range(len(plan.size))]
    return Today(plan.group.copy(), _pieces(ground, plan), np.array(enclosed, np.bool_))
