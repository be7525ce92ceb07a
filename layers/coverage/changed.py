"""A city as it would be after some changes: asked like the city as it is."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace

import numpy as np
import shapely
from sqlalchemy import Connection

from gis.access.viewer import Ranges
from gis.arrangement import Floats
from gis.city import City
from gis.errors import CityGridError, NotFoundError
from gis.network.given import Given
from gis.network.network import Bools, Ints, Streets
from layers.coverage import reach, redrawn, streets
from layers.coverage.changes import (
    AddPath,
    Change,
    Close,
    CloseRoad,
    Grow,
    Move,
    Open,
    Redraw,
    Resize,
)
from layers.coverage.doors import Doors
from layers.coverage.ground import Found, Ground
from layers.coverage.homes import Homes
from layers.coverage.kept import Kept
from layers.coverage.reach import Facilities, Question
from layers.coverage.redrawn import Moved, Redrawn
from layers.coverage.released import Laid, Released
from layers.coverage.room import UNKNOWN
from layers.coverage.streets import KMH, Mode, metric_points
from layers.coverage.ways import Ways
from layers.tree import Tree

# A path that was drawn to a street by hand ends no further from it.
PATH_WITHIN_M = 60.0
# The number of a road that is only supposed.
NEW = -1
# Shorter than that it leads nowhere.
LEAST_PATH_M = 1.0


class Changed(Ground):
    """What questions are answered on where changes are supposed.

    What the changes leave as it is comes from the city as it is, and is worked out once for both.
    """

    def __init__(self, base: Ground, changes: Sequence[Change]) -> None:
        super().__init__(base.city)
        self._base = base
        self._changes = tuple(changes)
        self._grown = Kept[Released](1)
        self._redrawn = Kept[Redrawn](1)
        self._orders = [c.order for c in changes if isinstance(c, Redraw)]
        self._has_streets = any(isinstance(c, AddPath | CloseRoad) for c in changes)
        self._has_growth = any(isinstance(c, Grow) for c in changes)

    @property
    def opened(self) -> tuple[tuple[int, Open], ...]:
        """The facilities that are new, each with the place of its change, from 1 on."""
        return tuple((n, c) for n, c in enumerate(self._changes, 1) if isinstance(c, Open))

    def redrawn(self, db: Connection) -> Redrawn | None:
        """Return the units as they would be; None where they are those of today."""
        if not self._orders:
            return None
        (order,) = self._orders
        return self._redrawn.get((), lambda: redrawn.proposed(db, order, self._base.tree(db)))

    def tree(self, db: Connection) -> Tree:
        """Return the units: those of today, or as a change order would have them."""
        supposed = self.redrawn(db)
        return self._base.tree(db) if supposed is None else supposed.after

    def homes(self, db: Connection) -> Homes:
        """Return the doors of all buildings, which are those of today, with their units."""
        now, supposed = self._base.homes(db), self.redrawn(db)
        return now if supposed is None else self._homes.get((), lambda: supposed.homes(db, now))

    def held(self, db: Connection, units: Ranges) -> Bools:
        """Return of which units somebody sees all persons: of a redrawn one, all its ground's."""
        now, supposed = self._base.held(db, units), self.redrawn(db)
        return now if supposed is None else supposed.held(now)

    def released(self, db: Connection) -> Released:
        """Return the latest release on the buildings, grown and redrawn as supposed."""
        now, supposed = self._base.released(db), self.redrawn(db)
        if not self._has_growth and supposed is None:
            return now

        def make() -> Released:
            by_group, tree, homes = now.by_group, self._base.tree(db), self._base.homes(db)
            if self._has_growth:
                factors = growth(self._changes, tree)
                place = tree.places(homes.unit_ids)[homes.building]
                by_group = {
                    group: grown(laid, factors, tree, place, now.rounded_to)
                    for group, laid in by_group.items()
                }
            if supposed is not None:
                then = self.homes(db)
                by_group = {
                    group: supposed.laid(laid, homes, then, now.rounded_to)
                    for group, laid in by_group.items()
                }
            return replace(now, by_group=by_group)

        return self._grown.get((), make)

    def capacities(self, db: Connection, ids: Ints) -> Ints:
        """Return how many each of some facilities could take, in the order of their ids."""
        known = np.sort(ids[ids > 0])
        said = dict(zip(known.tolist(), self._base.capacities(db, known).tolist(), strict=True))
        for n, change in enumerate(self._changes, 1):
            if isinstance(change, Resize) and change.facility in said:
                said[change.facility] = change.capacity
            elif isinstance(change, Open):
                said[-n] = UNKNOWN if change.capacity is None else change.capacity
        return np.array([said[each] for each in ids.tolist()], np.int64)

    def ways(self, db: Connection, question: Question) -> Ways:
        """Return the streets with what is added and without what is closed."""
        if not self._has_streets:
            return self._base.ways(db, question)

        def make() -> Ways:
            now = streets.given(db, self.city, question.mode, question.speed_ms, question.band)
            return Ways.of(changed_streets(now, self._changes, self.city, question))

        return self._ways.get(question.streets, make)

    def doors(self, db: Connection, key: Hashable, make: Callable[[], Doors]) -> Doors:
        """Return doors of persons that somebody may count; how they grow, `weights` says."""
        now, supposed = self._base.doors(db, key, make), self.redrawn(db)
        if supposed is None:
            return now
        return self._doors.get(key, lambda: supposed.doors(now, self.city))

    def weights(self, db: Connection, own: Doors) -> Floats | None:
        """Return for how many each of the people behind each door stands; None: for himself."""
        if not self._has_growth:
            return None
        # Who grows is said of today's units.
        tree = self._base.tree(db)
        place = tree.places(own.was if isinstance(own, Moved) else own.unit_ids)
        factors = np.append(growth(self._changes, tree), 1.0)
        found: Floats = factors[place]
        return found

    def _answer(self, db: Connection, question: Question, key: Hashable, points_m: Floats) -> Found:
        base = self._base.found_at(db, question, key, points_m)
        there = changed_facilities(base.facilities, self._changes, self.city, question)
        ways = self.ways(db, question)
        hung = ways.hung(points_m) if self._has_streets else base.hung
        there_hung = ways.hung(there.points_m)
        here = Doors(points_m, np.full(len(points_m), -1), {})
        found = reach.reach(question, ways, there, there_hung, here, hung)
        return Found(question, ways, there, there_hung, hung, found)


