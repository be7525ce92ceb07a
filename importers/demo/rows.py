"""Rows of buildings fitted into lots of any shape: the machinery behind every fabric."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from importers.demo.mesh import Ints
from importers.demo.plane import Geometries

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Boxes:
    """Upright boxes in their lots' turned frames: which lot, and x0, y0, x1, y1 in metres."""

    lot: Ints
    bounds: Floats

    def __len__(self) -> int:
        return len(self.lot)

    def take(self, which: NDArray[np.bool_] | Ints) -> Boxes:
        """Return some of the boxes."""
        return Boxes(self.lot[which], self.bounds[which])

    @property
    def shapes(self) -> Geometries:
        """The boxes as polygons."""
        return np.asarray(shapely.box(*self.bounds.T))


def joined(parts: list[Boxes]) -> Boxes:
    """Return all boxes as one value."""
    return Boxes(
        np.concatenate([p.lot for p in parts]).astype(np.int64),
        np.concatenate([p.bounds.reshape(-1, 4) for p in parts]),
    )


def rows_in(lots: Geometries, lot: Ints, depth: Floats, gap: Floats) -> Boxes:
    """Return rows that run east to west through lots, as boxes as wide as the lot allows.

    Parameters
    ----------
    lots
        Polygons in their turned frames.
    lot
        Which of them to fill.
    depth, gap
        Of rows and between rows, for each of ``lot``, in metres.
    """
    low, high = shapely.bounds(lots[lot])[:, [1, 3]].T
    height = np.nan_to_num(high - low)
    count = np.where(height >= depth, np.floor((height + gap) / (depth + gap)), 0).astype(int)
    spare = height - count * depth - (count - 1) * gap
    # Half of what is left over widens the gaps, the rest stays at both ends.
    wider = np.where(count > 1, np.minimum(spare * 0.6 / np.maximum(count - 1, 1), gap * 0.6), 0)
    start = low + (spare - wider * (count - 1)) / 2
    index = np.repeat(np.arange(len(lot)), count)
    step = np.arange(len(index)) - np.repeat(np.cumsum(count) - count, count)
    y0 = start[index] + step * (depth + gap + wider)[index]
    return spans(lots, lot[index], y0, y0 + depth[index])


def spans(lots: Geometries, lot: Ints, y0: Floats, y1: Floats) -> Boxes:
    """Return the widest boxes between two heights that lie in their lots, about."""
    west, east = np.full(len(lot), -np.inf), np.full(len(lot), np.inf)
    bounds = shapely.bounds(lots[lot])
    for share in (0.0, 0.5, 1.0):
        y = y0 + (y1 - y0) * share
        ends = np.stack([
            np.column_stack([bounds[:, 0] - 1, y]), np.column_stack([bounds[:, 2] + 1, y]),
        ], axis=1)  # fmt: skip
        cut = shapely.intersection(shapely.linestrings(ends), lots[lot])
        parts, of = shapely.get_parts(cut, return_index=True)
        order = np.lexsort([-shapely.length(parts), of])
        first = order[np.r_[True, np.diff(of[order]) > 0]] if len(order) else order
        a, b = np.full(len(lot), np.inf), np.full(len(lot), -np.inf)
        a[of[first]], b[of[first]] = shapely.bounds(parts[first])[:, [0, 2]].T
        west, east = np.maximum(west, a), np.minimum(east, b)
    keep = east - west > 4
    return Boxes(lot[keep], np.column_stack([west, y0, east, y1])[keep])


def pieces(rows: Boxes, length: Floats, gap: Floats, rng: np.random.Generator) -> Boxes:
    """Return rows cut into houses of about a length, evenly, with gaps between.

    Rows shorter than 60 % of the length are left empty.
    """
    west, y0, east, y1 = rows.bounds.T
    size = east - west
    count = np.maximum(np.round((size + gap) / (length + gap)), 1).astype(int)
    count[size < 0.6 * length] = 0
    each = (size - gap * (count - 1)) / np.maximum(count, 1)
    index = np.repeat(np.arange(len(rows)), count)
    step = np.arange(len(index)) - np.repeat(np.cumsum(count) - count, count)
    x0 = west[index] + step * (each + gap)[index]
    # Ends of a row do not stand exactly in line with the next one's.
    slack = np.maximum(each[index] - length[index], 0) * 0.5
    x0 = x0 + slack * rng.random(len(index))
    x1 = np.minimum(x0 + np.minimum(each[index], length[index] * 1.25), east[index])
    return Boxes(rows.lot[index], np.column_stack([x0, y0[index], x1, y1[index]]))


def inside(lots: Geometries, boxes: Boxes) -> Boxes:
    """Return the boxes that lie wholly in their lots."""
    return boxes.take(shapely.covers(lots[boxes.lot], boxes.shapes))


def shrunk(boxes: Boxes, most_m: float, rng: np.random.Generator) -> Boxes:
    """Return boxes with each side drawn in by up to some metres: no two alike."""
    pull = rng.uniform(0, most_m, boxes.bounds.shape) * np.array([1, 1, -1, -1])
    return Boxes(boxes.lot, boxes.bounds + pull)
