"""The missing link: the shortest straight way that would bring a place within the limit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from scipy.spatial import cKDTree

from gis.arrangement import Floats
from gis.network.network import Ints, Network
from gis.network.snapping import Snapped
from gis.network.travel import NEAREST, Times, times

# A link may begin and end at any of these places along a street.
STEP_M = 10.0


@dataclass(frozen=True, eq=False)
class Link:
    """A straight way from a place that is reached to one from which the target is."""

    # Metric CRS; the last point is the target itself where no street leads on to it.
    line_m: shapely.LineString
    # Over the link, from the source to the target.
    seconds: float
    # The source's place among the sources.
    source: int


@dataclass(frozen=True, eq=False)
class _Places:
    """Places on streets, and how far they are from the sources or to the target."""

    points_m: Floats
    seconds: Floats
    source: Ints

    def within(self, limit_s: float) -> _Places:
        some = self.seconds <= limit_s
        return _Places(self.points_m[some], self.seconds[some], self.source[some])


def missing_link(  # noqa: PLR0913 - the question, and what a link is
    network: Network,
    sources: Snapped,
    target: Snapped,
    point_m: Floats,
    *,
    limit_s: float,
    access_ms: float,
    link_ms: float,
    within_m: float,
) -> Link | None:
    """Return the shortest link that would bring a target within the limit of a source.

    Whether something stands in the way of it, a wall or a river, is not looked at: that is what
    such a link would bridge.

    Parameters
    ----------
    target
        One place; it may hang on no street, or on one that leads nowhere.
    point_m
        (2,), where the target is, in the network's CRS.
    link_ms
        How fast one goes along the link, either way.
    within_m
        The longest that a link may be.

    Returns
    -------
    Link or None
        Found to `STEP_M` along the streets. None where no link of that length would do, or none
        is needed.
    """
    if not sources.is_on.any():
        return None
    here = times(network, sources, target, limit_s=limit_s, access_ms=access_ms, labels=1)
    if np.isfinite(here.seconds[0, NEAREST]):
        return None
    near = _near(network, target, point_m, limit_s, access_ms)
    far = _far(network, sources, near, limit_s, access_ms, within_m)
    if not len(far.points_m):
        return None
    near_tree, far_tree = cKDTree(near.points_m), cKDTree(far.points_m)
    radius = min(STEP_M, within_m)
    while True:
        found = near_tree.sparse_distance_matrix(far_tree, radius, output_type="ndarray")
        one, other, metres = found["i"], found["j"], found["v"]
        seconds = near.seconds[one] + metres / link_ms + far.seconds[other]
        some = np.flatnonzero(seconds <= limit_s)
        if len(some):
            best = some[np.lexsort([seconds[some], metres[some]])[0]]
            line = shapely.LineString([far.points_m[other[best]], near.points_m[one[best]]])
            return Link(line, float(seconds[best]), int(far.source[other[best]]))
        if radius >= within_m:
            return None
        radius = min(2 * radius, within_m)


def _near(
    network: Network, target: Snapped, point_m: Floats, limit_s: float, access_ms: float
) -> _Places:
    """Return the places from which the target is within the limit, and the target itself."""
    itself = _Places(np.array([point_m], float), np.zeros(1), np.zeros(1, np.int64))
    if not target.is_on[0]:
        return itself
    # The way there is the way from there along the streets turned round.
    points = shapely.points(point_m)
    speed = float((network.length_m / np.minimum(network.forth_s, network.back_s)).max())
    edges = shapely.STRtree(network.lines_m).query(
        points, predicate="dwithin", distance=limit_s * max(speed, access_ms)
    )
    found = _along(network.turned, target, np.sort(edges), limit_s, access_ms)
    return _Places(
        *(np.concatenate(both) for both in zip(vars(itself).values(), vars(found).values(),
                                               strict=True))
    )  # fmt: skip


def _far(  # noqa: PLR0913
    network: Network,
    sources: Snapped,
    near: _Places,
    limit_s: float,
    access_ms: float,
    within_m: float,
) -> _Places:
    """Return the places near those, from which a link could lead there, that are reached."""
    low, high = near.points_m.min(axis=0) - within_m, near.points_m.max(axis=0) + within_m
    edges = shapely.STRtree(network.lines_m).query(shapely.box(*low, *high))
    return _along(network, sources, np.sort(edges), limit_s, access_ms)


def _along(
    network: Network, sources: Snapped, edges: Ints, limit_s: float, access_ms: float
) -> _Places:
    """Return places along some edges that the sources reach within the limit."""
    pieces = np.maximum(np.ceil(network.length_m[edges] / STEP_M).astype(np.int64), 1)
    edge = np.repeat(edges, pieces + 1)
    place = np.arange(len(edge)) - np.repeat(np.cumsum(pieces + 1) - pieces - 1, pieces + 1)
    share = place / np.repeat(pieces, pieces + 1)
    on = Snapped(edge, share, np.zeros(len(edge)))
    found: Times = times(network, sources, on, limit_s=limit_s, access_ms=access_ms, labels=1)
    points = shapely.line_interpolate_point(network.lines_m[edge], share, normalized=True)
    return _Places(
        shapely.get_coordinates(points).reshape(-1, 2),
        found.seconds[:, NEAREST],
        found.source[:, NEAREST],
    ).within(limit_s)
