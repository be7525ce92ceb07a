"""Where lines that were drawn by hand meet the borders that were meant."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import shapely

from gis.division.division import Division
from gis.division.noding import Line
from gis.division.reshape import along, nearest_edge
from gis.division.rings import Edge, Vertex, edges, shape

# Grid steps in a metre: of latitude, and of longitude at the equator.
STEPS_A_METRE = 1e7 / 111_320
# This part of the reach around a vertex belongs to the vertex.
OF_A_VERTEX = 0.5


def reach_of(vertex: Vertex, metres: float) -> int:
    """Return a distance at a place in grid steps, taken to the east, where steps are shortest."""
    latitude = math.radians(vertex[1] / 1e7)
    return max(1, round(metres * STEPS_A_METRE / max(0.1, math.cos(latitude))))


def snapped(division: Division, vertex: Vertex, reach: int) -> Vertex:
    """Return the place on a border that a line's end is meant to be at.

    The vertex or the nearest edge within reach, in grid steps; where there is neither, the place
    itself. On the city's border only vertices are to be had.
    """
    if division.faces_at(vertex):
        return vertex
    edge = nearest_edge(division, vertex, reach)
    return vertex if edge is None else _on(division, edge, vertex, reach)


def _on(division: Division, edge: Edge, vertex: Vertex, reach: float) -> Vertex:
    start, end = edge
    nearer = min(edge, key=lambda v: math.dist(v, vertex))
    if math.dist(nearer, vertex) <= OF_A_VERTEX * reach or division.is_rim(edge):
        return nearer
    line = shapely.LineString(edge)
    foot = line.interpolate(line.project(shapely.Point(vertex)))
    found = round(foot.x), round(foot.y)
    return nearer if found in (start, end) else found


def crossing(
    division: Division, unit: int, lines: Iterable[Line], snap_m: float
) -> list[Sequence[Vertex]]:
    """Return lines with ends that stop just short of a face's border drawn on to it."""
    rings = division.face(unit)
    area = shape(rings)
    outline = shapely.multilinestrings(shapely.linestrings(list(edges(rings))))
    found: list[Sequence[Vertex]] = []
    for line in lines:
        longer = list(line)
        for at in (0, -1):
            end = longer[at]
            reach = reach_of(end, snap_m)
            point = shapely.Point(end)
            if not area.contains(point) or outline.distance(point) > reach:
                continue
            edge = min(
                edges(rings), key=lambda e: shapely.LineString(e).distance(point)
            )  # fmt: skip
            foot = _on(division, edge, end, reach)
            if foot != end:
                longer.insert(0 if at == 0 else len(longer), foot)
        found.append(longer)
    return found


def course(way: shapely.LineString, start: Vertex, end: Vertex) -> tuple[Vertex, ...]:
    """Return the line along a way from one place to another; of a ring the shorter way round."""
    if not way.is_ring:
        return along(way, start, end)
    corners = shapely.get_coordinates(way)[:-1]
    ways = []
    for turn in (0, len(corners) // 2):
        turned = [*corners[turn:], *corners[:turn], corners[turn]]
        ways.append(along(shapely.LineString(turned), start, end))
    return min(ways, key=lambda line: float(shapely.LineString(line).length))
