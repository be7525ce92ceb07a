"""How long it takes from the nearest of many places to each of many others: exact, and at once.

One search from all sources together keeps the first labels of different sources at each node, as
Dijkstra's would from a source added above all others; the targets then look at the ends of their
edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numba import njit

from gis.arrangement import Floats
from gis.network.network import Ints, Network
from gis.network.search import NOBODY, spread
from gis.network.snapping import Snapped

NEAREST, SECOND = 0, 1
Places: TypeAlias = tuple[Ints, Ints, Floats, Floats]
"""Numbers, edges, shares and seconds to the street of sources or targets, edge by edge."""


@dataclass(frozen=True, eq=False)
class Times:
    """For each target the nearest sources, nearest first; (targets, labels)."""

    # Infinite where there is none within the limit.
    seconds: Floats
    # The source's place among the sources; `NOBODY` where there is none.
    source: Ints

    def take(self, targets: Ints) -> Times:
        """Return those of some of the targets."""
        return Times(self.seconds[targets], self.source[targets])

    def and_for(self, other: Times) -> Times:
        """Return these and, after them, those of other targets, from the same sources."""
        return Times(
            np.concatenate([self.seconds, other.seconds]),
            np.concatenate([self.source, other.source]),
        )


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
    seconds = np.full((len(targets.edge), labels), np.inf)
    source = np.full((len(targets.edge), labels), NOBODY)
    given = (
        (network.start, network.end, network.forth_s, network.back_s),
        at_nodes,
        _in_order(targets, access_ms),
        _in_order(sources, access_ms),
        limit_s,
    )
    if labels > 2:
        _some_at_targets(*given, seconds, source)
    else:
        _two_at_targets(*given, tuple(seconds.T), tuple(source.T))
    return Times(seconds, source)


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


def _in_order(some: Snapped, access_ms: float) -> Places:
    number, hung = some.along_edges
    return number, hung.edge, hung.share, hung.off_m / access_ms


def _two_python(  # noqa: PLR0913
    one: float, of_one: int, two: float, of_two: int, now: float, who: int
) -> tuple[float, int, float, int]:
    """Return the first two of three labels, by seconds and then by source; of a source only one."""
    if who == of_one:
        return min(one, now), of_one, two, of_two
    if now < one or (now == one and who < of_one):
        return now, who, one, of_one
    if now < two or (now == two and who < of_two):
        return one, of_one, now, who
    return one, of_one, two, of_two


def _two_at_targets_python(  # noqa: PLR0913 - a kernel has no objects to hand over
    network: tuple[Ints, Ints, Floats, Floats],
    at_nodes: tuple[Floats, Ints],
    targets: Places,
    sources: Places,
    limit: float,
    seconds: tuple[Floats, ...],
    source: tuple[Ints, ...],
) -> None:
    """Write down one label or two, an array for each, so that the compiler knows how many.

    Labels are numbers, not places in arrays, until all are known: that takes a third of the time.
    """
    start, end, forth, back = network
    order, of_edge, at, off = sources
    node_seconds, node_source = at_nodes
    numbers, edges, shares, walks = targets
    near = 0
    for k in range(len(edges)):
        edge, share, walk = edges[k], shares[k], walks[k]
        ahead = 0.0 if share == 0 else share * forth[edge]
        behind = 0.0 if share == 1 else (1 - share) * back[edge]
        one, of_one, two, of_two = np.inf, NOBODY, np.inf, NOBODY
        for there, cost in ((start[edge], ahead), (end[edge], behind)):
            now, who = node_seconds[there, 0] + cost + walk, node_source[there, 0]
            one, of_one, two, of_two = _two(one, of_one, two, of_two, now, who)
            if len(seconds) == 2:
                now, who = node_seconds[there, 1] + cost + walk, node_source[there, 1]
                one, of_one, two, of_two = _two(one, of_one, two, of_two, now, who)
        near = _first_on(of_edge, near, edge)
        for j in range(near, _first_on(of_edge, near, edge + 1)):
            who = order[j]
            now = off[j] + _along(share - at[j], forth[edge], back[edge]) + walk
            one, of_one, two, of_two = _two(one, of_one, two, of_two, now, who)
        number = numbers[k]
        if one <= limit:
            seconds[0][number], source[0][number] = one, of_one
        if len(seconds) == 2 and two <= limit:
            seconds[1][number], source[1][number] = two, of_two


def _first_on_python(edges: Ints, place: int, edge: int) -> int:
    """Return the first place from one on with an edge, or with one after it."""
    while place < len(edges) and edges[place] < edge:
        place += 1
    return place


def _along_python(between: float, forth: float, back: float) -> float:
    """Return the seconds along an edge itself, without a node between."""
    if between > 0:
        return between * forth
    return -between * back if between < 0 else 0.0


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


def _some_at_targets_python(  # noqa: PLR0913
    network: tuple[Ints, Ints, Floats, Floats],
    at_nodes: tuple[Floats, Ints],
    targets: Places,
    sources: Places,
    limit: float,
    seconds: Floats,
    source: Ints,
) -> None:
    start, end, forth, back = network
    order, of_edge, at, off = sources
    node_seconds, node_source = at_nodes
    numbers, edges, shares, walks = targets
    labels = seconds.shape[1]
    near = 0
    for k in range(len(edges)):
        number, edge, share, walk = numbers[k], edges[k], shares[k], walks[k]
        ahead = 0.0 if share == 0 else share * forth[edge]
        behind = 0.0 if share == 1 else (1 - share) * back[edge]
        for there, cost in ((start[edge], ahead), (end[edge], behind)):
            for label in range(labels):
                now = node_seconds[there, label] + cost + walk
                # Those after it come later still.
                if now > limit or now > seconds[number, labels - 1]:
                    break
                _keep(seconds, source, number, now, node_source[there, label])
        near = _first_on(of_edge, near, edge)
        for j in range(near, _first_on(of_edge, near, edge + 1)):
            who = order[j]
            now = off[j] + _along(share - at[j], forth[edge], back[edge]) + walk
            if now <= limit:
                _keep(seconds, source, number, now, who)


_two = njit(cache=True, nogil=True, inline="always")(_two_python)
_first_on = njit(cache=True, nogil=True, inline="always")(_first_on_python)
_along = njit(cache=True, nogil=True, inline="always")(_along_python)
_two_at_targets = njit(cache=True, nogil=True)(_two_at_targets_python)
_keep = njit(cache=True, nogil=True, inline="always")(_keep_python)
_some_at_targets = njit(cache=True, nogil=True)(_some_at_targets_python)
