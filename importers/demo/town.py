"""A town's ground: faces with their use, ways, water and hills; made from a sketch and a seed."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from importers.demo import landuse, town_frames
from importers.demo.base import Base, make_base
from importers.demo.curves import noise
from importers.demo.districts import Ground, codes_and_names, divide_faces
from importers.demo.land import Land, make_land
from importers.demo.lanes import Lots, edge_kinds
from importers.demo.mesh import Ints, mesh_of
from importers.demo.parcels import cut_block, frame_of
from importers.demo.plane import Plane
from importers.demo.sketch import Sketch
from importers.demo.streets import Cut, Cutter
from importers.demo.town_frames import STREETS


@dataclass(frozen=True)
class Town:
    """What the generator keeps of a place, all in EPSG:4326; the rest is drawn from it.

    Attributes
    ----------
    units
        Every unit: code, name_zh, name_en, level, parent_code, kind; and for faces: geometry, use,
        block (number of the block between streets) and estate_kind ("" where no estate is).
    ways
        Roads and paths: kind, name, is_bridge, geometry.
    ground
        Sea, rivers, lakes, woods: layer (water or green), kind, name, geometry.
    beats
        The police's own division, in the form of ``units``.
    """

    units: gpd.GeoDataFrame
    ways: gpd.GeoDataFrame
    ground: gpd.GeoDataFrame
    beats: gpd.GeoDataFrame


@dataclass(frozen=True)
class _Blocks:
    """Blocks between streets with the piece they were cut from, and the streets."""

    polygons: list[Polygon]
    roles: list[str]
    piece: list[int]
    cuts: list[Cut]


def make_town(sketch: Sketch, plane: Plane, seed: np.random.SeedSequence) -> Town:
    """Return the town that a seed makes of a sketch."""
    rngs = [np.random.default_rng(s) for s in seed.spawn(7)]
    land = make_land(sketch, rngs[0])
    base = make_base(sketch, land, rngs[1])
    blocks = _blocks(sketch, base, rngs[2])
    uses = _uses(sketch, land, blocks, rngs[3])
    estate_kind = _estate_kinds(uses, rngs[3])
    parts, part_block, part_use = _parts(blocks, uses, estate_kind, rngs[4])
    outside = _outside(sketch, base, rngs[4])
    mesh = mesh_of(parts, [cut.line for cut in outside])
    block = np.array(part_block)[mesh.parent]
    use = np.array(part_use, dtype=object)[mesh.parent]
    per_ha = np.array([landuse.HOUSEHOLDS_PER_HA.get(str(u), 0.0) for u in use])
    expected = per_ha * shapely.area(mesh.faces)
    long = np.array([frame_of(polygon)[1] for polygon in blocks.polygons])
    ground = Ground(
        mesh=mesh,
        kinds=edge_kinds(
            mesh,
            [*base.lines, *blocks.cuts, *outside],
            Lots(block, use, long, shapely.union_all(land.lakes)),
        ),
        block=_renumbered(block),
        piece=_renumbered(np.array(blocks.piece)[block]),
        use=use,
        households=expected * sketch.households / expected.sum(),
    )
    divided = divide_faces(sketch, ground, rngs[5])
    codes, info = codes_and_names(mesh, divided, rngs[5])
    kind_of_block = np.array(estate_kind, dtype=object)
    return Town(
        units=town_frames.units(ground, codes, info, kind_of_block[block], plane),
        ways=town_frames.ways(ground, plane, rngs[6]),
        ground=town_frames.drawn_ground(sketch, land, plane),
        beats=town_frames.police_beats(sketch, ground, plane, rngs[6]),
    )


def _renumbered(values: Ints) -> Ints:
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def _blocks(sketch: Sketch, base: Base, rng: np.random.Generator) -> _Blocks:
    size = landuse.BlockSize(sketch, noise(rng, 1300 * sketch.roughness))
    streets = Cutter(base.field, size, rng)
    paths = Cutter(base.field, lambda _: 230_000.0 * sketch.roughness, rng)
    result = _Blocks([], [], [], [])
    for number, (polygon, role, inside) in enumerate(
        zip(base.pieces, base.roles, base.is_inside, strict=True)
    ):
        if not inside:
            continue
        polygons, cuts = [polygon], list[Cut]()
        if role == "town":
            polygons, cuts = streets.cut(polygon)
        elif role == "hill":
            polygons, cuts = paths.cut(polygon)
            cuts = [Cut("path", cut.line) for cut in cuts]
        result.polygons.extend(polygons)
        result.roles.extend([role] * len(polygons))
        result.piece.extend([number] * len(polygons))
        result.cuts.extend(cuts)
    return result


def _outside(sketch: Sketch, base: Base, rng: np.random.Generator) -> list[Cut]:
    """Return the coarser streets of the neighbours, so that the map goes on past the border."""
    cutter = Cutter(base.field, lambda _: 110_000.0 * sketch.roughness, rng)
    district = shapely.union_all(
        [p for p, inside in zip(base.pieces, base.is_inside, strict=True) if inside],
        grid_size=0.01,
    )
    cuts = []
    for polygon, role, inside in zip(base.pieces, base.roles, base.is_inside, strict=True):
        if not inside and role == "town" and polygon.distance(district) < 2600:
            cuts += cutter.cut(polygon)[1]
    lines = [cut for cut in base.lines if cut.kind in STREETS]
    for cut in lines:
        rest = shapely.difference(cut.line, shapely.buffer(district, 0.02))
        cuts += [Cut(cut.kind, part) for part in shapely.get_parts(rest) if part.length > 1]
    return cuts


def _uses(
    sketch: Sketch, land: Land, blocks: _Blocks, rng: np.random.Generator
) -> NDArray[np.object_]:
    roles = np.array(blocks.roles, dtype=object)
    uses = np.where(roles == "hill", "wood", roles)
    town = np.flatnonzero(roles == "town")
    polygons = np.array(blocks.polygons, dtype=object)[town]
    shore_m = shapely.distance(shapely.centroid(polygons), land.coast)
    taste = noise(rng, 2200 * sketch.roughness)
    uses[town] = landuse.uses_of(sketch, polygons, shore_m, taste, rng)
    return uses


def _estate_kinds(uses: NDArray[np.object_], rng: np.random.Generator) -> list[str]:
    kinds = {"tower": "garden_estate", "garden": "garden_estate", "old": "old_estate",
             "village": "urban_village"}  # fmt: skip
    mixed = rng.random(len(uses)) < 0.06
    return [
        "mixed" if m and use in ("garden", "old") else kinds.get(str(use), "")
        for use, m in zip(uses, mixed, strict=True)
    ]


def _parts(
    blocks: _Blocks, uses: NDArray[np.object_], estate_kind: list[str], rng: np.random.Generator
) -> tuple[list[Polygon], list[int], list[str]]:
    parts, part_block, part_use = [], [], []
    for number, polygon in enumerate(blocks.polygons):
        use = str(uses[number])
        target = landuse.PART_M2[use]
        cut = [polygon] if target is None else cut_block(polygon, target, rng)
        mix = ("garden", "old", "tower") if estate_kind[number] == "mixed" else (use,)
        parts += cut
        part_block += [number] * len(cut)
        part_use += [mix[i] for i in rng.integers(0, len(mix), len(cut))]
    return parts, part_block, part_use
