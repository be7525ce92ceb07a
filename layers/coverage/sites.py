"""What new facilities would bring: whom they reach that nobody reaches yet.

People are those of the latest release, laid on the buildings, as in `layers.coverage.released`:
what comes of a place tells no more of a person than the release does, wherever it is dragged to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sqlalchemy import Connection

from gis.arrangement import Floats
from gis.errors import CityGridError
from gis.network.network import Bools
from gis.network.travel import NEAREST
from gis.siting.effect import effect
from layers.columns import Ints
from layers.coverage.ground import Found, Ground
from layers.coverage.reach import Question
from layers.coverage.released import GROUPS, PEOPLE
from layers.coverage.streets import metric_points
from layers.rows import NO_UNIT

Place = tuple[float, float]
"""Longitude and latitude, EPSG:4326."""


@dataclass(frozen=True, eq=False)
class Brought:
    """What some places bring, each beside those before it."""

    # By group of persons, and of buildings those all of whose doors are reached; of each place.
    by_place: tuple[Mapping[str, float], ...]
    # Which doors only the new places reach.
    is_new: Bools
    # Which places hang on no street, and so reach nobody.
    is_off: Bools

    @property
    def in_all(self) -> Mapping[str, float]:
        """What all of them bring together."""
        keys = self.by_place[0].keys() if self.by_place else ()
        return {key: sum(one[key] for one in self.by_place) for key in keys}


@dataclass(frozen=True, eq=False)
class Standing:
    """What is reached by what there is and by the places tried so far, and whose people count.

    It stays as it is while one more place is dragged over the map, so that each step of that asks
    for the ways from this one place alone.
    """

    ground: Ground
    found: Found
    # How many of each group live behind each door, and which buildings count.
    demand: Mapping[str, Floats]
    counted: Bools
    # The seconds to the nearest for each door, and the buildings all of whose doors are reached.
    now_s: Floats
    whole: Bools
    brought: Brought

    def beside(self, db: Connection, places: Sequence[Place]) -> Standing:
        """Return what stands with some more places, each beside those before it."""
        if not places:
            return self
        homes, asked = self.ground.homes(db), self.found.question
        lon, lat = np.array(places, float).reshape(-1, 2).T
        hung = self.found.ways.hung(metric_points(lon, lat, self.ground.city))
        near = self.ground.search(db, asked).pairs(hung, limit_s=asked.limit_s)
        now_s, whole, by_place = self.now_s, self.whole, list(self.brought.by_place)
        for k in range(len(places)):
            change = effect(now_s, near.of(k), self.demand)
            now_s, before = change.seconds, whole
            whole = homes.share(np.isfinite(now_s)) == 1
            buildings = float((whole & ~before & self.counted).sum())
            by_place.append({**change.people_newly, "buildings": buildings})
        there = Brought(
            tuple(by_place),
            np.isfinite(now_s) & ~self.found.reach.is_reached,
            np.append(self.brought.is_off, ~hung.is_on),
        )
        return replace(self, now_s=now_s, whole=whole, brought=there)


def standing(
    db: Connection, ground: Ground, question: Question, within: int | None = None
) -> Standing:
    """Return what stands before any place is tried.

    Parameters
    ----------
    within
        The unit whose people count; None: the whole city.

    Raises
    ------
    CityGridError
        No numbers of people have been released, so there is nobody to count.
    """
    found, homes = ground.found(db, question), ground.homes(db)
    now_s = found.reach.times.seconds[:, NEAREST]
    return Standing(
        ground, found, demand(db, ground, within), _inside(db, ground, within), now_s,
        homes.share(np.isfinite(now_s)) == 1, _nothing(found),
    )  # fmt: skip


def brought(
    db: Connection,
    ground: Ground,
    question: Question,
    places: Sequence[Place],
    within: int | None = None,
) -> Brought:
    """Return what facilities at some places would bring beside those that a question is about.

    Parameters
    ----------
    within
        As of `standing`, which raises, too.
    """
    if not places:
        # Nothing is brought, whether anybody can be counted or not.
        return _nothing(ground.found(db, question))
    return standing(db, ground, question, within).beside(db, places).brought


def _nothing(found: Found) -> Brought:
    return Brought((), np.zeros(len(found.reach.is_reached), np.bool_), np.zeros(0, np.bool_))


def demand(db: Connection, ground: Ground, within: int | None = None) -> Mapping[str, Floats]:
    """Return how many of each group live behind each door of `Homes`: public numbers, not whole.

    Raises
    ------
    CityGridError
        No numbers of people have been released.
    """
    told = ground.released(db).by_group
    if PEOPLE not in told:
        raise CityGridError(
            "No numbers of people have been released yet, so nobody can be counted. "
            "Load people, or release their numbers first.",
            key="coverage.no_people",
        )
    doors = _inside(db, ground, within)[ground.homes(db).building]
    return {group: told[group].doors * doors for group in GROUPS if group in told}


def _inside(db: Connection, ground: Ground, within: int | None) -> Bools:
    """Return which buildings lie in a unit."""
    tree, homes = ground.tree(db), ground.homes(db)
    place: Ints = tree.places(homes.unit_ids)
    if within is None:
        return np.ones(len(place), np.bool_)
    at = int(tree.places(np.array([within]))[0])
    if at == NO_UNIT:
        return np.zeros(len(place), np.bool_)
    found: Bools = (place >= at) & (place < tree.ends[at])
    return found


def doors_inside(db: Connection, ground: Ground, found: Found, within: int | None) -> Ints:
    """Return the doors in a unit that hang on a street: where a facility can be."""
    inside = _inside(db, ground, within)[ground.homes(db).building]
    return np.flatnonzero(inside & found.hung.is_on)
