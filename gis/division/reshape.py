"""A new course for the border between two units: drawn, or along a road or river."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import shapely
from shapely.ops import substring

from gis.division.delta import Delta
from gis.division.division import Division, Operation
from gis.division.moves import InsertVertex, redrawn
from gis.division.rings import Edge, Ring, Rings, Vertex, edges, place_text, traced, twice_area
from gis.errors import BoundaryError

# A line that ends this near to an edge, in grid steps (some half a metre), ends on it.
REACH = 50


@dataclass(frozen=True)
class Touch:
    """A place on an edge, or very near to one, becomes a vertex of it, if it is none yet."""

    at: Vertex

    def delta(self, division: Division) -> Delta:
        """Return the change; raise BoundaryError where no edge is near."""
        if division.faces_at(self.at):
            return Delta()
        edge = nearest_edge(division, self.at)
        if edge is None:
            raise BoundaryError(
                f"The line must end on a border, not at {place_text(self.at)}.",
                key="border.off_border",
            )
        return InsertVertex(*edge, self.at).delta(division)


@dataclass(frozen=True)
class Reshape:
    """The border between two units follows a line, from one of its vertices to another."""

    line: Sequence[Vertex]

    def delta(self, division: Division) -> Delta:
        """Return the change; raise BoundaryError unless both ends lie on one border."""
        line = tuple(v for k, v in enumerate(self.line) if k == 0 or v != self.line[k - 1])
        if len(line) < 2 or line[0] == line[-1]:
            raise BoundaryError(
                "The line must end elsewhere than it begins.", key="border.closed_line"
            )
        around = sorted(division.faces_at(line[0]) & division.faces_at(line[-1]))
        found = [
            (abs(twice_area((*path, *line[-2:0:-1]))), left, right, path)
            for left in around
            for right in around
            if left != right
            for path in _paths(division.face(left), division.face(right), line[0], line[-1])
        ]
        if not found:
            raise BoundaryError(
                "The line must begin and end on the border between the same two units.",
                key="border.two_borders",
            )
        # Around an enclave there are two ways: the one nearer to the line is meant.
        _, left, right, path = min(found)
        areas = {
            left: _rerouted(division.face(left), path, line),
            right: _rerouted(division.face(right), path[::-1], line[::-1]),
        }
        return redrawn(division, areas)


def redraw(line: Sequence[Vertex]) -> tuple[Operation, ...]:
    """Return the operations that give a border a new course, its ends on edges or vertices."""
    return Touch(line[0]), Touch(line[-1]), Reshape(line)


def along(way: shapely.LineString, start: Vertex, end: Vertex) -> tuple[Vertex, ...]:
    """Return a line from one vertex to another that follows a way between them.

    Parameters
    ----------
    way
        A road or river in grid steps.
    start, end
        On the border; the line joins the way where it is nearest to them.
    """
    first, last = (way.project(shapely.Point(vertex)) for vertex in (start, end))
    part = shapely.get_coordinates(substring(way, first, last))
    inner = [(round(x), round(y)) for x, y in part.tolist()]
    line = [start, *inner, end]
    return tuple(v for k, v in enumerate(line) if k == 0 or v != line[k - 1])


def nearest_edge(division: Division, vertex: Vertex, reach: int = REACH) -> Edge | None:
    """Return the edge nearest to a vertex within reach, in grid steps; None where there is none."""
    x, y = vertex
    near = division.near(x - reach, y - reach, x + reach, y + reach)
    some = sorted({min(e, e[::-1]) for n in near for e in edges(division.face(n))})
    some = [e for e in some if _box_meets(e, x, y, reach)]
    if not some:
        return None
    distances = shapely.distance(shapely.linestrings(some), shapely.Point(vertex))
    nearest = int(distances.argmin())
    return some[nearest] if distances[nearest] <= reach else None


def _box_meets(edge: Edge, x: int, y: int, reach: int) -> bool:
    (ax, ay), (bx, by) = edge
    return (
        min(ax, bx) - reach <= x <= max(ax, bx) + reach
        and min(ay, by) - reach <= y <= max(ay, by) + reach
    )


def _paths(left: Rings, right: Rings, start: Vertex, end: Vertex) -> Iterator[Ring]:
    """Yield the way along an outline from start to end, if another unit lies all along it."""
    back = {(b, a) for a, b in edges(right)}
    for ring in left:
        if start in ring and end in ring:
            i, k = ring.index(start), ring.index(end)
            path = ring[i : k + 1] if i <= k else ring[i:] + ring[: k + 1]
            if all(edge in back for edge in pairwise(path)):
                yield path


def _rerouted(rings: Rings, path: Ring, line: Sequence[Vertex]) -> Rings:
    kept = set(edges(rings)) - set(pairwise(path))
    for edge in pairwise(line):
        if edge in kept or edge[::-1] in kept:
            raise BoundaryError(
                f"The line runs along another border at {place_text(edge[0])}.",
                key="border.along_another",
            )
        kept.add(edge)
    return traced(kept)
