"""Which areas of a coverage share edges: each inner edge is walked once by either of two."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import shapely

from gis.arrangement import HIGH, Shapes
from gis.division.balance.problem import Bools, Ints


class Shared(NamedTuple):
    """Edges by the two areas they lie between, and the areas with an edge that nobody shares."""

    # The places of the two areas, the smaller first.
    pairs: Ints
    # Both ends in grid steps: (n, 2, 2).
    ends: Ints
    is_outer: Bools


def shared(areas: Shapes) -> Shared:
    """Return the edges that areas (in grid steps) share."""
    parts, of_part = shapely.get_parts(shapely.orient_polygons(areas), return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    xy, of_point = shapely.get_coordinates(rings, return_index=True)
    points = np.rint(xy).astype(np.int64)
    is_edge = of_point[1:] == of_point[:-1]
    start, end = points[:-1][is_edge], points[1:][is_edge]
    area = of_part[of_ring[of_point[:-1][is_edge]]]
    _, name = np.unique(
        np.concatenate([start, end]) @ np.array([HIGH, 1], np.int64), return_inverse=True
    )
    count = int(name.max(initial=0)) + 1
    there, back = name[: len(start)] * count + name[len(start) :], None
    back = name[len(start) :] * count + name[: len(start)]
    order = np.argsort(there)
    place = np.searchsorted(there, back, sorter=order).clip(0, max(0, len(order) - 1))
    twin = order[place] if len(order) else place
    has_twin = there[twin] == back
    is_outer = np.zeros(len(areas), bool)
    is_outer[area[~has_twin]] = True
    # Once of the two ways; an edge along which an area touches itself is no border.
    kept = has_twin & (area < area[twin])
    return Shared(
        np.stack([area[kept], area[twin[kept]]], axis=1),
        np.stack([start[kept], end[kept]], axis=1),
        is_outer,
    )
