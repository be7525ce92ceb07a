"""Polygons as edges on an integer grid: which edges match, and what lies between those that do not.

One grid step is 1e-7 degrees. In a coverage without gap and overlap every inner edge is walked
exactly once each way, by the two neighbours; all other edges are *open*. Where two polygons
overlap, or a gap lies between them, open edges surround the place, so only they need to be looked
at: in a clean city they are its outline.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

from gis.errors import BoundaryError

Shapes: TypeAlias = npt.NDArray[np.object_]
Positions: TypeAlias = npt.NDArray[np.int64]
Floats: TypeAlias = npt.NDArray[np.float64]

STEPS_A_DEGREE = 10_000_000
# Latitudes and shifted longitudes are below 2^32 steps, so that both fit one integer.
HIGH = 1 << 32
# In a coverage the box of an edge meets some six others. Where they meet far more, noding them
# could take hours.
MOST_MEETINGS = 60
# A ring is a triangle at least, its first point repeated as its last.
LEAST_POINTS = 4
SAMPLE = 2_000


class TangleError(BoundaryError):
    """Edges cross so often that they are no outlines of a city's units."""


def to_grid(shapes: Shapes) -> Shapes:
    """Return areas in degrees with their coordinates as whole numbers of grid steps."""
    flat = shapely.force_2d(shapes)
    stepped = shapely.transform(flat, _steps)
    try:
        result: Shapes = shapely.remove_repeated_points(stepped)
    except shapely.errors.GEOSException:
        # A ring that shrinks to a line may not exist: shapes are then built anew without it.
        result = np.array([_without_collapsed(shape) for shape in flat], dtype=object)
    return result


def _steps(xy: Floats) -> Floats:
    return np.rint(xy * STEPS_A_DEGREE)


def _without_collapsed(shape: shapely.Geometry) -> shapely.Geometry:
    if shape is None:
        return None
    polygons = []
    for part in shapely.get_parts(shape):
        rings = [_steps(shapely.get_coordinates(ring)) for ring in shapely.get_rings(part)]
        shell, *holes = [
            xy[np.append(True, (np.diff(xy, axis=0) != 0).any(axis=1))] for xy in rings
        ]
        if len(shell) >= LEAST_POINTS:
            polygons.append(shapely.Polygon(shell, [h for h in holes if len(h) >= LEAST_POINTS]))
    return shapely.MultiPolygon(polygons)


def from_grid(shapes: Shapes) -> Shapes:
    """Return shapes in degrees, each coordinate the double nearest to a multiple of 1e-7."""
    result: Shapes = shapely.transform(shapes, lambda steps: steps / STEPS_A_DEGREE)
    return result


