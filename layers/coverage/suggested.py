"""Where new facilities would do most: candidates at the doors, people of the latest release.

What already stands, and what is tried, stays; only whom that does not serve counts for the aim of
most people: those served long ago would make it look small how far a choice is from the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from gis.arrangement import Floats
from gis.network.network import Ints
from gis.network.pairs import Pairs
from gis.network.travel import NEAREST
from gis.projecting import between
from gis.siting.plan import Plan
from gis.siting.question import Aim, Siting
from gis.siting.suggest import suggest
from gis.tables import STORED_CRS
from layers.coverage import reach, sites
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.released import PEOPLE
from layers.coverage.sites import Place
from layers.coverage.streets import metric_points

# Every n-th door where there are more: neighbours have much the same to offer.
MOST_CANDIDATES = 2_000
# Aims of time look beyond the limit, and so at fewer places.
BEYOND = 3.0
MOST_CANDIDATES_BY_AIM = {Aim.LEAST_TIME: 400, Aim.LEAST_WORST: 100}


@dataclass(frozen=True)
class Wish:
    """How many new facilities are wanted, and what for; for everyone as many as it takes."""

    aim: Aim
    count: int = 3


@dataclass(frozen=True, eq=False)
class Asked:
    """A question to the search, and where its candidates are."""

    siting: Siting
    # The place of each candidate among the doors of `Homes`.
    doors: Ints
    # (candidates, 2): longitude and latitude.
    places: Floats

    def places_of(self, plan: Plan) -> tuple[Place, ...]:
        """Return where the sites of a plan are."""
        return tuple((float(lon), float(lat)) for lon, lat in self.places[plan.chosen])


@dataclass(frozen=True, eq=False)
class Suggested:
    """A choice, with what is known of how good it is."""

    plan: Plan
    places: tuple[Place, ...]
    # How many places were looked at.
    candidates: int
    # Of aims of time, the seconds a person needs, or the worst off, without any of them and with.
    before_s: float
    after_s: float


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
    within
        The unit whose people count, and in which they are built; None: the whole city.

    Raises
    ------
    CityGridError
        No numbers of people have been released, so there is nobody to count.
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
    return Suggested(plan, posed.places_of(plan), siting.sites, before, after)


def asked(  # noqa: PLR0913 - the question, and what is wished for
    db: Connection,
    ground: Ground,
    question: Question,
    wish: Wish,
    tried: Sequence[Place] = (),
    within: int | None = None,
) -> Asked:
    """Put a question to the search: `gis.siting.suggest` and `gis.siting.exact` answer it."""
    # With the time from a call to the start, where the city has it.
    question = reach.as_in(question, ground.city)
    wide = _wide(question) if wish.aim in MOST_CANDIDATES_BY_AIM else question
    found, homes = ground.found(db, wide), ground.homes(db)
    search = ground.search(db, wide)
    lon, lat = np.array(tried, float).reshape(-1, 2).T
    more = search.pairs(
        reach.hung(found.network, metric_points(lon, lat, ground.city)), limit_s=wide.limit_s
    )
    now_s = np.minimum(found.reach.times.seconds[:, NEAREST], more.nearest_s())
    demand = sites.demand(db, ground, within)[PEOPLE].copy()
    if wish.aim is Aim.MOST_PEOPLE:
        demand[np.isfinite(now_s)] = 0.0
    doors = _spread(
        sites.doors_inside(db, ground, found, within),
        MOST_CANDIDATES_BY_AIM.get(wish.aim, MOST_CANDIDATES),
    )
    near = search.pairs(found.hung.take(doors), limit_s=wide.limit_s)
    points = homes.points_m[doors]
    return Asked(
        Siting(
            wish.aim,
            _of_those(near, demand > 0),
            demand,
            existing=_standing(now_s),
            count=None if wish.aim is Aim.EVERYONE else wish.count,
        ),
        doors,
        np.column_stack(between(ground.city.metric_crs, STORED_CRS).transform(*points.T)),
    )


def _wide(question: Question) -> Question:
    """Return a question that looks further: what is beyond the limit takes time, too."""
    minutes = BEYOND * (question.limit_s + question.delay_s) / 60
    return replace(question, minutes=minutes, metres=None)


def _spread(doors: Ints, most: int) -> Ints:
    """Return every n-th of some doors, so that there are not too many."""
    step = -(-len(doors) // most) if len(doors) else 1
    found: Ints = doors[::step]
    return found


def _of_those(near: Pairs, counts: np.ndarray) -> Pairs:
    """Return the pairs to points where somebody counts."""
    kept = counts[near.target]
    starts = np.append(0, np.cumsum(kept))[near.starts]
    return Pairs(starts, near.target[kept], near.seconds[kept], near.targets)


def _standing(now_s: Floats) -> Pairs:
    """Return all that stands as if it were one facility: the nearest is all that matters of it."""
    reached = np.flatnonzero(np.isfinite(now_s))
    return Pairs(np.array([0, len(reached)]), reached, now_s[reached], len(now_s))
