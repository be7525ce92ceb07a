"""Which numbers to withhold, so that none of them can be worked out from the published ones.

Small numbers are withheld first. Numbers hang together — a unit is the sum of its parts, a total
the sum over a dimension — so that further ones must be withheld with them. Whoever knows all that
is published, the equations, and that nothing is negative, bounds a withheld number by linear
programming; what is chosen here leaves these bounds as far apart as is asked for.

The method is cell suppression: M. Fischetti, J. J. Salazar, "Solving the Cell Suppression Problem
on Tabular Data with Linear Constraints", Management Science 47 (2001). Theirs seeks the best
pattern; this one a good one: a greedy choice, then an exact audit, then for each number still
exposed the cheapest way out.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy import sparse

from layers.bounds import Reals, too_close, way_out
from layers.columns import Array, Ints

# Withholding many small numbers takes as much from a reader as withholding a large one.
_EACH = 10
# What is withheld anyway costs nothing more; but a short way out is better than a long one.
_ALREADY = 1e-3
# A way out is looked for among so many numbers around the exposed one, then among all.
_NEAR = 1_500


class State(IntEnum):
    """What is settled about a number before the choice."""

    FREE = 0
    """May be published or withheld."""
    KNOWN = 1
    """Published, whatever is chosen."""
    HIDDEN = 2
    """Published nowhere."""


@dataclass(frozen=True)
class Numbers:
    """Whole numbers, none negative, and how they hang together.

    Attributes
    ----------
    n
        The numbers themselves.
    least_width
        How far apart the bounds of each must stay where it is withheld; a free number that is
        smaller, and not zero, is withheld for itself. 0: needs no protection.
    state
        A `State` each.
    equations
        Sparse, a column for each number: ``equations @ n`` is zero, or would be with known
        numbers that were left out.
    """

    n: Ints
    least_width: Ints
    state: Ints
    equations: sparse.csr_array


@dataclass(frozen=True)
class Pattern:
    """What to withhold."""

    # True or False for each number.
    is_withheld: Array
    # Indexes of numbers that nothing can protect: what is `KNOWN` gives them away.
    exposed: Ints


def choose(numbers: Numbers) -> Pattern:
    """Choose what to withhold; the same numbers always give the same pattern.

    Zeros are never withheld: most are plain to see, such as a park's.
    """
    n, least, state = numbers.n, numbers.least_width, numbers.state
    search = _Search(
        numbers, (state == State.HIDDEN) | (state == State.FREE) & (n > 0) & (n < least)
    )
    search.balance(np.flatnonzero(search.is_withheld))
    stuck: set[int] = set()
    # What is safe stays safe, because withholding more never tells more.
    safe = np.zeros(len(n), bool)
    while True:
        asked = search.is_withheld & ~safe
        found = exposed(numbers, search.is_withheld, np.flatnonzero(asked))
        safe |= asked
        safe[found] = False
        before = search.is_withheld.copy()
        for cell in found.tolist():
            if not search.free(cell):
                stuck.add(cell)
        new = np.flatnonzero(search.is_withheld & ~before)
        if not len(new):
            return Pattern(
                search.is_withheld, np.array(sorted(stuck & set(found.tolist())), np.int64)
            )
        search.balance(new)


def exposed(numbers: Numbers, is_withheld: Array, cells: Ints | None = None) -> Ints:
    """Return which withheld numbers have bounds closer than their least width.

    Parameters
    ----------
    cells
        The withheld numbers to look at; all if left out.
    """
    columns = np.flatnonzero(is_withheld)
    asked = np.zeros(len(numbers.n), np.int64)
    chosen = columns if cells is None else cells
    asked[chosen] = numbers.least_width[chosen]
    part = numbers.equations[:, columns]
    return columns[too_close(part, numbers.n[columns], asked[columns])]


class _Search:
    """A pattern on its way."""

    def __init__(self, numbers: Numbers, is_withheld: Array) -> None:
        self.numbers = numbers
        self.is_withheld = is_withheld
        self.rows = numbers.equations.tocsr()
        self.columns = numbers.equations.tocsc()
        self.cost: Reals = numbers.n.astype(float) + _EACH
        self.may_be = (numbers.state == State.FREE) & (numbers.n > 0)

    def balance(self, new: Ints) -> None:
        """Withhold more until no equation by itself gives a number away: the greedy choice."""
        waiting = sorted({row for cell in new.tolist() for row in self._rows_of(cell)})
        queued = set(waiting)
        while waiting:
            row = heapq.heappop(waiting)
            queued.discard(row)
            while not self._is_balanced(row):
                cell = self._cheapest(row)
                if cell is None:
                    break
                self.is_withheld[cell] = True
                for other in set(self._rows_of(cell)) - queued - {row}:
                    heapq.heappush(waiting, other)
                    queued.add(other)

    def free(self, cell: int) -> bool:
        """Withhold the cheapest numbers that keep one number's bounds apart, if any do."""
        for limit in (_NEAR, len(self.cost)):
            columns, rows = self._around(cell, limit)
            cost = np.where(self.is_withheld, _ALREADY, self.cost)[columns]
            moved = way_out(
                self.rows[rows][:, columns],
                self.numbers.n[columns],
                cost,
                int(np.searchsorted(columns, cell)),
                int(self.numbers.least_width[cell]),
            )
            if moved is not None:
                self.is_withheld[columns[moved]] = True
                return True
            if len(columns) < limit:
                break
        return False

    def _around(self, cell: int, limit: int) -> tuple[Ints, Ints]:
        """Return numbers near one that may move, and every equation they stand in."""
        movable = self.may_be | self.is_withheld
        cells, edge = {cell}, [cell]
        while edge and len(cells) < limit:
            rows = sorted({row for one in edge for row in self._rows_of(one)})
            near = {one for row in rows for one in self._members(row)[0].tolist() if movable[one]}
            edge = sorted(near - cells)
            cells |= near
        columns = np.array(sorted(cells), np.int64)
        rows_in = np.array(sorted({r for c in cells for r in self._rows_of(c)}), np.int64)
        return columns, rows_in

    def _is_balanced(self, row: int) -> bool:
        """Whether an equation alone keeps its unknowns apart: some on both sides, or enough."""
        members, signs = self._members(row)
        unknown = self.is_withheld[members]
        sides, cells = signs[unknown], members[unknown]
        if not len(cells) or ((sides > 0).any() and (sides < 0).any()):
            return True
        least = int(self.numbers.least_width[cells].max())
        return least == 0 or (len(cells) > 1 and int(self.numbers.n[cells].sum()) >= least)

    def _cheapest(self, row: int) -> int | None:
        """Return the number of an equation that is best withheld next.

        Withholding it upsets the other equations it stands in, unless they have unknowns already:
        what they would take is added to its cost.
        """
        members = self._members(row)[0]
        choices = members[self.may_be[members] & ~self.is_withheld[members]]
        costs = [(self.cost[c] + self._upset(c, row), c) for c in choices.tolist()]
        return min(costs)[1] if costs else None

    def _upset(self, cell: int, row: int) -> float:
        total = 0.0
        for other in self._rows_of(cell):
            members = self._members(other)[0]
            if other == row or self.is_withheld[members].any():
                continue
            next_ones = members[self.may_be[members] & (members != cell)]
            total += self.cost[next_ones].min() if len(next_ones) else self.cost[cell]
        return total

    def _rows_of(self, cell: int) -> list[int]:
        inside = slice(self.columns.indptr[cell], self.columns.indptr[cell + 1])
        rows: list[int] = self.columns.indices[inside].tolist()
        return rows

    def _members(self, row: int) -> tuple[Array, Array]:
        inside = slice(self.rows.indptr[row], self.rows.indptr[row + 1])
        return self.rows.indices[inside], self.rows.data[inside]
