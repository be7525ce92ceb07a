"""Barriers with their openings, and what would lead through one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit
from scipy.spatial import cKDTree

from gis.arrangement import Floats, Shapes

Ints: TypeAlias = npt.NDArray[np.int64]

OPEN_WITHIN_M = 5.0
# A line that begins or ends on a barrier no more than touches it, to the last digit.
TOUCH_M = 1e-6
CLOSED = -1


@dataclass(frozen=True, eq=False)
class Barriers:
    """Rivers, railways, walls, and where one gets through them."""

    # Lines in a metric CRS.
    lines_m: Shapes
    # (k, 2), gates and crossings: near one a barrier does not hold.
    openings_m: Floats
    within_m: float = OPEN_WITHIN_M

    @classmethod
    def none(cls) -> Barriers:
        """Return what does not stand in anybody's way."""
        return cls(np.empty(0, dtype=object), np.empty((0, 2)))

    def holds(self, points_m: Floats) -> np.ndarray:
        """Tell for points on barriers, (n, 2), whether there is no opening near."""
        if not len(self.openings_m) or not len(points_m):
            return np.ones(len(points_m), np.bool_)
        held: np.ndarray = self._openings.query(points_m)[0] > self.within_m
        return held

    def crossed(self, lines_m: Shapes) -> np.ndarray:
        """Tell for each of some straight lines whether it leads through a barrier.

        One that only touches a barrier with an end, or runs along it, does not.
        """
        found = np.zeros(len(lines_m), np.bool_)
        if not len(self.lines_m):
            return found
        line, piece = self._tree.query(lines_m, "intersects")
        where = shapely.intersection(lines_m[line], self._pieces[piece])
        is_point = shapely.get_type_id(where) == 0
        line, where = line[is_point], where[is_point]
        for end in (0, -1):
            apart = shapely.distance(where, shapely.get_point(lines_m[line], end)) > TOUCH_M
            line, where = line[apart], where[apart]
        found[line[self.holds(shapely.get_coordinates(where).reshape(-1, 2))]] = True
        return found

    def first_open(self, points_m: Floats, ways: Ints, places_m: Floats, within_m: float) -> Ints:
        """Return for each point the first of the straight ways from it that no barrier closes.

        Parameters
        ----------
        points_m
            (k, 2).
        ways
            Where the ways of each point begin among ``places_m``, and where those of the last end;
            ``k + 1`` numbers.
        places_m
            (n, 2), where the ways lead to: the one first that is wanted most.
        within_m
            None is longer.

        Returns
        -------
        Ints
            Numbers of places; `CLOSED` where all are.
        """
        low, high = points_m - within_m, points_m + within_m
        point, piece = self._tree.query(shapely.box(*low.T, *high.T))
        near = np.zeros(len(points_m) + 1, np.int64)
        np.cumsum(np.bincount(point, minlength=len(points_m)), out=near[1:])
        ends_m = shapely.get_coordinates(self._pieces).reshape(-1, 4)[piece]
        found: Ints = _first_open(
            points_m, ways, places_m, near, ends_m, self.openings_m, self.within_m
        )
        return found

    @cached_property
    def _openings(self) -> cKDTree:
        return cKDTree(self.openings_m)

    @cached_property
    def _pieces(self) -> Shapes:
        """The barriers from vertex to vertex: a river is long, and a tree is asked for boxes."""
        xy, of = shapely.get_coordinates(self.lines_m, return_index=True)
        follows = of[1:] == of[:-1]
        return straight(xy[:-1][follows], xy[1:][follows])

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._pieces)


def _first_open_python(  # noqa: PLR0913 - a kernel has no objects to hand over
    points: Floats,
    ways: Ints,
    places: Floats,
    near: Ints,
    walls: Floats,
    openings: Floats,
    open_within: float,
) -> Ints:
    found = np.full(len(points), CLOSED)
    for p in range(len(points)):
        # What stood in the last way often stands in the next, too.
        last = near[p]
        for way in range(ways[p], ways[p + 1]):
            is_open = True
            for k in range(near[p] - 1, near[p + 1]):
                wall = last if k < near[p] else k
                if wall < near[p + 1] and _is_closed(
                    points[p], places[way], walls[wall], openings, open_within
                ):
                    is_open, last = False, wall
                    break
            if is_open:
                found[p] = way
                break
    return found


def _is_closed_python(
    begin: Floats, end: Floats, wall: Floats, openings: Floats, open_within: float
) -> bool:
    """Tell whether a wall, from one place to another, closes a straight way."""
    x, y = end[0] - begin[0], end[1] - begin[1]
    along_x, along_y = wall[2] - wall[0], wall[3] - wall[1]
    turn = x * along_y - y * along_x
    if turn == 0:
        return False
    to_x, to_y = wall[0] - begin[0], wall[1] - begin[1]
    share, of_wall = (to_x * along_y - to_y * along_x) / turn, (to_x * y - to_y * x) / turn
    # Where two pieces of a wall meet there is no gap.
    if not -TOUCH_M <= of_wall <= 1 + TOUCH_M:
        return False
    length = np.hypot(x, y)
    if share * length <= TOUCH_M or (1 - share) * length <= TOUCH_M:
        return False
    at_x, at_y = begin[0] + share * x, begin[1] + share * y
    for k in range(len(openings)):
        if np.hypot(openings[k, 0] - at_x, openings[k, 1] - at_y) <= open_within:
            return False
    return True


_is_closed = njit(cache=True, nogil=True)(_is_closed_python)
_first_open = njit(cache=True, nogil=True)(_first_open_python)


def straight(begin_m: Floats, end_m: Floats) -> Shapes:
    """Return the lines from some points to others; both (n, 2)."""
    found: Shapes = shapely.linestrings(np.stack([begin_m, end_m], axis=1))
    return found
