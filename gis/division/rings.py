"""Outlines of units as rings on the integer grid, and the directed edges they are made of.

One grid step is 1e-7 degrees. A unit's area is a set of rings with the area always on the left:
outer rings run counter-clockwise, the rims of holes (enclaves) clockwise, and a unit with islands
has several outer rings. Whole numbers of any size are exact, so nothing here rounds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

from gis.arrangement import STEPS_A_DEGREE
from gis.errors import BoundaryError

Vertex: TypeAlias = tuple[int, int]
Edge: TypeAlias = tuple[Vertex, Vertex]
Ring: TypeAlias = tuple[Vertex, ...]
"""Vertices in order; the last is joined to the first, which is not repeated."""
Rings: TypeAlias = tuple[Ring, ...]
"""All rings of one unit, each beginning with its smallest vertex, in order: equal if the same."""

LEAST_VERTICES = 3


def edges(rings: Iterable[Ring]) -> Iterator[Edge]:
    """Yield every directed edge of rings, the area on its left."""
    for ring in rings:
        yield from pairwise(ring)
        yield ring[-1], ring[0]


def twice_area(ring: Ring) -> int:
    """Return twice the area of a ring in square grid steps; negative if it runs clockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in edges((ring,)))


def ordered(rings: Iterable[Iterable[Vertex]]) -> Rings:
    """Return rings in their one order, however they were found."""
    turned = []
    for vertices in rings:
        ring = tuple(vertices)
        first = ring.index(min(ring))
        turned.append(ring[first:] + ring[:first])
    return tuple(sorted(turned))


def chain(areas: Iterable[Rings]) -> set[Edge]:
    """Return the edges around areas taken together: those that no neighbour walks back.

    Raises
    ------
    BoundaryError
        If two areas lie on the same side of one edge.
    """
    open_edges: set[Edge] = set()
    for rings in areas:
        for start, end in edges(rings):
            if (end, start) in open_edges:
                open_edges.discard((end, start))
            elif (start, end) in open_edges:
                raise BoundaryError(
                    f"Two units would lie on the same side of an edge at {place_text(start)}.",
                    key="border.gap",
                )
            else:
                open_edges.add((start, end))
    return open_edges


def traced(some_edges: Iterable[Edge]) -> Rings:
    """Join directed edges into rings that never visit a vertex twice.

    At a vertex with several ways on, the leftmost is taken, which stays with the area it came
    along; a ring that still comes back to a vertex is cut there. So an area that touches itself
    in a vertex becomes two islands, or an outer ring and a hole, but never a ring through itself.
    """
    onward: dict[Vertex, list[Vertex]] = {}
    for start, end in sorted(some_edges):
        onward.setdefault(start, []).append(end)
    found: list[list[Vertex]] = []
    for start in list(onward):
        while onward.get(start):
            walk = [start]
            at, after = start, onward[start].pop(0)
            first = after
            while True:
                walk.append(after)
                ways = onward.get(after, [])
                if after == start and (not ways or _leftmost(at, after, [*ways, first]) == first):
                    break
                if not ways:
                    raise BoundaryError(
                        f"An outline is not closed at {place_text(after)}: an edge has no next.",
                        key="border.gap",
                    )
                way = _leftmost(at, after, ways)
                ways.remove(way)
                at, after = after, way
            found += _cut(walk)
    return ordered(found)


def _leftmost(start: Vertex, at: Vertex, ways: list[Vertex]) -> Vertex:
    """Return the way on that is met first, turning clockwise from the way back."""
    if len(ways) == 1:
        return ways[0]
    back = (start[0] - at[0], start[1] - at[1])
    best = ways[0]
    for way in ways[1:]:
        if _comes_first(back, (way[0] - at[0], way[1] - at[1]), (best[0] - at[0], best[1] - at[1])):
            best = way
    return best


def _comes_first(back: Vertex, one: Vertex, other: Vertex) -> bool:
    """Tell whether turning clockwise from ``back`` meets ``one`` before ``other``."""
    half_one, half_other = _half(back, one), _half(back, other)
    if half_one != half_other:
        return half_one < half_other
    return one[0] * other[1] - one[1] * other[0] < 0


def _half(back: Vertex, way: Vertex) -> int:
    cross = back[0] * way[1] - back[1] * way[0]
    if cross == 0:
        # Straight on lies between the halves; straight back comes last of all.
        return 1 if back[0] * way[0] + back[1] * way[1] < 0 else 3
    return 0 if cross < 0 else 2


