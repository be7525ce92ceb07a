"""The next best hand-over for one unit: what evens its group and a neighbour out most."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gis.division.balance.parts import Part, parts
from gis.division.balance.plan import hand_over
from gis.division.balance.problem import Problem, Standing

MOST_HINTS = 5


@dataclass(frozen=True)
class Hint:
    """A hand-over that can be made now, and what it does to the two groups concerned."""

    unit: int
    giver: int
    to: int
    load: float
    # Of the giver, then of the taker.
    before: tuple[Standing, Standing]
    after: tuple[Standing, Standing]

    @property
    def gain(self) -> float:
        """By how much the squares of the two deviations become less."""
        was, will = (sum(s.deviation**2 for s in pair) for pair in (self.before, self.after))
        return was - will


def hints(problem: Problem, about: int | None = None, most: int = MOST_HINTS) -> Sequence[Hint]:
    """Return the single hand-overs that help most, the best first; none that would do harm.

    Parameters
    ----------
    about
        A unit: where it might go. Or a group: what it might give and take. None for any.
    """
    found: list[tuple[Hint, Part, int, int]] = []
    for part in parts(problem):
        ground, plan, limits = part.ground, part.plan(), part.limits
        names, groups = [problem.units[k] for k in part.units.tolist()], part.groups.tolist()
        unit = np.repeat(np.arange(len(names)), np.diff(ground.starts))
        pairs = np.stack([unit, part.home[ground.others]], axis=1)[ground.is_open]
        for one, to in np.unique(pairs, axis=0).tolist():
            giver = int(part.home[one])
            about_it = about is None or about in (names[one], groups[giver], groups[to])
            if giver == to or not about_it:
                continue
            load = float(ground.load[one])
            loads = [(float(plan.load[giver]), -load), (float(plan.load[to]), load)]
            targets = (float(limits.target[giver]), float(limits.target[to]))
            before, after = (
                tuple(
                    Standing(now + change * is_done, target)
                    for (now, change), target in zip(loads, targets, strict=True)
                )
                for is_done in (0, 1)
            )
            hint = Hint(
                names[one], groups[giver], groups[to], load,
                (before[0], before[1]), (after[0], after[1]),
            )  # fmt: skip
            if hint.gain > 0:
                found.append((hint, part, one, to))
    found.sort(key=lambda each: (-each[0].gain, each[0].unit, each[0].to))
    # Whether one may be made takes longer to find out than its gain; each is against today.
    sound = (
        hint
        for hint, part, one, to in found
        if hand_over(part.ground, part.plan(), part.limits, one, to)
    )
    return list(itertools.islice(sound, most))
