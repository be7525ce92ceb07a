"""The city's fabrics: slender towers, slabs in rows, villages of small houses, and the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import shapely

from importers.demo import plans
from importers.demo.boxes import fitted, halved, in_the_middle, standing
from importers.demo.mesh import Ints
from importers.demo.plane import Geometries
from importers.demo.rows import Boxes, Floats, inside, joined, pieces, rows_in, shrunk
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
    """Where walls may stand in each face, in turned frames; its block; how central it is."""

    shapes: Geometries
    block: Ints
    depth: Floats


Rng = np.random.Generator


def build(site: Site, cbd: Floats, rng: Rng) -> list[Built]:
    """Return every building of a site; ``cbd`` says how deep in the centre each face lies."""
    lots = Lots(site.turned(site.inset, np.arange(len(site.inset)), -1.0), site.block, cbd)
    roomy = shapely.area(site.inset) > 90
    built: list[Built] = []
    for use, make in _MAKERS.items():
        mine = np.flatnonzero((site.use == use) & roomy)
        if len(mine):
            built += make(lots, mine, rng)
    return [_on_land(b, site) for b in built if len(b.boxes)]


def _on_land(built: Built, site: Site) -> Built:
    """Return the buildings that stand in no lake."""
    dry = ~shapely.intersects(site.turned(built.shapes, built.boxes.lot, 1.0), site.lakes)
    return replace(
        built, boxes=built.boxes.take(dry), shapes=built.shapes[dry], floors=built.floors[dry]
    )


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


def _filled(
    lots: Geometries, lot: Ints, sizes: tuple[float, float, float, float], rng: Rng
) -> Boxes:
    """Return slabs, and one building where no row of them fits: few lots stay empty."""
    boxes = _slabs(lots, lot, sizes, rng)
    left = np.setdiff1d(lot, boxes.lot)
    return joined([boxes, _upright(lots, left, sizes)])


def _upright(lots: Geometries, lot: Ints, sizes: tuple[float, float, float, float]) -> Boxes:
    """Return one slab across each lot that is too narrow for a row, where it fits."""
    _, y0, _, y1 = shapely.bounds(lots[lot]).T
    middle = shapely.get_coordinates(shapely.centroid(lots[lot]))
    best = np.full((len(lot), 4), np.nan)
    for share in (0.45, 0.6, 0.75, 0.9):
        high = np.minimum((y1 - y0) * share, sizes[2] * 1.3)
        half = np.column_stack([np.full(len(lot), sizes[0] / 2), high / 2])
        bounds = np.column_stack([middle - half, middle + half])
        fits = shapely.covers(lots[lot], shapely.box(*bounds.T)) & (high > sizes[0])
        best[fits] = bounds[fits]
    done = ~np.isnan(best[:, 0])
    return Boxes(lot[done], best[done])


def _levels(boxes: Boxes, low: int, high: int, rng: Rng, *, by_lot: bool = True) -> Ints:
    """Return floors between two numbers, the same in a lot or house by house."""
    if not by_lot:
        return rng.integers(low, high + 1, len(boxes))
    lots, of = np.unique(boxes.lot, return_inverse=True)
    return np.asarray(rng.integers(low, high + 1, len(lots))[of], dtype=np.int64)


def _garden(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    # An estate is built at one go; a few of its lots keep the middle free.
    blocks, of = np.unique(lots.block[lot], return_inverse=True)
    kind = rng.choice(3, len(blocks), p=(0.42, 0.38, 0.20))[of]
    kind[rng.random(len(lot)) < 0.07] = 3
    result = []
    for which, sizes, low, high in (
        (0, (12.0, 15.0, 44.0, 8.0), 6, 7),
        (1, (13.5, 20.0, 38.0, 11.0), 8, 11),
        (2, (14.5, 30.0, 32.0, 15.0), 14, 18),
    ):
        boxes = _filled(lots.shapes, lot[kind == which], sizes, rng)
        floors = _levels(boxes, low, high, rng)
        result.append(Built(boxes, plans.stepped(boxes, rng), "residential", "garden", floors))
    # The middle of an estate: a clubhouse or a kindergarten in the green.
    boxes = in_the_middle(lots.shapes, lot[kind == 3], 16, 24, rng)
    result.append(Built(boxes, boxes.shapes, "public", "club", _levels(boxes, 1, 3, rng)))
    return result


def _old(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = _filled(lots.shapes, lot, (10.5, 9.0, 36.0, 5.0), rng)
    boxes = boxes.take(rng.random(len(boxes)) < 0.97)
    return [Built(boxes, boxes.shapes, "residential", "old", _levels(boxes, 4, 7, rng))]


def _village(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = shrunk(_slabs(lots.shapes, lot, (11.5, 1.6, 10.5, 1.0), rng), 0.9, rng)
    boxes = boxes.take(rng.random(len(boxes)) < 0.95)
    floors = np.clip(np.round(rng.normal(5.3, 1.3, len(boxes))), 2, 9).astype(np.int64)
    return [Built(boxes, boxes.shapes, "residential", "village", floors)]


def _tower(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    slab = rng.random(len(lot)) < 0.3
    low = _filled(lots.shapes, lot[slab], (15.0, 30.0, 36.0, 16.0), rng)
    result = [
        Built(low, plans.stepped(low, rng), "residential", "garden", _levels(low, 11, 18, rng))
    ]
    bases = inside(lots.shapes, fitted(lots.shapes, lot[~slab], 0.62, (44, 62), rng))
    towers = standing(bases, rng.uniform(20, 25, len(bases)), rng)
    plan = plans.crosses(towers, rng)
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
    bases = inside(lots.shapes, fitted(lots.shapes, lot, 0.86, (40, 78), rng))
    towers = standing(bases, rng.uniform(28, 44, len(bases)), rng)
    plan = plans.with_cut_corners(towers, rng)
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
    boxes = inside(lots.shapes, fitted(lots.shapes, lot, 0.92, (40, 130), rng))
    return [
        Built(
            boxes,
            plans.with_cut_corners(boxes, rng),
            "commercial",
            "mall",
            _levels(boxes, 3, 7, rng),
        )
    ]


def _industry(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = _slabs(lots.shapes, lot, (30.0, 15.0, 62.0, 12.0), rng)
    return [Built(boxes, boxes.shapes, "industrial", "factory", _levels(boxes, 2, 6, rng))]


def _port(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    # Sheds, tanks, and yards where containers stand: those stay open.
    kind = rng.choice(3, len(lot), p=(0.6, 0.15, 0.25))
    sheds = _slabs(lots.shapes, lot[kind == 0], (42.0, 26.0, 105.0, 18.0), rng)
    tanks = _slabs(lots.shapes, lot[kind == 1], (30.0, 14.0, 30.0, 14.0), rng)
    tanks = tanks.take(rng.random(len(tanks)) < 0.8)
    return [
        Built(sheds, sheds.shapes, "transport", "warehouse", _levels(sheds, 1, 2, rng)),
        Built(tanks, plans.round_tanks(tanks), "industrial", "tank", _levels(tanks, 1, 1, rng)),
    ]


def _school(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    # The other half is the sports ground.
    boxes = _slabs(halved(lots.shapes, lot, 0.0), lot, (13.0, 17.0, 46.0, 10.0), rng)
    return [Built(boxes, boxes.shapes, "school", "school", _levels(boxes, 3, 6, rng))]


def field_of(site: Site) -> Geometries:
    """Return, for schools, the half of the lot that is left for sports, in turned frames."""
    lots = site.turned(site.inset, np.arange(len(site.inset)), -1.0)
    return halved(lots, np.flatnonzero(site.use == "school"), 0.5)


def _hospital(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = _slabs(lots.shapes, lot, (22.0, 20.0, 58.0, 15.0), rng)
    floors = _levels(boxes, 4, 19, rng, by_lot=False)
    return [Built(boxes, boxes.shapes, "hospital", "hospital", floors)]


def _public(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = inside(lots.shapes, fitted(lots.shapes, lot, 0.6, (30, 85), rng))
    return [
        Built(
            boxes, plans.with_cut_corners(boxes, rng), "public", "public", _levels(boxes, 3, 9, rng)
        )
    ]


def _park(lots: Lots, lot: Ints, rng: Rng) -> list[Built]:
    boxes = in_the_middle(lots.shapes, lot[rng.random(len(lot)) < 0.4], 9, 18, rng)
    return [Built(boxes, boxes.shapes, "public", "pavilion", _levels(boxes, 1, 2, rng))]


_MAKERS: dict[str, Callable[[Lots, Ints, Rng], list[Built]]] = {
    "garden": _garden, "old": _old, "village": _village, "tower": _tower, "office": _office,
    "commercial": _commercial, "industry": _industry, "port": _port, "school": _school,
    "hospital": _hospital, "public": _public, "park": _park,
}  # fmt: skip
