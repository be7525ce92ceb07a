"""Narrow gaps between units that are open to the outside, and so no gaps by their edges alone.

Two neighbours at the city's rim that do not quite meet leave a slit. Nothing encloses it, until a
segment across its mouth does: then it is a narrow gap like any other.
"""

from __future__ import annotations

import numpy as np
import shapely
from shapely import BufferJoinStyle

from gis.arrangement import Floats, Shapes
from gis.ruler import Ruler

# Slits below this are the rounding of two offsets.
LEAST_AREA_M2 = 0.5
# A slit's sides run along the outline; what lies further from it is a mouth.
NEAR_M = 0.05
NOTHING = np.empty((0, 4))


def mouths(whole: shapely.Geometry, shapes: Shapes, ruler: Ruler) -> Floats:
    """Return segments that close the slits between two or more polygons.

    Parameters
    ----------
    whole
        All polygons together, on the grid.
    shapes
        The polygons.
    ruler
        Says how narrow a slit is.

    Returns
    -------
    Floats
        Edges (x1, y1, x2, y2) between vertices of the outline.
    """
    # Without its holes: gaps inside are found by their edges.
    shells = shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(whole)))
    outer = shapely.union_all(shells)
    projected = ruler.metric(np.array([outer]))[0]
    # What touches itself in a vertex may cross itself by a rounding once it is projected.
    metric = shapely.make_valid(projected, method="structure")
    slits = shapely.get_parts(shapely.difference(_closed(metric, ruler.tolerance_m), metric))
    slits = slits[shapely.area(slits) > LEAST_AREA_M2]
    if not len(slits):
        return NOTHING
    # The same vertices in the same order, in metres and in grid steps.
    vertices, corners = shapely.get_coordinates(projected), shapely.get_coordinates(outer)
    tree = shapely.STRtree(shapely.points(vertices))
    flat = ruler.metric(shapes)
    faces = shapely.STRtree(flat)
    rim = shapely.buffer(shapely.boundary(metric), NEAR_M)
    found = []
    for slit in slits:
        near = flat[faces.query(slit, predicate="dwithin", distance=NEAR_M)]
        along = shapely.length(shapely.intersection(near, shapely.buffer(slit, NEAR_M).boundary))
        if np.count_nonzero(along > ruler.tolerance_m) < 2:
            # An inlet of one unit is its own shape.
            continue
        for mouth in shapely.get_parts(shapely.difference(shapely.boundary(slit), rim)):
            if mouth.is_empty:
                continue
            ends = shapely.points(shapely.get_coordinates(mouth)[[0, -1]])
            i, j = tree.nearest(ends)
            apart = shapely.distance(ends, shapely.points(vertices[[i, j]])).max()
            if i != j and apart < 2 * ruler.tolerance_m:
                found.append(np.concatenate([corners[i], corners[j]]))
    return np.array(found) if found else NOTHING


def _closed(area: shapely.Geometry, width_m: float) -> shapely.Geometry:
    """Return an area with what is narrower than ``width_m`` filled; corners stay as they are."""
    sharp = {"join_style": BufferJoinStyle.mitre, "mitre_limit": 20.0}
    return shapely.buffer(shapely.buffer(area, width_m / 2, **sharp), -width_m / 2, **sharp)
