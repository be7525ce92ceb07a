"""Ground plans of buildings that are no plain boxes."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from importers.demo.plane import Geometries
from importers.demo.rows import Boxes


def crosses(towers: Boxes, rng: np.random.Generator) -> Geometries:
    """Return the plans of dwelling towers: crosses and pinwheels, so that each room has light."""
    x0, y0, x1, y1 = towers.bounds.T
    a = 0.28 + 0.06 * rng.random(len(towers))
    b = 0.28 + 0.06 * rng.random(len(towers))
    px = np.stack([a, 1 - a, 1 - a, 1 + 0 * a, 1 + 0 * a, 1 - a, 1 - a, a, a, 0 * a, 0 * a, a], 1)
    py = np.stack([0 * b, 0 * b, b, b, 1 - b, 1 - b, 1 + 0 * b, 1 + 0 * b, 1 - b, 1 - b, b, b], 1)
    xy = np.stack([x0[:, None] + px * (x1 - x0)[:, None], y0[:, None] + py * (y1 - y0)[:, None]], 2)
    return np.asarray(shapely.polygons(xy))


def stepped(boxes: Boxes, rng: np.random.Generator) -> Geometries:
    """Return slabs whose stairwells step forward and back, as walk-ups of the nineties do."""
    x0, y0, x1, y1 = boxes.bounds.T
    n = len(boxes)
    step = np.where(rng.random(n) < 0.6, rng.uniform(1.2, 2.4, n), 0.0)
    up = rng.random(n) < 0.5
    low, high = y0 + np.where(up, step, 0), y1 - np.where(up, 0, step)
    low2, high2 = y0 + np.where(up, 0, step), y1 - np.where(up, step, 0)
    middle = x0 + (x1 - x0) * rng.uniform(0.4, 0.6, n)
    xy = np.stack([
        np.stack([x0, low], 1), np.stack([middle, low], 1), np.stack([middle, low2], 1),
        np.stack([x1, low2], 1), np.stack([x1, high2], 1), np.stack([middle, high2], 1),
        np.stack([middle, high], 1), np.stack([x0, high], 1),
    ], axis=1)  # fmt: skip
    plain = step == 0
    shapes = np.empty(n, dtype=object)
    shapes[plain] = boxes.take(plain).shapes
    shapes[~plain] = shapely.polygons(xy[~plain])
    return shapes


def with_cut_corners(boxes: Boxes, rng: np.random.Generator) -> Geometries:
    """Return boxes of which some have corners cut: large buildings are seldom plain."""
    x0, y0, x1, y1 = boxes.bounds.T
    cut = np.minimum(x1 - x0, y1 - y0) * rng.choice([0.0, 0.12, 0.22], len(boxes))
    xy = np.stack([
        np.stack([x0 + cut, y0], 1), np.stack([x1 - cut, y0], 1), np.stack([x1, y0 + cut], 1),
        np.stack([x1, y1 - cut], 1), np.stack([x1 - cut, y1], 1), np.stack([x0 + cut, y1], 1),
        np.stack([x0, y1 - cut], 1), np.stack([x0, y0 + cut], 1),
    ], axis=1)  # fmt: skip
    plain: NDArray[np.bool_] = cut == 0
    shapes = np.empty(len(boxes), dtype=object)
    shapes[plain] = boxes.take(plain).shapes
    shapes[~plain] = shapely.polygons(xy[~plain])
    return shapes


def round_tanks(boxes: Boxes) -> Geometries:
    """Return a circle in each box."""
    low, high = boxes.bounds[:, :2], boxes.bounds[:, 2:]
    radius = (high - low).min(axis=1) / 2 - 0.2
    return np.asarray(shapely.buffer(shapely.points((low + high) / 2), radius, quad_segs=6))
