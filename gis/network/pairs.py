"""How long it takes from each of many places to each of many others: pairs within a limit.

One bounded Dijkstra for each source, compiled; points hang on edges as in `gis.network.travel`, and
the seconds are the same to the last digit.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit

from gis.arrangement import Floats
from gis.errors import CityGridError
from gis.network.network import Ints, Network, ShortInts
from gis.network.snapping import Snapped
from gis.network.travel import part

# Two numbers of eight bytes each: more would not fit beside a city.
MOST = 100_000_000


@dataclass(frozen=True, eq=False)
class Pairs:
    """Which targets each source reaches; those of source `k` at `starts[k]` to `starts[k + 1]`."""

    # One more than there are sources.
    starts: Ints
    # The target's place among the targets, ascending for each source.
    target: Ints
    seconds: Floats
    # How many targets there are, reached or not.
    targets: int

    @property
    def source(self) -> Ints:
        """The source of each pair."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def turned(self) -> Pairs:
        """Return the same pairs with sources and targets exchanged.

        Examples
        --------
        >>> near = Pairs(np.array([0, 1, 3]), np.array([1, 0, 1]), np.array([5.0, 3.0, 4.0]), 2)
        >>> near.turned().target.tolist()
        [1, 0, 1]
        """
        order = np.argsort(self.target, kind="stable")
        starts = np.zeros(self.targets + 1, np.int64)
        np.cumsum(np.bincount(self.target, minlength=self.targets), out=starts[1:])
        return Pairs(starts, self.source[order], self.seconds[order], len(self.starts) - 1)

    def of(self, source: int) -> Pairs:
        """Return the pairs of one source.

        Examples
        --------
        >>> near = Pairs(np.array([0, 1, 3]), np.array([1, 0, 1]), np.array([5.0, 3.0, 4.0]), 2)
        >>> near.of(1).target.tolist()
        [0, 1]
        """
        some = slice(*self.starts[source : source + 2].tolist())
        target = self.target[some]
        return Pairs(np.array([0, len(target)]), target, self.seconds[some], self.targets)

    def within(self, limit_s: float) -> Pairs:
        """Return the pairs that take no longer than a limit.

        Examples
        --------
        >>> near = Pairs(np.array([0, 1, 3]), np.array([1, 0, 1]), np.array([5.0, 3.0, 4.0]), 2)
        >>> near.within(4).starts.tolist()
        [0, 0, 2]
        """
        kept = self.seconds <= limit_s
        starts = np.append(0, np.cumsum(kept))[self.starts]
        return Pairs(starts, self.target[kept], self.seconds[kept], self.targets)

    def nearest_s(self) -> Floats:
        """Return the seconds from the nearest source to each target; infinite where none is near.

        Examples
        --------
        >>> near = Pairs(np.array([0, 1, 2]), np.array([1, 1]), np.array([5.0, 4.0]), 2)
        >>> near.nearest_s().tolist()
        [inf, 4.0]
        """
        found = np.full(self.targets, np.inf)
        np.minimum.at(found, self.target, self.seconds)
        return found


class PairSearch:
    """Searches one network for the ways to the same targets, again and again.

    Parameters
    ----------
    targets
        Where the targets hang on the network.
    access_ms
        How fast one gets from a point to the street it hangs on, and back.

    Examples
    --------
    >>> search = PairSearch(network, doors, access_ms=1.2)  # doctest: +SKIP
    >>> near = search.pairs(sites, limit_s=900)  # doctest: +SKIP
    """

    def __init__(self, network: Network, targets: Snapped, *, access_ms: float) -> None:
        self._network = network
        self._targets = targets
        self._access_ms = access_ms
        self._by_edge = _by_edge(network, targets)
        self._inwards = _inwards(network, targets)

    def pairs(self, sources: Snapped, *, limit_s: float, most: int = MOST) -> Pairs:
        """Return how long it takes from each source to each target that it reaches.

        Parameters
        ----------
        limit_s
            What takes longer is not reached.
        most
            How many pairs may be found.

        Raises
        ------
        CityGridError
            There are more pairs than that.
        """
        network, targets = self._network, self._targets
        starts, target, seconds = _pairs(
            network.ways_out[:3],
            (network.start, network.end, network.forth_s, network.back_s),
            (sources.edge, sources.share, sources.off_m / self._access_ms),
            (targets.share, targets.off_m / self._access_ms),
            self._by_edge,
            self._inwards,
            limit_s,
            most,
        )
        if len(target) > most:
            raise CityGridError(
                f"More than {most:,} ways from one place to another are within the limit. "
                "Take a shorter limit or fewer places.",
                key="network.too_many_pairs", most=most,
            )  # fmt: skip
        return Pairs(starts, target, seconds, len(targets.edge))


def pairs(
    network: Network, sources: Snapped, targets: Snapped, *, limit_s: float, access_ms: float
) -> Pairs:
    """Return how long it takes from each source to each target within a limit.

    The least over all sources is what `gis.network.travel.times` tells for a target.

    Parameters
    ----------
    limit_s
        What takes longer is not reached.
    access_ms
        How fast one gets from a point to the street it hangs on, and back.

    Raises
    ------
    CityGridError
        There are more than `MOST` pairs.

    Examples
    --------
    >>> near = pairs(network, clinics, doors, limit_s=900, access_ms=1.2)  # doctest: +SKIP
    >>> near.target[near.starts[3] : near.starts[4]]  # what clinic 3 reaches  # doctest: +SKIP
    """
    return PairSearch(network, targets, access_ms=access_ms).pairs(sources, limit_s=limit_s)