def changed_facilities(
    there: Facilities, changes: Sequence[Change], city: City, question: Question
) -> Facilities:
    """Return the facilities that a question is about after some changes, in their order.

    A new one has a number below zero: the first change is -1, the second -2. What is closed or
    moved and is none of the question's is somebody else's, and no mistake.
    """
    ids, points = there.ids.copy(), there.points_m.copy()
    for n, change in enumerate(changes, 1):
        if isinstance(change, Close):
            stays = ids != change.facility
            ids, points = ids[stays], points[stays]
        elif isinstance(change, Move):
            points[ids == change.facility] = _point(change.at, city)
        elif isinstance(change, Open) and change.kind in question.kinds:
            ids = np.append(ids, -n)
            points = np.vstack([points, _point(change.at, city)])
    return Facilities(ids, points)


def changed_streets(
    given: Given, changes: Sequence[Change], city: City, question: Question
) -> Given:
    """Return streets without those that are closed, and after them those that are new.

    Raises
    ------
    NotFoundError
        A road that is closed is none of the city's that one walks or drives along.
    CityGridError
        An end of a new path lies at no street.
    """
    stays = ~np.isin(given.ids, [c.road for c in changes if isinstance(c, CloseRoad)])
    new = [c for c in changes if isinstance(c, AddPath)]
    if question.mode is Mode.DRIVE:
        new = [c for c in new if c.drive_kmh is not None]
    old = given.streets
    lines = np.empty(len(new), dtype=object)
    lines[:] = [_joined(path, old.lines_m[stays], city) for path in new]
    some = np.ones(len(new), np.bool_)
    speeds_ms = np.full(len(new), question.speed_ms)
    if question.mode is Mode.DRIVE:
        speeds_ms = KMH * np.array([c.drive_kmh or 0.0 for c in new])
    return replace(
        given,
        ids=np.append(given.ids[stays], np.full(len(new), NEW)),
        streets=Streets(
            np.append(old.lines_m[stays], lines),
            np.append(old.forth[stays], some),
            np.append(old.back[stays], some),
            np.append(old.speed_ms[stays], speeds_ms),
        ),
        # Who draws a path through a wall or over a river supposes a gate or a bridge there.
        passes=np.append(given.passes[stays], some),
        is_new=np.append(given.is_new[stays], some),
    )


