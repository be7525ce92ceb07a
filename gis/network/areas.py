"""Areas of responsibility: the ground around the doors that each facility is the nearest to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely
from scipy.spatial import cKDTree

from gis.arrangement import Floats, Shapes
from gis.network.network import Ints

# Vertices lie on that grid, so that neighbours share them bit for bit.
GRID_M = 0.001


def areas(points_m: Floats, owner: Ints, ground_m: Shapes) -> Mapping[int, shapely.MultiPolygon]:
    """Divide some ground by the nearest door, and join what belongs to doors of one owner.

    Parameters
    ----------
    points_m
        (n, 2), doors in a metric CRS; of several on one place the first one's owner counts.
    owner
        Whose each door is, e.g. the place of the nearest facility; any number may stand for nobody.
    ground_m
        Polygons in the same CRS, for example the city's units; no border of theirs is kept inside.

    Returns
    -------
    Mapping
        Owner → its area. Together they form a coverage of the ground: neighbours have the same
        vertices along their border, nothing overlaps, nothing is left out. Owners whose doors lie
        outside the ground may have none.
    """
    ground = shapely.union_all(ground_m, grid_size=GRID_M)
    _, first = np.unique(points_m, axis=0, return_index=True)
    first = np.sort(first)
    points, whose = points_m[first], owner[first]
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.multipoints(points), extend_to=ground, ordered=True)
    )
    joined = [shapely.coverage_union_all(cells[whose == one]) for one in np.unique(whose).tolist()]
    # Borders of the areas and of the ground, cut where they meet, enclose faces that fit together.
    lines = shapely.union_all(shapely.boundary([*joined, ground]), grid_size=GRID_M)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    inside = shapely.point_on_surface(faces)
    shapely.prepare(ground)
    kept = shapely.contains(ground, inside)
    faces, inside = faces[kept], inside[kept]
    _, nearest = cKDTree(points).query(shapely.get_coordinates(inside).reshape(-1, 2))
    of_face = whose[nearest]
    return {
        one: _parts(shapely.coverage_union_all(faces[of_face == one]))
        for one in np.unique(of_face).tolist()
    }


def _parts(shape: shapely.Geometry) -> shapely.MultiPolygon:
    parts = shapely.get_parts(shape)
    return shapely.MultiPolygon(list(parts[shapely.get_type_id(parts) == 3]))
