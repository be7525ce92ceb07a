"""What is not reached, as the page lists it: by grid, and the addresses of one grid."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from dashboard.coverage.desk import Desk
from dashboard.coverage.out import content, gaps_list
from dashboard.coverage.out.gaps_list import Gap, grid_level, grids_of
from dashboard.measured import parents_of
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis import places
from layers.tree import Tree


@dataclass(frozen=True)
class Grid:
    """How many homes of a grid are not reached, or not at all doors."""

    unit_id: int
    code: str
    name: str
    buildings: int
    doors: int


@dataclass(frozen=True)
class Address:
    """A building that is not reached, or one of its doors for who sees its homes."""

    building_id: int
    gap: Gap


@dataclass(frozen=True)
class Listed:
    """A unit's homes that are not reached: by grid, or where it is a grid, by address."""

    unit_id: int
    name: str
    grids: tuple[Grid, ...]
    addresses: tuple[Address, ...]
    # Of all that are not reached, listed or not.
    buildings: int
    doors: int


def listed(scene: Scene, desk: Desk) -> Listed:
    """List what is not reached in the unit that a scene names, most first."""
    tree = desk.ground_of(scene).tree(scene.db)
    unit = scene.view.listed or scene.unit.id
    place = int(tree.places(np.array([unit]))[0])
    if place < 0:
        # Of a link that is older than the boundaries.
        unit = scene.unit.id
        place = int(tree.places(np.array([unit]))[0])
    name = scene.named(places.names_of(scene.db, [unit])[unit][1])
    grids = _by_grid(scene, desk, tree, place)
    rows = _addresses(scene, desk, unit) if _is_grid(scene, tree, place) else ()
    sums = (sum(each.buildings for each in grids), sum(each.doors for each in grids))
    return Listed(unit, name, grids, rows, *sums)


def _is_grid(scene: Scene, tree: Tree, place: int) -> bool:
    level = grid_level(scene)
    if level is None:
        return int(tree.ends[place]) == place + 1
    return int(tree.levels[place]) >= level.number


def _by_grid(scene: Scene, desk: Desk, tree: Tree, root: int) -> tuple[Grid, ...]:
    homes, reach = desk.ground_of(scene).homes(scene.db), desk.found(scene).reach
    place = tree.places(homes.unit_ids)
    missed = np.bincount(homes.building[~reach.is_reached], minlength=len(homes.ids))
    inside = (place >= root) & (place < tree.ends[root])
    at = np.flatnonzero(inside & (missed > 0) & homes.is_home)
    buildings, doors = Counter[int](), Counter[int]()
    for unit, n in zip(
        grids_of(tree, grid_level(scene), place[at]), missed[at].tolist(), strict=True
    ):
        buildings[unit] += 1
        doors[unit] += n
    ids = list(buildings)
    names, parents = places.names_of(scene.db, ids), parents_of(scene, ids)
    found = []
    for unit, n in buildings.items():
        code, name = names[unit][0], scene.named(names[unit][1])
        # Every community has a first grid.
        name = f"{name} · {parents[unit]}" if unit in parents else name
        found.append(Grid(unit, code, name, n, doors[unit]))
    return tuple(sorted(found, key=lambda each: (-each.buildings, each.code)))


def _addresses(scene: Scene, desk: Desk, unit: int) -> tuple[Address, ...]:
    """Return the list that is taken out, of one unit: doors for who sees the homes there."""
    there = Scene(replace(scene.view, unit=unit, pick=None, aim=""), scene.db)
    now = dt.datetime.now(dt.UTC)
    found = gaps_list.read(content.read(there, desk, VIEWER.get(), None, now))
    return tuple(map(Address, found.buildings, found.rows))
