"""Where doors and facilities hang on the streets: on the nearest edge, not on the nearest node.

Nobody goes through a barrier to get to a street: where one closes the way to the nearest, it is
the nearest place of any street to which none does.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from gis.arrangement import Floats
from gis.network.network import Bools, Ints, Network
from gis.network.walls import CLOSED

NOWHERE = -1
WALLED = -2
# A lot of streets with less of the whole length is an island that nobody is sent to.
LEAST_SHARE = 0.01
# How far is looked at first for a street on this side of a wall; then twice as far, and so on.
FIRST_M = 40.0
# So many points of a large estate at a time: each has a few hundred ways to streets around it.
AT_ONCE = 500


@dataclass(frozen=True, eq=False)
class Snapped:
    """Places on a network, an entry for each point."""

    # The edge; `NOWHERE` where none is near enough, `WALLED` where a barrier closes the way to all
    # that are.
    edge: Ints
    # How far along it from its start, as a share of its length.
    share: Floats
    # How far the point lies from it, in metres.
    off_m: Floats

    @property
    def is_on(self) -> Bools:
        """Which points hang on the network."""
        found: Bools = self.edge >= 0
        return found

    @property
    def is_walled(self) -> Bools:
        """Which points do not, because a barrier stands before every street."""
        found: Bools = self.edge == WALLED
        return found

    @cached_property
    def along_edges(self) -> tuple[Ints, Snapped]:
        """The numbers of the places that hang on the network, edge by edge, and these places.

        Edges lie along a curve: who goes from one to the next finds near what he needs. Sorted
        once, 24,000 doors are asked in a third of the time, as often as there are questions.
        """
        number = np.flatnonzero(self.is_on)
        order = number[np.argsort(self.edge[number], kind="stable")]
        return order, self.take(order)

    def take(self, number: Ints | list[int]) -> Snapped:
        """Return some of the places."""
        return Snapped(self.edge[number], self.share[number], self.off_m[number])

    def and_for(self, other: Snapped) -> Snapped:
        """Return these places and, after them, others on the same network."""
        return Snapped(
            np.append(self.edge, other.edge),
            np.append(self.share, other.share),
            np.append(self.off_m, other.off_m),
        )


def snap(
    network: Network, points_m: Floats, *, within_m: float, to: Bools | None = None
) -> Snapped:
    """Hang points on the nearest edge of the streets that hang together.

    Parameters
    ----------
    points_m
        (k, 2), in the network's CRS.
    within_m
        What lies further away is nowhere.
    to
        The edges that points may hang on; all by default.
    """
    usable = np.flatnonzero(is_usable(network) if to is None else is_usable(network) & to)
    edge = np.full(len(points_m), NOWHERE)
    share, off = np.zeros(len(points_m)), np.full(len(points_m), np.nan)
    points, tree = shapely.points(points_m), shapely.STRtree(network.lines_m[usable])
    point, found = tree.query_nearest(points, max_distance=within_m)
    # Where several are as near, the first one: the answer must not hang on the tree's order.
    order = np.lexsort([found, network.street[usable[found]], point])
    at, first = np.unique(point[order], return_index=True)
    edge[at] = usable[found[order[first]]]
    lines = network.lines_m[edge[at]]
    share[at] = shapely.line_locate_point(lines, points[at], normalized=True)
    off[at] = shapely.distance(lines, points[at])
    if len(network.barriers.lines_m):
        crossed = network.barriers.crossed(shapely.shortest_line(points[at], lines))
        walled = at[crossed]
        edge[walled], share[walled], off[walled] = WALLED, 0.0, np.nan
        for some in np.split(walled, range(AT_ONCE, len(walled), AT_ONCE)):
            number, line, foot_m = _on_this_side(network, usable, tree, points_m[some], within_m)
            at, edge[some[number]] = some[number], line
            off[at] = np.hypot(*(points_m[at] - foot_m).T)
            share[at] = shapely.line_locate_point(
                network.lines_m[line], shapely.points(foot_m), normalized=True
            )
    return Snapped(edge, share, off)


def _on_this_side(
    network: Network, usable: Ints, tree: shapely.STRtree, points_m: Floats, within_m: float
) -> tuple[Ints, Ints, Floats]:
    """Return the nearest places of edges to which no barrier closes the way.

    Edges are looked at from vertex to vertex: one that turns a corner may be open behind it.

    Returns
    -------
    tuple
        The numbers of the points that have such a place, the edge of each, and the place; (n, 2).
    """
    edge, foot_m = np.full(len(points_m), NOWHERE), np.zeros((len(points_m), 2))
    left, looked_m, radius_m = np.arange(len(points_m)), -1.0, min(FIRST_M, within_m)
    while len(left) and looked_m < within_m:
        near, found = tree.query(shapely.points(points_m[left]), "dwithin", distance=radius_m)
        xy, of = shapely.get_coordinates(network.lines_m[usable[found]], return_index=True)
        begin = np.flatnonzero(of[1:] == of[:-1])
        point, line = near[of[begin]], usable[found[of[begin]]]
        foot = feet(points_m[left[point]], xy[begin], xy[begin + 1])
        off_m = np.hypot(*(points_m[left[point]] - foot).T)
        k = np.flatnonzero((off_m > looked_m) & (off_m <= radius_m))
        k = k[np.lexsort([line[k], network.street[line[k]], off_m[k], point[k]])]
        ways = np.searchsorted(point[k], np.arange(len(left) + 1))
        first = network.barriers.first_open(points_m[left], ways, foot[k], radius_m)
        is_open = first != CLOSED
        at, best = left[is_open], k[first[is_open]]
        edge[at], foot_m[at] = line[best], foot[best]
        left, looked_m, radius_m = left[~is_open], radius_m, min(2 * radius_m, within_m)
    number = np.flatnonzero(edge != NOWHERE)
    return number, edge[number], foot_m[number]


def feet(points_m: Floats, begin_m: Floats, end_m: Floats) -> Floats:
    """Return the place nearest to each point on the straight line beside it; all (n, 2)."""
    way = end_m - begin_m
    length = (way**2).sum(axis=1)
    along = ((points_m - begin_m) * way).sum(axis=1)
    share = np.divide(along, length, out=np.zeros(len(way)), where=length > 0)
    found: Floats = begin_m + np.clip(share, 0.0, 1.0)[:, None] * way
    return found


def is_usable(network: Network) -> Bools:
    """Tell for each edge whether it hangs together with a good part of all streets."""
    of_edge = network.component[network.start]
    total = np.bincount(of_edge, network.length_m)
    found: Bools = total[of_edge] >= LEAST_SHARE * total.sum()
    return found
