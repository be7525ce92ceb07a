"""Whose people are whose: how many live nearest to each facility, as anybody may know it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from gis.arrangement import Floats
from gis.network.search import NOBODY
from gis.network.travel import NEAREST, times
from layers.columns import Ints
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.released import PEOPLE

# The number of no facility: those of today have one above zero, those supposed one below.
NONE = 0


@dataclass(frozen=True, eq=False)
class Charges:
    """The nearest facility of each door of `Homes`, by the streets, however far away."""

    # NONE where no street leads to any.
    facility: Ints
    # Behind each door by the latest release, not whole; None: nothing is released.
    people: Floats | None

    def by_facility(self, ids: Ints) -> Floats:
        """Return how many people live nearest to each of some facilities; NaN: not told."""
        if self.people is None:
            return np.full(len(ids), np.nan)
        order = np.argsort(ids, kind="stable")
        at = np.searchsorted(ids[order], self.facility).clip(max=max(len(ids) - 1, 0))
        has = ids[order][at] == self.facility if len(ids) else np.zeros(len(self.facility), bool)
        found = np.zeros(len(ids))
        np.add.at(found, order[at[has]], self.people[has])
        return found


def nearest(db: Connection, ground: Ground, question: Question) -> Ints:
    """Return the place of the nearest facility of each door of `Homes`; NOBODY where there is none.

    By the streets, whatever the limit: somebody answers for who is not reached, too.
    """
    found = ground.found(db, question)
    return times(
        found.network, found.facilities_hung, found.hung,
        limit_s=np.inf, access_ms=found.question.speed_ms, labels=1,
    ).source[:, NEAREST].astype(np.int64)  # fmt: skip


def charges(db: Connection, ground: Ground, question: Question) -> Charges:
    """Return which facility each door is nearest to, and how many live there."""
    at, ids = nearest(db, ground, question), ground.found(db, question).facilities.ids
    facility = np.full(len(at), NONE)
    facility[at != NOBODY] = ids[at[at != NOBODY]]
    laid = ground.released(db).by_group.get(PEOPLE)
    return Charges(facility, None if laid is None else laid.doors)


def handed_over(one: Charges, other: Charges) -> float:
    """Return how many people another facility would be the nearest to; NaN: not told.

    Of people who are there before and after, each counted as often as he is now.
    """
    if one.people is None:
        return float("nan")
    return float(one.people[one.facility != other.facility].sum())
