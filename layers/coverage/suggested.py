"""Where new facilities would do most, as it is shown: places, what they serve, how good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection

from gis.siting import rooms
from gis.siting.plan import Plan
from gis.siting.question import Aim
from gis.siting.suggest import suggest
from layers.coverage.asking import asked
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.sites import Place
from layers.coverage.wishes import Asked, Wish


@dataclass(frozen=True, eq=False)
class Suggested:
    """A choice, with what is known of how good it is."""

    plan: Plan
    places: tuple[Place, ...]
    # What each is called; empty where nothing is said.
    names: tuple[str, ...]
    # How many places were looked at, of how many, how many of them lie at no street, and how many
    # plots were left out because they are too small.
    candidates: int
    of: int
    off: int
    small: int
    gap: float
    # Of aims of time, the seconds a person needs, or the worst off, without any of them and with.
    before_s: float
    after_s: float
    # What each costs; None where nothing is said.
    cost: tuple[float, ...] | None
    # How many each serves, and has room for; None where room is not asked about.
    served: tuple[int, ...] | None
    room: tuple[int, ...] | None


def suggested(  # noqa: PLR0913 - the question, and what is wished for
    db: Connection,
    ground: Ground,
    question: Question,
    wish: Wish,
    tried: Sequence[Place] = (),
    within: int | None = None,
) -> Suggested:
    """Return where new facilities would do most beside those that stand and those tried.

    Parameters
    ----------
    tried
        Places that are taken for built.
    within
        The unit whose people count, and in which they are built; None: the whole city.

    Raises
    ------
    CityGridError
        No numbers of people have been released, so there is nobody to count; or what is wished
        for does not go together.
    """
    posed = asked(db, ground, question, wish, tried, within)
    return told(posed, suggest(posed.siting))


def told(posed: Asked, plan: Plan) -> Suggested:
    """Return a plan as it is shown."""
    siting, before, after = posed.siting, np.nan, np.nan
    people = float(np.asarray(siting.demand).sum())
    if siting.aim is Aim.LEAST_TIME and people > 0:
        nearest = np.minimum(siting.standing.nearest_s(), siting.longest_s)
        before, after = float((nearest * siting.demand).sum()) / people, plan.value / people
    elif siting.aim is Aim.LEAST_WORST and people > 0:
        nearest = siting.standing.nearest_s()[np.asarray(siting.demand) > 0]
        before, after = float(np.minimum(nearest, siting.longest_s).max()), plan.value
    chosen, there = plan.chosen, posed.candidates
    serves = room = None
    if siting.room is not None:
        serves = tuple(rooms.by_site(siting, chosen).tolist())
        room = tuple(np.asarray(siting.room)[chosen].tolist())
    return Suggested(
        plan=plan,
        places=posed.places_of(plan),
        names=tuple(there.names[k] for k in chosen.tolist()),
        candidates=siting.sites,
        of=there.of,
        off=there.off,
        small=there.small,
        gap=posed.gap(plan),
        before_s=before,
        after_s=after,
        cost=None if siting.cost is None else tuple(siting.prices[chosen].tolist()),
        served=serves,
        room=room,
    )
