"""Faces and the edges between them: one graph, shared vertices equal bit for bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from importers.demo.plane import Geometries

Ints = NDArray[np.int64]

# Metres. Nodes and lines closer than this become one, so that no sliver is narrower.
_GRID_M = 0.05
_SMALLEST_M2 = 120.0
_NARROWEST_M = 3.0


@dataclass(frozen=True)
class Mesh:
    """A coverage as polygons and as edges; ``left`` and ``right`` are faces or -1."""

    faces: Geometries
    edges: Geometries
    left: Ints
    right: Ints
    # Which of the polygons that were given each face came from.
    parent: Ints


def mesh_of(polygons: Sequence[shapely.Polygon], others: Sequence[shapely.LineString]) -> Mesh:
    """Return the mesh of polygons that touch, and of other lines, in metres: no slivers."""
    given = np.array(polygons, dtype=object)
    lines = [*shapely.get_rings(given), *others]
    edges = _merged(shapely.get_parts(shapely.union_all(lines, grid_size=_GRID_M)))
    tree = shapely.STRtree(given)
    while True:
        faces = shapely.get_parts(shapely.polygonize(edges))
        faces = shapely.orient_polygons(faces, exterior_cw=False)
        at, found = tree.query(shapely.point_on_surface(faces), predicate="within")
        parent = np.full(len(faces), -1, dtype=np.int64)
        parent[at] = found
        # A crumb between polygons that just miss each other goes to the nearest; see below.
        lost = np.flatnonzero((parent < 0) & (shapely.area(faces) < _SMALLEST_M2))
        at, found = tree.query_nearest(faces[lost], max_distance=_GRID_M, all_matches=False)
        parent[lost[at]] = found
        keep = parent >= 0
        mesh = with_sides(faces[keep], edges, parent[keep])
        removable = _longest_edges(mesh, _slivers(mesh.faces))
        if not len(removable):
            return mesh
        edges = _merged(np.delete(mesh.edges, removable))


def _merged(edges: Geometries) -> Geometries:
    return np.asarray(shapely.get_parts(shapely.line_merge(shapely.multilinestrings(edges))))


def _slivers(faces: Geometries) -> Ints:
    area = shapely.area(faces)
    width = 2 * area / shapely.length(faces)
    return np.flatnonzero((area < _SMALLEST_M2) | (width < _NARROWEST_M))


def _longest_edges(mesh: Mesh, faces: Ints) -> Ints:
    """Return, for each face, its longest edge that has a face on the other side."""
    length = shapely.length(mesh.edges)
    inner = (mesh.left >= 0) & (mesh.right >= 0)
    taken: set[int] = set()
    result = []
    for face in faces.tolist():
        mine = np.flatnonzero(inner & ((mesh.left == face) | (mesh.right == face)))
        if len(mine) == 0:
            continue
        edge = mine[np.argmax(length[mine])]
        sides = {int(mesh.left[edge]), int(mesh.right[edge])}
        # Of two slivers side by side one waits for the next round.
        if not sides & taken:
            taken |= sides
            result.append(edge)
    return np.array(result, dtype=np.int64)


def with_sides(faces: Geometries, edges: Geometries, parent: Ints) -> Mesh:
    """Return faces and edges with the face left and right of each edge.

    Every edge is a run of segments of the faces' rings; faces wind counter-clockwise.
    """
    rings, face_of_ring = shapely.get_rings(faces, return_index=True)
    ring_xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    edge_xy, edge_of = shapely.get_coordinates(edges, return_index=True)
    begin = np.searchsorted(edge_of, np.arange(len(edges)))
    number = numbered(np.vstack([ring_xy, edge_xy]))
    ring_number, edge_number = number[: len(ring_xy)], number[len(ring_xy) :]
    same = ring_of[:-1] == ring_of[1:]
    count = np.int64(number.max() + 1)
    key = ring_number[:-1][same] * count + ring_number[1:][same]
    owner = face_of_ring[ring_of[:-1][same]]
    order = np.argsort(key, kind="stable")
    key, owner = key[order], owner[order]

    def face_at(wanted: Ints) -> Ints:
        at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        return np.where(key[at] == wanted, owner[at], -1).astype(np.int64)

    a, b = edge_number[begin], edge_number[begin + 1]
    return Mesh(faces, edges, face_at(a * count + b), face_at(b * count + a), parent)


def numbered(xy: NDArray[np.float64]) -> Ints:
    """Return a whole number for each point (n, 2), the same for points that are equal."""
    points = np.ascontiguousarray(xy + 0.0).view(np.complex128).ravel()
    return np.unique(points, return_inverse=True)[1].astype(np.int64)