def _cut(walk: list[Vertex]) -> Iterator[list[Vertex]]:
    """Cut a closed walk into rings that visit each vertex once."""
    way: list[Vertex] = []
    index: dict[Vertex, int] = {}
    for vertex in walk:
        if vertex in index:
            since = index[vertex]
            loop = way[since:]
            if len(loop) >= LEAST_VERTICES:
                yield loop
            for left in loop:
                del index[left]
            del way[since:]
        index[vertex] = len(way)
        way.append(vertex)


def polygons(rings: Rings) -> list[list[Ring]]:
    """Return rings island by island: an outer ring, then the rims of its holes.

    Raises
    ------
    BoundaryError
        If a ring encloses nothing, or a hole lies in no outer ring.
    """
    if any(len(ring) < LEAST_VERTICES or twice_area(ring) == 0 for ring in rings):
        raise BoundaryError("An outline would enclose nothing.", key="border.nothing_left")
    shells = [[ring] for ring in rings if twice_area(ring) > 0]
    holes = [ring for ring in rings if twice_area(ring) < 0]
    if not shells:
        raise BoundaryError("An outline would run the wrong way round.", key="border.crosses")
    if len(shells) == 1:
        return [[*shells[0], *holes]]
    shells.sort(key=lambda island: twice_area(island[0]))
    areas = [shapely.Polygon(island[0]) for island in shells]
    for hole in holes:
        inside = shapely.Polygon(hole)
        for island, area in zip(shells, areas, strict=True):
            # What fills a hole is covered by it, and is not what has the hole.
            if twice_area(island[0]) > -twice_area(hole) and area.covers(inside):
                island.append(hole)
                break
        else:
            raise BoundaryError(
                f"A hole at {place_text(hole[0])} would lie outside its unit.", key="border.crosses"
            )
    return shells


def shape(rings: Rings) -> shapely.MultiPolygon:
    """Return an area as a shape in grid steps."""
    return shapely.MultiPolygon([(island[0], island[1:]) for island in polygons(rings)])


def shapes(areas: Sequence[Rings]) -> npt.NDArray[np.object_]:
    """Return areas as shapes in grid steps; those of one ring all at once, which is far quicker."""
    found = np.empty(len(areas), dtype=object)
    plain = [k for k, rings in enumerate(areas) if len(rings) == 1]
    for k in sorted(set(range(len(areas))) - set(plain)):
        found[k] = shape(areas[k])
    if plain:
        lines = [(*areas[k][0], areas[k][0][0]) for k in plain]
        owner = np.repeat(np.arange(len(plain)), [len(line) for line in lines])
        corners = np.array([vertex for line in lines for vertex in line], np.float64)
        found[plain] = shapely.polygons(shapely.linearrings(corners, indices=owner))
    return found


def rings_of(area: shapely.Geometry) -> Rings:
    """Return the rings of a valid polygon or multipolygon whose coordinates are grid steps."""
    found = []
    for part in shapely.get_parts(shapely.orient_polygons(area)):
        for ring in shapely.get_rings(part):
            steps = np.rint(shapely.get_coordinates(ring)).astype(np.int64).tolist()
            found.append([(x, y) for x, y in steps[:-1]])
    return ordered(found)


def refuse_unsound(rings: Rings) -> None:
    """Raise BoundaryError unless rings enclose an area: none crosses itself or another."""
    reason = shapely.is_valid_reason(shape(rings))
    if reason == "Valid Geometry":
        return
    what, _, where = reason.partition("[")
    numbers = where.rstrip("]").split()[:2]
    at = place_text((float(numbers[0]), float(numbers[1]))) if len(numbers) == 2 else "some place"
    if "elf-intersection" in what or "Nested" in what or "Duplicate" in what:
        raise BoundaryError(
            f"The outline would cross or touch itself at {at}.", key="border.crosses"
        )
    raise BoundaryError(
        f"The outline would not enclose one clear area at {at} ({what.lower()}).",
        key="border.crosses",
    )


def place_text(vertex: tuple[float, float]) -> str:
    """Return a vertex as longitude and latitude, for a message."""
    return f"{vertex[0] / STEPS_A_DEGREE:.6f}, {vertex[1] / STEPS_A_DEGREE:.6f}"
