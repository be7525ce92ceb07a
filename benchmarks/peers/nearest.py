"""pandana, which finds nearest places by contraction hierarchies; run in the peers' environment.

`python nearest.py FILE.npz`: reads the question and how many places are told; writes beside the
file the seconds at each node, and as JSON how long building and answering took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

REPEATS = 4


def main(path: str) -> None:
    """Build, ask, and write."""
    import pandana
    import pandas as pd

    with np.load(Path(path)) as file:
        given = {key: file[key] for key in file.files}
    places, labels, limit = given["places"], int(given["labels"]), float(given["limit_s"])
    # It looks for the node nearest to a place: far out each place is alone with its own.
    far = np.column_stack([1e8 + 100.0 * np.arange(len(places)), np.full(len(places), 1e8)])
    xy = pd.DataFrame(np.concatenate([given["nodes_m"], far]), columns=["x", "y"])
    start = time.perf_counter()
    # It asks for the way from a node to a place, and we for the way from the place.
    network = pandana.Network(
        xy["x"], xy["y"], pd.Series(given["go"]), pd.Series(given["come"]),
        pd.DataFrame({"s": given["cost"]}), twoway=False,
    )  # fmt: skip
    built = time.perf_counter() - start
    laps = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        network.set_pois("place", limit, labels, pd.Series(far[:, 0]), pd.Series(far[:, 1]))
        found = network.nearest_pois(limit, "place", num_pois=labels)
        laps.append(time.perf_counter() - start)
    seconds = found.reindex(xy.index).to_numpy()[:, :labels]
    np.save(Path(path).with_suffix(".npy"), seconds)
    # Not printed: the library prints as well.
    told = {"built_s": built, "seconds": min(laps)}
    Path(path).with_suffix(".json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1])
