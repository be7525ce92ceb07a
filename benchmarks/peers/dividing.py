"""Peers that divide a graph into even parts; run by itself in the peers' environment.

`python dividing.py NAME FILE.npz`: for each part reads loads, pairs of neighbours, places and how
many groups; prints the seconds it took and the labels as JSON, null for a part it gave up on.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Part = dict[str, Any]


def gerrychain(part: Part) -> list[int]:
    """Divide from nothing by random trees that are cut where both sides are even."""
    import networkx as nx
    from gerrychain import Graph
    from gerrychain.tree import recursive_tree_part

    plain = nx.Graph()
    loads, number = part["loads"].tolist(), int(part["number"])
    plain.add_nodes_from((k, {"load": load}) for k, load in enumerate(loads))
    plain.add_edges_from(part["pairs"].tolist())
    target, tolerance = sum(loads) / number, float(part["tolerance"])
    graph = Graph.from_networkx(plain)
    found = recursive_tree_part(graph, range(number), target, "load", tolerance)
    return [int(found[k]) for k in range(len(loads))]


def spopt(part: Part) -> list[int]:
    """Divide from nothing into compact regions in one piece; it does not look at the loads."""
    from libpysal.weights import W
    from spopt.region import RegionKMeansHeuristic

    near: dict[int, list[int]] = {k: [] for k in range(len(part["loads"]))}
    for one, other in part["pairs"].tolist():
        near[one].append(other)
        near[other].append(one)
    model = RegionKMeansHeuristic(part["places"], int(part["number"]), W(near))
    model.solve()
    return [int(label) for label in model.labels_]


NAMES: dict[str, Callable[[Part], list[int]]] = {"gerrychain": gerrychain, "spopt": spopt}


def main(name: str, path: str) -> None:
    """Divide part by part, and print."""
    with np.load(Path(path)) as file:
        given = {key: file[key] for key in file.files}
    labels: list[list[int] | None] = []
    reason = ""
    random.seed(1)
    np.random.seed(1)
    start = time.perf_counter()
    for k in range(int(given["parts"])):
        part = {key.partition(":")[2]: v for key, v in given.items() if key.startswith(f"{k}:")}
        try:
            labels.append(NAMES[name](part))
        except Exception as error:
            # What it cannot do is part of the answer.
            labels.append(None)
            reason = reason or f"{type(error).__name__}: {error}"[:120]
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": seconds, "labels": labels, "reason": reason}))


if __name__ == "__main__":
    main(*sys.argv[1:3])