def _by_edge(network: Network, targets: Snapped) -> tuple[Ints, Ints]:
    """Return which targets hang on each edge: those of `k` at `starts[k]` to `starts[k+1]`."""
    order, hung = targets.along_edges
    starts = np.zeros(len(network.start) + 1, np.int64)
    np.cumsum(np.bincount(hung.edge, minlength=len(network.start)), out=starts[1:])
    return starts, order


def _inwards(network: Network, targets: Snapped) -> tuple[Ints, Ints, Floats]:
    """Return which targets one comes to from each node along their edge, and in how many seconds.

    Those of node `k` at `starts[k]` to `starts[k + 1]`.
    """
    number = np.flatnonzero(targets.is_on)
    edge, share = targets.edge[number], targets.share[number]
    ahead, behind = part(share, network.forth_s[edge]), part(1 - share, network.back_s[edge])
    node = np.concatenate([network.start[edge], network.end[edge]])
    seconds = np.concatenate([ahead, behind])
    target = np.concatenate([number, number])
    some = np.flatnonzero(np.isfinite(seconds))
    order = some[np.argsort(node[some], kind="stable")]
    starts = np.zeros(len(network.nodes_m) + 1, np.int64)
    np.cumsum(np.bincount(node[some], minlength=len(network.nodes_m)), out=starts[1:])
    return starts, target[order], seconds[order]


def _pairs_python(  # noqa: PLR0913, C901 - one loop, for speed
    ways: tuple[Ints, ShortInts, Floats],
    network: tuple[Ints, Ints, Floats, Floats],
    sources: tuple[Ints, Floats, Floats],
    targets: tuple[Floats, Floats],
    of_edge: tuple[Ints, Ints],
    inwards: tuple[Ints, Ints, Floats],
    limit: float,
    most: int,
) -> tuple[Ints, Ints, Floats]:
    start, end, forth, back = network
    share, walk = targets
    count = len(sources[0])
    starts = np.zeros(count + 1, np.int64)
    found, took = np.empty(1024, np.int64), np.empty(1024)
    at_node = np.full(len(ways[0]) - 1, np.inf)
    at_target = np.full(len(share), np.inf)
    seen, touched = np.empty(len(at_node), np.int64), np.empty(len(share), np.int64)
    for who in range(count):
        edge, at, off = sources[0][who], sources[1][who], sources[2][who]
        nodes, reached = 0, 0
        if edge >= 0:
            # Along the edge itself, without a node between.
            for k in range(of_edge[0][edge], of_edge[0][edge + 1]):
                target = of_edge[1][k]
                between = share[target] - at
                cost = 0.0
                if between > 0:
                    cost = between * forth[edge]
                elif between < 0:
                    cost = -between * back[edge]
                now = off + cost + walk[target]
                if now <= limit:
                    touched[reached] = target
                    reached += 1
                    at_target[target] = now
            ahead = 0.0 if 1 - at <= 0 else (1 - at) * forth[edge]
            behind = 0.0 if at <= 0 else at * back[edge]
            heap = [(off + ahead, end[edge]), (off + behind, start[edge])]
            heapq.heapify(heap)
            for now, node in heap:
                if at_node[node] == np.inf:
                    seen[nodes] = node
                    nodes += 1
                at_node[node] = min(at_node[node], now)
            while heap:
                now, here = heapq.heappop(heap)
                if now > limit:
                    break
                if now > at_node[here]:
                    continue
                for k in range(ways[0][here], ways[0][here + 1]):
                    there = np.int64(ways[1][k])
                    then = now + ways[2][k]
                    if then <= limit and then < at_node[there]:
                        if at_node[there] == np.inf:
                            seen[nodes] = there
                            nodes += 1
                        at_node[there] = then
                        heapq.heappush(heap, (then, there))
                for k in range(inwards[0][here], inwards[0][here + 1]):
                    target = inwards[1][k]
                    then = now + inwards[2][k] + walk[target]
                    if then <= limit and then < at_target[target]:
                        if at_target[target] == np.inf:
                            touched[reached] = target
                            reached += 1
                        at_target[target] = then
        filled = starts[who]
        if filled + reached > len(found):
            more = max(2 * len(found), filled + reached)
            larger, longer = np.empty(more, np.int64), np.empty(more)
            larger[:filled], longer[:filled] = found[:filled], took[:filled]
            found, took = larger, longer
        found[filled : filled + reached] = np.sort(touched[:reached])
        for k in range(filled, filled + reached):
            took[k] = at_target[found[k]]
            at_target[found[k]] = np.inf
        for k in range(nodes):
            at_node[seen[k]] = np.inf
        starts[who + 1] = filled + reached
        if filled + reached > most:
            break
    filled = starts.max()
    return starts, found[:filled].copy(), took[:filled].copy()


_pairs = njit(cache=True, nogil=True)(_pairs_python)
