"""A second judge of plans, by networkless walking over sets: slow, and plain to read."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

import numpy as np

from gis.division.balance.problem import Problem, Suggestion

Groups = Mapping[int, int]
"""The group of each unit."""


def today(problem: Problem) -> dict[int, int]:
    return dict(zip(problem.units, problem.groups, strict=True))


def neighbours(problem: Problem, *, is_open: bool) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {unit: set() for unit in problem.units}
    forbids = problem.weights.barrier is None
    for (one, other), barrier in zip(
        problem.adjacency.pairs.tolist(), problem.adjacency.is_barrier, strict=True
    ):
        if not (is_open and barrier and forbids):
            a, b = problem.units[one], problem.units[other]
            found[a].add(b)
            found[b].add(a)
    return found


def pieces(units: Iterable[int], near: Mapping[int, set[int]]) -> int:
    left, number = set(units), 0
    while left:
        waiting = [left.pop()]
        while waiting:
            fresh = near[waiting.pop()] & left
            left -= fresh
            waiting += fresh
        number += 1
    return number


def apart(problem: Problem) -> dict[int, int]:
    """Return the part of each group: groups of one part can hand units to each other."""
    near, groups = neighbours(problem, is_open=True), today(problem)
    part = {group: group for group in groups.values()}
    for _ in part:
        for unit, others in near.items():
            for other in others:
                one, two = groups[unit], groups[other]
                if problem.parents[one] == problem.parents[two]:
                    part[one] = part[two] = min(part[one], part[two])
    return part


def enclosed(problem: Problem, groups: Groups) -> set[int]:
    near, part = neighbours(problem, is_open=False), apart(problem)
    outer = {unit for unit, is_it in zip(problem.units, problem.is_outer, strict=True) if is_it}
    found = set()
    for group in set(groups.values()):
        mine = {unit for unit in problem.units if groups[unit] == group}
        others = {groups[n] for unit in mine for n in near[unit]} - {group}
        # Units of another part are outside of what is balanced together.
        beyond = {other for other in others if part[other] != part[group]}
        if len(others) == 1 and not beyond and not mine & outer:
            found.add(group)
    return found


def compactness(problem: Problem, groups: Groups) -> dict[int, float]:
    border = dict.fromkeys(groups.values(), 0.0)
    area = dict.fromkeys(border, 0.0)
    for k, unit in enumerate(problem.units):
        border[groups[unit]] += problem.outlines_m[k]
        area[groups[unit]] += problem.areas_m2[k]
    for (one, other), metres in zip(
        problem.adjacency.pairs.tolist(), problem.adjacency.border_m, strict=True
    ):
        if groups[problem.units[one]] == groups[problem.units[other]]:
            border[groups[problem.units[one]]] -= 2 * metres
    return {g: 4 * np.pi * area[g] / border[g] ** 2 for g in border}


def is_sound(problem: Problem, groups: Groups) -> bool:
    """Whether a plan keeps what the present one has."""
    before = today(problem)
    near = neighbours(problem, is_open=True)
    if set(groups.values()) != set(before.values()):
        return False
    for group in set(before.values()):
        was, now = (
            pieces((u for u in problem.units if plan[u] == group), near)
            for plan in (before, groups)
        )
        if now > was:
            return False
    least = problem.weights.compactness
    compact = compactness(problem, before)
    return enclosed(problem, groups) <= enclosed(problem, before) and all(
        now >= least * compact[group] - 1e-9 for group, now in compactness(problem, groups).items()
    )


def follow(problem: Problem, suggestion: Suggestion) -> dict[int, int]:
    """Make the hand-overs step by step and see that each can be made; return the plan then."""
    groups = today(problem)
    locked = {u for u, is_it in zip(problem.units, problem.locked, strict=True) if is_it}
    near = neighbours(problem, is_open=True)
    steps = [move.step for move in suggestion.moves]
    assert steps == sorted(steps)
    for _, together in itertools.groupby(suggestion.moves, key=lambda move: move.step):
        lot = list(together)
        for move in lot:
            assert move.unit not in locked
            assert groups[move.unit] == move.giver != move.to
            assert problem.parents[move.giver] == problem.parents[move.to]
            groups[move.unit] = move.to
        for move in lot:
            assert any(groups[n] == move.to for n in near[move.unit])
        assert is_sound(problem, groups)
    return groups


def loads(problem: Problem, groups: Groups) -> dict[int, float]:
    found = dict.fromkeys(groups.values(), 0.0)
    for unit, load in zip(problem.units, problem.loads.tolist(), strict=True):
        found[groups[unit]] += load
    return found


def fewest(problem: Problem) -> int | None:
    """Return the fewest hand-overs that bring all within the tolerance, by trying everything."""
    before = today(problem)
    names = sorted(set(before.values()))
    total = problem.loads.sum() / len(names)
    best: int | None = None
    for plan in itertools.product(names, repeat=len(problem.units)):
        moves = sum(a != b for a, b in zip(plan, problem.groups, strict=True))
        if best is not None and moves >= best:
            continue
        groups = dict(zip(problem.units, plan, strict=True))
        within = all(
            abs(load / total - 1) <= problem.tolerance + 1e-9
            for load in loads(problem, groups).values()
        )
        keeps = all(any(groups[u] == before[u] == name for u in groups) for name in names)
        if within and keeps and is_sound(problem, groups):
            best = moves
    return best
