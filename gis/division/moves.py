"""Moving, inserting and deleting vertices: every face that shares one follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gis.division.delta import Delta
from gis.division.division import Division
from gis.division.rings import LEAST_VERTICES, Ring, Rings, Vertex, edges, ordered, place_text
from gis.errors import BoundaryError


def redrawn(division: Division, areas: Mapping[int, Rings]) -> Delta:
    """Return the change that gives faces other areas."""
    changed = {n: rings for n, rings in areas.items() if division.face(n) != rings}
    return Delta(
        {n: division.unit(n) for n in changed},
        {n: replace(division.unit(n), rings=rings) for n, rings in changed.items()},
    )


@dataclass(frozen=True)
class MoveVertices:
    """Vertices go elsewhere, with them all faces that share them: a vertex, or a whole edge."""

    moves: Mapping[Vertex, Vertex]

    def delta(self, division: Division) -> Delta:
        """Return the change; raise BoundaryError for vertices on the city's border."""
        faces: set[int] = set()
        for vertex, to in self.moves.items():
            here = division.faces_at(vertex)
            if not here:
                raise BoundaryError(
                    f"No outline has a vertex at {place_text(vertex)}.", key="border.no_point"
                )
            if vertex != to:
                _refuse_rim(division, vertex, here)
            faces |= here
        return redrawn(division, {n: _mapped(division.face(n), self.moves) for n in sorted(faces)})


@dataclass(frozen=True)
class InsertVertex:
    """An edge gets a vertex, on it or beside it."""

    start: Vertex
    end: Vertex
    at: Vertex

    def delta(self, division: Division) -> Delta:
        """Return the change; raise BoundaryError for edges of the city's border."""
        edge = (self.start, self.end)
        sides = (division.left_of(*edge), division.left_of(*edge[::-1]))
        if sides == (None, None):
            raise BoundaryError(
                f"No edge runs from {place_text(self.start)} to {place_text(self.end)}.",
                key="border.no_line",
            )
        if division.is_rim(edge):
            raise BoundaryError(
                f"The edge at {place_text(self.start)} is the city's border.", key="border.locked"
            )
        if division.faces_at(self.at):
            raise BoundaryError(
                f"There already is a vertex at {place_text(self.at)}.", key="border.point_there"
            )
        return redrawn(
            division,
            {
                n: ordered(
                    [
                        v
                        for a, b in edges((ring,))
                        for v in ((a, self.at) if {a, b} == {*edge} else (a,))
                    ]
                    for ring in division.face(n)
                )
                for n in filter(None, sides)
            },
        )


@dataclass(frozen=True)
class DeleteVertex:
    """Two edges become one; not where three units meet."""

    at: Vertex

    def delta(self, division: Division) -> Delta:
        """Return the change; raise BoundaryError for nodes and the city's border."""
        here = division.faces_at(self.at)
        if not here:
            raise BoundaryError(
                f"No outline has a vertex at {place_text(self.at)}.", key="border.no_point"
            )
        beside = _beside(division, self.at, here)
        _refuse_rim(division, self.at, here)
        if len(beside) != 2:
            raise BoundaryError(
                f"Several edges meet at {place_text(self.at)}: move that vertex instead.",
                key="border.node",
            )
        areas = {
            n: ordered(_without(ring, self.at) for ring in division.face(n)) for n in sorted(here)
        }
        return redrawn(division, areas)


def _mapped(rings: Rings, moves: Mapping[Vertex, Vertex]) -> Rings:
    moved = []
    for ring in rings:
        to = tuple(moves.get(vertex, vertex) for vertex in ring)
        if len(set(to)) < len(to):
            twice = next(vertex for k, vertex in enumerate(to) if vertex in to[:k])
            raise BoundaryError(
                f"Two vertices of one outline would meet at {place_text(twice)}.",
                key="border.points_meet",
            )
        moved.append(to)
    return ordered(moved)


def _without(ring: Ring, vertex: Vertex) -> Ring:
    left = tuple(v for v in ring if v != vertex)
    if len(left) < LEAST_VERTICES:
        raise BoundaryError(
            f"The outline at {place_text(vertex)} would enclose nothing.", key="border.nothing_left"
        )
    return left


def _beside(division: Division, vertex: Vertex, faces: Iterable[int]) -> set[Vertex]:
    """Return the vertices that edges lead to from a vertex."""
    found: set[Vertex] = set()
    for number in faces:
        for ring in division.face(number):
            if vertex in ring:
                k = ring.index(vertex)
                found |= {ring[k - 1], ring[(k + 1) % len(ring)]}
    return found


def _refuse_rim(division: Division, vertex: Vertex, faces: Iterable[int]) -> None:
    if any(division.is_rim((vertex, other)) for other in _beside(division, vertex, faces)):
        raise BoundaryError(
            f"The vertex at {place_text(vertex)} lies on the city's border, which is locked.",
            key="border.locked",
        )
