"""How much of a service there is for each person nearby, and how evenly it is spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gis.arrangement import Floats
from gis.network.pairs import Pairs

# Luo and Qi (2009): what is near counts fully, what is further less; of Gaussian shape.
WEIGHTS = (1.0, 0.68, 0.22)


@dataclass(frozen=True, eq=False)
class Accessibility:
    """What the two steps found."""

    # How many compete for each site, those further away counting less, and how much it has for
    # each of them; 0 where nobody does.
    competing: Floats
    per_person: Floats
    # How much each pair counts, by its zone.
    weight: Floats
    # What those of all sites nearby sum up to at each demand point.
    score: Floats


def two_step(
    pairs: Pairs,
    supply: Floats,
    demand: Floats,
    zones_s: Sequence[float],
    weights: Sequence[float] = WEIGHTS,
) -> Accessibility:
    """Return the accessibility of a service by the enhanced two-step floating catchment (E2SFCA).

    First, each site's supply is shared among those around it; then what one may have of each site
    around is summed up. Both weigh the zones of travel time. Source: W. Luo and Y. Qi, An enhanced
    two-step floating catchment area method, Health & Place 15 (2009) 1100-1107.

    Parameters
    ----------
    pairs
        From sites to demand points, within the last zone at least.
    supply
        What each site has: beds, places, doctors.
    demand
        Who competes for it at each demand point, such as one age group.
    zones_s
        The seconds at which each zone ends, itself included, ascending.
    weights
        One for each zone.

    Raises
    ------
    ValueError
        Zones and weights are not as many, or the zones do not ascend.

    Examples
    --------
    >>> near = Pairs(np.array([0, 2]), np.array([0, 1]), np.array([300.0, 700.0]), 3)
    >>> found = two_step(near, np.array([84.0]), np.array([100.0, 100.0, 5.0]), (600, 900, 1200))
    >>> found.score.round(3).tolist()
    [0.5, 0.34, 0.0]
    """
    edges = np.asarray(zones_s, float)
    if len(edges) != len(weights) or (np.diff(edges) <= 0).any():
        raise ValueError(
            f"Zones {zones_s!r} must ascend, with one of the weights {weights!r} each."
        )
    weight = np.append(np.asarray(weights, float), 0.0)[np.searchsorted(edges, pairs.seconds)]
    sites = len(pairs.starts) - 1
    source = pairs.source
    competing = np.bincount(source, weight * demand[pairs.target], sites)
    per_person = np.zeros(sites)
    np.divide(supply, competing, out=per_person, where=competing > 0)
    score = np.bincount(pairs.target, weight * per_person[source], pairs.targets)
    return Accessibility(competing.astype(float), per_person, weight, score.astype(float))


def gini(score: Floats, people: Floats) -> float:
    """Return the Gini coefficient of a score among people: 0 for all alike, towards 1 for one.

    Parameters
    ----------
    score
        Not negative; that of each place.
    people
        How many have it. Without anybody, and without any score, all are alike.

    Examples
    --------
    >>> gini(np.array([1.0, 1.0]), np.array([10, 90]))
    0.0
    >>> round(gini(np.array([0.0, 1.0]), np.array([75, 25])), 6)
    0.75
    """
    order = np.argsort(score, kind="stable")
    many = np.asarray(people, float)[order]
    held = many * score[order]
    if held.sum() == 0:
        return 0.0
    # Twice the area below the curve of who holds what, by trapezia between the places.
    shares = np.append(0.0, np.cumsum(held) / held.sum())
    below = float(((shares[1:] + shares[:-1]) * many).sum() / many.sum())
    # The last digit must not make it less than nothing.
    return max(0.0, 1.0 - below)
