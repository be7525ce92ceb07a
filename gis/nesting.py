"""Compares the polygons that a file gives for upper units with those of their children."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import shapely

from gis.arrangement import Positions, Shapes
from gis.findings import Fault, Repair, Report, Rule, codes
from gis.hierarchy import UnitRow
from gis.polygons import polygons_of
from gis.ruler import Ruler, places

# Less than this between a unit and its children is the rounding of coordinates.
LEAST_AREA_M2 = 1.0
# A unit lies in an area if it covers this much of it.
LEAST_SHARE = 0.01
# An area is the same as one reported before if this much of it is.
SAME_SHARE = 0.9


@dataclass(frozen=True)
class Units:
    """The units of one zoning, with the polygons given for them on the grid (None: not given)."""

    rows: Sequence[UnitRow]
    shapes: Shapes
    is_face: npt.NDArray[np.bool_]

    def faces(self) -> Positions:
        """Return the numbers of the faces that have a polygon."""
        return np.flatnonzero(self.is_face & ~shapely.is_missing(self.shapes))

    @cached_property
    def parents(self) -> list[int]:
        """The parent of each unit; -1 where there is none."""
        number = {row.code: i for i, row in enumerate(self.rows)}
        return [number.get(row.parent_code, -1) for row in self.rows]

    def children(self) -> dict[int, list[int]]:
        """Return the children of each unit that has some."""
        found: dict[int, list[int]] = {}
        for i, parent in enumerate(self.parents):
            if parent >= 0:
                found.setdefault(parent, []).append(i)
        return found

    def is_below(self, unit: int, other: int) -> bool:
        """Tell whether ``other`` is among the parents of a unit, or of its parents."""
        seen: set[int] = set()
        while unit >= 0 and unit not in seen:
            seen.add(unit)
            unit = self.parents[unit]
            if unit == other:
                return True
        return False


def check_nesting(units: Units, ruler: Ruler, known: Shapes, report: Report) -> None:
    """Report where children leave a gap in their parent or reach out of it.

    Narrow differences are reported as repaired, because a parent's polygon is made from its
    children; wide ones are faults. Each unit is compared with its children's own polygons where
    the file gives them, so that a gap is not reported again at every level above it.

    Parameters
    ----------
    units
        All units; the faces checked already.
    ruler
        Tells what is narrow.
    known
        Areas whose faults are reported already.
    report
        Gets faults and repairs.
    """
    children = units.children()
    given, unions = _unions(units, children)
    if not len(given):
        return
    reported = list(known)
    faces = units.faces()
    tree = shapely.STRtree(units.shapes[faces])
    for is_gap in (True, False):
        own = units.shapes[given]
        difference = shapely.difference(own, unions) if is_gap else shapely.difference(unions, own)
        parts, of_part = shapely.get_parts(polygons_of(difference), return_index=True)
        parent = given[of_part]
        narrow, area_m2 = ruler.is_narrow(parts), ruler.area_m2(parts)
        _report_narrow(units.rows, parent[narrow], parts[narrow], area_m2[narrow], report)
        for k in np.flatnonzero(~narrow):
            if is_within(parts[k], np.array(reported, dtype=object)):
                continue
            near = faces[tree.query(parts[k], predicate="intersects")]
            share = _shares(units.shapes[near], parts[k])
            own = np.array([units.is_below(i, int(parent[k])) for i in near], dtype=bool)
            if is_gap and share[own].sum() > SAME_SHARE:
                # Units below it do cover it; only its child's polygon does not reach so far.
                continue
            inside = near[(share > LEAST_SHARE) & ~own]
            rule, code, found, remedy = (
                _in_parent(units.rows[parent[k]], [units.rows[i] for i in inside])
                if is_gap
                else _out_of_parent(units, children[int(parent[k])], parent[k], parts[k])
            )
            reported.append(parts[k])
            place = places(parts[k : k + 1])[0]
            report.faults.append(Fault(rule, code, found, remedy, place, float(area_m2[k])))


def _unions(units: Units, children: dict[int, list[int]]) -> tuple[Positions, Shapes]:
    """Return the units that have both a polygon and children, and the union of the children."""
    wholes = units.shapes.copy()
    unions = {}
    for i in sorted(children, key=lambda i: -units.rows[i].level):
        parts = [wholes[k] for k in children[i] if wholes[k] is not None]
        union = parts[0] if len(parts) == 1 else shapely.union_all(np.array(parts, dtype=object))
        if units.shapes[i] is not None:
            unions[i] = union
        elif parts:
            wholes[i] = union
    given = np.array(sorted(unions), dtype=np.int64)
    return given, np.array([unions[i] for i in given], dtype=object)


def _shares(shapes: Shapes, area: shapely.Geometry) -> npt.NDArray[np.float64]:
    common = shapely.area(shapely.intersection(shapes, area))
    result: npt.NDArray[np.float64] = common / shapely.area(area)
    return result


def is_within(area: shapely.Geometry, others: Shapes) -> bool:
    """Tell whether one of the others holds nearly all of an area."""
    return bool(len(others)) and bool((_shares(others, area) > SAME_SHARE).any())


def _report_narrow(
    rows: Sequence[UnitRow],
    parent: Positions,
    parts: Shapes,
    area_m2: npt.NDArray[np.float64],
    report: Report,
) -> None:
    for i in np.unique(parent):
        own = parent == i
        total = float(area_m2[own].sum())
        if total >= LEAST_AREA_M2:
            place = places(parts[own][[area_m2[own].argmax()]])[0]
            what = "takes the outline of its children, not the polygon given for it"
            report.repaired.append(Repair(rows[i].code, what, place, total))


def _in_parent(parent: UnitRow, inside: Sequence[UnitRow]) -> tuple[Rule, str, str, str]:
    if not inside:
        found = "has an area that none of its children covers"
        return Rule.GAP, parent.code, found, "Add the unit that is missing, or widen another."
    found = f"lies in {parent.code}, but not under it: its parent is {inside[0].parent_code}"
    if len(inside) > 1:
        found = f"lie in {parent.code}, but not under it"
    listed = codes(sorted(row.code for row in inside))
    return Rule.OUTSIDE, listed, found, "Correct the parent, or the boundary between the two."


def _out_of_parent(
    units: Units, children: Sequence[int], parent: int, area: shapely.Geometry
) -> tuple[Rule, str, str, str]:
    own = [i for i in children if units.shapes[i] is not None]
    share = _shares(units.shapes[own], area)
    listed = codes(sorted(units.rows[own[k]].code for k in np.flatnonzero(share > LEAST_SHARE)))
    found = f"reaches out of its parent {units.rows[parent].code}"
    remedy = "Correct the parent, or one of the two boundaries."
    return Rule.OUTSIDE, listed or units.rows[parent].code, found, remedy