def edges(shapes: Shapes) -> tuple[Floats, Positions]:
    """Return every edge as (x1, y1, x2, y2), its polygon on the left, and which polygon that is."""
    parts, of_part = shapely.get_parts(shapely.orient_polygons(shapes), return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    xy, of_point = shapely.get_coordinates(rings, return_index=True)
    is_edge = (of_point[1:] == of_point[:-1]) & (xy[1:] != xy[:-1]).any(axis=1)
    return np.column_stack([xy[:-1], xy[1:]])[is_edge], of_part[of_ring[of_point[1:]]][is_edge]


def _ends(all_edges: Floats) -> tuple[Positions, Positions]:
    steps = all_edges.astype(np.int64)
    return steps[:, 0] * HIGH + steps[:, 1], steps[:, 2] * HIGH + steps[:, 3]


def same_edges(some: Floats, others: Floats) -> bool:
    """Tell whether two sets of edges are the same, whichever way each edge is walked."""

    def ends(one: Floats) -> Positions:
        start, end = _ends(one)
        pairs = np.stack([np.minimum(start, end), np.maximum(start, end)], axis=1)
        return np.unique(pairs, axis=0)

    return np.array_equal(ends(some), ends(others))


def distinct(all_edges: Floats) -> tuple[Positions, npt.NDArray[np.bool_]]:
    """Give edges numbers, the same to those between the same two vertices.

    Returns
    -------
    numbers
        From 0 up, for each edge.
    is_open
        For each number, whether its edge is not walked exactly once each way.
    """
    start, end = _ends(all_edges)
    low, high = np.minimum(start, end), np.maximum(start, end)
    order = np.lexsort((high, low))
    is_new = np.ones(len(order), dtype=bool)
    is_new[1:] = (np.diff(low[order]) != 0) | (np.diff(high[order]) != 0)
    numbers = np.empty(len(order), dtype=np.int64)
    numbers[order] = np.cumsum(is_new) - 1
    forward = np.bincount(numbers, weights=start < end)
    return numbers, (np.bincount(numbers) != 2) | (forward != 1)


def open_edges(shapes: Shapes) -> Floats:
    """Return the open edges of polygons, each once."""
    all_edges, _ = edges(shapes)
    numbers, is_open = distinct(all_edges)
    _, first = np.unique(numbers, return_index=True)
    return all_edges[first[is_open]]


def cells(some_edges: Floats) -> Shapes:
    """Return the areas that edges enclose: none overlap, and their edges match.

    Where edges cross they get a vertex on the grid, and edges within half a step of a vertex
    run through it (snap rounding).

    Raises
    ------
    TangleError
        If the edges cross so often that this cannot be done in reasonable time.
    """
    lines = shapely.linestrings(some_edges.reshape(-1, 2, 2))
    refuse_tangle(lines)
    noded = shapely.union_all(lines, grid_size=1)
    result: Shapes = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    return result


def holders(areas: Shapes, shapes: Shapes, tree: shapely.STRtree) -> tuple[Positions, Positions]:
    """Return pairs (area, shape) for each shape that holds a point inside an area."""
    points = shapely.point_on_surface(areas)
    rng = np.random.default_rng(0)
    for _ in range(20):
        area, shape = tree.query(points, predicate="intersects")
        # A point on an edge inside the area lies in shapes on both sides of it: take another.
        on_edge = np.unique(area[~shapely.contains_properly(shapes[shape], points[area])])
        if not len(on_edge):
            break
        points[on_edge] = _points_inside(areas[on_edge], rng)
    return area, shape


def _points_inside(areas: Shapes, rng: np.random.Generator) -> Shapes:
    """Return a random point of each area, on a random level through it."""
    west, south, east, north = shapely.bounds(areas).T
    y = south + rng.uniform(0.1, 0.9, len(areas)) * (north - south)
    levels = shapely.linestrings(
        np.stack([np.column_stack([west - 1, y]), np.column_stack([east + 1, y])], axis=1)
    )
    chords, of_area = shapely.get_parts(shapely.intersection(areas, levels), return_index=True)
    is_chord = shapely.get_dimensions(chords) == 1
    chords, of_area = chords[is_chord], of_area[is_chord]
    order = np.argsort(shapely.length(chords), kind="stable")
    points = shapely.point_on_surface(areas)
    middle = shapely.line_interpolate_point(
        chords[order], rng.uniform(0.3, 0.7, len(order)), normalized=True
    )
    # The longest chord of each area comes last and stays.
    points[of_area[order]] = middle
    result: Shapes = points
    return result


def refuse_tangle(lines: Shapes) -> None:
    """Raise TangleError for lines that cannot be noded in reasonable time."""
    if len(lines) <= SAMPLE:
        return
    tree = shapely.STRtree(lines)
    sample = np.random.default_rng(0).choice(lines, SAMPLE, replace=False)
    met = 0
    # A few at a time, because a tangle answers with a million pairs at once.
    for start in range(0, SAMPLE, 50):
        met += tree.query(sample[start : start + 50]).shape[1]
        if met > MOST_MEETINGS * SAMPLE:
            count = met / (start + 50) * len(lines)
            raise TangleError(f"{len(lines):,} edges meet about {count:,.0f} times")
