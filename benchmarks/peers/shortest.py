"""Minutes from the nearest places to every door, as one would write it with a library.

Each place becomes a node that leads to both ends of its street, the library spreads from the
places, and a door takes the nearer end of its street. The graph is built before and not timed.
"""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from benchmarks.contest import Clock, repeat
from gis.network.network import Network
from gis.network.snapping import Snapped

ASK = "ask"
REPEATS = 4
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Given:
    """A question about a network, as plain columns."""

    nodes_m: Floats
    # From which node to which, and the seconds; the places' nodes follow the others.
    come: Ints
    go: Ints
    cost: Floats
    places: Ints
    # For each door the ends of its street, and the seconds from them.
    start: Ints
    end: Ints
    ahead: Floats
    behind: Floats
    limit_s: float

    def at_doors(self, at: Floats) -> Floats:
        """Return the seconds to each door, from those to each node; columns stay columns."""
        one, other = at[self.start].T + self.ahead, at[self.end].T + self.behind
        found: Floats = np.minimum(one, other).T
        return found


def given(
    network: Network, there: Snapped, here: Snapped, limit_s: float, access_ms: float
) -> Given:
    """Write a question out; of parallel streets the quicker one, and no place on no street."""
    number = np.flatnonzero(there.is_on)
    edge, share, walk = there.edge[number], there.share[number], there.off_m[number] / access_ms
    places = len(network.nodes_m) + np.arange(len(number))
    come = np.concatenate([network.start, network.end, places, places])
    go = np.concatenate([network.end, network.start, network.end[edge], network.start[edge]])
    cost = np.concatenate([
        network.forth_s, network.back_s,
        walk + (1 - share) * network.forth_s[edge], walk + share * network.back_s[edge],
    ])  # fmt: skip
    order = np.lexsort([cost, go, come])
    order = order[np.isfinite(cost[order])]
    come, go, cost = come[order], go[order], cost[order]
    first = np.append(True, (come[1:] != come[:-1]) | (go[1:] != go[:-1]))
    off = here.off_m / access_ms
    return Given(
        network.nodes_m, come[first], go[first], cost[first], places,
        network.start[here.edge], network.end[here.edge],
        here.share * network.forth_s[here.edge] + off,
        (1 - here.share) * network.back_s[here.edge] + off,
        limit_s,
    )  # fmt: skip


def by_networkx(clock: Clock, asked: Given, labels: int) -> Floats:
    """Time networkx; (doors, labels), nearest first."""
    graph = nx.DiGraph()
    graph.add_weighted_edges_from(
        zip(asked.come.tolist(), asked.go.tolist(), asked.cost.tolist(), strict=True), weight="s"
    )
    ask, times = (_nearest, REPEATS) if labels == 1 else (_nearest_two, 1)
    found: Floats = repeat(clock, ASK, times, lambda: ask(graph, asked))
    return found


def _nearest(graph: nx.DiGraph, asked: Given) -> Floats:
    found = nx.multi_source_dijkstra_path_length(
        graph, asked.places.tolist(), cutoff=asked.limit_s, weight="s"
    )
    at = np.full((len(asked.nodes_m) + len(asked.places), 1), np.inf)
    at[list(found), 0] = list(found.values())
    return asked.at_doors(at)


def _nearest_two(graph: nx.DiGraph, asked: Given) -> Floats:
    """Ask of each place by itself: the library knows of no second from many at once."""
    doors = np.full((len(asked.start), 2), np.inf)
    at = np.full(len(asked.nodes_m) + len(asked.places), np.inf)
    for place in asked.places.tolist():
        found = nx.single_source_dijkstra_path_length(
            graph, place, cutoff=asked.limit_s, weight="s"
        )
        nodes = list(found)
        at[nodes] = list(found.values())
        seconds = asked.at_doors(at)
        at[nodes] = np.inf
        np.minimum(doors[:, 1], np.maximum(doors[:, 0], seconds), out=doors[:, 1])
        np.minimum(doors[:, 0], seconds, out=doors[:, 0])
    return doors
