"""Blocks cut into micro-grids: rows and columns along the block, following lanes between houses."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import shapely
from shapely import Polygon

from importers.demo.plane import Coordinates


def frame_of(block: Polygon) -> tuple[Coordinates, Coordinates, Coordinates]:
    """Return a corner and the unit vectors along the long and the short side of a block."""
    box = shapely.get_coordinates(shapely.oriented_envelope(block))[:4]
    first, second = box[1] - box[0], box[2] - box[1]
    if np.hypot(*first) < np.hypot(*second):
        first, second = second, -first
        corner = box[1]
    else:
        corner = box[0]
    long = first / max(np.hypot(*first), 1e-9)
    short = np.array([-long[1], long[0]])
    if (shapely.get_coordinates(block).mean(axis=0) - corner) @ short < 0:
        corner, long, short = corner + first, -long, -short
    return corner, long, short


def cut_block(block: Polygon, part_m2: float, rng: np.random.Generator) -> list[Polygon]:
    """Return the parts of a block, each about as large as wanted and none a sliver."""
    if block.area < part_m2 * 1.5:
        return [block]
    corner, u, v = frame_of(block)
    xy = shapely.get_coordinates(block) - corner
    size_u, size_v = np.ptp(xy @ u), np.ptp(xy @ v)
    side = np.sqrt(part_m2)
    # Two rows rather than one of deep and narrow lots.
    rows = max(1, int(size_v / side + 0.66))
    columns = max(1, round(block.area / part_m2 / rows))
    at_v = _marks(size_v, rows, rng) + (xy @ v).min()
    parts: list[Polygon] = []
    at_u = _marks(size_u, columns, rng) + (xy @ u).min()
    for low, high in pairwise(at_v):
        # Most lanes go through; now and then a row keeps its own rhythm.
        if rng.random() < 0.3:
            at_u = _marks(size_u, max(1, columns + rng.integers(-1, 2)), rng) + (xy @ u).min()
        corners = np.array([
            [corner + u * a + v * low, corner + u * b + v * low, corner + u * b + v * high,
             corner + u * a + v * high]
            for a, b in pairwise(at_u)
        ])  # fmt: skip
        pieces = shapely.get_parts(shapely.intersection(shapely.polygons(corners), block))
        parts += [p for p in pieces.tolist() if p.geom_type == "Polygon" and p.area > 0.5]
    return _without_crumbs(parts, part_m2)


def _marks(size: float, count: int, rng: np.random.Generator) -> Coordinates:
    marks = np.linspace(0, size, count + 1)
    marks[1:-1] += rng.uniform(-0.07, 0.07, count - 1) * size / count
    marks[0], marks[-1] = -1.0, size + 1.0
    return marks


def _without_crumbs(parts: list[Polygon], part_m2: float) -> list[Polygon]:
    """Give every part that is too small or too thin to the neighbour it touches most."""
    parts = list(parts)
    while len(parts) > 1:
        box = shapely.get_coordinates(shapely.oriented_envelope(np.array(parts, dtype=object)))
        box = box.reshape(len(parts), 5, 2)
        sides = np.hypot(*np.moveaxis(box[:, 1:3] - box[:, 0:2], 2, 0))
        area = shapely.area(parts)
        fault = np.maximum(0.42 - area / part_m2, 0.42 - sides.min(axis=1) / np.sqrt(part_m2))
        worst = int(np.argmax(fault))
        if fault[worst] <= 0:
            break
        crumb = parts.pop(worst)
        touch = shapely.area(shapely.intersection(np.array(parts), shapely.buffer(crumb, 0.3)))
        order = int(np.argmax(touch))
        joined = shapely.union_all([crumb, parts[order]], grid_size=0.01)
        if touch[order] < 0.3 or joined.geom_type != "Polygon":
            parts.append(crumb)
            break
        parts[order] = joined
    return parts
