"""The outline of what is reached, a picture only, and how wrong it is at the doors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from shapely.ops import substring

from gis.arrangement import Floats, Shapes
from gis.network.network import Bools, Ints, Network
from gis.network.search import spread
from gis.network.snapping import Snapped
from gis.network.travel import Seeds

# How far a street's own ground is drawn to either side of it.
WIDTH_M = 40.0
# Corners are rounded by so many lines a quarter of a circle: it is a picture.
ROUNDING = 2


@dataclass(frozen=True)
class Wrong:
    """What an outline says of doors that is not so, in shares of all doors."""

    false_in: float
    false_out: float


def outline(
    network: Network,
    sources: Snapped,
    *,
    limit_s: float,
    access_ms: float,
    width_m: float = WIDTH_M,
) -> shapely.MultiPolygon:
    """Return the streets reached within the limit, some only in part, drawn as wide as a picture.

    Returns
    -------
    MultiPolygon
        Metric CRS; with holes where nobody gets. `wrong` measures what it claims.
    """
    lines = reached(network, sources, limit_s=limit_s, access_ms=access_ms)
    # Each by itself, then all of them: buffering them as one took twenty times as long.
    shape = shapely.union_all(shapely.buffer(lines, width_m, quad_segs=ROUNDING))
    return shapely.MultiPolygon(list(shapely.get_parts(shape)))


def reached(network: Network, sources: Snapped, *, limit_s: float, access_ms: float) -> Shapes:
    """Return the lines of all streets, and parts of streets, that are reached within the limit."""
    ways = network.ways_out[:3]
    seconds, _ = spread(ways, Seeds(network, sources, access_ms).open(), limit_s, 1)
    # How far one gets from either end, as a share of the edge.
    from_start = _share(limit_s - seconds[network.start, 0], network.forth_s)
    from_end = _share(limit_s - seconds[network.end, 0], network.back_s)
    whole = from_start + from_end >= 1
    lines = list(network.lines_m[whole])
    for edge in np.flatnonzero(~whole & (from_start + from_end > 0)).tolist():
        for go, to in ((0.0, from_start[edge]), (1 - from_end[edge], 1.0)):
            if to > go:
                lines.append(substring(network.lines_m[edge], go, to, normalized=True))
    lines += _around(network, sources, ~whole, limit_s, access_ms)
    found = np.empty(len(lines), dtype=object)
    found[:] = lines
    return found


def wrong(shape: shapely.Geometry, points_m: Floats, is_reached: Bools, weight: Ints) -> Wrong:
    """Compare an outline with what is known of doors, each as heavy as the people behind it."""
    shapely.prepare(shape)
    claimed = shapely.intersects_xy(shape, *points_m.T)
    everybody = max(int(weight.sum()), 1)
    return Wrong(
        float(weight[claimed & ~is_reached].sum()) / everybody,
        float(weight[~claimed & is_reached].sum()) / everybody,
    )


def _share(left_s: Floats, edge_s: Floats) -> Floats:
    """Return how far one gets along an edge in the seconds that are left, as a share of it."""
    found = np.zeros(len(edge_s))
    np.divide(left_s, edge_s, out=found, where=(left_s > 0) & np.isfinite(edge_s) & (edge_s > 0))
    return np.clip(found, 0, 1)


def _around(
    network: Network, sources: Snapped, some: Bools, limit_s: float, access_ms: float
) -> list[shapely.Geometry]:
    """Return the parts of a source's own edge that are reached without a node between."""
    lines = []
    for k in np.flatnonzero(sources.is_on & some[sources.edge]).tolist():
        edge, share = sources.edge[k], sources.share[k]
        left = np.array([limit_s - sources.off_m[k] / access_ms])
        go = max(share - _share(left, network.back_s[[edge]])[0], 0.0)
        to = min(share + _share(left, network.forth_s[[edge]])[0], 1.0)
        if to > go:
            lines.append(substring(network.lines_m[edge], go, to, normalized=True))
    return lines
