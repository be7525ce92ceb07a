"""Where doors and facilities hang on the streets: on the nearest edge, not on the nearest node."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely

from gis.arrangement import Floats
from gis.network.network import Bools, Ints, Network

NOWHERE = -1
# A lot of streets with less of the whole length is an island that nobody is sent to.
LEAST_SHARE = 0.01


@dataclass(frozen=True, eq=False)
class Snapped:
    """Places on a network, an entry for each point."""

    # The edge; `NOWHERE` where none is near enough.
    edge: Ints
    # How far along it from its start, as a share of its length.
    share: Floats
    # How far the point lies from it, in metres.
    off_m: Floats

    @property
    def is_on(self) -> Bools:
        """Which points hang on the network."""
        found: Bools = self.edge != NOWHERE
        return found

    @cached_property
    def along_edges(self) -> tuple[Ints, Snapped]:
        """The numbers of the places that hang on the network, edge by edge, and these places.

        Edges lie along a curve: who goes from one to the next finds near what he needs. Sorted
        once, 24,000 doors are asked in a third of the time, as often as there are questions.
        """
        number = np.flatnonzero(self.is_on)
        order = number[np.argsort(self.edge[number], kind="stable")]
        return order, self.take(order)

    def take(self, number: Ints | list[int]) -> Snapped:
        """Return some of the places."""
        return Snapped(self.edge[number], self.share[number], self.off_m[number])


def snap(
    network: Network, points_m: Floats, *, within_m: float, to: Bools | None = None
) -> Snapped:
    """Hang points on the nearest edge of the streets that hang together.

    Parameters
    ----------
    points_m
        (k, 2), in the network's CRS.
    within_m
        What lies further away is nowhere.
    to
        The edges that points may hang on; all by default.
    """
    usable = np.flatnonzero(is_usable(network) if to is None else is_usable(network) & to)
    edge = np.full(len(points_m), NOWHERE)
    share, off = np.zeros(len(points_m)), np.full(len(points_m), np.nan)
    points = shapely.points(points_m)
    point, found = shapely.STRtree(network.lines_m[usable]).query_nearest(
        points, max_distance=within_m
    )
    # Where several are as near, the first one: the answer must not hang on the tree's order.
    order = np.lexsort([found, point])
    at, first = np.unique(point[order], return_index=True)
    edge[at] = usable[found[order[first]]]
    lines = network.lines_m[edge[at]]
    share[at] = shapely.line_locate_point(lines, points[at], normalized=True)
    off[at] = shapely.distance(lines, points[at])
    return Snapped(edge, share, off)


def is_usable(network: Network) -> Bools:
    """Tell for each edge whether it hangs together with a good part of all streets."""
    of_edge = network.component[network.start]
    total = np.bincount(of_edge, network.length_m)
    found: Bools = total[of_edge] >= LEAST_SHARE * total.sum()
    return found
