"""Faces gathered into grids, communities and subdistricts, with codes and names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from importers.demo import names
from importers.demo.landuse import EXCLUSIVE
from importers.demo.mesh import Ints, Mesh
from importers.demo.partition import Graph, Weights, divide
from importers.demo.plane import Coordinates
from importers.demo.sketch import Sketch

DISTRICT_CODE = "990102"
DISTRICT_NAMES = ("临澜区", "Linlan District")

# What it costs to have a border along an edge, by the kind of way there: rivers and main roads
# divide; lanes between houses should not.
_BORDER_COST = {
    "middle": 0.05, "bank": 1.2, "trunk": 0.08, "primary": 0.1, "secondary": 0.3, "tertiary": 0.6,
    "residential": 1.0, "hill": 0.5, "coast": 1.0, "limit": 1.0,
}  # fmt: skip
_INNER_COST = 2.5
_HOUSEHOLDS_PER_GRID = 455.0
_FEWEST_HOUSEHOLDS = 120.0
# An exclusive block smaller than this stays in a basic grid.
_OWN_GRID_M2 = 9_000.0
# Larger stretches of offices, harbour or wood are several grids.
_EXCLUSIVE_GRID_M2 = 130_000.0


@dataclass(frozen=True)
class Ground:
    """What dividing reads: the mesh, and for each face its block, use and expected households.

    Attributes
    ----------
    kinds
        What lies on each edge of the mesh.
    block, piece
        For each face: the block between streets, and the piece between main lines.
    """

    mesh: Mesh
    kinds: NDArray[np.object_]
    block: Ints
    piece: Ints
    use: NDArray[np.object_]
    households: Weights

    @property
    def weight(self) -> Weights:
        """Households; land without homes weighs a little, so that no group is left empty."""
        return np.asarray(self.households + shapely.area(self.mesh.faces) * 4e-5)

    @property
    def middles(self) -> Coordinates:
        """The middle of each face in metres, (n, 2)."""
        return np.asarray(shapely.get_coordinates(shapely.centroid(self.mesh.faces)))


@dataclass(frozen=True)
class Divided:
    """The group of each face at each level: row numbers that count from 0 over the district."""

    subdistrict: Ints
    community: Ints
    grid: Ints
    is_exclusive_grid: NDArray[np.bool_]


def divide_faces(sketch: Sketch, ground: Ground, rng: np.random.Generator) -> Divided:
    """Return which subdistrict, community and grid each face belongs to."""
    mesh, block = ground.mesh, ground.block
    length = shapely.length(mesh.edges)
    cost = length * np.array([_BORDER_COST.get(str(k), _INNER_COST) for k in ground.kinds])
    pieces = _gathered(ground, cost, ground.piece)
    top = divide(
        pieces, list(range(len(pieces.weight))), sketch.subdistricts, rng, cut_weight=0.02
    )  # fmt: skip
    subdistrict = np.array([top[p] for p in ground.piece.tolist()])
    blocks = _gathered(ground, cost, block)
    block_top = np.zeros(len(blocks.weight), dtype=np.int64)
    block_top[block] = subdistrict
    wanted = _shares(np.bincount(subdistrict, ground.households), sketch.communities)
    of_block, first = np.zeros(len(blocks.weight), dtype=np.int64), 0
    for part in range(sketch.subdistricts):
        members = np.flatnonzero(block_top == part).tolist()
        for member, group in divide(blocks, members, wanted[part], rng, cut_weight=0.03).items():
            of_block[member] = first + group
        first += wanted[part]
    community = of_block[block]
    faces = _gathered(ground, cost, np.arange(len(block)))
    grid, is_exclusive = _grids(ground, faces, community, rng)
    return Divided(subdistrict, community, grid, is_exclusive)


def _gathered(ground: Ground, cost: Weights, group: Ints) -> Graph:
    """Return the graph of groups of faces."""
    mesh = ground.mesh
    count = int(group.max()) + 1
    inner = (mesh.left >= 0) & (mesh.right >= 0)
    sides = np.column_stack([group[mesh.left[inner]], group[mesh.right[inner]]])
    area, xy = shapely.area(mesh.faces), ground.middles
    total = np.maximum(np.bincount(group, area, count), 1e-9)
    middle = np.column_stack([np.bincount(group, area * xy[:, k], count) / total for k in (0, 1)])
    weight = np.bincount(group, ground.weight, count).astype(np.float64)
    return Graph.between(sides, cost[inner], weight, middle)


def _shares(weight: NDArray[Any], total: int) -> list[int]:
    """Return whole numbers in proportion to weights, none zero, by largest remainder."""
    exact = weight / weight.sum() * total
    whole = np.maximum(np.floor(exact).astype(int), 1)
    for index in np.argsort(whole - exact, kind="stable")[: max(total - int(whole.sum()), 0)]:
        whole[index] += 1
    return [int(v) for v in whole]


def _grids(
    ground: Ground, faces: Graph, community: Ints, rng: np.random.Generator
) -> tuple[Ints, NDArray[np.bool_]]:
    area = shapely.area(ground.mesh.faces)
    block_area = np.bincount(ground.block, area)[ground.block]
    own = np.isin(ground.use, list(EXCLUSIVE)) & (block_area > _OWN_GRID_M2)
    grid = np.full(len(area), -1, dtype=np.int64)
    exclusive: list[bool] = []
    for number in range(int(community.max()) + 1):
        mine = np.flatnonzero(community == number)
        for members in _exclusive(ground, faces, mine[own[mine]], area, rng):
            grid[members] = len(exclusive)
            exclusive.append(True)
        for part in faces.components(mine[~own[mine]].tolist()):
            total = float(faces.weight[part].sum())
            beside = {int(grid[o]) for f in part for o in faces.near[f] if community[o] == number}
            if total < _FEWEST_HOUSEHOLDS and (found := beside - {-1}):
                # Too few homes for a grid: they go to the one beside.
                grid[part] = min(found)
                continue
            count = max(1, round(total / _HOUSEHOLDS_PER_GRID))
            groups = divide(faces, part, count, rng, cut_weight=0.012)
            for members in _members(groups):
                grid[members] = len(exclusive)
                exclusive.append(False)
    return grid, np.array(exclusive)


def _exclusive(
    ground: Ground, faces: Graph, members: Ints, area: Weights, rng: np.random.Generator
) -> Iterator[list[int]]:
    """Yield the exclusive grids of a community: a school each, offices and quays together."""
    apart: dict[tuple[str, int], list[int]] = defaultdict(list)
    for face in members.tolist():
        use = str(ground.use[face])
        by_block = use in ("school", "hospital", "public")
        apart[use, int(ground.block[face]) if by_block else -1].append(face)
    by_area = replace(faces, weight=area)
    for group in apart.values():
        for part in faces.components(group):
            count = max(1, round(float(area[part].sum()) / _EXCLUSIVE_GRID_M2))
            yield from _members(divide(by_area, part, count, rng, cut_weight=0.02))


def _members(groups: dict[int, int]) -> list[list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for member, group in groups.items():
        found[group].append(member)
    return [found[group] for group in sorted(found)]


def west_to_east(xy: Coordinates) -> Ints:
    """Return the order of places: west to east in bands, north to south in a band."""
    if len(xy) == 1:
        return np.zeros(1, dtype=np.int64)
    bands = max(1, round(np.sqrt(len(xy))))
    rank = np.argsort(np.argsort(xy[:, 0], kind="stable"), kind="stable")
    band = rank * bands // len(xy)
    return np.lexsort([-xy[:, 1], band])


def codes_and_names(
    mesh: Mesh, divided: Divided, rng: np.random.Generator
) -> tuple[list[str], dict[str, tuple[str, str, str]]]:
    """Return the code of each face, and for every unit code: zh name, en name, kind."""
    xy = shapely.get_coordinates(shapely.centroid(mesh.faces))
    info: dict[str, tuple[str, str, str]] = {DISTRICT_CODE: (*DISTRICT_NAMES, "basic")}
    codes = [""] * len(mesh.faces)
    pool = names.pairs(rng)

    def children(members: Ints, group: Ints) -> list[Ints]:
        numbers = np.unique(group[members])
        parts = [members[group[members] == n] for n in numbers]
        middles = np.array([xy[p].mean(axis=0) for p in parts])
        return [parts[i] for i in west_to_east(middles)]

    everything = np.arange(len(codes))
    for i, sub in enumerate(children(everything, divided.subdistrict), 1):
        sub_code = f"{DISTRICT_CODE}{i:03d}"
        name = names.SUBDISTRICTS[(i - 1) % len(names.SUBDISTRICTS)]
        info[sub_code] = (f"{name}街道", f"{names.pinyin(name)} Subdistrict", "basic")
        number = 0
        for com in children(sub, divided.community):
            # Codes are names, not counts: some numbers were given up long ago.
            number += 1 + int(rng.random() < 0.12)
            com_code = f"{sub_code}{number:03d}"
            name = next(pool)
            info[com_code] = (f"{name}社区", f"{names.pinyin(name)} Community", "basic")
            for g, members in enumerate(children(com, divided.grid), 1):
                grid_code = f"{com_code}{g:03d}"
                kind = (
                    "exclusive" if divided.is_exclusive_grid[divided.grid[members[0]]] else "basic"
                )
                info[grid_code] = (f"第{names.numeral(g)}网格", f"Grid {g}", kind)
                for m, index in enumerate(west_to_east(xy[members]), 1):
                    codes[members[index]] = f"{grid_code}{m:02d}"
                    info[f"{grid_code}{m:02d}"] = (
                        f"第{names.numeral(g)}网格{m:02d}", f"Micro-grid {g}-{m:02d}", kind,
                    )  # fmt: skip
    return codes, info
