"""The parts of a problem that have nothing to do with each other, as arrays to calculate with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from gis.division.balance.plan import FULL_CIRCLE, Ground, Limits, Plan, placed
from gis.division.balance.problem import Bools, Floats, Ints, Problem


@dataclass(frozen=True, eq=False)
class Part:
    """Groups that can hand units to each other, directly or in a chain, and to no others."""

    ground: Ground
    limits: Limits
    # Whose each unit is today, by the place in `groups`.
    home: Ints
    # Which units of the problem, and which groups, these are.
    units: Ints
    groups: Ints

    def plan(self, group: Ints | None = None) -> Plan:
        """Return a plan to change: today's, or another one."""
        return placed(self.ground, self.home if group is None else group, len(self.groups))


def parts(problem: Problem) -> Iterator[Part]:
    """Yield the parts of a problem, in the order of their first units."""
    names, home = np.unique(np.asarray(problem.groups, np.int64), return_inverse=True)
    _, pool = np.unique([problem.parents[n] for n in names.tolist()], return_inverse=True)
    one, other = problem.adjacency.pairs.reshape(-1, 2).T
    is_open = ~problem.adjacency.is_barrier | (problem.weights.barrier is not None)
    together = is_open & (pool[home[one]] == pool[home[other]])
    graph = sparse.coo_array(
        (np.ones(together.sum()), (home[one[together]], home[other[together]])),
        shape=(len(names), len(names)),
    )
    _, part = connected_components(graph, directed=False)
    targets = _shares(problem, home, part)
    within = part[home[one]] == part[home[other]]
    is_outer = problem.is_outer.copy()
    is_outer[np.concatenate([one[~within], other[~within]])] = True
    for number in part[home[np.sort(np.unique(part[home], return_index=True)[1])]].tolist():
        units, groups = np.flatnonzero(part[home] == number), np.flatnonzero(part == number)
        kept = np.flatnonzero(within & (part[home[one]] == number))
        ground = _ground(problem, units, kept, is_open, is_outer)
        here = np.searchsorted(groups, home[units])
        least = _compactness(placed(ground, here, len(groups))) * problem.weights.compactness
        yield Part(
            ground,
            Limits(targets[groups], problem.tolerance, least),
            here,
            units,
            names[groups],
        )


def _shares(problem: Problem, home: Ints, of: Ints) -> Floats:
    """Return what each group should have: an equal share of what it can share."""
    loads = np.bincount(of[home], problem.loads)
    shares: Floats = (loads / np.bincount(of))[of]
    return shares


def _ground(problem: Problem, units: Ints, kept: Ints, is_open: Bools, is_outer: Bools) -> Ground:
    n = len(units)
    pairs = np.searchsorted(units, problem.adjacency.pairs.reshape(-1, 2)[kept])
    both = np.concatenate([pairs, pairs[:, ::-1]])
    edge = np.concatenate([kept, kept])
    order = np.lexsort((both[:, 1], both[:, 0]))
    both, edge = both[order], edge[order]
    border = problem.adjacency.border_m[edge].astype(float)
    barrier = problem.adjacency.is_barrier[edge]
    # A border is best drawn where a barrier is: there it costs nothing, or is even a gain.
    dear = problem.weights.barrier or 0.0
    cost = np.where(barrier, -dear, 1.0) * border / (border.mean() if len(border) else 1.0)
    area, outline = (
        np.asarray(some[units] if len(some) else np.zeros(n), np.float64)
        for some in (problem.areas_m2, problem.outlines_m)
    )
    return Ground(
        np.searchsorted(both[:, 0], np.arange(n + 1)).astype(np.int64),
        np.ascontiguousarray(both[:, 1], np.int64),
        border,
        is_open[edge],
        cost,
        problem.loads[units].astype(float),
        area,
        outline,
        is_outer[units],
        ~problem.locked[units],
    )


def _compactness(plan: Plan) -> Floats:
    """Return Polsby and Popper's measure: 1 for a circle, 0 where nothing is known."""
    found: Floats = np.divide(
        FULL_CIRCLE * plan.area_m2,
        plan.outline_m**2,
        out=np.zeros(len(plan.size)),
        where=plan.outline_m > 0,
    )
    return found
