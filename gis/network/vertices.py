"""Streets as a table of vertices, for `gis.network.judge`: what meets, closes and joins them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from gis.arrangement import Floats, Shapes
from gis.network.network import Bools, Ints
from gis.network.walls import Barriers

# What lies no further apart is one place, and what a street loses to each side of a barrier.
SAME_M, LOST_M = 0.001, 0.01
# What a line may reach into a barrier and still only touch it.
TOUCHES_M = 1e-6


class Walls:
    """Barriers from vertex to vertex."""

    def __init__(self, barriers: Barriers) -> None:
        xy, of = shapely.get_coordinates(barriers.lines_m, return_index=True)
        begin = np.flatnonzero(of[1:] == of[:-1])
        self._begin_m, self._end_m = xy[begin], xy[begin + 1]
        # Which barrier each is of.
        self.barrier = of[begin]
        self.pieces = shapely.linestrings(np.stack([self._begin_m, self._end_m], axis=1))
        self.tree = shapely.STRtree(self.pieces)
        self._openings_m, self._open_within_m = barriers.openings_m, barriers.within_m

    def is_open(self, xy_m: Floats) -> Bools:
        """Tell for places on barriers whether there is an opening."""
        found = np.zeros(len(xy_m), np.bool_)
        for opening in self._openings_m:
            found |= np.hypot(*(xy_m - opening).T) <= self._open_within_m
        return found

    def closed(self, begin_m: Floats, end_m: Floats) -> Bools:
        """Tell which straight ways lead through one; to touch it with an end is not to."""
        found = np.zeros(len(begin_m), np.bool_)
        low, high = np.minimum(begin_m, end_m), np.maximum(begin_m, end_m)
        way, piece = self.tree.query(shapely.box(*low.T, *high.T))
        go, wall = end_m[way] - begin_m[way], self._end_m[piece] - self._begin_m[piece]
        to, length = self._begin_m[piece] - begin_m[way], np.hypot(*go.T)
        with np.errstate(divide="ignore", invalid="ignore"):
            share, of_wall = (_cross(to, each) / _cross(go, wall) for each in (wall, go))
            through = (of_wall >= -TOUCHES_M) & (of_wall <= 1 + TOUCHES_M)
            through &= (share * length > TOUCHES_M) & ((1 - share) * length > TOUCHES_M)
        through &= np.isfinite(share)
        way, xy = way[through], begin_m[way[through]] + share[through, None] * go[through]
        found[way[~self.is_open(xy)]] = True
        return found


@dataclass(frozen=True, eq=False)
class Vertices:
    """Rows, street by street and along each."""

    street: Ints
    along_m: Floats
    xy_m: Floats
    # Whether one gets from a row to the next.
    leads: Bools
    # Which place each is; rows of the same place are where streets meet.
    node: Ints

    @property
    def nodes(self) -> int:
        """How many places there are."""
        return int(self.node.max(initial=-1)) + 1

    def stops(self) -> Bools:
        """Tell which rows are more than a bend: a street ends there, or something else comes by."""
        led = np.append(False, self.leads[:-1])
        found: Bools = (np.bincount(self.node)[self.node] > 1) | ~self.leads | ~led
        return found

    def take(self, rows: Ints | Bools) -> Vertices:
        """Return some of the rows."""
        return Vertices(
            self.street[rows], self.along_m[rows], self.xy_m[rows], self.leads[rows],
            self.node[rows],
        )  # fmt: skip

    def added(self, vertex: Ints, xy_m: Floats) -> Vertices:
        """Return the table with a row more on the way from each of some to the next.

        Each is a place of its own, numbered on from those there are.
        """
        along_m = self.along_m[vertex] + np.hypot(*(xy_m - self.xy_m[vertex]).T)
        own = self.nodes + np.arange(len(vertex))
        order = np.lexsort(
            [np.append(self.along_m, along_m), np.append(self.street, self.street[vertex])]
        )
        return Vertices(
            np.append(self.street, self.street[vertex])[order],
            np.append(self.along_m, along_m)[order],
            np.concatenate([self.xy_m, xy_m])[order],
            np.append(self.leads, self.leads[vertex])[order],
            np.append(self.node, own)[order],
        )


def table(lines_m: Shapes) -> Vertices:
    """Return the table of lines as they are."""
    xy, street = shapely.get_coordinates(lines_m, return_index=True)
    steps = np.append(0.0, np.hypot(*np.diff(xy, axis=0).T))
    is_first = np.append(True, street[1:] != street[:-1])
    steps[is_first] = 0.0
    run = np.cumsum(steps)
    along = run - run[is_first][np.cumsum(is_first) - 1]
    return _numbered(
        Vertices(street, along, xy, np.append(street[1:] == street[:-1], False), street)
    )


def _numbered(rows: Vertices) -> Vertices:
    """Return the rows with places by where they are, and without those that repeat the last."""
    x, y = np.round(rows.xy_m / SAME_M).T
    node = np.unique(x + 1j * y, return_inverse=True)[1]
    again = np.append(False, (node[1:] == node[:-1]) & rows.leads[:-1])
    leads = rows.leads.copy()
    # The one before it leads on where it would have.
    for k in np.flatnonzero(again)[::-1].tolist():
        leads[k - 1] = leads[k]
    led = np.append(False, leads[:-1])
    return replace(rows, node=node, leads=leads).take(~again & (leads | led))


def meet(rows: Vertices, passes: Bools) -> Vertices:
    """Give streets that cross a place in common, but for those that lead over or under."""
    level = np.flatnonzero(rows.leads & ~passes[rows.street])
    lines = _straight(rows, level)
    one, other = (level[some] for some in shapely.STRtree(lines).query(lines, "intersects"))
    twice = rows.street[one] < rows.street[other]
    one, other = one[twice], other[twice]
    where = shapely.intersection(_straight(rows, one), _straight(rows, other))
    is_point = shapely.get_type_id(where) == 0
    one, other, xy = one[is_point], other[is_point], shapely.get_coordinates(where[is_point])
    more: list[tuple[int, Floats]] = []
    for a, b, place in zip(one.tolist(), other.tolist(), xy, strict=True):
        known = [
            [v for v in (k, k + 1) if np.hypot(*(rows.xy_m[v] - place)) <= SAME_M] for k in (a, b)
        ]
        # A vertex of either is the place, where there is one.
        at = next((rows.xy_m[some[0]] for some in known if some), place)
        more += [(k, at) for k, some in zip((a, b), known, strict=True) if not some]
    if not more:
        return rows
    return _numbered(rows.added(np.array([k for k, _ in more]), np.array([at for _, at in more])))


def part(rows: Vertices, passes: Bools, walls: Walls) -> Vertices:
    """End streets to both sides of a barrier that crosses them, but for those over or under it."""
    level = np.flatnonzero(rows.leads & ~passes[rows.street])
    near, piece = walls.tree.query(_straight(rows, level), "intersects")
    if not len(near):
        return rows
    vertex = level[near]
    where = shapely.intersection(_straight(rows, vertex), walls.pieces[piece])
    street, of = rows.street[vertex], walls.barrier[piece]
    is_point = shapely.get_type_id(where) == 0
    # Who walks along a barrier does not walk through it, where he begins to and where he ends to.
    beside = defaultdict[tuple[int, int], list[shapely.LineString]](list)
    for s, b, line in zip(street[~is_point], of[~is_point], where[~is_point], strict=True):
        beside[s, b].append(line)
    is_through = is_point & [
        not any(shapely.distance(at, line) <= TOUCHES_M for line in beside.get((s, b), ()))
        for s, b, at in zip(street, of, where, strict=True)
    ]
    vertex, xy = vertex[is_through], shapely.get_coordinates(where[is_through]).reshape(-1, 2)
    held = ~walls.is_open(xy)
    vertex, xy = vertex[held], xy[held]
    at = rows.along_m[vertex] + np.hypot(*(xy - rows.xy_m[vertex]).T)
    street = rows.street[vertex]
    made = [rows.take(~np.isin(rows.street, street))]
    for cut in np.unique(street).tolist():
        first, end = np.searchsorted(rows.street, [cut, cut + 1])
        made.append(_without(rows.take(np.arange(first, end)), at[street == cut]))
    whole = Vertices(*(np.concatenate(some) for some in zip(*map(_columns, made), strict=True)))
    return _numbered(whole.take(np.lexsort([whole.along_m, whole.street])))


def _without(own: Vertices, at_m: Floats) -> Vertices:
    """Return one street without what it loses to each side of some places along it."""
    ends = np.concatenate([at_m - LOST_M, at_m + LOST_M])
    ends = ends[(ends > own.along_m[0]) & (ends < own.along_m[-1])]
    along = np.unique(np.append(own.along_m, ends))

    def is_lost(metres: Floats) -> Bools:
        found: Bools = np.any(np.abs(metres[:, None] - at_m) < LOST_M - TOUCHES_M, axis=1)
        return found

    along = along[~is_lost(along)]
    xy = np.column_stack([np.interp(along, own.along_m, axis) for axis in own.xy_m.T])
    leads: Bools = np.append(~is_lost((along[1:] + along[:-1]) / 2), False)
    street = np.full(len(along), own.street[0])
    return Vertices(street, along, xy, leads, street)


def _columns(rows: Vertices) -> tuple[Ints, Floats, Floats, Bools, Ints]:
    return rows.street, rows.along_m, rows.xy_m, rows.leads, rows.node


def join(rows: Vertices, walls: Walls, within_m: float) -> Vertices:
    """Make one place of a dead end and of the nearest street that it misses by little."""
    stop = np.flatnonzero(rows.stops())
    way = np.cumsum(rows.stops()) - 1
    begin = np.flatnonzero(rows.leads[stop])
    ends = np.column_stack([rows.node[stop[begin]], rows.node[stop[begin + 1]]])
    # By the stop it begins at, the two places a way leads from and to.
    of = np.full((len(stop), 2), -1)
    of[begin] = ends
    dead = np.flatnonzero(np.bincount(ends.ravel(), minlength=rows.nodes) == 1)
    own = np.full((rows.nodes, 2), -1)
    own[ends[:, 0]], own[ends[:, 1]] = ends, ends
    place = np.zeros((rows.nodes, 2))
    place[rows.node] = rows.xy_m
    level = np.flatnonzero(rows.leads)
    near, found = shapely.STRtree(_straight(rows, level)).query(
        shapely.box(*(place[dead] - within_m).T, *(place[dead] + within_m).T)
    )
    node, vertex = dead[near], level[found]
    foot_m, gap_m = nearest_m(place[node], rows.xy_m[vertex], rows.xy_m[vertex + 1])
    other = of[way[vertex]]
    meets = (own[node][:, :, None] == other[:, None, :]).any(axis=(1, 2))
    k = np.flatnonzero((gap_m <= within_m) & (within_m > 0) & ~meets)
    k = k[~walls.closed(place[node[k]], foot_m[k])]
    k = k[np.lexsort([vertex[k], gap_m[k], node[k]])]
    k = k[np.unique(node[k], return_index=True)[1]]
    node, vertex, foot_m, other = node[k], vertex[k], foot_m[k], other[k]
    along_m = rows.along_m[vertex] + np.hypot(*(foot_m - rows.xy_m[vertex]).T)
    first, last = stop[way[vertex]], stop[np.minimum(way[vertex] + 1, len(stop) - 1)]
    at_first = along_m - rows.along_m[first] <= within_m
    at_last = ~at_first & (rows.along_m[last] - along_m <= within_m)
    inside = ~at_first & ~at_last
    fresh = rows.nodes + np.arange(int(inside.sum()))
    to = np.where(at_first, other[:, 0], other[:, 1])
    to[inside] = fresh
    rows = rows.added(vertex[inside], foot_m[inside])
    same = sparse.coo_array((np.ones(len(node)), (node, to)), shape=(rows.nodes,) * 2)
    return replace(rows, node=connected_components(same, directed=False)[1][rows.node])


def nearest_m(points_m: Floats, begin_m: Floats, end_m: Floats) -> tuple[Floats, Floats]:
    """Return the nearest place to each point on the straight way beside it, and the metres."""
    go = end_m - begin_m
    with np.errstate(divide="ignore", invalid="ignore"):
        share = ((points_m - begin_m) * go).sum(axis=1) / (go * go).sum(axis=1)
    place = begin_m + np.nan_to_num(share).clip(0.0, 1.0)[:, None] * go
    return place, np.hypot(*(points_m - place).T)


def _cross(one: Floats, other: Floats) -> Floats:
    found: Floats = one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]
    return found


def _straight(rows: Vertices, vertex: Ints) -> Shapes:
    found: Shapes = shapely.linestrings(
        np.stack([rows.xy_m[vertex], rows.xy_m[vertex + 1]], axis=1)
    )
    return found
