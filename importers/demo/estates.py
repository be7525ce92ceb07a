"""Estates 小区: neighbouring blocks of one kind, with a name and the names people also use."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import orjson
import pandas as pd
import shapely
from numpy.typing import NDArray

from importers.demo import names
from importers.demo.addresses import Addresses
from importers.demo.columns import hilbert_order
from importers.demo.mesh import Ints
from importers.demo.plane import Geometries
from importers.demo.site import Site
from importers.demo.texts import Columns

_ENDINGS = {
    "garden_estate": (
        ("花园", "Garden"), ("雅苑", "Court"), ("名庭", "Residence"), ("家园", "Homes"),
        ("华府", "Mansion"), ("豪庭", "Heights"), ("公馆", "House"), ("轩", "Lodge"),
        ("湾畔", "Waterside"), ("云邸", "Towers"),
    ),
    "old_estate": (
        ("新村", "New Village"), ("大院", "Compound"), ("住宅区", "Quarter"), ("苑", "Court"),
        ("里", "Lane Homes"), ("宿舍", "Dormitory"),
    ),
    "urban_village": (("村", "Village"), ("围", "Walled Village"), ("旧村", "Old Village")),
    "mixed": (("小区", "Estate"), ("生活区", "Living Quarter"), ("家园", "Homes")),
}  # fmt: skip


@dataclass(frozen=True)
class Estates:
    """One row an estate, in Hilbert order, and the estate of each face (-1 = none)."""

    of_face: Ints
    names: list[dict[str, str]]
    aliases: list[list[str]]
    kind: list[str]
    address: list[str]
    shape: Geometries
    centre: NDArray[np.float64]

    def columns(self) -> Columns:
        """Return the columns of the estate table, without ids and keys."""
        return {
            "names": pd.Series([orjson.dumps(n).decode() for n in self.names]),
            "aliases": pd.Series(self.aliases, dtype=object),
            "kind": pd.Series(self.kind, dtype=object),
            "address": pd.Series(self.address, dtype=object),
            "geom": self.shape,
            "centre": self.centre,
        }


def make_estates(site: Site, addresses: Addresses, rng: np.random.Generator) -> Estates:
    """Return the estates of a site, shapes in snapped degrees."""
    first_face = np.unique(site.block, return_index=True)[1]
    block_kind = site.estate_kind[first_face]
    group = _groups(site.blocks, block_kind)
    numbers = np.unique(group[group >= 0])
    members = [np.flatnonzero(group == n) for n in numbers]
    # As far as the walls go: half the street belongs to the city.
    shapes = shapely.buffer(
        np.array([shapely.union_all(site.blocks[m], grid_size=0.01) for m in members]), -6.0
    )
    tiny = shapely.is_empty(shapes)
    shapes[tiny] = [
        shapely.union_all(site.blocks[m]) for m, t in zip(members, tiny, strict=True) if t
    ]
    centre = shapely.get_coordinates(shapely.point_on_surface(shapes))
    centre = site.plane.to_degrees(centre)
    order = hilbert_order(centre)
    of_block = np.full(len(site.blocks), -1, dtype=np.int64)
    for row, index in enumerate(order.tolist()):
        of_block[members[index]] = row
    kinds = [str(block_kind[members[i][0]]) for i in order]
    titles, aliases = _titles(kinds, rng)
    return Estates(
        of_face=of_block[site.block],
        names=titles,
        aliases=aliases,
        kind=kinds,
        address=[addresses.of_block(int(members[i][0])) for i in order],
        shape=site.plane.geometries_to_degrees(shapes[order]),
        centre=centre[order],
    )


def _groups(blocks: Geometries, kind: NDArray[np.object_]) -> Ints:
    """Return the estate of each block: villages are whole clusters, others block by block."""
    group = np.where(kind == "", -1, np.arange(len(blocks)))
    village = np.flatnonzero(kind == "urban_village")
    tree = shapely.STRtree(blocks[village])
    a, b = tree.query(blocks[village], predicate="dwithin", distance=0.5)
    root = {int(v): int(v) for v in village}

    def find(i: int) -> int:
        while root[i] != i:
            i = root[i]
        return i

    for i, j in zip(village[a].tolist(), village[b].tolist(), strict=True):
        x, y = sorted((find(i), find(j)))
        root[y] = x
    for v in village.tolist():
        group[v] = find(v)
    return group


def _titles(
    kinds: list[str], rng: np.random.Generator
) -> tuple[list[dict[str, str]], list[list[str]]]:
    pool = names.pairs(rng)
    titles, aliases = [], []
    used: set[str] = set()
    spare: list[str] = []
    for kind in kinds:
        name = next(pool, None)
        if name is None:
            name = spare[int(rng.integers(len(spare)))]
        spare.append(name)
        endings = _ENDINGS[kind]
        zh, en = endings[int(rng.integers(len(endings)))]
        phase = 0
        base = name + zh
        title = base
        while title in used:
            phase += 1
            title = f"{base}{names.numeral(phase + 1)}期"
        used.add(title)
        english = f"{names.pinyin(name)} {en}" + (f" Phase {phase + 1}" if phase else "")
        titles.append({"zh": title, "en": english})
        also = [name + ("村" if kind == "urban_village" else "小区")]
        if rng.random() < 0.3:
            other = spare[int(rng.integers(len(spare)))]
            also.append(f"原{other}{'村' if kind == 'urban_village' else '厂宿舍'}")
        aliases.append([a for a in also if a != title][: int(rng.integers(0, 3))])
    return titles, aliases
