"""A good choice of sites at once, and how much better another could be at most."""

from __future__ import annotations

import numpy as np

from gis.siting import bounds, cover, kicked, rooms, savings, swaps, worth
from gis.siting.plan import Ended, Plan
from gis.siting.question import Aim, Siting


def suggest(siting: Siting) -> Plan:
    """Return a good choice of sites, by rules of thumb, with a bound that holds for every choice.

    Lazy greedy and swaps for most people and the least time; greedy covers for everyone and the
    least worst time; the same question has the same answer, whatever the clock says.
    `gis.siting.exact.prove` goes on from there.

    Examples
    --------
    >>> from gis.network.pairs import Pairs
    >>> near = Pairs(np.array([0, 2, 3]), np.array([0, 1, 1]), np.array([5.0, 3.0, 4.0]), 2)
    >>> found = suggest(Siting(Aim.MOST_PEOPLE, near, np.array([10.0, 20.0]), count=1))
    >>> found.chosen.tolist(), found.value, found.gap
    ([0], 30.0, 0.0)
    """
    if siting.room is not None:
        return _with_room(siting)
    if siting.aim is Aim.EVERYONE:
        return cover.everyone(siting)
    if siting.aim is Aim.LEAST_WORST:
        return cover.least_worst(siting)
    given = savings.savings(siting)
    chosen = swaps.swapped(siting, given, swaps.greedy(siting, given))
    bound = bounds.at_most(siting, given, given.total(chosen, siting.backup)[0])
    chosen = kicked.searched(siting, chosen, bound)
    most = siting.all_beyond_s - bound.most if siting.aim is Aim.LEAST_TIME else bound.most
    return worth.judged(siting, chosen, most, Ended.SUGGESTED)


def _with_room(siting: Siting) -> Plan:
    """Whoever is limited by room too is bounded by what would hold without that limit."""
    chosen = rooms.greedy(siting)
    unlimited = suggest(_without_room(siting))
    bound = unlimited.bound
    if siting.aim is Aim.MOST_PEOPLE:
        bound = min(bound, rooms.at_most(siting))
    found = [chosen, unlimited.chosen] if np.isfinite(unlimited.value) else [chosen]
    plans = [worth.judged(siting, each, bound, Ended.SUGGESTED) for each in found]
    return min(plans, key=worth.rank)


def _without_room(siting: Siting) -> Siting:
    return Siting(
        siting.aim, siting.candidates, siting.demand, siting.existing, siting.count, siting.cost,
        siting.budget, beyond_s=siting.longest_s,
    )  # fmt: skip
