"""The same answers by the units of another zoning, which do not nest in the tree of duties.

A unit there is seldom made of units whose persons somebody sees. So whoever asks is told what the
latest release, laid on the buildings, comes to (docs/decisions/0021), rounded like any such sum.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace

import numpy as np
from sqlalchemy import Connection, Integer, select
from sqlalchemy import cast as sql_cast

from gis.access.viewer import Ranges
from gis.arrangement import Floats
from gis.network.network import Bools
from gis.network.pairs import PairSearch
from gis.network.snapping import Snapped
from gis.network.travel import Times
from gis.tables import feature_unit
from layers import tree as trees
from layers.columns import Ints, fetch
from layers.coverage.ground import Found, Ground
from layers.coverage.homes import Homes
from layers.coverage.kept import Kept
from layers.coverage.reach import Facilities, Question
from layers.coverage.released import Laid, Released
from layers.coverage.ways import Ways
from layers.rows import NO_UNIT
from layers.tree import Tree

# The whole city, which the units of the other zoning lie in; what lies in none of them is its own.
ROOT = 0


class Zoned(Ground):
    """What questions are answered on, by the units of another zoning than that of duties."""

    def __init__(self, base: Ground, zoning_id: int) -> None:
        super().__init__(base.city)
        self._base = base
        self._zoning_id = zoning_id
        self._own_homes = Kept[Homes](1)
        self._own_released = Kept[Released](1)

    def tree(self, db: Connection) -> Tree:
        """Return the city, and below it the units of the zoning."""

        def make() -> Tree:
            city, units = self._base.tree(db), trees.read(db, self._zoning_id)
            return Tree(
                self._zoning_id,
                np.append(city.ids[:1], units.ids),
                np.append(np.zeros(1, units.levels.dtype), units.levels),
                np.append(len(units) + 1, units.ends + 1),
                units.depth,
            )

        return self._tree.get((), make)

    def homes(self, db: Connection) -> Homes:
        """Return the doors of all buildings, with their units in the zoning."""

        def make() -> Homes:
            homes, city = self._base.homes(db), int(self._base.tree(db).ids[0])
            now = np.where(homes.unit_ids == NO_UNIT, NO_UNIT, city).astype(np.int64)
            f = feature_unit.c
            found = fetch(
                db,
                select(
                    sql_cast(f.feature_id, Integer).label("id"),
                    sql_cast(f.unit_id, Integer).label("unit_id"),
                ).where(f.layer == "buildings", f.zoning_id == self._zoning_id),
            )
            at = np.searchsorted(homes.ids, found["id"]).clip(max=max(len(homes.ids) - 1, 0))
            is_there = homes.ids[at] == found["id"] if len(homes.ids) else np.zeros(0, np.bool_)
            now[at[is_there]] = found["unit_id"][is_there]
            return replace(homes, unit_ids=now)

        return self._own_homes.get((), make)

    def released(self, db: Connection) -> Released:
        """Return the latest release on the buildings, summed up by the units of the zoning."""

        def make() -> Released:
            told = self._base.released(db)
            place = self.tree(db).places(self.homes(db).unit_ids)[self.homes(db).building]
            return replace(
                told,
                by_group={
                    group: self._summed(self.tree(db), place, laid, told.rounded_to)
                    for group, laid in told.by_group.items()
                },
            )

        return self._own_released.get((), make)

    def held(self, db: Connection, units: Ranges) -> Bools:
        """Return of which units somebody sees all persons: of none, whatever posts he holds."""
        del units
        return np.zeros(len(self.tree(db)), np.bool_)

    def capacities(self, db: Connection, ids: Ints) -> Ints:
        """Return how many each of some facilities can take, in ascending order of their ids."""
        return self._base.capacities(db, ids)

    def ways(self, db: Connection, question: Question) -> Ways:
        """Return the streets that a question goes along."""
        return self._base.ways(db, question)

    def found_at(
        self, db: Connection, question: Question, key: Hashable, points_m: Floats
    ) -> Found:
        """Answer a question for some doors, which are the same in every zoning."""
        return self._base.found_at(db, question, key, points_m)

    def standing(self, db: Connection, question: Question) -> tuple[Facilities, Snapped]:
        """Return the facilities that a question is about, and where they hang on the streets."""
        return self._base.standing(db, question)

    def times(self, db: Connection, question: Question, key: Hashable, points_m: Floats) -> Times:
        """Return how long it takes to some doors, known by a key, whatever the limit."""
        return self._base.times(db, question, key, points_m)

    def search(self, db: Connection, question: Question) -> PairSearch:
        """Return what finds the ways from any places to the doors of all buildings."""
        return self._base.search(db, question)

    @staticmethod
    def _summed(tree: Tree, place: Ints, laid: Laid, rounded_to: int) -> Laid:
        inside = place != NO_UNIT
        sums = tree.rolled_up(np.bincount(place[inside], laid.doors[inside], len(tree)))
        published = np.rint(sums / rounded_to).astype(np.int64) * rounded_to
        is_told = np.ones(len(tree), np.bool_)
        # Of the city it is told what was published, or that nothing was.
        published[ROOT], is_told[ROOT] = laid.published[0], laid.is_told[0]
        is_told &= bool(laid.is_told.any())
        return Laid(laid.doors, published, is_told, np.zeros(len(tree), np.bool_))
