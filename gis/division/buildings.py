"""Handing buildings over: the edge lays itself around them, along roads where it can."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import shapely

from gis.arrangement import Shapes
from gis.division.cutting import Take
from gis.division.delta import Delta
from gis.division.division import Division
from gis.division.moves import redrawn
from gis.division.noding import Line, cells, node
from gis.division.rings import (
    Rings,
    Vertex,
    chain,
    edges,
    ordered,
    polygons,
    rings_of,
    shape,
    traced,
)
from gis.errors import BoundaryError

# In grid steps: footprints are told apart at points two metres from each other, and an edge
# between buildings keeps to its course within a metre.
BETWEEN_POINTS = 180
COURSE = 90
# A footprint that reaches over an edge by less than this part of it is not cut.
LEAST_SHARE = 0.01


@dataclass(frozen=True)
class HandOverBuildings:
    """Buildings of one face go to another, with the ground around them.

    First the blocks between roads are tried that hold these buildings and no others; if that
    cannot be, the edge runs half-way between these buildings and the others.
    """

    giver: int
    to: int
    # Footprints in grid steps.
    buildings: Sequence[shapely.Geometry]
    # The other footprints in the two faces.
    others: Sequence[shapely.Geometry]
    roads: Sequence[Line] = ()

    def delta(self, division: Division) -> Delta:
        """Return the change; raise BoundaryError where no edge can be laid around them."""
        before = shape(division.face(self.giver))
        if not all(before.intersects(building) for building in self.buildings):
            raise BoundaryError(
                f"Not all of the buildings stand in {division.name(self.giver)}: "
                "hand them over unit by unit.",
                key="border.not_all_here",
                unit=division.spoken(self.giver),
            )
        refusal: BoundaryError | None = None
        for way in (self._along_roads, self._between):
            try:
                delta = way(division)
            except BoundaryError as error:
                refusal = refusal or error
                continue
            if delta is not None and self._is_clean(division, delta):
                return delta
        raise refusal or BoundaryError(
            f"No edge can be laid around the buildings from {division.name(self.giver)} to "
            f"{division.name(self.to)} without cutting a building or a unit in two. "
            "Hand over what lies between as well, or draw the edge.",
            key="border.no_way_round",
            unit=division.spoken(self.giver),
            other=division.spoken(self.to),
        )

    def _along_roads(self, division: Division) -> Delta | None:
        """Give whole blocks, if none of them holds another building."""
        rings = division.face(self.giver)
        lines = list(_clipped(self.roads, shape(rings).bounds))
        if not lines:
            return None
        noded = node(division, lines, [self.giver])
        areas = noded.faces(division)
        blocks = cells(areas.get(self.giver, rings), noded.lines)
        tree = shapely.STRtree([shape(block) for block in blocks])
        chosen, taboo = (_holding(tree, some) for some in (self.buildings, self.others))
        if chosen & taboo or len(chosen) == len(blocks):
            return None
        own = areas.get(self.to) or division.face(self.to)
        taken = _joined(blocks, chosen, taboo, own)
        if taken is None:
            return None
        rest = [block for k, block in enumerate(blocks) if k not in taken]
        areas[self.to] = traced(chain([own, *(blocks[k] for k in sorted(taken))]))
        areas[self.giver] = traced(chain(rest))
        return redrawn(division, areas)

    def _between(self, division: Division) -> Delta | None:
        """Give what is nearer to these buildings than to the others."""
        area = shape(division.face(self.giver))
        others = [other for other in self.others if area.intersects(other)]
        if not others:
            return None
        origin = np.floor(shapely.get_coordinates(area)[0])
        sites = _apart(_points(self.buildings, origin), _points(others, origin))
        frame = shapely.transform(area, lambda xy: xy - origin)
        parts = shapely.get_parts(
            shapely.voronoi_polygons(
                shapely.MultiPoint(np.concatenate(sites)), extend_to=frame, ordered=True
            )
        )
        near = shapely.union_all(parts[: len(sites[0])])
        near = shapely.simplify(near, COURSE)
        stepped = shapely.transform(near, lambda xy: np.rint(xy + origin))
        if not shapely.is_valid(stepped):
            return None
        return self._with_scraps(Take(self.to, rings_of(stepped), [self.giver]).delta(division))

    def _with_scraps(self, delta: Delta) -> Delta:
        """Let ground without a building go along where it would be cut off from the giver."""
        giver, taker = delta.new[self.giver], delta.new[self.to]
        islands = [ordered(island) for island in polygons(giver.rings or ())]
        if len(islands) == len(polygons(delta.old[self.giver].rings or ())):
            return delta
        tree = shapely.STRtree([shape(island) for island in islands])
        kept = _holding(tree, self.others) or {0}
        taken, rest = taker.rings or (), []
        for k, island in enumerate(islands):
            back = {(b, a) for a, b in edges(island)}
            if k not in kept and back & set(edges(taken)):
                taken = traced(chain([taken, island]))
            else:
                rest.append(island)
        new = {self.giver: replace(giver, rings=traced(chain(rest))),
               self.to: replace(taker, rings=taken)}  # fmt: skip
        return Delta(delta.old, {**delta.new, **new})

    def _is_clean(self, division: Division, delta: Delta) -> bool:
        """Tell whether a change hands over just these buildings, and leaves units in one piece."""
        if not {self.giver, self.to} <= delta.new.keys():
            return False
        for number, unit in delta.new.items():
            if len(polygons(unit.rings or ())) > len(polygons(division.face(number))):
                return False
        gave, took = (shape(delta.new[n].rings or ()) for n in (self.giver, self.to))
        before = shape(division.face(self.giver))
        stood = [other for other in self.others if not _reaches(other, other.difference(before))]
        return not (
            any(_reaches(building, gave) for building in self.buildings)
            or any(_reaches(other, took) for other in stood)
        )


def _reaches(building: shapely.Geometry, area: shapely.Geometry) -> bool:
    return bool(building.intersection(area).area > LEAST_SHARE * building.area)


def _clipped(
    roads: Sequence[Line], bounds: tuple[float, float, float, float]
) -> Iterator[list[Vertex]]:
    """Yield the runs of roads whose segments meet a box."""
    box = shapely.box(*bounds)
    shapely.prepare(box)
    for road in roads:
        run: list[Vertex] = []
        for start, end in pairwise(road):
            if box.intersects(shapely.LineString([start, end])):
                run = [*run, end] if run else [start, end]
            elif run:
                yield run
                run = []
        if run:
            yield run


def _holding(tree: shapely.STRtree, buildings: Sequence[shapely.Geometry]) -> set[int]:
    """Return the blocks that buildings stand in, by more than a touch."""
    found = set()
    for building in buildings:
        for block in tree.query(building).tolist():
            if _reaches(building, tree.geometries[block]):
                found.add(block)
    return found


def _joined(
    blocks: Sequence[Rings], chosen: set[int], taboo: set[int], own: Rings
) -> set[int] | None:
    """Return chosen blocks and the free ones needed to join each of them to an area."""
    sides = [{(b, a) for a, b in edges(block)} for block in blocks]
    area = set(edges(own))
    taken: set[int] = set()
    for start in sorted(chosen):
        came: dict[int, int | None] = {start: None}
        waiting = [start]
        for block in waiting:
            if block in taken or sides[block] & area:
                step: int | None = block
                while step is not None:
                    taken.add(step)
                    step = came[step]
                break
            for other in range(len(blocks)):
                if other in came or other in taboo or not sides[block] & set(edges(blocks[other])):
                    continue
                came[other] = block
                waiting.append(other)
        else:
            return None
    return taken


def _points(buildings: Sequence[shapely.Geometry], origin: Shapes) -> Shapes:
    """Return points along the outlines of footprints, in whole steps from an origin."""
    dense = shapely.segmentize(shapely.boundary(list(buildings)), BETWEEN_POINTS)
    points: Shapes = np.unique(np.rint(shapely.get_coordinates(dense) - origin), axis=0)
    return points


def _apart(some: Shapes, others: Shapes) -> tuple[Shapes, Shapes]:
    """Return points without those that are both: walls in common are nearer to neither."""
    both = {*map(tuple, some.tolist())} & {*map(tuple, others.tolist())}
    if not both:
        return some, others
    kept = [[tuple(point) not in both for point in points.tolist()] for points in (some, others)]
    return some[kept[0]], others[kept[1]]
