"""Points that are hard to place: vertices, points of edges, and the next numbers beside them."""

from fractions import Fraction

import numpy as np
import shapely


def near_borders(faces: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return ``count`` points of each kind on and beside the borders of ``faces``."""
    xy, ring = shapely.get_coordinates(shapely.boundary(faces), return_index=True)
    first = rng.choice(np.flatnonzero(ring[1:] == ring[:-1]), count)
    a, b = xy[first], xy[first + 1]
    on = a + rng.random((count, 1)) * (b - a)
    half = (a + b) / 2
    beside = on.copy()
    for _ in range(3):
        towards = rng.choice([-np.inf, 0, np.inf], on.shape)
        beside = np.where(towards == 0, beside, np.nextafter(beside, towards))
    close = np.nextafter(a, rng.choice([-np.inf, np.inf], a.shape))
    level = np.column_stack([xy[:, 0].min() + rng.random(count) * np.ptp(xy[:, 0]), a[:, 1]])
    return np.vstack([a, on, np.round(on, 7), half, beside, close, level])


def smallest_holding(faces: np.ndarray, ids: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Place points by GEOS, pair by pair.

    A judge for real cities only: near zero degrees numbers get so fine that GEOS, which reckons
    with 106 bits, calls points on an edge that are beside it.
    """
    tree = shapely.STRtree(faces)
    point, face = tree.query(shapely.points(points), predicate="intersects")
    found = np.full(len(points), np.iinfo(np.int32).max)
    np.minimum.at(found, point, ids[face])
    return np.where(found == np.iinfo(np.int32).max, -1, found)


def smallest_holding_exactly(faces: np.ndarray, ids: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Place points by fractions, edge by edge: slow and always right."""
    found = np.full(len(points), -1)
    for face in np.argsort(ids)[::-1]:
        rings = shapely.get_rings(shapely.get_parts(faces[face]))
        edges = [
            (tuple(map(Fraction, a)), tuple(map(Fraction, b)))
            for ring in rings
            for a, b in zip(ring.coords[:-1], ring.coords[1:], strict=True)
        ]
        for i, point in enumerate(points):
            if _holds(edges, *map(Fraction, point)):
                found[i] = ids[face]
    return found


def _holds(edges: list, x: Fraction, y: Fraction) -> bool:
    is_inside = False
    for (ax, ay), (bx, by) in edges:
        if not min(ay, by) <= y <= max(ay, by) or max(ax, bx) < x:
            continue
        turn = (ax - x) * (by - y) - (ay - y) * (bx - x)
        if turn == 0 and min(ax, bx) <= x:
            return True
        if (ay > y) != (by > y) and (turn > 0) == (by > ay):
            is_inside = not is_inside
    return is_inside
