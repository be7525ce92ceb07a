"""Large neighbourhood search after Shaw (1998): what lies around one group is annealed by itself.

A whole plan is rarely bad all over: one group is stuck, and what would set it free is a chain of
hand-overs between a few groups around it. Those are found sooner where nothing else moves.
"""

from __future__ import annotations

import numpy as np

from gis.division.balance.parts import Part
from gis.division.balance.plan import Plan, excess
from gis.division.balance.problem import Ints

# How many groups are looked at together.
GROUPS = (4, 8, 16)
# How often the one that is furthest off is chosen, of all that are outside the tolerance.
WORST_FIRST = 0.7


def units_around(part: Part, plan: Plan, chance: np.random.Generator) -> Ints:
    """Return the free units of a group that may be made better, and of some groups around it.

    That is a group outside the tolerance; where there is none, one that gives or takes something.
    """
    size = int(chance.choice(GROUPS))
    chosen = [_centre(part, plan, chance)]
    for group in chosen:
        near = np.flatnonzero(plan.links[group, : len(part.groups)] > 0)
        new = [n for n in chance.permutation(near).tolist() if n not in chosen]
        chosen += new[: size - len(chosen)]
    return np.flatnonzero(np.isin(plan.group, chosen) & part.ground.is_free)


def _centre(part: Part, plan: Plan, chance: np.random.Generator) -> int:
    over = np.array([excess(part.limits, plan.load[n], n) for n in range(len(part.groups))])
    if not over.any():
        away = plan.group != part.home
        return int(chance.choice(np.unique([plan.group[away], part.home[away]])))
    if chance.random() < WORST_FIRST:
        return int(over.argmax())
    return int(chance.choice(np.flatnonzero(over)))
