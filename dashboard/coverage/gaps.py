"""The units of a level by how many they leave uncovered: for map, legend and ranking.

Whom they count says the view: all people, those of an age, households, buildings, or those within
reach for whom there is no room; or it shows how long people are on the way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dashboard import numerals
from dashboard.coverage.desk import Desk
from dashboard.coverage.tried import rounded, rounded_to
from dashboard.measured import Values, parents_of
from dashboard.scene import Scene
from gis import places
from gis.arrangement import Floats
from gis.network.network import Bools
from layers.columns import Ints
from layers.coverage.released import PEOPLE
from layers.coverage.room import Room
from layers.coverage.seen import FLOOR_AREA, Numbers, Seen

# Those within reach for whom there is no room, and the mean way of all people.
ROOM, MINUTES = "room", "minutes"
# What a scenario adds to the share covered, in classes of their own: what is lost comes first.
CHANGES = (-0.2, -0.05, -0.0005, 0.0005, 0.05, 0.2)
# Between the classes of the map; always the same, so that colours can be compared while the limit
# changes. What would be written 0.0 % is none.
BREAKS = (0.0005, 0.1, 0.2, 0.4, 0.6, 0.8)
MINUTES_BREAKS = (3.0, 5.0, 10.0, 15.0, 20.0, 30.0)


@dataclass(frozen=True)
class Line:
    """One unit of the ranking; NaN where a number is not told."""

    unit_id: int
    name: str
    code: str
    parent: str
    all: float
    # Or minutes on the way.
    uncovered: float
    share: float
    is_withheld: bool
    # Places in reach of a thousand people; NaN where that is not told.
    per_1000: float


@dataclass(frozen=True)
class Shares(Values):
    """Shares uncovered, or minutes on the way, in classes that stay."""

    of: str

    @property
    def breaks(self) -> tuple[float, ...]:
        """The thresholds between the classes of the map."""
        return breaks(self.of)


def breaks(of: str) -> tuple[float, ...]:
    """Return the thresholds between the classes of the map."""
    return MINUTES_BREAKS if of == MINUTES else BREAKS


def edges(of: str) -> list[str]:
    """Return the thresholds as they are written in a legend."""
    if of == MINUTES:
        return [f"{edge:g}" for edge in MINUTES_BREAKS]
    return [f"{edge:.0%}" for edge in BREAKS]


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


def group(scene: Scene, room: Room | None) -> str:
    """Return whom a scene counts; all people where it names whom nobody can count."""
    of = scene.view.of or PEOPLE
    return PEOPLE if of == ROOM and (room is None or not room.users.is_held) else of


def named(scene: Scene, desk: Desk) -> str:
    """Return whom a scene counts, without counting them."""
    return group(scene, desk.room(scene) if scene.view.of == ROOM else None)


def counted(scene: Scene, desk: Desk) -> tuple[str, Numbers]:
    """Return whom a scene counts, and how many of them each unit leaves out.

    With how long people are on the way go the numbers of all people.
    """
    seen = desk.seen(scene)
    room = desk.room(scene) if scene.view.of == ROOM else None
    of = group(scene, room)
    if of == ROOM and room is not None:
        return of, without_room(room, rounded_to(scene))
    return of, seen.people if of == MINUTES else seen.numbers[of]


def mapped(scene: Scene, desk: Desk) -> tuple[str, Floats, Bools]:
    """Return what the map shows, its value of each unit, and which are withheld."""
    of, numbers = counted(scene, desk)
    if of == MINUTES:
        ways = desk.lasting(scene)[PEOPLE]
        return of, ways.mean_s / 60, ways.is_withheld
    return of, numbers.share_uncovered, numbers.is_withheld


def without_room(room: Room, to: int) -> Numbers:
    """Return those who compete for places; who is "not reached" is within reach, without room."""
    over = np.array([rounded(each, to) for each in room.over.tolist()], float)
    everybody = np.where(room.is_told, room.all, np.nan)
    return Numbers(
        everybody,
        everybody - np.minimum(over, room.all),
        None,
        np.zeros(len(over), np.bool_),
        room.is_withheld,
    )


def written(of: str, n: float) -> str:
    """Return a number of those a scene counts, as it is read: floor area in km², minutes."""
    if of == MINUTES:
        return numerals.number(round(n, 1))
    return numerals.number(n / 1e6 if of == FLOOR_AREA else n)


def values(scene: Scene, desk: Desk) -> Shares:
    """Return what the map shows of each unit on it."""
    seen = desk.seen(scene)
    at, (of, found, is_withheld) = shown(scene, seen), mapped(scene, desk)
    return Shares(seen.tree.ids[at].astype(np.int64), found[at], is_withheld[at], of)


def ranked(scene: Scene, desk: Desk, most: int) -> tuple[list[Line], int]:
    """Return the units on the map, most uncovered first, and how many there are of all.

    By how long people are on the way, the longest first.
    """
    seen = desk.seen(scene)
    at, (of, numbers) = shown(scene, seen), counted(scene, desk)
    share = numbers.share_uncovered
    uncovered = mapped(scene, desk)[1] if of == MINUTES else numbers.uncovered
    room, per_1000 = desk.room(scene), np.full(len(seen.tree), np.nan)
    if room is not None:
        per_1000 = np.where(room.is_told, room.per_1000, np.nan)
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
            all=float(numbers.all[k]),
            uncovered=float(uncovered[k]),
            share=float(share[k]),
            is_withheld=bool(numbers.is_withheld[k]),
            per_1000=float(per_1000[k]),
        )
        for unit, k in zip(ids, first.tolist(), strict=True)
    ]
    return lines, len(at)
