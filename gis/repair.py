"""Putting small faults between polygons right: slivers, and vertices that do not match.

Everything happens on the grid of `gis.arrangement`. What is narrower than the tolerance everywhere
is small; what is wider is left alone, and reported.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely

from gis.arrangement import (
    STEPS_A_DEGREE,
    Floats,
    Positions,
    Shapes,
    cells,
    distinct,
    edges,
    holders,
)
from gis.findings import Fault, Repair, Report, Rule, codes
from gis.regions import Survey, survey
from gis.ruler import Ruler, places
from gis.slits import mouths

# Areas below this are the grid's own rounding and not worth a line.
LEAST_AREA_M2 = 0.01
# Rebuilding moves edges by up to half a grid step, which can make new faults of that size.
MOST_ROUNDS = 4
NOBODY = -1


def match(shapes: Shapes, names: Sequence[str], ruler: Ruler, report: Report) -> Shapes:
    """Return polygons whose edges match, narrow overlaps given to one and narrow gaps filled.

    Parameters
    ----------
    shapes
        Polygons on the grid without wide overlaps.
    names
        Their codes.
    ruler
        Tells what is narrow.
    report
        Gets the repairs, and a fault for each polygon that would lose most of its area.
    """
    for _ in range(MOST_ROUNDS):
        found = survey(shapes, ruler)
        closing = mouths(found.whole, shapes, ruler)
        if not len(closing) and _is_matched(found):
            return shapes
        rebuilt = rebuild(shapes, names, ruler, closing)
        report.repaired += rebuilt.repaired
        if rebuilt.lost:
            report.faults += (_lost(names[i], shapes[i], ruler) for i in rebuilt.lost)
            return shapes
        shapes = rebuilt.shapes
    if not _is_matched(survey(shapes, ruler)):
        remedy = "Correct the boundaries in a program that keeps shared edges together."
        told = "could not be matched to their neighbours"
        report.faults.append(Fault(Rule.OVERLAP, "Some units", told, remedy))
    return shapes


def _is_matched(found: Survey) -> bool:
    # shapely.coverage_is_valid would not do: it passes slivers and refuses polygons that touch
    # in a vertex of their outline.
    return found.is_matched and not any(
        len(region.holders) or region.is_narrow for region in found.regions
    )


def _lost(name: str, shape: shapely.Geometry, ruler: Ruler) -> Fault:
    return Fault(
        Rule.OVERLAP, name, "is covered by others over more than half of its area",
        "It is too narrow to be cut out by itself: redraw it or remove it.",
        places(np.array([shape]))[0], float(ruler.area_m2(np.array([shape]))[0]),
    )  # fmt: skip


@dataclass(frozen=True)
class Rebuilt:
    """Polygons whose edges match, what was done, and who lost more than half of its area."""

    shapes: Shapes
    repaired: list[Repair]
    lost: list[int]


def rebuild(shapes: Shapes, names: Sequence[str], ruler: Ruler, closing: Floats) -> Rebuilt:
    """Cut all polygons into cells along all edges, and give every cell to one of them.

    ``closing`` are further edges, which make gaps of what is open to the outside.

    A cell of an overlap goes to the smallest polygon there, which could lose most by it; a narrow
    gap to the neighbour it shares the longest border with. Wider gaps stay.
    """
    all_edges, _ = edges(shapes)
    numbers, _ = distinct(all_edges)
    _, first = np.unique(numbers, return_index=True)
    parts = cells(np.concatenate([all_edges[first], closing]))
    part, shape = holders(parts, shapes, shapely.STRtree(shapes))
    owner = np.full(len(parts), NOBODY)
    # The smallest polygon is written last and stays.
    order = np.argsort(-shapely.area(shapes)[shape], kind="stable")
    owner[part[order]] = shape[order]
    held = np.bincount(part, minlength=len(parts))
    _fill_gaps(parts, owner, ruler)
    result = _dissolve(parts, owner, shapes)
    repaired = []
    told: set[int] = set()
    changed = np.flatnonzero((held != 1) & (owner != NOBODY))
    area_m2 = ruler.area_m2(parts[changed])
    where = places(parts[changed])
    for k, i in enumerate(changed):
        others = shape[(part == i) & (shape != owner[i])]
        told.update((int(owner[i]), *others.tolist()))
        if area_m2[k] >= LEAST_AREA_M2:
            what = f"took the overlap with {codes([names[j] for j in others])}"
            what = what if len(others) else "took a gap beside it"
            repaired.append(Repair(names[owner[i]], what, where[k], float(area_m2[k])))
    repaired += _matched(shapes, result, told, names, ruler)
    before, after = shapely.area(shapes), shapely.area(result)
    return Rebuilt(result, repaired, np.flatnonzero(after < before / 2).tolist())


def _fill_gaps(parts: Shapes, owner: Positions, ruler: Ruler) -> None:
    """Give each narrow cell without owner to the neighbour with the longest common border."""
    empty = np.flatnonzero(owner == NOBODY)
    narrow = empty[ruler.is_narrow(parts[empty])]
    if not len(narrow):
        return
    all_edges, of_part = edges(parts)
    numbers, _ = distinct(all_edges)
    order = np.argsort(numbers, kind="stable")
    is_pair = numbers[order][1:] == numbers[order][:-1]
    left, right = of_part[order][:-1][is_pair], of_part[order][1:][is_pair]
    x1, y1, x2, y2 = all_edges[order][:-1][is_pair].T
    shrink = np.cos(np.radians(y1.mean() / STEPS_A_DEGREE)) if len(y1) else 1.0
    length = np.hypot((x2 - x1) * shrink, y2 - y1)
    waiting = set(narrow.tolist())
    while waiting:
        found = {}
        for i in waiting:
            at_left, at_right = left == i, right == i
            beside = np.concatenate([owner[right[at_left]], owner[left[at_right]]])
            border = np.concatenate([length[at_left], length[at_right]])[beside != NOBODY]
            beside = beside[beside != NOBODY]
            if len(beside):
                found[i] = int(np.bincount(beside, weights=border).argmax())
        if not found:
            return
        for i, who in found.items():
            owner[i] = who
        waiting -= found.keys()


def _dissolve(parts: Shapes, owner: Positions, shapes: Shapes) -> Shapes:
    """Return for each polygon the union of its cells, or itself where that is the same."""
    order = np.argsort(owner, kind="stable")
    order = order[owner[order] != NOBODY]
    owners, start = np.unique(owner[order], return_index=True)
    result = np.full(len(shapes), shapely.MultiPolygon(), dtype=object)
    for who, group in zip(owners, np.split(parts[order], start[1:]), strict=True):
        result[who] = group[0] if len(group) == 1 else shapely.coverage_union_all(group)
    same = shapely.equals_exact(_normal(result), _normal(shapes))
    result[same] = shapes[same]
    return result


def _normal(shapes: Shapes) -> npt.NDArray[np.object_]:
    single = np.array(
        [shape.geoms[0] if shapely.get_num_geometries(shape) == 1 and hasattr(shape, "geoms")
         else shape for shape in shapes], dtype=object
    )  # fmt: skip
    result: Shapes = shapely.normalize(single)
    return result


def _matched(
    before: Shapes, after: Shapes, told: set[int], names: Sequence[str], ruler: Ruler
) -> list[Repair]:
    moved = np.flatnonzero(~shapely.equals_exact(_normal(before), _normal(after)))
    moved = moved[~np.isin(moved, list(told)) & ~shapely.is_empty(after[moved])]
    area_m2 = ruler.area_m2(shapely.symmetric_difference(before[moved], after[moved]))
    return [
        Repair(names[i], "was matched to its neighbours' vertices", where, float(area))
        for i, where, area in zip(moved, places(after[moved]), area_m2, strict=True)
    ]
