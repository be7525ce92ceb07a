"""What linear equations tell of whole numbers that are withheld: bounds by linear programming."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from layers.columns import Array, Ints

Reals: TypeAlias = npt.NDArray[np.float64]
# What the solver may be off by.
_EXACT = 1e-6
# Random directions to try before asking for numbers one by one; most are settled by a few.
_TRIES = 12


def too_close(equations: sparse.csr_array, n: Ints, least: Ints) -> Ints:
    """Return the indexes of unknowns that equations bound to less than a width.

    Parameters
    ----------
    equations
        A column for each unknown. The equations' known parts do not matter: any unknowns ``x`` with
        ``equations @ x == equations @ n``, none negative, may be the true ones.
    n
        The true ones.
    least
        How far apart the bounds of each must be; 0: not asked for.
    """
    whole = equations.tocsr()
    whole = whole[np.diff(whole.indptr) > 0]
    lone, group = _lone_equations(whole)
    close = _close_alone(whole, n, least, lone)
    asked = np.flatnonzero((least > 0) & ~lone)
    # In no equation at all: any number will do.
    asked = asked[np.diff(whole.tocsc().indptr)[asked] > 0]
    if not len(asked):
        return close
    inside = np.flatnonzero(np.isin(group, group[asked]))
    tables = _Tables(_restricted(whole, inside), n[inside], least[inside], group[inside])
    tables.look_around()
    found = [index for index in np.flatnonzero(tables.pending).tolist() if tables.is_close(index)]
    return np.sort(np.concatenate([close, inside[np.array(found, np.int64)]]))


def way_out(
    equations: sparse.csr_array, n: Ints, cost: Reals, cell: int, width: int
) -> Array | None:
    """Return which numbers must be unknown to keep one number's bounds apart, most cheaply.

    Two tables that may both be true are looked for, in which the number differs by ``width``; what
    is the same in both and in truth may be published.

    Parameters
    ----------
    cost
        What it costs to leave each number unknown, for each by which it moves.

    Returns
    -------
    array or None
        True where a number moves; None where no two such tables exist.
    """
    number = len(n)
    both = sparse.block_diag([equations, equations], format="csr")
    # How far each number is up and down in the one table, then in the other.
    moves = sparse.hstack([both, -both], format="csr")
    apart = sparse.coo_array(
        ([1.0, -1.0, -1.0, 1.0], ([0, 0, 0, 0], [cell, number + cell, 2 * number + cell,
         3 * number + cell])), shape=(1, 4 * number),
    )  # fmt: skip
    solved = _cheapest(
        np.tile(cost, 4),
        sparse.vstack([moves, apart], format="csr"),
        np.append(np.zeros(moves.shape[0]), width),
        np.zeros(4 * number),
        np.concatenate([np.full(2 * number, np.inf), n, n]),
    )
    if not solved.success:
        return None
    moved: Array = (solved.x > _EXACT).reshape(4, number).any(axis=0)
    return moved


def _lone_equations(equations: sparse.csr_array) -> tuple[Array, Array]:
    """Return which unknowns stand in one equation that shares none with others; and all groups."""
    rows, columns = equations.shape
    graph = sparse.block_array([[None, equations], [equations.T, None]], format="csr")
    _, group = connected_components(graph, directed=False)
    equations_in = np.bincount(group[:rows], minlength=group.max(initial=0) + 1)
    group = group[rows : rows + columns]
    return equations_in[group] == 1, group


def _close_alone(equations: sparse.csr_array, n: Ints, least: Ints, lone: Array) -> Ints:
    """Return which unknowns of lone equations are bound too closely, without a program.

    Unknowns on both sides may all grow; those on one side lie between zero and their sum.
    """
    entries = equations.tocoo()
    row, column, sign = entries.row, entries.col, entries.data
    kept = lone[column]
    row, column, sign = row[kept], column[kept], sign[kept]
    number = equations.shape[0]
    above, below = (np.bincount(row[s], minlength=number) for s in (sign > 0, sign < 0))
    total = np.bincount(row, n[column], number)
    width = np.where((above > 0) & (below > 0), np.inf, np.where(above + below > 1, total, 0.0))
    return np.asarray(column[width[row] < least[column]], np.int64)


class _Tables:
    """Tables that may be true, and the least and greatest value seen of each unknown in them."""

    def __init__(self, equations: sparse.csr_array, n: Ints, least: Ints, group: Array) -> None:
        self.equations, self.n, self.least, self.group = equations, n, least, group
        self.low, self.high = n.astype(float), n.astype(float)

    @property
    def pending(self) -> Array:
        """Whose values seen are not yet far enough apart."""
        pending: Array = self.high - self.low < self.least - _EXACT
        return pending

    def look_around(self) -> None:
        """Look at a few tables in random directions, the same each time.

        Each settles many unknowns at once, which spares two programs for almost every one.
        """
        directions = np.random.default_rng(7)
        everything = np.arange(len(self.n))
        for _ in range(_TRIES):
            pending = self.pending
            if not pending.any():
                return
            signs = np.where(pending, directions.choice([-1.0, 1.0], len(self.n)), 0.0)
            # No further than needed: what one number takes, another one lacks.
            self._look(everything, self.equations, -signs, np.where(pending, self.least, np.inf))

    def is_close(self, index: int) -> bool:
        """Whether an unknown's exact bounds are too close."""
        inside = np.flatnonzero(self.group == self.group[index])
        part, mine = _restricted(self.equations, inside), int(np.searchsorted(inside, index))
        for sign in (-1.0, 1.0):
            if not self.pending[index]:
                return False
            towards = np.zeros(len(inside))
            towards[mine] = sign
            reach = np.full(len(inside), np.inf)
            reach[mine] = self.least[index]
            self._look(inside, part, towards, reach)
        return bool(self.pending[index])

    def _look(self, inside: Ints, equations: sparse.csr_array, cost: Reals, reach: Reals) -> None:
        """Take in the table that is least in cost, no number further than reach from the truth."""
        n = self.n[inside]
        nothing = np.zeros(equations.shape[0])
        solved = _cheapest(cost, equations, nothing, np.maximum(-n, -reach), reach)
        if not solved.success:
            raise RuntimeError(f"The true table was not found possible: {solved.message}")
        self.low[inside] = np.minimum(self.low[inside], n + solved.x)
        self.high[inside] = np.maximum(self.high[inside], n + solved.x)


def _restricted(equations: sparse.csr_array, columns: Ints) -> sparse.csr_array:
    part: Any = equations[:, columns]
    part = part.tocsr()
    return part[np.diff(part.indptr) > 0]


def _cheapest(
    cost: Reals, equations: sparse.csr_array, sums: Reals, low: Reals, high: Reals
) -> Any:  # noqa: ANN401 - scipy's own kind of result
    # Here, because a page bounds nothing and is to start at once.
    from scipy.optimize import linprog

    bounds = np.column_stack([low, high])
    return linprog(cost, A_eq=equations, b_eq=sums, bounds=bounds, method="highs")
