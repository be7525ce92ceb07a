"""A second graph of the same streets, made another way: what the audit holds answers against.

Here a street is a table of its vertices, each with its metres from the street's beginning, and
whatever meets, closes or joins streets is a row more in it or a way less. Nothing of what makes,
cuts, joins, hangs on or searches the other graph is used, so that a mistake there is found here.
Both are made of `Given`, and take from there what is told and not worked out: lines, directions,
speeds, barriers, openings and tolerances.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components, dijkstra

from gis.arrangement import Floats
from gis.network.given import Given
from gis.network.network import Bools, Ints
from gis.network.vertices import Walls, join, meet, nearest_m, part, table

# Streets that hang together with less of all are nobody's way.
LEAST_SHARE = 0.01
LOOKED_M = (60.0, 150.0)
# A way that takes no time is still one.
AT_LEAST_S = 1e-12
# Who stands on a stop need not go along the street it is on.
SAME_M = 1e-6


@dataclass(frozen=True, eq=False)
class Feet:
    """Where points stand on the table of vertices."""

    # The vertex before each on its street; -1 of a point that stands nowhere.
    vertex: Ints
    along_m: Floats
    off_m: Floats


class Judge:
    """Streets to be asked what is true of them."""

    def __init__(self, given: Given) -> None:
        self._walls = Walls(given.barriers)
        rows = table(given.streets.lines_m)
        if given.meets:
            rows = meet(rows, given.passes)
        rows = join(part(rows, given.passes, self._walls), self._walls, given.join_within_m)
        self._rows, is_stop = rows, rows.stops()
        stop = np.flatnonzero(is_stop)
        # Of each vertex the last stop up to it, and the first after it.
        self._before = stop[np.cumsum(is_stop) - 1]
        self._after = np.append(stop, len(is_stop) - 1)[np.cumsum(is_stop)]
        begin = stop[rows.leads[stop]]
        street = rows.street[begin]
        self._is_new = given.is_new[rows.street]
        self._speed_ms = given.streets.speed_ms[rows.street]
        self._forth, self._back = given.streets.forth[rows.street], given.streets.back[rows.street]
        end = self._after[begin]
        self._usable = rows.leads & self._hang_together(begin, end)[rows.node[self._before]]
        seconds = (rows.along_m[end] - rows.along_m[begin]) / given.streets.speed_ms[street]
        forth, back = self._forth[begin], self._back[begin]
        come = np.append(rows.node[begin][forth], rows.node[end][back])
        go = np.append(rows.node[end][forth], rows.node[begin][back])
        self._graph = _quickest(come, go, np.append(seconds[forth], seconds[back]), rows.nodes)
        some = np.flatnonzero(self._usable)
        self._segments = some
        self._tree = shapely.STRtree(
            shapely.linestrings(np.stack([rows.xy_m[some], rows.xy_m[some + 1]], axis=1))
        )

    def _hang_together(self, begin: Ints, end: Ints) -> Bools:
        """Tell for each node whether a good part of all streets hangs together with it."""
        rows = self._rows
        ways = sparse.coo_array(
            (np.ones(len(begin)), (rows.node[begin], rows.node[end])), shape=(rows.nodes,) * 2
        )
        lots, lot = connected_components(ways, directed=False)
        metres = np.bincount(lot[rows.node[begin]], rows.along_m[end] - rows.along_m[begin], lots)
        found: Bools = metres[lot] >= LEAST_SHARE * metres.sum()
        return found

    def feet(self, points_m: Floats, within_m: float) -> Feet:
        """Return where points stand: on the nearest street that no barrier keeps them from."""
        found = Feet(
            np.full(len(points_m), -1), np.zeros(len(points_m)), np.full(len(points_m), np.inf)
        )
        # Streets that are only supposed come last, and only for whom there is no other.
        for is_new in (False, True) if self._is_new.any() else (False,):
            for radius_m in (*(each for each in LOOKED_M if each < within_m), within_m):
                self._look(points_m, np.flatnonzero(found.vertex < 0), radius_m, is_new, found)
        return found

    def _look(
        self, points_m: Floats, left: Ints, radius_m: float, is_new: bool, found: Feet
    ) -> None:
        """Look for the feet of those points that have none yet, and write them down."""
        near, segment = self._tree.query(
            shapely.box(*(points_m[left] - radius_m).T, *(points_m[left] + radius_m).T)
        )
        point, vertex = left[near], self._segments[segment]
        if not is_new:
            old = ~self._is_new[vertex]
            point, vertex = point[old], vertex[old]
        rows = self._rows
        foot_m, off_m = nearest_m(points_m[point], rows.xy_m[vertex], rows.xy_m[vertex + 1])
        k = np.flatnonzero(off_m <= radius_m)
        k = k[np.lexsort([vertex[k], off_m[k], point[k]])]
        best = k[np.unique(point[k], return_index=True)[1]]
        shut = self._walls.closed(points_m[point[best]], foot_m[best])
        # Who is kept from the nearest by a barrier takes the nearest of all that are open to him.
        k = k[np.isin(point[k], point[best[shut]])]
        k = k[~self._walls.closed(points_m[point[k]], foot_m[k])]
        best = np.append(best[~shut], k[np.unique(point[k], return_index=True)[1]])
        at, before = point[best], vertex[best]
        found.vertex[at], found.off_m[at] = before, off_m[best]
        found.along_m[at] = rows.along_m[before] + np.hypot(*(foot_m[best] - rows.xy_m[before]).T)

    def seconds(self, sources: Feet, targets: Feet, *, limit_s: float, access_ms: float) -> Floats:
        """Return the seconds from the nearest source to each target; infinite beyond the limit."""
        rows, found = self._rows, np.full(len(targets.vertex), np.inf)
        on, to = np.flatnonzero(sources.vertex >= 0), np.flatnonzero(targets.vertex >= 0)
        if not len(on) or not len(to):
            return found
        before, after, to_before, to_after = self._ways(sources, on)
        off_s = sources.off_m[on] / access_ms
        cost = np.append(off_s + to_before, off_s + to_after)
        node = np.append(rows.node[before], rows.node[after])
        at_node = _spread(self._graph, node, cost, limit_s)
        # One gets there as one would get away, but for the direction.
        begin, end, there, here = self._ways(targets, to, turned=True)
        found[to] = np.minimum(at_node[rows.node[begin]] + there, at_node[rows.node[end]] + here)
        standing = defaultdict[int, list[int]](list)
        for j, vertex in enumerate(before.tolist()):
            standing[vertex].append(j)
        for k, vertex in enumerate(begin.tolist()):
            # From one that stands on the same way, without a stop between.
            for j in standing.get(vertex, ()):
                ahead_m = targets.along_m[to[k]] - sources.along_m[on[j]]
                if abs(ahead_m) <= SAME_M or (self._forth if ahead_m > 0 else self._back)[vertex]:
                    direct_s = off_s[j] + abs(ahead_m) / self._speed_ms[vertex]
                    found[to[k]] = min(found[to[k]], direct_s)
        found[to] += targets.off_m[to] / access_ms
        return found

    def _ways(
        self, feet: Feet, which: Ints, *, turned: bool = False
    ) -> tuple[Ints, Ints, Floats, Floats]:
        """Return the stops before and after some feet, and the seconds from there to each.

        Parameters
        ----------
        turned
            The seconds from each stop to there.
        """
        vertex = feet.vertex[which]
        before, after = self._before[vertex], self._after[vertex]
        back, forth = self._back[vertex], self._forth[vertex]
        if turned:
            back, forth = forth, back
        metres = [
            np.maximum(feet.along_m[which] - self._rows.along_m[before], 0.0),
            np.maximum(self._rows.along_m[after] - feet.along_m[which], 0.0),
        ]
        one, other = (
            np.where(is_open | (m <= SAME_M), m / self._speed_ms[vertex], np.inf)
            for m, is_open in zip(metres, (back, forth), strict=True)
        )
        return before, after, one, other


def _quickest(come: Ints, go: Ints, seconds: Floats, nodes: int) -> sparse.csr_array:
    """Return a graph with the quickest of all ways between two nodes; a matrix adds them up."""
    order = np.lexsort([seconds, go, come])
    come, go, seconds = come[order], go[order], seconds[order]
    first = np.append(True, (np.diff(come) != 0) | (np.diff(go) != 0))[: len(come)]
    return sparse.csr_array(
        (np.maximum(seconds[first], AT_LEAST_S), (come[first], go[first])), shape=(nodes, nodes)
    )


def _spread(graph: sparse.csr_array, node: Ints, cost: Floats, limit_s: float) -> Floats:
    """Return the seconds to each node from a place above all, from which some cost so much."""
    order = np.lexsort([cost, node])
    node, cost = node[order], cost[order]
    first = np.append(True, np.diff(node) != 0) & np.isfinite(cost)
    node, cost = node[first], np.maximum(cost[first], AT_LEAST_S)
    above = sparse.csr_array(
        (
            np.append(graph.data, cost),
            np.append(graph.indices, node),
            np.append(graph.indptr, graph.indptr[-1] + len(node)),
        ),
        shape=(graph.shape[0] + 1,) * 2,
    )
    # What lies on the limit is judged with some patience.
    found: Floats = dijkstra(above, indices=graph.shape[0], limit=limit_s * (1 + 1e-6))[:-1]
    return found
