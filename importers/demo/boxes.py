"""Single boxes fitted into lots: podiums, malls, pavilions, towers on their bases."""

from __future__ import annotations

import numpy as np
import shapely

from importers.demo.mesh import Ints
from importers.demo.plane import Geometries
from importers.demo.rows import Boxes, Floats, inside
from importers.demo.site import largest


def halved(lots: Geometries, lot: Ints, start: float) -> Geometries:
    """Return lots of which some are halved, from a share of their width on."""
    halves = lots.copy()
    x0, y0, x1, y1 = shapely.bounds(lots[lot]).T
    low = x0 + (x1 - x0) * start
    parts = shapely.intersection(lots[lot], shapely.box(low, y0, low + (x1 - x0) * 0.5, y1))
    halves[lot] = largest(parts)
    return halves


def fitted(
    lots: Geometries, lot: Ints, share: float, sides: tuple[float, float], rng: np.random.Generator
) -> Boxes:
    """Return one box in each lot, about its middle, with sides between two limits, as fits."""
    least, most = sides
    x0, y0, x1, y1 = shapely.bounds(lots[lot]).T
    middle = shapely.get_coordinates(shapely.point_on_surface(lots[lot]))
    centre = shapely.get_coordinates(shapely.centroid(lots[lot]))
    ok = shapely.contains_xy(lots[lot], centre[:, 0], centre[:, 1])
    middle = np.where(ok[:, None], centre, middle)
    wide = np.clip((x1 - x0) * share * rng.uniform(0.85, 1.1, len(lot)), 10, most)
    high = np.clip((y1 - y0) * share * rng.uniform(0.85, 1.1, len(lot)), 10, most)
    best = np.column_stack([middle - 0.1, middle + 0.1])
    done = np.zeros(len(lot), dtype=bool)
    for factor in (1.0, 0.85, 0.7, 0.55, 0.4, 0.3):
        half = np.column_stack([wide, high]) * factor / 2
        bounds = np.column_stack([middle - half, middle + half])
        fits = shapely.covers(lots[lot], shapely.box(*bounds.T)) & ~done
        best[fits] = bounds[fits]
        done |= fits
    # The site of a tower with too little room stays empty.
    done &= (best[:, 2:] - best[:, :2]).min(axis=1) > min(18.0, least / 2)
    return Boxes(lot[done], best[done])


def in_the_middle(
    lots: Geometries, lot: Ints, low: float, high: float, rng: np.random.Generator
) -> Boxes:
    """Return a small box somewhere inside each lot, with sides between two lengths."""
    at = shapely.get_coordinates(shapely.point_on_surface(lots[lot]))
    half = rng.uniform(low, high, (len(lot), 2)) / 2
    return inside(lots, Boxes(lot, np.column_stack([at - half, at + half])))


def standing(bases: Boxes, side: Floats, rng: np.random.Generator) -> Boxes:
    """Return the box of a tower that stands on each base, somewhere within it."""
    low, high = bases.bounds[:, :2], bases.bounds[:, 2:]
    size = side[:, None] * rng.uniform(0.9, 1.1, (len(side), 2))
    size = np.minimum(size, high - low - 4.0)
    slack = high - low - size - 4.0
    corner = low + 2.0 + slack * rng.choice([0.15, 0.5, 0.85], (len(side), 2))
    return Boxes(bases.lot, np.column_stack([corner, corner + size]))