def growth(changes: Sequence[Change], tree: Tree) -> Floats:
    """Return how many stand for one, for each place of a tree; growth within growth multiplies.

    Raises
    ------
    NotFoundError
        A unit that grows is none of today's.
    """
    found = np.ones(len(tree))
    for change in changes:
        if isinstance(change, Grow):
            place = int(tree.places(np.array([change.unit]))[0])
            if place < 0:
                raise NotFoundError(
                    f"There is no unit {change.unit} today.",
                    key="scenario.no_unit",
                    unit=change.unit,
                )
            found[place : tree.ends[place]] *= 1 + change.percent / 100
    return found


def grown(laid: Laid, factors: Floats, tree: Tree, place: Ints, rounded_to: int) -> Laid:
    """Return released numbers of one group as they would have grown.

    Parameters
    ----------
    factors
        For each place of the tree; what is laid on no unit of it stays.
    place
        Of each door, in the tree.
    """
    inside = place >= 0

    def summed(doors: Floats) -> Floats:
        rolled: Floats = tree.rolled_up(np.bincount(place[inside], doors[inside], len(tree)))
        return rolled

    doors = laid.doors * np.append(factors, 1.0)[place]
    before, after = summed(laid.doors), summed(doors)
    ratio = np.divide(after, before, out=factors.copy(), where=before > 0)
    published = np.where(
        ratio == 1, laid.published, np.round(laid.published * ratio / rounded_to) * rounded_to
    ).astype(np.int64)
    return replace(laid, doors=doors, published=published)


def _point(at: tuple[float, float], city: City) -> Floats:
    found: Floats = metric_points(np.array([at[0]]), np.array([at[1]]), city)[0]
    return found


def _joined(path: AddPath, lines_m: np.ndarray, city: City) -> shapely.LineString:
    """Return a path in metres, led on from its ends to the streets they lie at."""
    lon, lat = np.array(path.line, float).T
    xy = metric_points(lon, lat, city)
    tree = shapely.STRtree(lines_m)
    ends = []
    for at in (xy[0], xy[-1]):
        point = shapely.Point(at)
        near = tree.query_nearest(point, max_distance=PATH_WITHIN_M)
        if not len(near):
            raise CityGridError(
                f"An end of a new path is more than {PATH_WITHIN_M:.0f} m from any street. "
                "Draw it as far as the street it is to meet.",
                key="scenario.path_ends", metres=int(PATH_WITHIN_M),
            )  # fmt: skip
        line = lines_m[int(near.min())]
        ends.append(shapely.get_coordinates(line.interpolate(line.project(point)))[0])
    whole = np.vstack([ends[0], xy, ends[1]])
    line = shapely.LineString(whole)
    if line.length < LEAST_PATH_M:
        raise CityGridError(
            "A new path must lead from one place to another.", key="scenario.path_nowhere"
        )
    return line
