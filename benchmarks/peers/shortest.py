"""Minutes from the nearest of many places to every door, as one would write it with a library.

Each place becomes a node on its street, the library spreads from all of them at once, and a door
takes the nearer end of its street.
"""

from __future__ import annotations

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from benchmarks.contest import Clock, repeat
from gis.network.network import Network
from gis.network.snapping import Snapped

Floats = NDArray[np.float64]


def by_networkx(  # noqa: PLR0913 - the question
    clock: Clock, network: Network, there: Snapped, here: Snapped, limit_s: float, access_ms: float
) -> Floats:
    """Time networkx, its graph built before."""
    graph = nx.DiGraph()
    ways = (
        (network.start, network.end, network.forth_s),
        (network.end, network.start, network.back_s),
    )
    for come, go, seconds in ways:
        for one, other, cost in zip(come.tolist(), go.tolist(), seconds.tolist(), strict=True):
            if np.isfinite(cost) and cost < graph.get_edge_data(one, other, {"s": np.inf})["s"]:
                graph.add_edge(one, other, s=cost)
    places = []
    for k in np.flatnonzero(there.is_on).tolist():
        edge, share, walk = there.edge[k], there.share[k], there.off_m[k] / access_ms
        places.append(f"place {k}")
        graph.add_edge(
            places[-1], int(network.end[edge]), s=walk + (1 - share) * network.forth_s[edge]
        )
        graph.add_edge(places[-1], int(network.start[edge]), s=walk + share * network.back_s[edge])

    def ask() -> Floats:
        found = nx.multi_source_dijkstra_path_length(graph, places, cutoff=limit_s, weight="s")
        at = np.full(len(network.nodes_m), np.inf)
        nodes = [node for node in found if isinstance(node, int)]
        at[nodes] = [found[node] for node in nodes]
        ahead = at[network.start[here.edge]] + here.share * network.forth_s[here.edge]
        behind = at[network.end[here.edge]] + (1 - here.share) * network.back_s[here.edge]
        return np.minimum(ahead, behind) + here.off_m / access_ms

    found: Floats = repeat(clock, "ask", 1, ask)
    return found
