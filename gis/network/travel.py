"""How long it takes from the nearest of many places to each of many others: exact, and at once.

One search from all sources together keeps the first labels of different sources at each node, as
Dijkstra's would from a source added above all others; the targets then look at the ends of their
edge.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from gis.arrangement import Floats
from gis.network.network import Ints, Network
from gis.network.search import NOBODY, spread
from gis.network.snapping import NOWHERE, Snapped

NEAREST, SECOND = 0, 1


@dataclass(frozen=True, eq=False)
class Times:
    """For each target the nearest sources, nearest first; (targets, labels)."""

    # Infinite where there is none within the limit.
    seconds: Floats
    # The source's place among the sources; `NOBODY` where there is none.
    source: Ints


def times(  # noqa: PLR0913 - what a question about a network is made of
    network: Network,
    sources: Snapped,
    targets: Snapped,
    *,
    limit_s: float,
    access_ms: float,
    labels: int = 2,
) -> Times:
    """Return how long it takes from the nearest sources to each target.

    Parameters
    ----------
    limit_s
        What takes longer is not reached.
    access_ms
        How fast one gets from a point to the street it hangs on, and back.
    labels
        How many different sources are told for each target.
    """
    starts, others, seconds, _ = network.ways_out
    at_nodes = spread(
        (starts, others, seconds), Seeds(network, sources, access_ms).open(), limit_s, labels
    )
    of_edge, order = by_edge(network, sources)
    found = _at_targets(
        (network.start, network.end, network.forth_s, network.back_s),
        at_nodes,
        (targets.edge, targets.share, targets.off_m / access_ms),
        (of_edge, order, sources.share, sources.off_m / access_ms),
        limit_s,
    )
    return Times(*found)


class Seeds:
    """Where a search begins: at both ends of each source's edge."""

    def __init__(self, network: Network, sources: Snapped, access_ms: float) -> None:
        number = np.flatnonzero(sources.is_on)
        edge, share = sources.edge[number], sources.share[number]
        walk = sources.off_m[number] / access_ms
        self.node = np.concatenate([network.end[edge], network.start[edge]])
        ahead, behind = part(1 - share, network.forth_s[edge]), part(share, network.back_s[edge])
        # Infinite where the edge is closed that way.
        self.seconds = np.concatenate([walk + ahead, walk + behind])
        self.source = np.concatenate([number, number])
        self.edge = np.concatenate([edge, edge])
        self.is_forth = np.arange(2 * len(edge)) < len(edge)

    def open(self) -> tuple[Floats, Ints, Ints]:
        """Return seconds, sources and nodes of those whose edge is not closed that way."""
        some = np.isfinite(self.seconds)
        return self.seconds[some], self.source[some], self.node[some]


def part(share: Floats, seconds: Floats) -> Floats:
    """Return what a part of an edge takes; who need not go along it at all may, closed or not."""
    result = np.zeros(len(share))
    np.multiply(share, seconds, out=result, where=share > 0)
    return result


def by_edge(network: Network, sources: Snapped) -> tuple[Ints, Ints]:
    """Return which sources hang on each edge: those of `k` at `starts[k]` to `starts[k+1]`."""
    number = np.flatnonzero(sources.is_on)
    order = number[np.argsort(sources.edge[number], kind="stable")]
    starts = np.zeros(len(network.start) + 1, np.int64)
    np.cumsum(np.bincount(sources.edge[number], minlength=len(network.start)), out=starts[1:])
    return starts, order


def _keep_python(seconds: Floats, source: Ints, target: int, now: float, who: int) -> None:
    """Keep a label if it is among the first, and none of the same source is earlier."""
    labels = seconds.shape[1]
    place = labels
    for k in range(labels):
        if source[target, k] == who:
            if seconds[target, k] <= now:
                return
            place = k
            break
    if place == labels:
        place = labels - 1
        last = seconds[target, place]
        if last < now or (last == now and source[target, place] <= who):
            return
    while place > 0:
        before = seconds[target, place - 1]
        if before < now or (before == now and source[target, place - 1] < who):
            break
        seconds[target, place] = before
        source[target, place] = source[target, place - 1]
        place -= 1
    seconds[target, place], source[target, place] = now, who


def _at_targets_python(
    network: tuple[Ints, Ints, Floats, Floats],
    at_nodes: tuple[Floats, Ints],
    targets: tuple[Ints, Floats, Floats],
    sources: tuple[Ints, Ints, Floats, Floats],
    limit: float,
) -> tuple[Floats, Ints]:
    start, end, forth, back = network
    of_edge, order, at, off = sources
    node_seconds, node_source = at_nodes
    edges, shares, walks = targets
    labels = node_seconds.shape[1]
    seconds = np.full((len(edges), labels), np.inf)
    source = np.full((len(edges), labels), NOBODY)
    for k in range(len(edges)):
        edge, share, walk = edges[k], shares[k], walks[k]
        if edge == NOWHERE:
            continue
        ahead = 0.0 if share == 0 else share * forth[edge]
        behind = 0.0 if share == 1 else (1 - share) * back[edge]
        for there, cost in ((start[edge], ahead), (end[edge], behind)):
            for label in range(labels):
                now = node_seconds[there, label] + cost + walk
                # Those after it come later still.
                if now > limit or now > seconds[k, labels - 1]:
                    break
                _keep(seconds, source, k, now, node_source[there, label])
        # Along the edge itself, without a node between.
        for j in range(of_edge[edge], of_edge[edge + 1]):
            who = order[j]
            between = share - at[who]
            cost = 0.0
            if between > 0:
                cost = between * forth[edge]
            elif between < 0:
                cost = -between * back[edge]
            now = off[who] + cost + walk
            if now <= limit:
                _keep(seconds, source, k, now, who)
    return seconds, source


_keep = njit(cache=True, nogil=True, inline="always")(_keep_python)
_at_targets = njit(cache=True, nogil=True)(_at_targets_python)
