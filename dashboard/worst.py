"""The five units where most incidents are overdue, one level finer than what is coloured."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard.measured import parents_of
from dashboard.scene import Scene
from gis import outlines, places
from layers import live, statistics

LISTED = 5
OPEN = "incidents.status.open"


@dataclass(frozen=True)
class Line:
    """One of the five, the worst being 1."""

    rank: int
    unit_id: int
    name: str
    # What it lies in, where that is not the unit we are in.
    parent: str
    count: int


@dataclass(frozen=True)
class Worst:
    """The list, by overdue incidents, or by open ones where none is overdue."""

    lines: tuple[Line, ...]
    is_overdue: bool


def worst(scene: Scene) -> Worst | None:
    """Return the worst units below the scene's; None where there are no units below it."""
    if scene.level is None:
        return None
    # What the ranking lists shows its worst itself; one level finer says where to go.
    finer = [level for level in scene.zoning.levels if level.number > scene.level.number]
    level = (finer or [scene.level])[0].number
    within = scene.unit.id if scene.unit.parent_id and scene.zoning.is_main else None
    found = live.overdue_values(scene.db, scene.zoning_id, level, scene.now, within).value
    is_overdue = bool((found > 0).any())
    if not is_overdue:
        found = statistics.values(scene.db, scene.zoning_id, level, OPEN, within).value
    most = found[found > 0].nlargest(LISTED).astype(int)
    ids: list[int] = most.index.tolist()
    names, parents = places.names_of(scene.db, ids), parents_of(scene, ids)
    lines = []
    for rank, (id_, n) in enumerate(zip(ids, most.tolist(), strict=True), 1):
        name, parent = scene.named(names[id_][1]), parents.get(id_, "")
        # "Micro-grid 1-09" says by itself that it lies in "Grid 1".
        is_told = bool(parent) and parent.split()[-1] in name
        lines.append(Line(rank, id_, name, "" if is_told else parent, n))
    return Worst(tuple(lines), is_overdue)


def marks(scene: Scene) -> outlines.Feature:
    """Return where the marks of the worst go on the map, as GeoJSON points.

    Each has its ``rank``, its ``name``, and how many are ``overdue`` or ``open``.
    """
    found = worst(scene)
    if found is None:
        return outlines.points(scene.db, {})
    counted = "overdue" if found.is_overdue else "open"
    told = {
        line.unit_id: {"rank": line.rank, "name": line.name, counted: line.count}
        for line in found.lines
    }
    return outlines.points(scene.db, told)
