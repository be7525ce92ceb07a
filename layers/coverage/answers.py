"""Answers to questions about one city: its streets, doors and units are read once."""

from __future__ import annotations

import functools
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sqlalchemy import Connection

from gis.city import City
from gis.network.audit import Audit
from gis.network.pairs import PairSearch
from gis.network.snapping import Snapped
from layers import tree as trees
from layers.columns import Ints
from layers.coverage import doors, reach, room, settings, streets
from layers.coverage.doors import PEOPLE, Doors
from layers.coverage.reach import Question, Reach
from layers.coverage.room import Competing, Room
from layers.coverage.users import users
from layers.coverage.ways import Ways
from layers.tree import Tree

# The main zoning is written first.
MAIN = 1


@dataclass(frozen=True, eq=False)
class Answer:
    """How many live where, by group, for each place of the tree of units; and how sure that is."""

    all: Mapping[str, Ints]
    reached: Mapping[str, Ints]
    # None where there is no official radius.
    official: Mapping[str, Ints] | None
    # People whose door hangs on no street, those among them whom a barrier keeps from all, and
    # those in no unit; nobody of these is reached in a unit's numbers.
    off: int
    walled: int
    outside: int
    audit: Audit


class Answers:
    """What a city answers, as it is in one transaction."""

    def __init__(self, db: Connection, city: City) -> None:
        self._db = db
        self._city = city
        self._ways: dict[Hashable, tuple[Ways, Snapped]] = {}

    @cached_property
    def tree(self) -> Tree:
        """The units of the main zoning, in preorder."""
        return trees.read(self._db, MAIN)

    @cached_property
    def doors(self) -> Doors:
        """Where people live."""
        return doors.doors(self._db, self._city)

    def to(self, question: Question, *, seed: int = 0) -> Answer:
        """Answer one question for all units."""
        found = self.reach(question, seed=seed)
        everywhere = np.ones(len(self.doors.unit_ids), np.bool_)
        count = functools.partial(reach.by_unit, self.tree, self.doors)
        return Answer(
            count(everywhere),
            count(found.is_reached),
            None if found.is_official is None else count(found.is_official),
            int(self.doors.people[PEOPLE][found.is_off].sum()),
            int(self.doors.people[PEOPLE][found.is_walled].sum()),
            reach.outside(self.tree, self.doors)[PEOPLE],
            found.audit,
        )

    def reach(self, question: Question, *, seed: int = 0) -> Reach:
        """Answer one question for all doors."""
        question = reach.as_in(question, self._city)
        ways, hung = self._along(question)
        there = reach.facilities(self._db, question, self._city)
        there_hung = ways.hung(there.points_m)
        return reach.reach(question, ways, there, there_hung, self.doors, hung, seed=seed)

    def room(self, question: Question, *, is_best: bool = False) -> Room | None:
        """Return who finds room at facilities; None where a place is nobody's.

        Parameters
        ----------
        is_best
            See `room.room`.
        """
        some = users(question.kinds)
        if some is None or not some.is_held:
            return None
        question = reach.as_in(question, self._city)
        ways, hung = self._along(question)
        there = reach.facilities(self._db, question, self._city)
        near = PairSearch(ways.network, hung, access_ms=question.speed_ms).pairs(
            ways.hung(there.points_m), limit_s=question.limit_s
        )
        everywhere = np.ones(len(self.tree), np.bool_)
        return room.room(
            Competing(
                some,
                self.tree.places(self.doors.unit_ids),
                self.doors.people[some.group],
                hung.is_on,
                everywhere,
                ~everywhere,
            ),
            self.tree,
            near,
            room.capacities(self._db, there.ids),
            question.limit_s,
            settings.read(self._city.coverage),
            is_best=is_best,
        )

    def _along(self, question: Question) -> tuple[Ways, Snapped]:
        key = question.streets
        if key not in self._ways:
            ways = Ways.of(
                streets.given(self._db, self._city, question.mode, question.speed_ms, question.band)
            )
            self._ways[key] = ways, ways.hung(self.doors.points_m)
        return self._ways[key]
