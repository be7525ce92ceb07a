"""What each block is for: offices, estates, villages, schools, parks, by where it lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from shapely import Point

from importers.demo.curves import SmoothNoise
from importers.demo.plane import Coordinates, Geometries
from importers.demo.sketch import Sketch

Flags = NDArray[np.bool_]

# Households on a hectare of a block, streets' halves included, before buildings are drawn.
HOUSEHOLDS_PER_HA = {
    "tower": 215.0, "garden": 158.0, "old": 165.0, "village": 245.0, "office": 8.0,
    "commercial": 12.0, "industry": 3.0,
}  # fmt: skip

# How large a block's parts are; None = never cut.
PART_M2: dict[str, float | None] = {
    "tower": 5000.0, "garden": 3900.0, "old": 3300.0, "village": 2600.0, "office": 7500.0,
    "commercial": 9000.0, "industry": 13000.0, "port": 42000.0, "public": None, "school": None,
    "hospital": None, "park": None, "bank": None, "shore": None, "river": None, "wood": None,
    "wetland": None,
}  # fmt: skip

# One duty body each: a grid of its own when large enough.
EXCLUSIVE = frozenset({
    "commercial", "industry", "port", "public", "school", "hospital", "park", "bank", "shore",
    "river", "wood", "wetland", "office",
})  # fmt: skip

DWELLING = ("tower", "garden", "old", "village")


def near(sketch: Sketch, use: str, xy: Coordinates) -> NDArray[np.float64]:
    """Return how deep points (n, 2) in metres lie in the spots of a use: 1 middle, 0 edge."""
    depth = np.full(len(xy), -np.inf)
    for spot in sketch.spots:
        if spot.use == use:
            at = np.array(sketch.metres([spot.at])[0])
            reach = spot.radius_km * sketch.scale
            depth = np.maximum(depth, 1 - np.hypot(*(xy - at).T) / reach)
    return depth


@dataclass(frozen=True)
class BlockSize:
    """How large a block is wanted at a place; a value so that the cutter can be given it."""

    sketch: Sketch
    noise: SmoothNoise

    def __call__(self, place: Point) -> float:
        """Return square metres."""
        xy = np.array([[place.x, place.y]])
        for use, area_m2 in (
            ("port", 62_000.0), ("industry", 42_000.0), ("wetland", 70_000.0),
            ("campus", 60_000.0), ("old_town", 14_500.0), ("cbd", 17_500.0), ("centre", 20_000.0),
        ):  # fmt: skip
            if near(self.sketch, use, xy)[0] > 0:
                return area_m2
        return float(28_500 * np.exp(0.22 * self.noise(xy)[0]))


def scattered(
    allowed: Flags, xy: Coordinates, apart_m: float, rng: np.random.Generator
) -> NDArray[np.intp]:
    """Return places, as random as can be, no two closer than a distance."""
    options = rng.permutation(np.flatnonzero(allowed))
    if not len(options):
        return options
    tree = cKDTree(xy[options])
    is_free = np.ones(len(options), dtype=bool)
    chosen: list[int] = []
    for order, index in enumerate(options.tolist()):
        if is_free[order]:
            chosen.append(index)
            is_free[tree.query_ball_point(xy[index], apart_m)] = False
    return np.array(sorted(chosen), dtype=np.intp)


def uses_of(
    sketch: Sketch, blocks: Geometries, shore_m: NDArray[np.float64], noise: SmoothNoise,
    rng: np.random.Generator,
) -> NDArray[np.object_]:  # fmt: skip
    """Return the use of each block between streets.

    Parameters
    ----------
    blocks
        Polygons in metres.
    shore_m
        Distance of each block to the sea.
    """
    middle = shapely.centroid(blocks)
    xy = shapely.get_coordinates(middle)
    area = shapely.area(blocks)
    slim = area / shapely.area(shapely.minimum_bounding_circle(blocks))
    chance = rng.random(len(blocks))
    cbd, centre = near(sketch, "cbd", xy), near(sketch, "centre", xy)
    old_town = near(sketch, "old_town", xy)
    use = np.full(len(blocks), "garden", dtype=object)
    taste = noise(xy)
    use[(taste < -0.75) & (chance < 0.8)] = "old"
    use[(taste > 0.85) & (chance < 0.65)] = "tower"
    use[(shore_m < 650) & (chance < 0.6)] = "tower"
    use[(old_town > 0) & (chance < 0.45 + 0.6 * old_town)] = "old"
    use[(centre > -0.7) & (chance < 0.7)] = "tower"
    use[(cbd > -0.45) & (chance < 0.65)] = "tower"
    use[(centre > 0) & (chance < 0.55)] = "commercial"
    use[(centre > 0) & (chance < 0.3)] = "office"
    use[(cbd > 0) & (chance < 0.6 + 0.4 * cbd)] = "office"
    use[(cbd > 0) & (chance < 0.14)] = "commercial"
    use[near(sketch, "industry", xy) > 0] = "industry"
    # Villages that the city grew around: whole clusters of blocks.
    calm = (cbd < -0.5) & (centre < -0.2) & (use != "industry")
    for seed in scattered(calm, xy, 1150 * sketch.roughness, rng):
        reach = rng.uniform(130, 250)
        use[(np.hypot(*(xy - xy[seed]).T) < reach) & calm] = "village"
    use[near(sketch, "port", xy) > 0] = "port"
    use[near(sketch, "wetland", xy) > 0] = "wetland"

    use[near(sketch, "campus", xy) > 0] = "school"

    homes = np.isin(use, DWELLING)
    compact = slim > 0.35
    for wanted, apart_m, low, high in (
        ("park", 830, 17_000, 60_000),
        ("hospital", 2300, 17_000, 45_000),
        ("school", 640, 13_000, 34_000),
        ("public", 1900, 8_000, 30_000),
        ("commercial", 900, 6_000, 26_000),
    ):
        allowed = np.isin(use, DWELLING) & homes & compact & (area > low) & (area < high)
        use[scattered(allowed, xy, apart_m * sketch.roughness, rng)] = wanted
    for patch in sketch.parks:
        use[shapely.contains(shapely.Polygon(sketch.metres(patch.outline)), middle)] = "park"
    # Corners too small to build on are planted.
    use[(area < 2500) | (slim < 0.09)] = "park"
    return use
