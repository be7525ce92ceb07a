"""Looking through all ways of a few hand-overs, shortest first: what it finds is the fewest.

Iterative deepening (Korf 1985); what the loads say must still come cuts most ways short.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numba import njit

from gis.division.balance.bounds import least_moves
from gis.division.balance.plan import Ground, Limits, Plan, Today, give, is_sound, touches
from gis.division.balance.problem import Floats, Ints

MEMORY = 1 << 18


class Searched(IntEnum):
    """How a search ended."""

    FOUND = 0
    NONE = 1
    GIVEN_UP = 2


def _search_python(  # noqa: PLR0913, C901 - a walk without recursion, for speed
    ground: Ground,
    plan: Plan,
    limits: Limits,
    today: Today,
    ladders: tuple[Floats, Ints],
    moves: int,
    most_steps: int,
    names: Ints,
    known: Ints,
) -> tuple[int, int]:
    """Look for so many hand-overs that bring all within the tolerance.

    Parameters
    ----------
    names, known
        A random number for each unit and group, and room for the sums of those of the plans that
        were looked at: the same hand-overs in another order lead to the same plan.

    Returns
    -------
    tuple
        How it ended, and how many steps it took. Units may have to go together (`ordering`).
    """
    steps, starts = ladders
    groups = len(limits.target)
    home = today.group
    known[:] = 0
    mask = len(known) - 1
    order = np.zeros(moves + 1, np.int64)
    # Where the walk goes on at each depth: the unit, and its neighbour whose group it goes to.
    unit_at = np.zeros(moves + 1, np.int64)
    edge_at = np.zeros(moves + 1, np.int64)
    name_at = np.zeros(moves + 1, np.int64)
    depth = 0
    taken = 0
    edge_at[0] = ground.starts[0]
    while depth >= 0:
        unit = unit_at[depth]
        if unit == len(home):
            depth -= 1
            if depth >= 0:
                give(ground, plan, order[depth], home[order[depth]])
            continue
        if (
            plan.group[unit] != home[unit]
            or not ground.is_free[unit]
            or edge_at[depth] >= ground.starts[unit + 1]
        ):
            unit_at[depth] += 1
            if unit + 1 < len(home):
                edge_at[depth] = ground.starts[unit + 1]
            continue
        edge = edge_at[depth]
        edge_at[depth] += 1
        to = plan.group[ground.others[edge]]
        if to == home[unit] or not ground.is_open[edge]:
            continue
        name = name_at[depth] + names[unit * groups + to]
        # Looked up before the borders are: it is the cheaper question.
        place = name & mask
        while known[place] != 0 and known[place] != name:
            place = (place + 1) & mask
        if known[place] == name:
            continue
        taken += 1
        if taken >= most_steps:
            while depth > 0:
                depth -= 1
                give(ground, plan, order[depth], home[order[depth]])
            return 2, taken
        giver = home[unit]
        if plan.size[giver] == 1 or not touches(ground, plan, unit, to):
            continue
        known[place] = name
        load = ground.load[unit]
        plan.load[giver] -= load
        plan.load[to] += load
        need = least_moves(plan, limits, steps, starts)
        plan.load[giver] += load
        plan.load[to] -= load
        if need < 0 or need > moves - depth - 1:
            continue
        give(ground, plan, unit, to)
        order[depth] = unit
        if need == 0 and is_sound(ground, plan, limits, today):
            return 0, taken
        if depth + 1 == moves:
            give(ground, plan, unit, giver)
            continue
        depth += 1
        unit_at[depth] = 0
        edge_at[depth] = ground.starts[0]
        name_at[depth] = name
    return 1, taken


_search = njit(cache=True, nogil=True)(_search_python)


def search(  # noqa: PLR0913
    ground: Ground,
    plan: Plan,
    limits: Limits,
    today: Today,
    ladders: tuple[Floats, Ints],
    moves: int,
    steps: int,
) -> tuple[Searched, int]:
    """Look for a plan with so many hand-overs at most: return how that ended, after what steps.

    The plan is then the one that was found, or as it was.
    """
    rng = np.random.default_rng(1)
    names = rng.integers(1, 2**62 // (moves + 1), len(plan.group) * len(limits.target))
    known = np.zeros(MEMORY, np.int64)
    ended, taken = _search(
        ground, plan, limits, today, ladders, moves, min(steps, MEMORY // 2), names, known
    )
    return Searched(ended), int(taken)
