"""All ways within a limit, accessibility and where to build, as one would ask libraries for it."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pulp
from access import Access, weights
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import dijkstra
from spopt.locate import MCLP

from benchmarks.contest import Clock, repeat
from gis.network.network import Network
from gis.network.pairs import Pairs
from gis.network.snapping import Snapped

Floats = NDArray[np.float64]

ASK = "ask"
# So many sources at once fit into the memory.
CHUNK = 50


def by_scipy(clock: Clock, network: Network, sources: Snapped, limit_s: float) -> int:
    """Time scipy from the nodes next to the sources to all nodes; it knows no doors."""
    nodes = len(network.nodes_m)
    come = np.concatenate([network.start, network.end])
    go = np.concatenate([network.end, network.start])
    seconds = np.concatenate([network.forth_s, network.back_s])
    order = np.lexsort([seconds, go, come])
    first = np.append(True, (np.diff(come[order]) != 0) | (np.diff(go[order]) != 0))
    kept = order[first & np.isfinite(seconds[order])]
    graph = sparse.csr_array((seconds[kept], (come[kept], go[kept])), shape=(nodes, nodes))
    near = network.start[sources.edge[sources.is_on]]

    def ask() -> int:
        found = 0
        for k in range(0, len(near), CHUNK):
            rows = dijkstra(graph, indices=near[k : k + CHUNK], limit=limit_s)
            found += int(np.isfinite(rows).sum())
        return found

    found: int = repeat(clock, ASK, 1, ask)
    return found


def by_access(  # noqa: PLR0913 - the question
    clock: Clock, pairs: Pairs, supply: Floats, demand: Floats, zones_s: Floats, shares: Floats
) -> Floats:
    """Time pysal's access, its tables built before."""
    people = pd.DataFrame({"id": np.arange(len(demand)), "people": demand})
    sites = pd.DataFrame({"id": np.arange(len(supply)), "beds": supply})
    costs = pd.DataFrame({"origin": pairs.target, "dest": pairs.source, "cost": pairs.seconds})
    with warnings.catch_warnings():
        # It is not made for this pandas.
        warnings.simplefilter("ignore")
        asked = Access(
            demand_df=people, demand_index="id", demand_value="people",
            supply_df=sites, supply_index="id", supply_value="beds",
            cost_df=costs, cost_origin="origin", cost_dest="dest", cost_name="cost",
            neighbor_cost_df=costs, neighbor_cost_origin="origin", neighbor_cost_dest="dest",
            neighbor_cost_name="cost",
        )  # fmt: skip
        steps = weights.step_fn(dict(zip(zones_s.tolist(), shares.tolist(), strict=True)))
        with clock.lap(ASK):
            found = asked.enhanced_two_stage_fca(max_cost=zones_s[-1], weight_fn=steps)
    score: Floats = found.iloc[:, 0].reindex(range(len(demand))).fillna(0.0).to_numpy()
    return score


def by_spopt(clock: Clock, pairs: Pairs, demand: Floats, limit_s: float, count: int) -> float:
    """Time spopt, which builds the programme and has CBC solve it; people reached."""
    table = np.full((pairs.targets, len(pairs.starts) - 1), 10 * limit_s)
    table[pairs.target, pairs.source] = pairs.seconds
    with warnings.catch_warnings():
        # It is not made for this PuLP.
        warnings.simplefilter("ignore")
        with clock.lap(ASK):
            problem = MCLP.from_cost_matrix(table, demand, limit_s, count)
            problem.solve(pulp.PULP_CBC_CMD(msg=False), results=False)
        return float(pulp.value(problem.problem.objective))
