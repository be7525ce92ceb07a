"""The same travel times by other means: plain Dijkstra over the raw streets, door by door.

Nothing of `gis.network.travel` is used, so that a mistake there is found here: the points become
nodes of the graph, and scipy finds the shortest paths.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from gis.arrangement import Floats
from gis.network.network import Ints, Network
from gis.network.snapping import Snapped

SAMPLE = 2_000

# From which nodes, to which, and the seconds.
_Link: TypeAlias = tuple[Ints, Ints, Floats]


@dataclass(frozen=True)
class Audit:
    """What a sample of the answers is worth."""

    asked: int
    # Said to be reached within the limit, and are not; and the other way round.
    false_in: int
    false_out: int
    # The largest difference of two times, in seconds, of those that both reach.
    largest_s: float


def audit(  # noqa: PLR0913 - the question, and the answer that is judged
    network: Network,
    sources: Snapped,
    targets: Snapped,
    seconds: Floats,
    *,
    limit_s: float,
    access_ms: float,
    seed: int,
    sample: int = SAMPLE,
) -> Audit:
    """Judge the times to the nearest source that were found for some targets.

    Parameters
    ----------
    seconds
        The times that were found, for each target; infinite where it is not reached.
    sample
        How many targets are looked at, chosen by the seed; all where there are no more.
    """
    number = np.arange(len(seconds))
    if len(number) > sample:
        number = np.sort(np.random.default_rng(seed).choice(number, sample, replace=False))
    truth = _shortest(network, sources, targets, number, access_ms)
    told, said = truth <= limit_s, np.isfinite(seconds[number])
    # On the limit itself the last digit decides.
    close = np.abs(truth - limit_s) < 1e-6 * limit_s
    both = told & said
    apart = np.abs(truth[both] - seconds[number][both])
    return Audit(
        len(number),
        int((said & ~told & ~close).sum()),
        int((told & ~said & ~close).sum()),
        float(apart.max(initial=0.0)),
    )


def _shortest(
    network: Network, sources: Snapped, targets: Snapped, number: Ints, access_ms: float
) -> Floats:
    """Return the seconds from the nearest source to each of some targets."""
    nodes = len(network.nodes_m)
    edge = np.concatenate([sources.edge, targets.edge[number]])
    share = np.concatenate([sources.share, targets.share[number]])
    off = np.concatenate([sources.off_m, targets.off_m[number]])
    on = np.flatnonzero(edge >= 0)
    # The place on the street where a point hangs, and the point itself.
    foot, point = nodes + np.arange(len(edge)), nodes + len(edge) + np.arange(len(edge))
    links: list[_Link] = [
        (network.start, network.end, network.forth_s),
        (network.end, network.start, network.back_s),
        (foot[on], point[on], off[on] / access_ms),
        (point[on], foot[on], off[on] / access_ms),
    ]
    # Each edge with feet on it, as a chain from its start through them to its end.
    order = on[np.lexsort([share[on], edge[on]])]
    next_too = edge[order[:-1]] == edge[order[1:]]
    one, other = order[:-1][next_too], order[1:][next_too]
    links += _both_ways(network, edge[one], foot[one], foot[other], share[other] - share[one])
    links += _both_ways(network, edge[on], network.start[edge[on]], foot[on], share[on])
    links += _both_ways(network, edge[on], foot[on], network.end[edge[on]], 1 - share[on])
    come, go, seconds = (np.concatenate(column) for column in zip(*links, strict=True))
    open_ = np.isfinite(seconds)
    come, go, seconds = come[open_], go[open_], seconds[open_]
    # Of parallel streets the quicker one; a matrix would add them up. No way takes no time at all.
    order = np.lexsort([seconds, go, come])
    first = np.append(True, (np.diff(come[order]) != 0) | (np.diff(go[order]) != 0))
    kept = order[first]
    graph = sparse.csr_array(
        (np.maximum(seconds[kept], 1e-12), (come[kept], go[kept])),
        shape=(2 * len(edge) + nodes,) * 2,
    )
    begin = point[: len(sources.edge)][sources.edge >= 0]
    if not len(begin):
        return np.full(len(number), np.inf)
    found = dijkstra(graph, indices=begin, min_only=True)
    reached: Floats = found[point[len(sources.edge) :]]
    return reached


def _both_ways(network: Network, edge: Ints, one: Ints, other: Ints, part: Floats) -> list[_Link]:
    """Return the ways between two places on edges, a part of the whole edge apart."""
    with np.errstate(invalid="ignore"):
        there, here = (
            np.where(part == 0, 0.0, part * way[edge]) for way in (network.forth_s, network.back_s)
        )
    return [(one, other, there), (other, one, here)]
