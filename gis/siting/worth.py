"""What a choice of sites is worth, reckoned from the pairs alone: whoever chose them."""

from __future__ import annotations

import numpy as np

from gis.network.network import Ints
from gis.siting import cover, rooms
from gis.siting.plan import Ended, Plan, plan
from gis.siting.question import Aim, Siting
from gis.siting.savings import savings


def judged(siting: Siting, chosen: Ints, bound: float, ended: Ended) -> Plan:
    """Return the plan of a choice, with its value.

    Parameters
    ----------
    chosen
        Places among the candidates.
    """
    chosen = np.unique(chosen)
    short = 0.0
    if siting.room is not None:
        value = rooms.value(siting, chosen)
    elif siting.aim is Aim.EVERYONE:
        value = _cost_of_all(siting, chosen)
    elif siting.aim is Aim.LEAST_WORST:
        value = cover.worst_s(siting, chosen)
    else:
        value, short = savings(siting).total(chosen, siting.backup)
        if siting.aim is Aim.LEAST_TIME:
            value = siting.all_beyond_s - value
    return plan(siting, chosen, value, bound, ended, short)


def rank(found: Plan) -> tuple[float, float]:
    """Return what sorts plans of one question, the best first."""
    return found.short_of_floor, -found.value if found.aim.is_more_better else found.value


def _cost_of_all(siting: Siting, chosen: Ints) -> float:
    needed = cover.needs(siting, siting.candidates, siting.standing)
    covered = np.bincount(rooms.of_sites(siting.candidates, chosen).target, minlength=len(needed))
    return float(siting.prices[chosen].sum()) if (covered >= needed).all() else np.inf
