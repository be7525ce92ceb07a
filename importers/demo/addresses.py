"""Streets and numbers: every block stands on its longest street and has a number along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from importers.demo.mesh import Ints
from importers.demo.plane import Geometries
from importers.demo.site import Site
from importers.demo.town import Town

_NUMBER_EVERY_M = 18.0


@dataclass(frozen=True)
class Addresses:
    """The address of each block."""

    street: list[str]
    number: Ints

    def of_block(self, block: int) -> str:
        """Return e.g. 听潮路18号."""
        return f"{self.street[block]}{self.number[block]}号"


def make_addresses(town: Town, site: Site, ways: Geometries) -> Addresses:
    """Return the address of each block; ``ways`` are the town's in metres."""
    names = town.ways["name"].to_numpy(dtype=object)
    named = np.array([isinstance(name, str) for name in names])
    lines, titles = ways[named], names[named].astype(str)
    tree = shapely.STRtree(lines)
    edge = shapely.boundary(site.blocks)
    at, found = tree.query(edge, predicate="dwithin", distance=1.0)
    # A street counts by how far it runs along the block.
    middle = shapely.line_interpolate_point(lines[found], 0.5, normalized=True)
    along = shapely.dwithin(middle, edge[at], 1.0)
    at, found = at[along], found[along]
    street_of, street = np.unique(titles, return_inverse=True)
    key = at * len(street_of) + street[found]
    total_key, inverse = np.unique(key, return_inverse=True)
    length_m = np.bincount(inverse, shapely.length(lines[found]))
    best = np.full(len(edge), -1, dtype=np.int64)
    for index in np.argsort(length_m, kind="stable"):
        best[total_key[index] // len(street_of)] = total_key[index] % len(street_of)
    lost = np.flatnonzero(best < 0)
    best[lost] = street[tree.nearest(site.blocks[lost])]
    return Addresses([str(street_of[b]) for b in best], _numbers(site, best))


def _numbers(site: Site, street: Ints) -> Ints:
    """Return house numbers: they rise along a street, no two blocks share one."""
    xy = shapely.get_coordinates(shapely.centroid(site.blocks))
    number = np.zeros(len(street), dtype=np.int64)
    for name in np.unique(street):
        mine = np.flatnonzero(street == name)
        spread = np.ptp(xy[mine], axis=0)
        axis = int(spread[1] > spread[0])
        order = mine[np.argsort(xy[mine, axis] * (1 if axis == 0 else -1), kind="stable")]
        start = xy[order, axis].min() if axis == 0 else -xy[order, axis].max()
        position = (xy[order, axis] * (1 if axis == 0 else -1) - start) / _NUMBER_EVERY_M
        taken = 0
        for block, place in zip(order, position, strict=True):
            taken = max(taken + 1, int(place) * 2 + int(block) % 2 + 1)
            number[block] = taken
    return number
