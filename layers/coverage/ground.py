"""What questions about one city are answered on, for as long as its data stay as they are.

Streets, doors, units and the answers themselves are kept in memory and shared by all who ask: they
come of what everybody may see. Persons are not among them; `layers.coverage.seen` adds those a
viewer may count.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from sqlalchemy import Connection, func, select

from gis.access.tables import release
from gis.access.viewer import Ranges
from gis.arrangement import Floats
from gis.city import City
from gis.network import outline
from gis.network.network import Bools, Network
from gis.network.outline import Wrong
from gis.network.pairs import PairSearch
from gis.network.snapping import Snapped
from gis.network.travel import Times, times
from gis.projecting import between
from gis.tables import STORED_CRS, layer_state, unit_version
from layers import tree as trees
from layers.columns import Ints
from layers.coverage import homes, reach, released, room, streets
from layers.coverage.answers import MAIN
from layers.coverage.doors import Doors
from layers.coverage.homes import Homes
from layers.coverage.kept import Kept
from layers.coverage.reach import Facilities, Question, Reach
from layers.coverage.released import Released
from layers.coverage.ways import Ways
from layers.rows import NO_UNIT
from layers.tree import Tree

# Layers an answer hangs on.
LAYERS = ("roads", "barriers", "buildings", "facilities", "people", "households")
# The doors of all buildings, among the doors that an answer is for.
ALL = "homes"
# A door that is none of them.
ELSEWHERE = -1
# Questions whose answers are kept, some 20 bytes for each door of the city.
MOST_ANSWERS = 64
# Viewers of different rights whose doors are kept.
MOST_DOORS = 24
# Ways of all doors that are kept, some 32 bytes for each.
MOST_TIMES = 16
# Whoever is further than three hours away cannot get there.
LONGEST_S = 10_800.0
# Outlines that are kept, some MB each, and how far their lines may be from where they were.
MOST_OUTLINES = 8
SIMPLIFIED_M = 4.0


@dataclass(frozen=True, eq=False)
class Found:
    """The answer to a question for some doors, and what it was worked out from."""

    question: Question
    ways: Ways
    facilities: Facilities
    facilities_hung: Snapped
    hung: Snapped
    reach: Reach

    @property
    def network(self) -> Network:
        """The streets it was looked for along."""
        return self.ways.network

    def take(self, doors: Ints) -> Found:
        """Return the answer for some of the doors."""
        return replace(self, hung=self.hung.take(doors), reach=self.reach.take(doors))

    def and_for(self, other: Found) -> Found:
        """Return the same answer for these doors and, after them, those of another."""
        return replace(
            self, hung=self.hung.and_for(other.hung), reach=self.reach.and_for(other.reach)
        )


@dataclass(frozen=True, eq=False)
class Outline:
    """How far one gets from some facilities, drawn."""

    # In EPSG:4326, its corners rounded to a tenth of a metre.
    shape: shapely.Geometry
    # In shares of the doors of all buildings.
    wrong: Wrong


class Ground:
    """A city as its data are at one state; safe to use from many threads."""

    def __init__(self, city: City) -> None:
        self.city = city
        self._tree = Kept[Tree](1)
        self._homes = Kept[Homes](1)
        self._released = Kept[Released](1)
        self._ways = Kept[Ways](8)
        self._hung = Kept[Snapped](4 * MOST_DOORS)
        self._facilities = Kept[tuple[Facilities, Snapped]](MOST_ANSWERS)
        self._found = Kept[Found](MOST_ANSWERS)
        self._doors = Kept[Doors](MOST_DOORS)
        self._outlines = Kept[Outline](MOST_OUTLINES)
        self._times = Kept[Times](MOST_TIMES)
        self._places = Kept[Ints](MOST_DOORS)
        self._searches = Kept[PairSearch](8)

    def tree(self, db: Connection) -> Tree:
        """Return the units of the main zoning, in preorder."""
        return self._tree.get((), lambda: trees.read(db, MAIN))

    def homes(self, db: Connection) -> Homes:
        """Return the doors of all buildings."""
        return self._homes.get((), lambda: homes.homes(db, self.city))

    def released(self, db: Connection) -> Released:
        """Return the latest release of persons, laid on the buildings."""

        def make() -> Released:
            return released.read(db, self.tree(db), self.homes(db))

        return self._released.get((), make)

    def ways(self, db: Connection, question: Question) -> Ways:
        """Return the streets that a question goes along."""

        def make() -> Ways:
            return Ways.of(
                streets.given(db, self.city, question.mode, question.speed_ms, question.band)
            )

        return self._ways.get(question.streets, make)

    def network(self, db: Connection, question: Question) -> Network:
        """Return their graph."""
        return self.ways(db, question).network

    def found(self, db: Connection, question: Question) -> Found:
        """Answer a question for the doors of all buildings."""
        return self.found_at(db, question, ALL, self.homes(db).points_m)

    def found_at(
        self, db: Connection, question: Question, key: Hashable, points_m: Floats
    ) -> Found:
        """Answer a question for some doors, which are known by a key."""
        question = reach.as_in(question, self.city)

        def make() -> Found:
            if key == ALL:
                return self._answer(db, question, key, points_m)
            # People leave by the doors of buildings: those are looked for once, not for everybody.
            at = self._places.get(key, lambda: places(self.homes(db).points_m, points_m))
            found, other = self.found(db, question), np.flatnonzero(at == ELSEWHERE)
            if not len(other):
                return found.take(at)
            left = self._answer(db, question, (key, ELSEWHERE), points_m[other])
            at = at.copy()
            at[other] = len(found.hung.edge) + np.arange(len(other))
            return found.and_for(left).take(at)

        return self._found.get((question, key), make)

    def outline(self, db: Connection, question: Question) -> Outline:
        """Return how far one gets, as a picture, and how wrong that is at the doors."""
        found = self.found(db, question)
        asked = found.question

        def make() -> Outline:
            shape = outline.outline(
                found.network, found.facilities_hung,
                limit_s=asked.limit_s, access_ms=asked.speed_ms,
            ).simplify(SIMPLIFIED_M)  # fmt: skip
            points_m, ones = self.homes(db).points_m, np.ones(len(found.hung.edge), np.int64)
            wrong = outline.wrong(shape, points_m, found.reach.is_reached, ones)
            back = between(self.city.metric_crs, STORED_CRS)
            stored = shapely.transform(
                shape, lambda xy: np.round(np.column_stack(back.transform(*xy.T)), 6)
            )
            return Outline(stored, wrong)

        return self._outlines.get(asked, make)

    def held(self, db: Connection, units: Ranges) -> Bools:
        """Return of which units of the tree somebody sees all persons, who sees those of some."""
        ids = self.tree(db).ids
        found = np.zeros(len(ids), np.bool_)
        for low, high in units:
            found |= (ids >= low) & (ids <= high)
        return found

    def capacities(self, db: Connection, ids: Ints) -> Ints:
        """Return how many each of some facilities can take, in ascending order of their ids."""
        return room.capacities(db, ids)

    def doors(self, db: Connection, key: Hashable, make: Callable[[], Doors]) -> Doors:
        """Return the doors of the persons that somebody may count, known by a key."""
        del db
        return self._doors.get(key, make)

    def standing(self, db: Connection, question: Question) -> tuple[Facilities, Snapped]:
        """Return the facilities that a question is about, and where they hang on the streets."""

        def place() -> tuple[Facilities, Snapped]:
            there = reach.facilities(db, question, self.city)
            return there, self.ways(db, question).hung(there.points_m)

        # Whoever slides a limit asks about the same facilities.
        return self._facilities.get((question.serving, question.streets), place)

    def times(self, db: Connection, question: Question, key: Hashable, points_m: Floats) -> Times:
        """Return how long it takes to some doors, known by a key, whatever the limit."""
        found = self.found_at(db, question, key, points_m)
        asked = found.question

        def make() -> Times:
            ways = times(
                found.network, found.facilities_hung, found.hung,
                limit_s=LONGEST_S, access_ms=asked.speed_ms,
            )  # fmt: skip
            return Times(ways.seconds + asked.delay_s, ways.source)

        # Whoever slides a limit asks about the same ways.
        return self._times.get((asked.serving, asked.streets, asked.delay_s, key), make)

    def search(self, db: Connection, question: Question) -> PairSearch:
        """Return what finds the ways from any places to the doors of all buildings."""
        found = self.found(db, question)

        def make() -> PairSearch:
            return PairSearch(found.network, found.hung, access_ms=question.speed_ms)

        return self._searches.get(found.question.streets, make)

    def weights(self, db: Connection, own: Doors) -> Floats | None:
        """Return for how many the people behind each door stand; None: for themselves."""
        del db, own
        return None

    def _answer(self, db: Connection, question: Question, key: Hashable, points_m: Floats) -> Found:
        ways = self.ways(db, question)
        hung = self._hung.get((question.streets, key), lambda: ways.hung(points_m))
        there, there_hung = self.standing(db, question)
        here = Doors(points_m, np.full(len(points_m), NO_UNIT), {})
        found = reach.reach(question, ways, there, there_hung, here, hung)
        return Found(question, ways, there, there_hung, hung, found)


def places(all_m: Floats, some_m: Floats) -> Ints:
    """Return which of all points each of some is, to the last digit; `ELSEWHERE` where none is."""
    one, other = (xy[:, 0] + 1j * xy[:, 1] for xy in (all_m, some_m))
    order = np.argsort(one, kind="stable")
    at = np.searchsorted(one, other, sorter=order)
    found = np.append(order, ELSEWHERE)[at]
    found[np.append(one, np.nan)[found] != other] = ELSEWHERE
    return found


def state(db: Connection) -> Hashable:
    """Return what changes whenever anything does that an answer hangs on: a quick question."""
    layers, last = changed(db, LAYERS)
    return *layers, *last


def changed(
    db: Connection, layers: Sequence[str]
) -> tuple[list[tuple[str, dt.datetime]], tuple[int | None, int | None]]:
    """Return when some layers changed last, and the last release and version of a unit."""
    c = layer_state.c
    rows = db.execute(
        select(c.layer, c.changed_at).where(c.layer.in_(layers)).order_by(c.layer)
    ).all()
    last = db.execute(
        select(
            select(func.max(release.c.id)).scalar_subquery(),
            select(func.max(unit_version.c.id)).scalar_subquery(),
        )
    ).one()
    return [(layer, at) for layer, at in rows], (last[0], last[1])
