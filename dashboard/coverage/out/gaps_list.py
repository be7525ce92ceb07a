"""What is not reached, as a list to work off: buildings and their doors by grid, never persons."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from sqlalchemy import select

from dashboard.coverage.out.content import Content
from dashboard.reports.workbook import safe
from dashboard.scene import Scene
from gis import places
from gis.city import Level
from gis.tables import building, entrance
from layers.columns import Ints
from layers.coverage.homes import Homes
from layers.coverage.reach import Reach
from layers.tree import Tree

# The level that a list is worked off by.
GRID = "grid"


class Gap(NamedTuple):
    """A building that is not reached, or one of its doors."""

    grid_code: str
    grid: str
    building_code: str
    building: str
    address: str
    # Only told to who sees the homes of the unit; elsewhere the building is all there is.
    door: str
    # Metres to the nearest facility as the crow flies; None: there is none at all.
    straight_m: float | None
    # On the way to the nearest and to the second nearest; None: there is no way, or a scenario is
    # compared.
    minutes: float | None
    minutes_second: float | None
    # How many of the building's doors are not reached.
    doors_uncovered: int
    # Why: walled in, no street near, or too far.
    why: str


@dataclass(frozen=True)
class Gaps:
    """The list, and its sums by grid: code, name, buildings, doors."""

    rows: tuple[Gap, ...]
    # The building of each row.
    buildings: tuple[int, ...]
    by_grid: tuple[tuple[str, str, int, int], ...]


def read(content: Content) -> Gaps:
    """List what is not reached within the place that is looked at, grid by grid."""
    db, seen = content.scene.db, content.after or content.seen
    reach = seen.found.reach
    homes = content.homes
    tree = seen.tree
    place = tree.places(homes.unit_ids)
    root = seen.place(content.scene.unit.id)
    inside = (place >= root) & (place < tree.ends[root]) if root >= 0 else place < -1
    missed = np.bincount(homes.building[~reach.is_reached], minlength=len(homes.ids))
    at = np.flatnonzero(inside & (missed > 0) & homes.is_home)
    at = at[np.lexsort([homes.ids[at], place[at]])]
    grids = grids_of(tree, grid_level(content.scene), place[at])
    names = places.names_of(db, list(dict.fromkeys(grids)))
    b = building.c
    told = {
        row.id: row
        for row in db.execute(
            select(b.id, b.key, b.name, b.address).where(b.id.in_(homes.ids[at].tolist()))
        )
    }
    rows: list[Gap] = []
    numbers: list[int] = []
    sums: Counter[tuple[str, str]] = Counter()
    doors: Counter[tuple[str, str]] = Counter()
    named = _doors(content, homes.ids[at].tolist())
    for k, unit in zip(at.tolist(), grids, strict=True):
        number = int(homes.ids[k])
        code, name = names[unit][0], content.scene.named(names[unit][1])
        mine = np.flatnonzero((homes.building == k) & ~reach.is_reached)
        said = told[number]
        for door, at_door in _each(named.get(number), homes, reach, k, mine):
            rows.append(
                Gap(code, name, said.key, said.name or "", said.address or "", door,
                    _known(reach.straight_m[at_door]), *_ways(content, at_door), len(mine),
                    _why(content, reach, at_door))
            )  # fmt: skip
            numbers.append(number)
        sums[code, name] += 1
        doors[code, name] += len(mine)
    by_grid = tuple((code, name, n, doors[code, name]) for (code, name), n in sums.items())
    return Gaps(tuple(rows), tuple(numbers), by_grid)


def _why(content: Content, reach: Reach, door: int) -> str:
    key = "walled" if reach.is_walled[door] else "off" if reach.is_off[door] else "far"
    return content.scene.say(f"cover_out.why_{key}")


def grid_level(scene: Scene) -> Level | None:
    """Return the level that a list is worked off by; None where there is no such level."""
    return next((each for each in scene.zoning.levels if each.key == GRID), None)


def grids_of(tree: Tree, level: Level | None, place: Ints) -> list[int]:
    """Return the grid that each place of the tree lies in; where there is none, the unit itself."""
    if level is None:
        return [int(unit) for unit in tree.ids[place]]
    above = tree.at_level(level.number)[place]
    return [int(unit) for unit in tree.ids[np.where(above >= 0, above, place)]]


def as_csv(content: Content, gaps: Gaps) -> bytes:
    """Return the list as CSV in UTF-8, which begins so that Excel knows it."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([content.scene.say(f"cover_out.gap_{name}") for name in Gap._fields])
    for gap in gaps.rows:
        writer.writerow([safe(each) if isinstance(each, str) else _written(each) for each in gap])
    return b"\xef\xbb\xbf" + file.getvalue().encode()


def _written(number: float | None) -> str:
    return "" if number is None else f"{number:g}"


def _doors(content: Content, building_ids: list[int]) -> dict[int, list[str]]:
    """Return the doors of buildings whose homes the viewer may see, in the order of `Homes`."""
    own = content.viewer.units
    b, e = building.c, entrance.c
    rows = content.scene.db.execute(
        select(b.id, b.unit_id, e.address, e.name)
        .join(entrance, e.building_id == b.id)
        .where(b.id.in_(building_ids))
        .order_by(b.id, e.id)
    )
    found: dict[int, list[str]] = {}
    for row in rows:
        if any(low <= (row.unit_id or 0) <= high for low, high in own):
            said = row.address if row.name in row.address else f"{row.address} {row.name}"
            found.setdefault(row.id, []).append(said)
    return found


def _each(
    named: list[str] | None, homes: Homes, reach: Reach, at: int, mine: np.ndarray
) -> list[tuple[str, int]]:
    """Return the doors not reached, with their places; one without a name for the building."""
    if named is None:
        return [("", min(mine.tolist(), key=lambda k: reach.straight_m[k]))]
    first = int(np.searchsorted(homes.building, at))
    return [(named[k - first], k) for k in mine.tolist()]


def _ways(content: Content, door: int) -> tuple[float | None, float | None]:
    if content.seconds is None:
        return None, None
    first, second = (content.seconds[door] / 60).tolist()
    return _known(first), _known(second)


def _known(number: float) -> float | None:
    return round(float(number), 1) if np.isfinite(number) else None
