"""How much room there is for the people of a unit, step by step: what E2SFCA finds, explained.

In the first step a facility's places are shared among all who are near, those further away counting
less; in the second, what a person has of each facility near by is added up. Of a unit it is what
its people have on the average.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from gis.arrangement import Floats
from gis.network.pairs import Pairs
from gis.siting.accessibility import Accessibility
from layers.columns import Ints
from layers.rows import NO_UNIT
from layers.tree import Tree


@dataclass(frozen=True)
class Share:
    """What one facility has for the people of a unit."""

    # Its place among the facilities.
    facility: int
    places: int
    # How many compete for them, and what it has for a thousand of those.
    competing: float
    per_1000: float
    # How much of a person of the unit counts there: 1 where all live close by, 0 where nobody is
    # in reach.
    near: float

    @property
    def adds(self) -> float:
        """What it adds to the places in reach of a thousand people of the unit."""
        return self.per_1000 * self.near


@dataclass(frozen=True, eq=False)
class Steps:
    """Both steps of all facilities, for all units."""

    places: Ints
    competing: Floats
    per_person: Floats
    # (facilities, places of the tree): how many of those who live in a unit itself compete there.
    own: sparse.csc_array
    # How many live in a unit and all below it.
    everybody: Floats

    def of(self, tree: Tree, at: int) -> tuple[Share, ...]:
        """Return what each facility has for a unit of the tree, what adds most first."""
        if not self.everybody[at] > 0:
            return ()
        near = self.own[:, at : tree.ends[at]].sum(axis=1) / self.everybody[at]
        shares = [
            Share(
                k,
                int(self.places[k]),
                float(self.competing[k]),
                1000 * float(self.per_person[k]),
                float(near[k]),
            )
            for k in np.flatnonzero(near * self.per_person > 0).tolist()
        ]
        return tuple(sorted(shares, key=lambda share: (-share.adds, share.facility)))


def steps(  # noqa: PLR0913 - what was found, and for whom
    near: Pairs, found: Accessibility, places: Ints, people: Floats, place: Ints, everybody: Floats
) -> Steps:
    """Return the steps of what was found.

    Parameters
    ----------
    people, place
        How many compete at each door, and its unit's place in the tree.
    everybody
        How many do in each unit.
    """
    unit = place[near.target]
    counts = (unit != NO_UNIT) & (found.weight > 0)
    own = sparse.coo_array(
        (
            (found.weight * people[near.target])[counts],
            (near.source[counts], unit[counts]),
        ),
        shape=(len(places), len(everybody)),
    )
    return Steps(places, found.competing, found.per_person, own.tocsc(), everybody)
