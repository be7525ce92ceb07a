"""What one more site would change: who is reached then, and who is sooner there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gis.arrangement import Floats
from gis.network.network import Bools, Ints
from gis.network.pairs import Pairs


@dataclass(frozen=True, eq=False)
class Effect:
    """The difference that a site makes, for demand points and for people by group."""

    # Points that are reached with it and were not without it, and those sooner there with it.
    newly: Ints
    sooner: Ints
    # The seconds to the nearest, with it, for all points.
    seconds: Floats
    people_newly: Mapping[str, float]
    people_sooner: Mapping[str, float]
    # Seconds that all who were reached before need less, together, by group.
    saved_s: Mapping[str, float]


def effect(now_s: Floats, site: Pairs, people: Mapping[str, Floats]) -> Effect:
    """Compare the times there are with those if one more site, or several, were built.

    Parameters
    ----------
    now_s
        The seconds to the nearest for each point; infinite where none is within the limit.
    site
        The ways from the new site to the same points, within the same limit: what
        `gis.network.pairs.PairSearch.pairs` finds for it.
    people
        How many of each group are at each point.

    Examples
    --------
    >>> near = Pairs(np.array([0, 2]), np.array([0, 1]), np.array([50.0, 300.0]), 3)
    >>> now = np.array([80.0, np.inf, 20.0])
    >>> found = effect(now, near, {"people": np.array([4, 7, 9])})
    >>> found.newly.tolist(), found.people_newly, found.saved_s
    ([1], {'people': 7.0}, {'people': 120.0})
    """
    then = np.minimum(now_s, site.nearest_s())
    was, is_ = np.isfinite(now_s), np.isfinite(then)
    newly: Bools = is_ & ~was
    sooner: Bools = was & (then < now_s)
    places, faster = np.flatnonzero(newly), np.flatnonzero(sooner)
    saved = now_s[faster] - then[faster]
    return Effect(
        places,
        faster,
        then,
        {key: float(many[places].sum()) for key, many in people.items()},
        {key: float(many[faster].sum()) for key, many in people.items()},
        {key: float((many[faster] * saved).sum()) for key, many in people.items()},
    )
