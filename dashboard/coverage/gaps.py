"""The units of a level by how many they leave uncovered: for map, legend and ranking."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard.coverage.desk import Desk
from dashboard.measured import Values, parents_of
from dashboard.scene import Scene
from gis import places
from layers.columns import Ints
from layers.coverage.seen import Seen

# What a scenario adds to the share covered, in classes of their own: what is lost comes first.
CHANGES = (-0.2, -0.05, -0.0005, 0.0005, 0.05, 0.2)
# Between the classes of the map; always the same, so that colours can be compared while the limit
# changes. What would be written 0.0 % is none.
BREAKS = (0.0005, 0.1, 0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Line:
    """One unit of the ranking; NaN where a number is not told."""

    unit_id: int
    name: str
    code: str
    parent: str
    people: float
    uncovered: float
    share: float
    is_withheld: bool


@dataclass(frozen=True)
class Shares(Values):
    """Shares uncovered, in classes that stay."""

    @property
    def breaks(self) -> tuple[float, ...]:
        """The thresholds between the classes of the map."""
        return BREAKS


def shown(scene: Scene, seen: Seen) -> Ints:
    """Return the places of the units on the map: those of the level below the scene's unit."""
    tree = seen.tree
    level = scene.level.number if scene.level else scene.unit.level
    at = seen.place(scene.unit.id)
    # A unit that is gone meanwhile has nothing in it.
    within = np.zeros(len(tree), np.bool_)
    if at >= 0:
        within[at : tree.ends[at]] = True
    return np.flatnonzero(within & (tree.levels == level))


def values(scene: Scene, desk: Desk) -> Shares:
    """Return the share of people uncovered of each unit on the map."""
    seen = desk.seen(scene)
    at = shown(scene, seen)
    people = seen.people
    return Shares(
        seen.tree.ids[at].astype(np.int64), people.share_uncovered[at], people.is_withheld[at]
    )


def ranked(scene: Scene, desk: Desk, most: int) -> tuple[list[Line], int]:
    """Return the units on the map, most people uncovered first, and how many there are of all."""
    seen = desk.seen(scene)
    at, people = shown(scene, seen), seen.people
    uncovered, share = people.uncovered, people.share_uncovered
    order = np.lexsort((
        seen.tree.ids[at],
        -np.nan_to_num(share[at], nan=-1.0),
        -np.nan_to_num(uncovered[at], nan=-1.0),
    ))  # fmt: skip
    first = at[order[:most]]
    ids = seen.tree.ids[first].tolist()
    names, parents = places.names_of(scene.db, ids), parents_of(scene, ids)
    lines = [
        Line(
            unit_id=unit,
            name=scene.named(names[unit][1]),
            code=names[unit][0],
            parent=parents.get(unit, ""),
            people=float(people.all[k]),
            uncovered=float(uncovered[k]),
            share=float(share[k]),
            is_withheld=bool(people.is_withheld[k]),
        )
        for unit, k in zip(ids, first.tolist(), strict=True)
    ]
    return lines, len(at)
