"""A second search among the few sites that the bound hints at, from many beginnings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gis.network.network import Ints
from gis.siting.bounds import Bound
from gis.siting.question import Siting
from gis.siting.rooms import of_sites
from gis.siting.savings import Savings, savings
from gis.siting.swaps import swapped

# So many sites for each that is built, and at least so many.
SIZE, LEAST = 4, 60
KICKS = 24
# How much of a choice is given up in a kick, at least and as a share.
GIVEN_UP, SHARE = 3, 0.15
SEED = 0


def narrowed(siting: Siting, sites: Ints) -> Siting:
    """Return the same question with some of the candidates only."""
    return replace(
        siting,
        candidates=of_sites(siting.candidates, sites),
        cost=None if siting.cost is None else np.asarray(siting.cost)[sites],
        room=None if siting.room is None else np.asarray(siting.room)[sites],
        beyond_s=siting.longest_s,
    )


def searched(siting: Siting, chosen: Ints, bound: Bound, *, kicks: int = KICKS) -> Ints:
    """Return a choice no worse than one that is known.

    Begins with the sites that the bound would build, then gives up a few again and again, fills up
    by chance and swaps. Chance is seeded: the same question has the same answer.
    """
    if not len(chosen):
        return chosen
    by_hint = np.argsort(-bound.often, kind="stable")
    core = np.union1d(by_hint[: max(LEAST, SIZE * len(chosen))], chosen)
    part = narrowed(siting, core)
    given = savings(part)
    best = np.searchsorted(core, chosen)
    worth = _rank(given, best, siting.backup)
    rng = np.random.default_rng(SEED)
    gives = min(len(best), max(GIVEN_UP, int(SHARE * len(best))))
    hinted = np.argsort(-bound.often[core], kind="stable")
    for kick in range(kicks + 1):
        kept = rng.permutation(best)[gives:] if kick else best[:0]
        order = rng.permutation(part.sites) if kick else hinted
        begun = _filled(part, kept, order[~np.isin(order, kept)])
        found = swapped(part, given, begun)
        if (other := _rank(given, found, siting.backup)) < worth:
            best, worth = found, other
    return core[best]


def _filled(siting: Siting, kept: Ints, order: Ints) -> Ints:
    """Return a choice filled up in some order, as far as it may go."""
    if siting.budget is None:
        return np.concatenate([kept, order[: siting.most - len(kept)]])
    chosen, left = kept.tolist(), siting.purse - siting.prices[kept].sum()
    for site in order.tolist():
        if len(chosen) >= siting.most:
            break
        if siting.prices[site] <= left:
            chosen.append(site)
            left -= siting.prices[site]
    return np.array(chosen, np.int64)


def _rank(given: Savings, chosen: Ints, backup: float) -> tuple[float, float]:
    value, short = given.total(chosen, backup)
    return short, -value
