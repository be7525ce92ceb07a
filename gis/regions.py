"""Where polygons overlap, and the gaps they enclose: found from their open edges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from gis.arrangement import Positions, Shapes, cells, holders, open_edges, same_edges
from gis.findings import Fault, Place, Rule, codes
from gis.ruler import Ruler, places

# Polygons looked at one by one to name those in a large overlap.
MOST_NAMED = 50


@dataclass(frozen=True)
class Region:
    """An area that not exactly one polygon holds."""

    shape: shapely.Geometry
    # The polygons that hold a point of it; none in a gap.
    holders: Positions
    is_narrow: bool
    place: Place
    area_m2: float


@dataclass(frozen=True)
class Survey:
    """What a look at all open edges brings to light."""

    regions: list[Region]
    # Whether the open edges are nothing but the outline of all polygons together and of regions:
    # neighbours share every vertex.
    is_matched: bool
    # All polygons together.
    whole: shapely.Geometry


def survey(shapes: Shapes, ruler: Ruler) -> Survey:
    """Find where polygons overlap, the gaps that they enclose, and whether their edges match.

    Raises
    ------
    TangleError
        If the edges cross so often that they are no outlines of a city's units.
    """
    found = open_edges(shapes)
    areas = cells(found)
    area, shape = holders(areas, shapes, shapely.STRtree(shapes))
    times = np.bincount(area, minlength=len(areas))
    odd = np.flatnonzero(times != 1)
    narrow, area_m2, where = (
        ruler.is_narrow(areas[odd]), ruler.area_m2(areas[odd]), places(areas[odd]),
    )  # fmt: skip
    regions = [
        Region(areas[i], shape[area == i], bool(narrow[k]), where[k], float(area_m2[k]))
        for k, i in enumerate(odd)
    ]
    whole = shapely.union_all(areas[times > 0])
    return Survey(regions, same_edges(open_edges(areas[times == 1]), found), whole)


def faults(wide: Sequence[Region], shapes: Shapes, names: Sequence[str]) -> Iterator[Fault]:
    """Say of each region between which polygons it lies, and what to do."""
    tree = shapely.STRtree(shapes)
    for region in wide:
        if len(region.holders):
            yield _overlap(region, shapes, tree, names)
        else:
            yield _gap(region, shapes, tree, names)


def summaries(found: Sequence[Region], names: Sequence[str]) -> Iterator[str]:
    """Say in a sentence or two how much polygons overlap and leave out."""
    overlaps = [region for region in found if len(region.holders)]
    gaps = [region for region in found if not len(region.holders)]
    if overlaps:
        widest = max(overlaps, key=lambda region: region.area_m2)
        between = codes(sorted(names[i] for i in widest.holders))
        area = sum(region.area_m2 for region in overlaps)
        yield (
            f"Units overlap in {len(overlaps):,} places, {area:,.0f} m² in all; the largest is"
            f" {widest.area_m2:,.0f} m² between {between}. Points there count for the first."
        )
    if gaps:
        area = sum(region.area_m2 for region in gaps)
        yield f"They enclose {len(gaps):,} gaps, {area:,.0f} m² in all."


def _overlap(region: Region, shapes: Shapes, tree: shapely.STRtree, names: Sequence[str]) -> Fault:
    inside = set(region.holders.tolist())
    near = tree.query(region.shape, predicate="intersects")
    if len(near) <= MOST_NAMED:
        shared = shapely.area(shapely.intersection(shapes[near], region.shape))
        inside.update(near[shared > shapely.area(region.shape) / 1000].tolist())
    size = shapely.area(region.shape)
    whole = [i for i in inside if 0.99 < size / shapely.area(shapes[i]) < 1.01]
    remedy = "Take it away from one of them."
    if len(whole) > 1:
        remedy = "They have the same polygon: remove one, or give it its own."
    elif whole:
        remedy = f"{names[whole[0]]} lies wholly in it: cut it out, or remove one of them."
    listed = codes(sorted(names[i] for i in inside))
    return Fault(Rule.OVERLAP, listed, "overlap", remedy, region.place, region.area_m2)


def _gap(region: Region, shapes: Shapes, tree: shapely.STRtree, names: Sequence[str]) -> Fault:
    near = tree.query(region.shape, predicate="intersects")
    if len(near) <= MOST_NAMED:
        common = shapely.intersection(shapely.boundary(shapes[near]), region.shape)
        near = near[shapely.length(common) > 0]
    listed = codes(sorted(names[i] for i in near))
    found = "leave a gap between them" if len(near) > 1 else "has a gap in it"
    remedy = (
        "Add the unit that is missing here, or give the whole city's polygon if this is no part"
        " of it."
    )
    return Fault(Rule.GAP, listed, found, remedy, region.place, region.area_m2)
