"""The way from a place to another along the streets: which, how long, and its line on the map."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import shapely
from numba import njit
from shapely.ops import substring

from gis.arrangement import Floats
from gis.network.network import Ints, Network, ShortInts
from gis.network.snapping import Snapped
from gis.network.travel import Seeds, part

NONE = -1

# An edge, and the shares of its length from and to which it is gone along.
_Leg: TypeAlias = tuple[int, float, float]


@dataclass(frozen=True, eq=False)
class Path:
    """The quickest way from the nearest of some sources to one target."""

    # The source's place among the sources.
    source: int
    # With the way from the source to its street and from the target's street to the target.
    seconds: float
    metres: float
    # The network's edges that are gone along, the first and the last as a rule only in part,
    # and the nodes passed between them: one fewer than edges.
    edges: Ints
    nodes: Ints
    # From the foot of the source on its street to the foot of the target on its own; metric CRS.
    line_m: shapely.LineString


def path(network: Network, source: Snapped, target: Snapped, *, access_ms: float) -> Path | None:
    """Return the quickest way from the nearest of some sources to a target, however far it is.

    Parameters
    ----------
    source
        One place or several, of which the nearest is taken; of equals the first.
        `Snapped.take` picks some.
    target
        One place.
    access_ms
        How fast one gets from a point to the street it hangs on, and back, in metres a second.

    Returns
    -------
    Path or None
        None where no way leads from any source to the target, or one of them hangs on no street.

    Raises
    ------
    ValueError
        There is not exactly one target.
    """
    if len(target.edge) != 1:
        raise ValueError(f"A way leads to one target, not to {len(target.edge)}.")
    if not target.is_on[0]:
        return None
    edge, share = int(target.edge[0]), float(target.share[0])
    # From the target against the directions: what is searched is as wide as the way is long.
    ends, begins = Seeds(network.turned, target, access_ms), Seeds(network, source, access_ms)
    round_s, seed, came, before = _search(
        network.turned.ways_out,
        (ends.seconds, ends.source, ends.node),
        (begins.seconds, begins.source, begins.node),
    )
    along_s, neighbour = _along(network, source, edge, share, access_ms)
    along_s += float(target.off_m[0]) / access_ms
    if not np.isfinite(min(round_s, along_s)):
        return None
    legs: list[_Leg]
    if along_s <= round_s:
        found, nodes = neighbour, list[int]()
        legs = [(edge, float(source.share[found]), share)]
    else:
        found = int(begins.source[seed])
        nodes, between = _chain(network, int(begins.node[seed]), came, before)
        legs = [
            (int(begins.edge[seed]), float(source.share[found]), float(begins.is_forth[seed])),
            *between,
            (edge, float(ends.is_forth[came[nodes[-1]]]), share),
        ]
    line = _line(network, legs)
    off_m = float(source.off_m[found]) + float(target.off_m[0])
    return Path(
        source=found,
        seconds=min(round_s, along_s),
        metres=sum(abs(to - go) * float(network.length_m[e]) for e, go, to in legs) + off_m,
        edges=np.array([e for e, _, _ in legs], np.int64),
        nodes=np.array(nodes, np.int64),
        line_m=line,
    )


def _along(
    network: Network, source: Snapped, edge: int, share: float, access_ms: float
) -> tuple[float, int]:
    """Return the quickest way from a source on the target's own edge, without a node between."""
    number = np.flatnonzero(source.edge == edge)
    if not len(number):
        return np.inf, NONE
    between = share - source.share[number]
    way_s = np.where(between > 0, network.forth_s[edge], network.back_s[edge])
    seconds = source.off_m[number] / access_ms + part(np.abs(between), way_s)
    k = int(np.argmin(seconds))
    return float(seconds[k]), int(number[k])


def _chain(network: Network, node: int, came: Ints, before: Ints) -> tuple[list[int], list[_Leg]]:
    """Return the nodes from one to the target's street, and the legs between them."""
    nodes, legs = [node], list[_Leg]()
    while before[node] != NONE:
        # By a way from start to end it was reached from the target, so one goes from end to start.
        edge, is_back = int(came[node]) % len(network.start), came[node] < len(network.start)
        legs.append((edge, 1.0, 0.0) if is_back else (edge, 0.0, 1.0))
        node = int(before[node])
        nodes.append(node)
    return nodes, legs


def _line(network: Network, legs: list[_Leg]) -> shapely.LineString:
    """Return the line along some legs."""
    places = [
        shapely.get_coordinates(substring(network.lines_m[edge], go, to, normalized=True))
        for edge, go, to in legs
    ]
    xy = np.concatenate(places)
    kept = np.append(True, (xy[1:] != xy[:-1]).any(axis=1))
    # A line has two places at least, even from a foot to itself.
    return shapely.LineString(xy[kept] if kept.sum() > 1 else xy[[0, -1]])


def _search_python(  # noqa: C901 - one loop; calls would cost time
    ways: tuple[Ints, ShortInts, Floats, Ints],
    seeds: tuple[Floats, Ints, Ints],
    goals: tuple[Floats, Ints, Ints],
) -> tuple[float, int, Ints, Ints]:
    """Search until nothing quicker can lead to a goal; both are seconds, source and node.

    Returns
    -------
    tuple
        The seconds to the best goal, of equals that of the first source; which goal it is; for
        each node the way by which it was reached, or the seed where the search began there; and
        the node before, `NONE` where it began.
    """
    starts, others, cost, way = ways
    nodes = len(starts) - 1
    came, before = np.full(nodes, NONE), np.full(nodes, NONE)
    done = np.zeros(nodes, np.bool_)
    # The quickest goal of each node.
    goal = np.full(nodes, NONE)
    for k in range(len(goals[0])):
        old = goal[goals[2][k]]
        if goals[0][k] < np.inf and (old == NONE or goals[0][k] < goals[0][old]):
            goal[goals[2][k]] = k
    best, found = np.inf, NONE
    heap: list[tuple[float, int | np.int64, int | np.int64, int | np.int64]]
    heap = [(np.inf, 0, 0, 0)]
    for k in range(len(seeds[0])):
        if seeds[0][k] < np.inf:
            heapq.heappush(heap, (seeds[0][k], seeds[2][k], k, NONE))
    while True:
        now, here, by, last = heapq.heappop(heap)
        if now > best or now == np.inf:
            break
        if done[here]:
            continue
        done[here], came[here], before[here] = True, by, last
        k = goal[here]
        if k != NONE:
            total = now + goals[0][k]
            if total < best or (total == best and goals[1][k] < goals[1][found]):
                best, found = total, k
        for k in range(starts[here], starts[here + 1]):
            # As wide as the other numbers of the heap.
            there = np.int64(others[k])
            if not done[there]:
                heapq.heappush(heap, (now + cost[k], there, way[k], here))
    return best, found, came, before


_search = njit(cache=True, nogil=True)(_search_python)
