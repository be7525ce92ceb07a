"""How long it takes people to the nearest facility and to the second, as somebody may know it.

Without a limit: whoever is out of reach is on the way, too. Of units whose persons a viewer sees
the people at their doors count, of all others the latest release, laid on the buildings.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sqlalchemy import Connection

from gis.access.viewer import Ranges
from gis.arrangement import Floats
from gis.network.network import Bools
from gis.network.travel import NEAREST, SECOND
from layers import disclosure
from layers.columns import Ints
from layers.coverage import doors
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.released import AGE_GROUPS, PEOPLE
from layers.rows import NO_UNIT
from layers.tree import Tree

GROUPS = (PEOPLE, *AGE_GROUPS)


@dataclass(frozen=True, eq=False)
class Behind:
    """People behind doors: the place of their unit, how many, and how long their ways are."""

    place: Ints
    many: Floats
    # (doors, 2): to the nearest and the second nearest, in seconds; infinite where there is none.
    seconds: Floats


@dataclass(frozen=True, eq=False)
class Lasting:
    """The ways of one group, by unit in the order of the tree."""

    tree: Tree
    # Exact for the units that are one's own, the release for the others; None: there is none.
    own: Behind | None
    laid: Behind | None
    is_own: Bools
    # Whether a number of the others may be told, and whether it is withheld.
    is_told: Bools
    is_withheld: Bools

    @cached_property
    def mean_s(self) -> Floats:
        """Seconds to the nearest, of all who can get to one; NaN where nobody can, or untold."""
        return self._mean(NEAREST)

    @cached_property
    def second_s(self) -> Floats:
        """Seconds to the second nearest, likewise."""
        return self._mean(SECOND)

    def within_s(self, at: int, share: float) -> float:
        """Return within how many seconds a share of a unit's people are at the nearest.

        Infinite where more of them cannot get to any; NaN where nobody lives, or it is not told.
        """
        behind = self.own if self.is_own[at] else self.laid
        if behind is None or not (self.is_own[at] or self.is_told[at]):
            return np.nan
        here = (behind.place >= at) & (behind.place < self.tree.ends[at]) & (behind.many > 0)
        seconds, many = behind.seconds[here, NEAREST], behind.many[here]
        if not len(many):
            return np.nan
        order = np.argsort(seconds, kind="stable")
        reached = np.cumsum(many[order])
        first = np.searchsorted(reached, share * reached[-1] * (1 - 1e-12))
        return float(seconds[order[min(int(first), len(order) - 1)]])

    def _mean(self, which: int) -> Floats:
        nothing = np.full(len(self.tree), np.nan)
        own = nothing if self.own is None else _mean(self.tree, self.own, which)
        laid = nothing if self.laid is None else _mean(self.tree, self.laid, which)
        found: Floats = np.where(self.is_own, own, np.where(self.is_told, laid, np.nan))
        return found


def _mean(tree: Tree, behind: Behind, which: int) -> Floats:
    seconds = behind.seconds[:, which]
    counts = (behind.place != NO_UNIT) & np.isfinite(seconds)

    def summed(n: Floats) -> Floats:
        own = np.bincount(behind.place[counts], n[counts], len(tree))
        found: Floats = tree.rolled_up(own)
        return found

    many = summed(behind.many)
    found = np.full(len(tree), np.nan)
    # What is laid on the buildings of a unit without people is nothing but the last digit.
    np.divide(summed(behind.many * np.where(counts, seconds, 0)), many, out=found,
              where=many > 1e-6)  # fmt: skip
    return found


def lasting(
    db: Connection, ground: Ground, question: Question, units: Ranges
) -> Mapping[str, Lasting]:
    """Return how long the ways are of each of `GROUPS`, as the viewer of the transaction may know.

    Parameters
    ----------
    units
        The units whose persons he sees; the role that is bound by no policy sees everybody's.
    """
    tree, homes, told = ground.tree(db), ground.homes(db), ground.released(db)
    is_bound = disclosure.of(db).is_bound
    is_own = ground.held(db, units) if is_bound else np.ones(len(tree), np.bool_)
    own = None
    if is_own.any():
        key = units if is_bound else "all"
        own = ground.doors(db, (key, PEOPLE), lambda: doors.doors(db, ground.city))
        # By the same key as the answer at these doors.
        own_seconds = ground.times(db, question, (key, False), own.points_m).seconds
        weights = ground.weights(db, own)
    everybody = ground.times(db, question, "homes", homes.points_m).seconds
    place = tree.places(homes.unit_ids)[homes.building]
    nothing = np.zeros(len(tree), np.bool_)
    found = {}
    for group in GROUPS:
        laid = told.by_group.get(group) if is_bound else None
        behind = None
        if own is not None:
            many = own.people[group] * (1.0 if weights is None else weights)
            behind = Behind(tree.places(own.unit_ids), np.asarray(many, float), own_seconds)
        found[group] = Lasting(
            tree, behind, None if laid is None else Behind(place, laid.doors, everybody), is_own,
            nothing if laid is None else laid.is_told,
            nothing if laid is None else laid.is_withheld & ~is_own,
        )  # fmt: skip
    return found
