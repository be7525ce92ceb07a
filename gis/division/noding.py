"""Lines laid over outlines: every meeting becomes a vertex of both, on the grid.

Where a line crosses an edge the crossing is rounded to the grid, which bends both by up to half a
step; so it is repeated until nothing crosses. The city's border is never bent: a line that comes
to it ends in one of its vertices.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import shapely

from gis.division.division import Division
from gis.division.rings import Edge, Rings, Vertex, edges, ordered, polygons, shape, traced
from gis.errors import BoundaryError

Positions: TypeAlias = npt.NDArray[np.int64]
Line: TypeAlias = Sequence[Vertex]

MOST_ROUNDS = 12


@dataclass(frozen=True)
class Noded:
    """Lines and edges that meet in vertices only."""

    lines: tuple[tuple[Vertex, ...], ...]
    # Edges that got vertices, both ways round, and all vertices from start to end.
    bent: Mapping[Edge, tuple[Vertex, ...]]

    def rings(self, rings: Rings) -> Rings:
        """Return rings with the new vertices in them."""
        return ordered(
            [v for edge in edges((ring,)) for v in self.bent.get(edge, edge)[:-1]] for ring in rings
        )

    def faces(self, division: Division) -> dict[int, Rings]:
        """Return the faces that got new vertices, and their rings with them."""
        found = {division.left_of(*edge) for edge in self.bent}
        return {n: self.rings(division.face(n)) for n in sorted(filter(None, found))}


def node(division: Division, lines: Iterable[Line], faces: Iterable[int]) -> Noded:
    """Make lines meet each other and the edges of some faces in vertices.

    Raises
    ------
    BoundaryError
        If the lines cross so closely that the grid cannot hold them apart.
    """
    some = {min(edge, edge[::-1]) for n in faces for edge in edges(division.face(n))}
    strings = [_plain(line) for line in lines]
    count = len(strings)
    boxes = [(min(x), min(y), max(x), max(y)) for x, y in (zip(*s, strict=True) for s in strings)]
    near = sorted(edge for edge in some if any(_meets(edge, box) for box in boxes))
    strings += [list(edge) for edge in near]
    locked = [False] * count + [division.is_rim(edge) for edge in near]
    for _ in range(MOST_ROUNDS):
        found = _meetings(strings, count, locked)
        if not found:
            bent = {e: tuple(s) for e, s in zip(near, strings[count:], strict=True) if len(s) > 2}
            back = {edge[::-1]: way[::-1] for edge, way in bent.items()}
            return Noded(tuple(map(tuple, strings[:count])), {**bent, **back})
        for number, points in found.items():
            strings[number] = _with(strings[number], points)
    raise BoundaryError(
        "The line runs too close to an outline to be kept apart from it.", key="border.too_close"
    )


def _plain(line: Line) -> list[Vertex]:
    plain = [v for k, v in enumerate(line) if k == 0 or v != line[k - 1]]
    if len(plain) < 2:
        raise BoundaryError("A line needs two different points at least.", key="border.one_point")
    return plain


def _meets(edge: Edge, box: tuple[int, int, int, int]) -> bool:
    (ax, ay), (bx, by) = edge
    return (
        min(ax, bx) <= box[2] + 1
        and max(ax, bx) >= box[0] - 1
        and min(ay, by) <= box[3] + 1
        and max(ay, by) >= box[1] - 1
    )


def _meetings(
    strings: Sequence[list[Vertex]], lines: int, locked: Sequence[bool]
) -> dict[int, list[tuple[int, Vertex]]]:
    """Return the points that strings lack, each with the segment it lies on, by string."""
    owner = [(k, i) for k, string in enumerate(strings) for i in range(len(string) - 1)]
    ends: Positions = np.array([(*a, *b) for s in strings for a, b in pairwise(s)], np.int64)
    is_locked = np.array([locked[string] for string, _ in owner])
    drawn = sum(len(string) - 1 for string in strings[:lines])
    segments = shapely.linestrings(ends.reshape(-1, 2, 2))
    # Only those whose boxes meet can meet: a face may have thousands of roads in it.
    pairs: Positions = shapely.STRtree(segments).query(segments[:drawn]).astype(np.int64)
    one, other = pairs[:, pairs[0] != pairs[1]]
    found: dict[int, list[tuple[int, Vertex]]] = {}
    for segment, point in [
        *_crossings(one, other, ends, is_locked),
        *_touches(one, other, ends, is_locked),
    ]:
        string, i = owner[segment]
        if point not in strings[string][i : i + 2]:
            found.setdefault(string, []).append((i, point))
    return found


def _crossings(
    one: Positions, other: Positions, ends: Positions, is_locked: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, Vertex]]:
    """Yield the points that segments of pairs get where they cross: which segment, which point."""
    a, b, c, d = ends[one, :2], ends[one, 2:], ends[other, :2], ends[other, 2:]
    apart = (_side(a, b, c) * _side(a, b, d) < 0) & (_side(c, d, a) * _side(c, d, b) < 0)
    for k, n in zip(one[apart].tolist(), other[apart].tolist(), strict=True):
        if is_locked[n]:
            yield k, _nearer(ends[k], ends[n])
        else:
            point = _crossing(ends[k], ends[n])
            yield k, point
            yield n, point


def _touches(
    one: Positions, other: Positions, ends: Positions, is_locked: npt.NDArray[np.bool_]
) -> Iterator[tuple[int, Vertex]]:
    """Yield the ends of one segment of a pair that lie inside the other: which segment, which."""
    a, b, c, d = ends[one, :2], ends[one, 2:], ends[other, :2], ends[other, 2:]
    for points in (c, d):
        is_on = (_side(a, b, points) == 0) & _within(a, b, points)
        for k, point in zip(one[is_on].tolist(), points[is_on], strict=True):
            yield k, _vertex(point)
    for points in (a, b):
        is_on = (_side(c, d, points) == 0) & _within(c, d, points) & ~is_locked[other]
        for n, point in zip(other[is_on].tolist(), points[is_on], strict=True):
            yield n, _vertex(point)


def _side(a: Positions, b: Positions, p: Positions) -> Positions:
    # Differences within a city are below 2^31, so their products fit.
    ab, ap = b - a, p - a
    sides: Positions = np.sign(ab[..., 0] * ap[..., 1] - ab[..., 1] * ap[..., 0])
    return sides


def _within(a: Positions, b: Positions, p: Positions) -> npt.NDArray[np.bool_]:
    """Tell which points in line with a and b lie strictly between them."""
    low, high = np.minimum(a, b), np.maximum(a, b)
    inside = ((low <= p) & (p <= high)).all(axis=-1)
    result: npt.NDArray[np.bool_] = inside & (p != a).any(axis=-1) & (p != b).any(axis=-1)
    return result


def _vertex(point: Positions) -> Vertex:
    return int(point[0]), int(point[1])


def _crossing(one: Positions, other: Positions) -> Vertex:
    """Return where two segments cross, rounded to the grid."""
    ax, ay, bx, by = one.tolist()
    cx, cy, dx, dy = other.tolist()
    along = (cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)
    whole = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx)
    return ax + _rounded(along * (bx - ax), whole), ay + _rounded(along * (by - ay), whole)


def _rounded(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def _nearer(line: Positions, edge: Positions) -> Vertex:
    """Return the end of a locked edge that is nearer to where a line crosses it."""
    x, y = _crossing(line, edge)
    ax, ay, bx, by = edge.tolist()
    is_first = (ax - x) ** 2 + (ay - y) ** 2 <= (bx - x) ** 2 + (by - y) ** 2
    return (ax, ay) if is_first else (bx, by)


def _with(string: list[Vertex], points: Sequence[tuple[int, Vertex]]) -> list[Vertex]:
    result: list[Vertex] = []
    for i, start in enumerate(string):
        result.append(start)
        here = {point for k, point in points if k == i}
        result += sorted(here, key=lambda p: (p[0] - start[0]) ** 2 + (p[1] - start[1]) ** 2)
    return _plain(result)


def cells(rings: Rings, lines: Iterable[Line]) -> list[Rings]:
    """Return the areas that lines cut an area into; largest first.

    Parameters
    ----------
    rings
        An area that meets the lines in vertices only, as `node` makes it.
    lines
        Parts of them outside the area, and ends inside that reach no other line, cut nothing.
    """
    rim = set(edges(rings))
    inner = _inner(shape(rings), rim, lines)
    whole = [*rim, *inner, *((end, start) for start, end in inner)]
    found = [ordered(island) for island in polygons(traced(whole))]
    return sorted(found, key=lambda cell: (-shape(cell).area, cell))


def _inner(area: shapely.Geometry, rim: set[Edge], lines: Iterable[Line]) -> list[Edge]:
    """Return the pieces of lines inside an area that do not end blindly."""
    pieces = {min(e, e[::-1]) for line in lines for e in pairwise(line)}
    pieces = {e for e in pieces if e not in rim and e[::-1] not in rim}
    listed = sorted(pieces)
    if not listed:
        return []
    middles = np.array(listed, np.float64).mean(axis=1)
    shapely.prepare(area)
    inside = shapely.contains_xy(area, middles[:, 0], middles[:, 1])
    kept = {e for e, is_inside in zip(listed, inside.tolist(), strict=True) if is_inside}
    ends: dict[Vertex, set[Edge]] = {}
    for edge in kept:
        for vertex in edge:
            ends.setdefault(vertex, set()).add(edge)
    on_rim = {start for start, _ in rim}
    blind = [v for v, here in ends.items() if len(here) == 1 and v not in on_rim]
    while blind:
        vertex = blind.pop()
        for edge in list(ends[vertex]):
            kept.discard(edge)
            for end in edge:
                ends[end].discard(edge)
                if len(ends[end]) == 1 and end not in on_rim:
                    blind.append(end)
    return sorted(kept)
