"""Hot spots and density clusters, as one would ask esda and scikit-learn for them."""

from __future__ import annotations

import warnings

import numpy as np
from esda import G_Local
from libpysal.weights import fill_diagonal, lat2W
from numpy.typing import NDArray
from sklearn.cluster import DBSCAN

from benchmarks.contest import Clock, repeat

ASK = "ask"
Floats = NDArray[np.float64]


def by_esda(clock: Clock, values: Floats, side: int) -> Floats:
    """Time Gi* of a square lattice with queen neighbours, no permutations."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        weights = fill_diagonal(lat2W(side, side, rook=False), 1.0)
        found = repeat(
            clock, ASK, 1,
            lambda: G_Local(values, weights, transform="B", permutations=0, star=True),
        )  # fmt: skip
    z: Floats = found.Zs
    return z


def by_sklearn(clock: Clock, at_m: Floats, reach_m: float, least: int) -> NDArray[np.int64]:
    """Time DBSCAN; return the label of each point, -1 for none."""
    labels: NDArray[np.int64] = repeat(
        clock, ASK, 1, lambda: DBSCAN(eps=reach_m, min_samples=least).fit_predict(at_m)
    )
    return labels
