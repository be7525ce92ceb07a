"""Density clusters: incidents that lie close together, whatever boundaries run between them.

The same clusters as DBSCAN (M. Ester and others, KDD 1996), found by one search for near pairs and
the connected components of dense points. Incidents at one address are one point with their number,
so that a block with a thousand calls does not make a million pairs.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.spatial import cKDTree

from gis.errors import CityGridError
from layers.columns import Array

NOISE = -1
# A pair takes 16 bytes, twice.
MOST_PAIRS = 40_000_000


@dataclass(frozen=True, eq=False)
class Clusters:
    """Point by point: its cluster, 0 the largest, `NOISE` for none; and whether it is dense."""

    label: Array
    is_dense: Array

    @property
    def sizes(self) -> Array:
        """How many points each cluster has, the largest first."""
        sizes: Array = np.bincount(self.label[self.label != NOISE])
        return sizes


def clusters(at_m: Array, reach_m: float, least: int) -> Clusters:
    """Cluster points: dense is one with at least so many within reach, itself included.

    Dense points within reach of each other are of one cluster; one that is not dense belongs to the
    nearest dense one within reach, if there is any.

    Parameters
    ----------
    at_m
        Points by two: metres.

    Raises
    ------
    CityGridError
        So many near pairs that memory would not hold them.
    """
    # As complex numbers points are sorted by both coordinates, faster than as rows.
    distinct, of, counts = np.unique(
        at_m[:, 0] + 1j * at_m[:, 1], return_inverse=True, return_counts=True
    )
    places = np.column_stack([distinct.real, distinct.imag])
    tree = cKDTree(places)
    require_few_pairs(tree, reach_m)
    pairs = (
        tree.query_pairs(reach_m, output_type="ndarray") if len(places) else np.empty((0, 2), int)
    )
    one, other = pairs.T
    near = counts + np.bincount(one, counts[other], len(places))
    near = near + np.bincount(other, counts[one], len(places))
    is_dense = near >= least
    both = is_dense[one] & is_dense[other]
    links = sparse.coo_array(
        (np.ones(both.sum(), bool), (one[both], other[both])), (len(places), len(places))
    )
    _, component = sparse.csgraph.connected_components(links, directed=False)
    label = np.where(is_dense, component, NOISE)
    dense = np.flatnonzero(is_dense)
    if len(dense):
        distance, nearest = cKDTree(places[dense]).query(
            places, distance_upper_bound=reach_m * (1 + 1e-12)
        )
        at_edge = ~is_dense & np.isfinite(distance)
        label[at_edge] = component[dense[nearest[at_edge]]]
    return Clusters(_by_size(label[of]), is_dense[of])


def require_few_pairs(tree: cKDTree, reach_m: float) -> None:
    """Raise CityGridError where so many points are near each other that memory would not do."""
    if tree.n and tree.count_neighbors(tree, reach_m) > 2 * MOST_PAIRS:
        raise CityGridError(
            f"Too many incidents lie within {reach_m:g} m of each other to be compared. "
            "Choose a shorter distance, fewer days or a class.",
            key="error.many_pairs", reach=f"{reach_m:g}",
        )  # fmt: skip


def _by_size(label: Array) -> Array:
    """Return clusters numbered anew, the largest first; of equal ones the one met first."""
    known = label != NOISE
    values, first, of, sizes = np.unique(
        label[known], return_index=True, return_inverse=True, return_counts=True
    )
    rank = np.empty(len(values), np.int64)
    rank[np.lexsort((first, -sizes))] = np.arange(len(values))
    numbered = np.full(len(label), NOISE)
    numbered[known] = rank[of]
    return numbered
