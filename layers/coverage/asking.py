"""The question to the search for new sites: people of the latest release, candidates, limits.

What already stands, and what is tried, stays; only whom that does not serve counts for the aim of
most people: those served long ago would make it look small how far a choice is from the best.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from sqlalchemy import Connection

from gis.arrangement import Floats
from gis.errors import CityGridError
from gis.network.network import Ints
from gis.network.pairs import Pairs
from gis.siting.question import Aim, Siting
from layers.coverage import reach, sites
from layers.coverage.candidates import Candidates, Kind, candidates
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.released import PEOPLE
from layers.coverage.sites import Place
from layers.coverage.standing import Standing, served, standing
from layers.coverage.streets import metric_points
from layers.coverage.users import users
from layers.coverage.wishes import Asked, Wish
from layers.rows import NO_UNIT

MOST_CANDIDATES = 2_000
# Aims of time look beyond the limit, and so at fewer places.
BEYOND = 3.0
MOST_CANDIDATES_BY_AIM = {Aim.LEAST_TIME: 400, Aim.LEAST_WORST: 100}
# What a second facility within reach is worth beside the first.
BACKUP = 0.5
# Each unit with a least share is a row of the search.
MOST_UNITS = 120


def asked(  # noqa: PLR0913 - the question, and what is wished for
    db: Connection,
    ground: Ground,
    question: Question,
    wish: Wish,
    tried: Sequence[Place] = (),
    within: int | None = None,
) -> Asked:
    """Put a question to the search: `gis.siting.suggest` and `gis.siting.exact` answer it."""
    return _Asking(db, ground, question, wish, tuple(tried), within).asked


class _Asking:
    """One question on its way to the search."""

    def __init__(  # noqa: PLR0913 - as above
        self,
        db: Connection,
        ground: Ground,
        question: Question,
        wish: Wish,
        tried: tuple[Place, ...],
        within: int | None,
    ) -> None:
        self._db, self._ground, self._wish, self._within = db, ground, wish, within
        # With the time from a call to the start, where the city has it.
        question = reach.as_in(question, ground.city)
        self._question = _wide(question) if wish.aim in MOST_CANDIDATES_BY_AIM else question
        # Places that are drawn to choose from do not stand.
        self._tried = () if wish.source.kind is Kind.DRAWN else tried
        self._found = ground.found(db, self._question)

    @cached_property
    def asked(self) -> Asked:
        wish, aim = self._wish, self._wish.aim
        there = candidates(
            self._db, self._ground, self._found, wish.source, self._within,
            MOST_CANDIDATES_BY_AIM.get(aim, MOST_CANDIDATES),
        )  # fmt: skip
        room = self._room(there)
        cost = self._cost(there)
        near = self._search(there)
        people = sites.demand(self._db, self._ground, self._within)
        if room is not None:
            return Asked(self._roomy(near, people, room, cost), there)
        stands, demand = self._standing, people[PEOPLE].copy()
        enough = 1 if not wish.backup else 2
        if aim is Aim.MOST_PEOPLE:
            demand[stands.count >= enough] = 0.0
        siting = Siting(
            aim,
            _of_those(near, demand > 0),
            demand,
            existing=stands.nearest(enough),
            floor=wish.floor,
            groups=self._groups(people[PEOPLE]) if wish.floor else {},
            backup=BACKUP if wish.backup else 0.0,
            **self._limits(cost),
        )
        base = float(demand[stands.count > 0].sum()) if aim is Aim.MOST_PEOPLE else 0.0
        return Asked(siting, there, base)

    def _search(self, there: Candidates) -> Pairs:
        question = self._question
        near = self._ground.search(self._db, question).pairs(there.hung, limit_s=question.limit_s)
        # What passes before one sets out is time, too, as it is on the way from what stands.
        return replace(near, seconds=near.seconds + question.delay_s)

    @cached_property
    def _standing(self) -> Standing:
        lon, lat = np.array(self._tried, float).reshape(-1, 2).T
        hung = self._found.ways.hung(metric_points(lon, lat, self._ground.city))
        return standing(self._db, self._ground, self._found, hung)

    def _limits(self, cost: Floats | None) -> dict[str, Any]:
        wish, aim = self._wish, self._wish.aim
        if aim is Aim.EVERYONE:
            # As cheap as can be; whether a budget pays for it is seen then.
            return {"cost": cost}
        budget = wish.budget
        # The least worst time goes with one of the two.
        count = None if budget is not None and aim is Aim.LEAST_WORST else wish.count
        return {"count": count, "cost": cost, "budget": budget}

    def _cost(self, there: Candidates) -> Floats | None:
        wish = self._wish
        given = np.nan if wish.cost is None else wish.cost
        cost = np.where(np.isnan(there.cost), given, there.cost)
        if not np.isnan(cost).any():
            return cost
        if wish.budget is not None:
            raise CityGridError("A budget needs the cost of each site.", key="siting.no_cost")
        return None

    def _room(self, there: Candidates) -> Ints | None:
        wish = self._wish
        if wish.room is None and np.isnan(there.room).all():
            return None
        given = np.nan if wish.room is None else wish.room
        room = np.where(np.isnan(there.room), given, there.room)
        if unsaid := int(np.isnan(room).sum()):
            raise CityGridError(
                f"The list says of {unsaid} places for how many they have room, and of others it "
                "does not. Give the room of a new site for those.",
                key="siting.no_room", n=unsaid,
            )  # fmt: skip
        return room.astype(np.int64)

    def _roomy(
        self, near: Pairs, people: Mapping[str, Floats], room: Ints, cost: Floats | None
    ) -> Siting:
        """Return the question where room counts: who finds room at what stands, stays there."""
        wish, some = self._wish, users(self._question.kinds)
        if wish.aim is Aim.LEAST_WORST or wish.backup or wish.floor:
            raise CityGridError(
                "Capacity does not go together with the least worst time, backup cover or a least "
                "share. Leave one of them out.",
                key="siting.room_alone",
            )
        group, share = (some.group, some.share) if some else (PEOPLE, 1.0)
        whole = _whole(share * people[group])
        is_held = some is not None and some.is_held
        left = whole - served(
            self._db, self._ground, self._found, self._standing, whole,
            is_held=is_held, new_room=wish.room,
        )  # fmt: skip
        return Siting(
            wish.aim, _of_those(near, left > 0), left.astype(float), room=room,
            **self._limits(cost),
        )  # fmt: skip

    def _groups(self, people: Floats) -> dict[str, Floats]:
        """Return the people of each unit of the level that has a least share."""
        tree, homes = self._ground.tree(self._db), self._ground.homes(self._db)
        level = self._wish.floor_level or 1
        place = tree.places(homes.unit_ids)[homes.building]
        above = np.where(place == NO_UNIT, NO_UNIT, tree.at_level(level)[place])
        units = np.unique(above[(above != NO_UNIT) & (people > 0)])
        if len(units) > MOST_UNITS:
            raise CityGridError(
                f"A least share is kept for {MOST_UNITS} units at most, and here are {len(units)}. "
                "Choose a higher level, or go into a part of the city.",
                key="siting.too_many_units", most=MOST_UNITS, n=len(units),
            )  # fmt: skip
        return {str(tree.ids[k]): np.where(above == k, people, 0.0) for k in units.tolist()}


def _whole(people: Floats) -> Ints:
    """Return whole people: the largest remainders get what is left, so that the sum stays."""
    whole = np.floor(people + 1e-9).astype(np.int64)
    left = round(float(people.sum())) - int(whole.sum())
    if left > 0:
        whole[np.argsort(-(people - whole), kind="stable")[:left]] += 1
    return whole


def _wide(question: Question) -> Question:
    """Return a question that looks further: what is beyond the limit takes time, too."""
    minutes = BEYOND * (question.limit_s + question.delay_s) / 60
    return replace(question, minutes=minutes, metres=None)


def _of_those(near: Pairs, counts: np.ndarray) -> Pairs:
    """Return the pairs to points where somebody counts."""
    kept = counts[near.target]
    starts = np.append(0, np.cumsum(kept))[near.starts]
    return Pairs(starts, near.target[kept], near.seconds[kept], near.targets)
