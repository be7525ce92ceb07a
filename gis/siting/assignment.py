"""Who is served where, if no site serves more people than it has room for.

People at one point may go to several sites; they are whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import highspy
import numpy as np
from numba import njit
from scipy import sparse

from gis.arrangement import Floats
from gis.network.network import Ints
from gis.network.pairs import Pairs
from gis.siting.solver import solver

# With how many of its nearest sites a point enters the linear programme; the duals ask for more.
NEAREST = 4
# What HiGHS itself takes for nothing.
TOLERANCE = 1e-7


@dataclass(frozen=True, eq=False)
class Assignment:
    """How many go where; at each point those served, over and unreachable are all there are."""

    # Of each pair.
    served: Ints
    by_site: Ints
    by_point: Ints
    # Who has a site within reach and found no room; and who has none.
    over: Ints
    unreachable: Ints
    # Those of all who are served, one after the other.
    total_s: float


def nearest_first(pairs: Pairs, demand: Ints, capacity: Ints) -> Assignment:
    """Let who is nearest to a site have its room first, until everybody is served or all is full.

    Of pairs of the same seconds the first point comes first, then the first site.

    Parameters
    ----------
    pairs
        From sites to demand points.
    demand
        Whole people at each point.
    capacity
        How many each site has room for.

    Examples
    --------
    >>> near = Pairs(np.array([0, 2, 4]), np.array([0, 1, 0, 1]), np.array([1.0, 2, 2, 9]), 2)
    >>> found = nearest_first(near, np.array([5, 5]), np.array([6, 3]))
    >>> found.served.tolist(), found.over.tolist()
    ([5, 1, 0, 3], [0, 1])
    """
    order = np.lexsort([pairs.source, pairs.target, pairs.seconds])
    served = _fill(order, pairs.source, pairs.target, demand, capacity)
    return _assignment(pairs, demand, served)


def least_time(
    pairs: Pairs,
    demand: Ints,
    capacity: Ints,
    *,
    unserved_s: float | None = None,
    progress: Callable[[int], None] | None = None,
) -> Assignment:
    """Serve as many as possible, and of all ways to do so take one of the least total time.

    A transport problem, solved by HiGHS; pairs enter it when its prices ask for them, so that it
    stays small and is exact nevertheless.

    Parameters
    ----------
    pairs
        From sites to demand points.
    demand
        Whole people at each point.
    capacity
        How many each site has room for.
    unserved_s
        How many seconds it counts that somebody is not served; None: more than all others
        could save.
    progress
        Is told how often the programme was solved, which is not known before.

    Examples
    --------
    >>> near = Pairs(np.array([0, 2, 4]), np.array([0, 1, 0, 1]), np.array([1.0, 2, 2, 9]), 2)
    >>> found = least_time(near, np.array([5, 5]), np.array([5, 5]))
    >>> found.served.tolist(), found.total_s
    ([0, 5, 5, 0], 20.0)
    """
    served = np.zeros(len(pairs.target), np.int64)
    source = pairs.source
    asked = np.flatnonzero((demand[pairs.target] > 0) & (capacity[source] > 0))
    if not len(asked):
        return _assignment(pairs, demand, served)
    points, point = np.unique(pairs.target[asked], return_inverse=True)
    sites, site = np.unique(source[asked], return_inverse=True)
    seconds = pairs.seconds[asked]
    if unserved_s is None:
        # To serve one more, others may have to go elsewhere: through each site at most once.
        unserved_s = float((len(sites) + 1) * (seconds.max() + 1))
    programme = _Programme(demand[points], capacity[sites], unserved_s)
    order = np.lexsort([site, seconds, point])
    rank = np.arange(len(order)) - np.searchsorted(point[order], point[order])
    enter = np.sort(order[rank < NEAREST])
    inside = np.zeros(len(asked), np.bool_)
    rounds = 0
    while len(enter):
        inside[enter] = True
        programme.add(point[enter], site[enter], seconds[enter], enter)
        price, rent = programme.solve()
        rounds += 1
        if progress is not None:
            progress(rounds)
        gain = price[point] + rent[site] - seconds
        wanted = np.flatnonzero((gain > 10 * TOLERANCE) & ~inside)
        first = np.lexsort([site[wanted], -gain[wanted], point[wanted]])
        _, best = np.unique(point[wanted][first], return_index=True)
        enter = np.sort(wanted[first[best]])
    number, people = programme.served()
    served[asked[number]] = people
    return _assignment(pairs, demand, served)


class _Programme:
    """The transport problem with some of its pairs."""

    def __init__(self, demand: Ints, capacity: Ints, unserved_s: float) -> None:
        self._highs = solver()
        self._points = len(demand)
        self._number = np.zeros(0, np.int64)
        low = np.concatenate([demand, np.full(len(capacity), -np.inf)])
        high = np.concatenate([demand, capacity]).astype(float)
        self._highs.addRows(
            len(high), low.astype(float), high, 0,
            np.zeros(len(high), np.int32), np.zeros(0, np.int32), np.zeros(0),
        )  # fmt: skip
        # At each point those that nobody serves.
        self._add(np.full(len(demand), unserved_s), sparse.eye_array(len(high), len(demand)))

    def _add(self, cost: Floats, columns: sparse.sparray) -> None:
        by_column = sparse.csc_array(columns)
        many = len(cost)
        self._highs.addCols(
            many, cost, np.zeros(many), np.full(many, np.inf), by_column.nnz,
            by_column.indptr[:-1].astype(np.int32), by_column.indices.astype(np.int32),
            by_column.data.astype(float),
        )  # fmt: skip

    def add(self, point: Ints, site: Ints, seconds: Floats, number: Ints) -> None:
        """Add pairs, told apart by their numbers."""
        many = len(point)
        rows = np.column_stack([point, self._points + site]).ravel()
        shape = self._highs.getNumRow(), many
        self._add(
            seconds,
            sparse.csc_array((np.ones(2 * many), rows, np.arange(0, 2 * many + 1, 2)), shape=shape),
        )
        self._number = np.concatenate([self._number, number])

    def solve(self) -> tuple[Floats, Floats]:
        """Return what one more person at each point costs, and one place at each site saves."""
        self._highs.run()
        if (status := self._highs.getModelStatus()) != highspy.HighsModelStatus.kOptimal:
            raise RuntimeError(f"The transport problem is never {status}.")
        dual = np.array(self._highs.getSolution().row_dual)
        return dual[: self._points], dual[self._points :]

    def served(self) -> tuple[Ints, Ints]:
        """Return the numbers of the pairs and how many people each has."""
        value = np.array(self._highs.getSolution().col_value)[self._points :]
        # The corners of a transport problem are whole.
        people = np.rint(value)
        if np.abs(people - value).max(initial=0.0) > 1e-4:
            raise RuntimeError("The transport problem was not solved at a corner.")
        return self._number, people.astype(np.int64)


def _assignment(pairs: Pairs, demand: Ints, served: Ints) -> Assignment:
    by_point = np.zeros(pairs.targets, np.int64)
    np.add.at(by_point, pairs.target, served)
    by_site = np.zeros(len(pairs.starts) - 1, np.int64)
    np.add.at(by_site, pairs.source, served)
    is_near = np.bincount(pairs.target, minlength=pairs.targets) > 0
    return Assignment(
        served,
        by_site,
        by_point,
        np.where(is_near, demand - by_point, 0),
        np.where(is_near, 0, demand),
        float((served * pairs.seconds).sum()),
    )


def _fill_python(order: Ints, source: Ints, target: Ints, demand: Ints, capacity: Ints) -> Ints:
    served = np.zeros(len(order), np.int64)
    left, room = demand.copy(), capacity.copy()
    for pair in order:
        people = min(left[target[pair]], room[source[pair]])
        served[pair] = people
        left[target[pair]] -= people
        room[source[pair]] -= people
    return served


_fill = njit(cache=True, nogil=True)(_fill_python)
