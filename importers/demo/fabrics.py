"""The city's fabrics: slender towers, slabs in rows, villages of small houses, and the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from importers.demo.mesh import Ints
from importers.demo.plane import Geometries
from importers.demo.rows import Boxes, Floats, inside, pieces, rows_in, shrunk
from importers.demo.site import Site


@dataclass(frozen=True)
class Built:
    """Buildings of one kind, in their lots' turned frames.

    Attributes
    ----------
    boxes
        Their lots, and boxes that lie inside the footprints.
    shapes
        The footprints; those of towers and podiums are no boxes.
    use, fabric
        As in the building table; and the way of building, which decides dwellings and years.
    floors
        Above ground.
    """

    boxes: Boxes
    shapes: Geometries
    use: str
    fabric: str
    floors: Ints


@dataclass(frozen=True)
class Lots:
    """Where walls may stand in each face, in turned frames, and how deep in the centre it lies."""

    shapes: Geometries
    depth: Floats


Rng = np.random.Generator


def build(site: Site, cbd: Floats, rng: Rng) -> list[Built]:
    """Return every building of a site; ``cbd`` says how deep in the centre each face lies."""
    lots = Lots(site.turned(site.inset, np.arange(len(site.inset)), -1.0), cbd)
    roomy = shapely.area(site.inset) > 90
    built: list[Built] = []
    for use, make in _MAKERS.items():
        mine = np.flatnonzero((site.use == use) & roomy)
        if len(mine):
            built += make(lots, mine, rng)
    return [b for b in built if len(b.boxes)]


def _slabs(
    lots: Geometries, lot: Ints, sizes: tuple[float, float, float, float], rng: Rng
) -> Boxes:
    """Return slabs for depth, gap between rows, length and gap in the row, varied lot by lot."""
    depth, gap, length, side = (
        size * rng.uniform(low, high, len(lot))
        for size, (low, high) in zip(
            sizes, ((0.94, 1.08), (0.9, 1.2), (0.8, 1.2), (0.9, 1.3)), strict=True
        )
    )
    rows = rows_in(lots, lot, depth, gap)
    of = np.searchsorted(lot, rows.lot)
    return inside(lots, pieces(rows, length[of], side[of], rng))


def _levels(boxes: Boxes, low: int, high: int, rng: Rng, *, by_lot: bool = True) -> Ints:
    """Return floors between two numbers, the same in a lot or house by house."""
    if not by_lot:
        return rng.integers(low, high + 1, len(boxes))
    lots, of = np.unique(boxes.lot, return_inverse=True)
    return np.asarray(rng.integers(low, high + 1, len(lots))[of], dtype=np.int64)


def _garden(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    kind = rng.choice(4, len(lot), p=(0.42, 0.34, 0.17, 0.07))
    result = []
    for which, sizes, low, high in (
        (0, (12.5, 17.0, 38.0, 9.0), 6, 7),
        (1, (13.5, 23.0, 34.0, 12.0), 9, 12),
        (2, (14.5, 31.0, 30.0, 16.0), 15, 18),
    ):
        boxes = _slabs(lots.shapes, lot[kind == which], sizes, rng)
        floors = _levels(boxes, low, high, rng)
        result.append(Built(boxes, _stepped(boxes, rng), "residential", "garden", floors))
    # The middle of an estate: a clubhouse or a kindergarten in the green.
    boxes = _middle(lots.shapes, lot[kind == 3], 16, 24, rng)
    result.append(Built(boxes, boxes.shapes, "public", "club", _levels(boxes, 1, 3, rng)))
    return result


def _old(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = _slabs(lots.shapes, lot, (10.5, 9.0, 34.0, 5.0), rng)
    boxes = boxes.take(rng.random(len(boxes)) < 0.95)
    return [Built(boxes, boxes.shapes, "residential", "old", _levels(boxes, 4, 7, rng))]


def _village(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = shrunk(_slabs(lots.shapes, lot, (11.5, 1.6, 10.5, 1.0), rng), 0.9, rng)
    boxes = boxes.take(rng.random(len(boxes)) < 0.95)
    floors = np.clip(np.round(rng.normal(5.3, 1.3, len(boxes))), 2, 9).astype(np.int64)
    return [Built(boxes, boxes.shapes, "residential", "village", floors)]


def _tower(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    slab = rng.random(len(lot)) < 0.3
    low = _slabs(lots.shapes, lot[slab], (15.0, 34.0, 32.0, 18.0), rng)
    result = [Built(low, _stepped(low, rng), "residential", "garden", _levels(low, 11, 18, rng))]
    bases = inside(lots.shapes, _fit(lots.shapes, lot[~slab], 0.62, (44, 62), rng))
    towers = _standing(bases, rng.uniform(20, 25, len(bases)), rng)
    plan = _plans(towers, rng)
    has_podium = rng.random(len(bases)) < 0.62
    podium = bases.take(has_podium)
    result.append(
        Built(
            podium, shapely.difference(podium.shapes, plan[has_podium]), "commercial", "podium",
            _levels(podium, 1, 3, rng),
        )
    )  # fmt: skip
    floors = np.clip(np.round(rng.normal(26, 5, len(towers))), 17, 38).astype(np.int64)
    return [*result, Built(towers, plan, "residential", "tower", floors)]


def _office(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    bases = inside(lots.shapes, _fit(lots.shapes, lot, 0.86, (40, 78), rng))
    towers = _standing(bases, rng.uniform(28, 44, len(bases)), rng)
    plan = _cut_corners(towers, rng)
    depth = np.clip(lots.depth[bases.lot], -0.5, 1)
    floors = np.round(11 + 26 * np.maximum(depth, 0) ** 1.3 + rng.gamma(2.0, 4.5, len(bases)))
    # Where the centre is deepest a few stand far above the rest.
    floors += np.where((depth > 0.5) & (rng.random(len(bases)) < 0.12), 25, 0)
    return [
        Built(
            bases, shapely.difference(bases.shapes, plan), "commercial", "podium",
            _levels(bases, 3, 6, rng),
        ),
        Built(towers, plan, "office", "office", np.clip(floors, 8, 88).astype(np.int64)),
    ]  # fmt: skip


def _commercial(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = inside(lots.shapes, _fit(lots.shapes, lot, 0.92, (40, 130), rng))
    return [Built(boxes, _cut_corners(boxes, rng), "commercial", "mall", _levels(boxes, 3, 7, rng))]


def _industry(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = _slabs(lots.shapes, lot, (30.0, 15.0, 62.0, 12.0), rng)
    return [Built(boxes, boxes.shapes, "industrial", "factory", _levels(boxes, 2, 6, rng))]


def _port(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = _slabs(lots.shapes, lot[rng.random(len(lot)) < 0.62], (42.0, 26.0, 105.0, 18.0), rng)
    boxes = boxes.take(rng.random(len(boxes)) < 0.75)
    use = "transport" if len(boxes) % 2 else "industrial"
    return [Built(boxes, boxes.shapes, use, "warehouse", _levels(boxes, 1, 2, rng))]


def _school(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    # The other half is the sports ground: see `green`.
    halves = lots.shapes.copy()
    x0, y0, x1, y1 = shapely.bounds(lots.shapes[lot]).T
    halves[lot] = _largest_part(
        shapely.intersection(lots.shapes[lot], shapely.box(x0, y0, x0 + (x1 - x0) * 0.5, y1))
    )
    boxes = _slabs(halves, lot, (13.0, 19.0, 48.0, 10.0), rng)
    return [Built(boxes, boxes.shapes, "school", "school", _levels(boxes, 3, 6, rng))]


def _hospital(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = _slabs(lots.shapes, lot, (22.0, 20.0, 58.0, 15.0), rng)
    floors = _levels(boxes, 4, 19, rng, by_lot=False)
    return [Built(boxes, boxes.shapes, "hospital", "hospital", floors)]


def _public(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = inside(lots.shapes, _fit(lots.shapes, lot, 0.6, (30, 85), rng))
    return [Built(boxes, _cut_corners(boxes, rng), "public", "public", _levels(boxes, 3, 9, rng))]


def _park(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = _middle(lots.shapes, lot[rng.random(len(lot)) < 0.4], 9, 18, rng)
    return [Built(boxes, boxes.shapes, "public", "pavilion", _levels(boxes, 1, 2, rng))]


_MAKERS: dict[str, Callable[[Lots, Ints, Rng], list[Built]]] = {
    "garden": _garden, "old": _old, "village": _village, "tower": _tower, "office": _office,
    "commercial": _commercial, "industry": _industry, "port": _port, "school": _school,
    "hospital": _hospital, "public": _public, "park": _park,
}  # fmt: skip


def _largest_part(shapes: Geometries) -> Geometries:
    parts, of = shapely.get_parts(shapes, return_index=True)
    result = np.full(len(shapes), shapely.Polygon(), dtype=object)
    for i in np.argsort(shapely.area(parts), kind="stable"):
        result[of[i]] = parts[i]
    return result


def _fit(lots: Geometries, lot: Ints, share: float, sides: tuple[float, float], rng: Rng) -> Boxes:
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


def _middle(lots: Geometries, lot: Ints, low: float, high: float, rng: Rng) -> Boxes:
    at = shapely.get_coordinates(shapely.point_on_surface(lots[lot]))
    half = rng.uniform(low, high, (len(lot), 2)) / 2
    return inside(lots, Boxes(lot, np.column_stack([at - half, at + half])))


def _standing(bases: Boxes, side: Floats, rng: Rng) -> Boxes:
    """Return the box of a tower that stands on each base, somewhere within it."""
    low, high = bases.bounds[:, :2], bases.bounds[:, 2:]
    size = np.minimum(side[:, None] * rng.uniform(0.9, 1.1, (len(side), 2)), (high - low) - 4.0)
    slack = high - low - size - 4.0
    corner = low + 2.0 + slack * rng.choice([0.15, 0.5, 0.85], (len(side), 2))
    return Boxes(bases.lot, np.column_stack([corner, corner + size]))


def _plans(towers: Boxes, rng: Rng) -> Geometries:
    """Return the plans of dwelling towers: crosses and pinwheels, so that each room has light."""
    x0, y0, x1, y1 = towers.bounds.T
    a = 0.28 + 0.06 * rng.random(len(towers))
    b = 0.28 + 0.06 * rng.random(len(towers))
    px = np.stack([a, 1 - a, 1 - a, 1 + 0 * a, 1 + 0 * a, 1 - a, 1 - a, a, a, 0 * a, 0 * a, a], 1)
    py = np.stack([0 * b, 0 * b, b, b, 1 - b, 1 - b, 1 + 0 * b, 1 + 0 * b, 1 - b, 1 - b, b, b], 1)
    xy = np.stack([x0[:, None] + px * (x1 - x0)[:, None], y0[:, None] + py * (y1 - y0)[:, None]], 2)
    return np.asarray(shapely.polygons(xy))


def _stepped(boxes: Boxes, rng: Rng) -> Geometries:
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


def _cut_corners(boxes: Boxes, rng: Rng) -> Geometries:
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
