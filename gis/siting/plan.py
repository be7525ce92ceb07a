"""An answer to where to build: the sites, what they are worth, and how good that can be at best."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from gis.network.network import Ints
from gis.siting.question import Aim, Siting


class Ended(StrEnum):
    """Why a search for something better ended."""

    # The rule of thumb was followed to its end.
    SUGGESTED = "suggested"
    # Nothing better exists.
    PROVEN = "proven"
    # Nothing at all meets what was asked.
    IMPOSSIBLE = "impossible"
    OUT_OF_TIME = "out_of_time"
    CANCELLED = "cancelled"


@dataclass(frozen=True, eq=False)
class Plan:
    """Chosen sites, existing facilities not among them."""

    aim: Aim
    # The places of the chosen among the candidates, ascending.
    chosen: Ints
    # By aim: people reached, backup counted; sites built or what they cost; seconds of all people
    # together; seconds of the worst off. Infinite or -1 where what was asked is not met.
    value: float
    # No choice is better than that.
    bound: float
    ended: Ended
    # How many people of each group with a floor are missing from it, all groups together.
    short_of_floor: float = 0.0

    @property
    def gap(self) -> float:
        """How far the value may be from the best one, as a share of the value; 0 is proven."""
        apart = abs(self.bound - self.value)
        if apart == 0:
            return 0.0
        return apart / abs(self.value) if self.value and np.isfinite(self.value) else np.inf

    @property
    def is_met(self) -> bool:
        """Whether the sites do all that was asked for."""
        return bool(np.isfinite(self.value)) and self.short_of_floor <= 0


def plan(  # noqa: PLR0913 - what a plan is made of
    siting: Siting, chosen: Ints, value: float, bound: float, ended: Ended, short: float = 0.0
) -> Plan:
    """Return a plan whose bound is sharpened by what is known of all values.

    A whole value has a whole bound; and a bound on the wrong side of the value by the last digit
    is the value.
    """
    if siting.is_whole and np.isfinite(bound):
        slack = 1e-6 * max(1.0, abs(bound))
        bound = (
            float(np.floor(bound + slack))
            if siting.aim.is_more_better
            else float(np.ceil(bound - slack))
        )
    if short <= 0 and np.isfinite(value):
        bound = max(bound, value) if siting.aim.is_more_better else min(bound, value)
        if abs(bound - value) <= 1e-9 * max(1.0, abs(value)):
            bound = value
        if bound == value and ended in (Ended.SUGGESTED, Ended.OUT_OF_TIME, Ended.CANCELLED):
            ended = Ended.PROVEN
    return Plan(siting.aim, np.sort(chosen), value, bound, ended, short)
