"""Faces seen close up: how far buildings stay from each kind of way, and which way rows run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from importers.demo.mesh import Ints, numbered
from importers.demo.plane import Coordinates, Geometries, Plane
from importers.demo.town import Town

# Metres from the middle of a way to the nearest wall.
_SETBACK_M = {
    "trunk": 34.0, "primary": 29.0, "secondary": 20.0, "tertiary": 15.0, "residential": 10.5,
    "service": 5.5, "path": 4.0, "lot": 3.0, "outer": 14.0,
}  # fmt: skip
_VILLAGE_SETBACK_M = {"residential": 7.0, "service": 3.0, "path": 1.9, "lot": 1.5}


@dataclass(frozen=True)
class Sides:
    """The segments of all faces' rings: face, both ends (n, 2, 2) in metres, what lies there.

    ``kind`` is that of the way, "lot" where there is none, "outer" at the edge of the district.
    """

    face: Ints
    segment: Coordinates
    kind: NDArray[np.object_]


@dataclass(frozen=True)
class Site:
    """The faces of a town in metres, with what is needed to build on them."""

    plane: Plane
    code: NDArray[np.object_]
    faces: Geometries
    use: NDArray[np.object_]
    block: Ints
    estate_kind: NDArray[np.object_]
    sides: Sides
    # Where walls may stand; empty where nothing fits.
    inset: Geometries
    # Direction of rows, within 45 degrees of east: houses here look to the south.
    angle: NDArray[np.float64]
    # Block outlines and their middles, by block number.
    blocks: Geometries
    # Lakes in parks and woods: nothing is built there.
    lakes: shapely.Geometry

    def turned(self, shapes: Geometries, face: Ints, sign: float) -> Geometries:
        """Return shapes turned about their faces' origin: -1 rows to the east, 1 back again."""
        xy, of = shapely.get_coordinates(shapes, return_index=True)
        turn = self.angle[face[of]] * sign
        cos, sin = np.cos(turn), np.sin(turn)
        turned = np.column_stack([xy[:, 0] * cos - xy[:, 1] * sin, xy[:, 0] * sin + xy[:, 1] * cos])
        return np.asarray(shapely.set_coordinates(shapes.copy(), turned))


def make_site(town: Town, plane: Plane) -> Site:
    """Return the site of a town."""
    units = town.units[town.units["geometry"].notna()]
    faces = plane.geometries_to_metres(np.asarray(units["geometry"].array, dtype=object))
    use = units["use"].to_numpy(dtype=object)
    block = units["block"].to_numpy(dtype=np.int64)
    degrees = np.asarray(units["geometry"].array, dtype=object)
    order = np.argsort(block, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(block[order])) + 1)
    blocks = np.array([shapely.coverage_union_all(faces[g]) for g in groups], dtype=object)
    sides = _sides(degrees, faces, town)
    return Site(
        plane=plane,
        code=units["code"].to_numpy(dtype=object),
        faces=faces,
        use=use,
        block=block,
        estate_kind=units["estate_kind"].to_numpy(dtype=object),
        sides=sides,
        inset=_insets(faces, use, sides),
        angle=_angles(blocks)[block],
        blocks=blocks,
        lakes=_lakes(town, plane),
    )


def _lakes(town: Town, plane: Plane) -> shapely.Geometry:
    rows = town.ground[town.ground["kind"] == "lake"]
    return shapely.union_all(
        plane.geometries_to_metres(np.asarray(rows["geometry"].array, dtype=object))
    )


def _angles(blocks: Geometries) -> NDArray[np.float64]:
    """Return the direction of each block's side that lies nearest to east, in radians."""
    box = shapely.get_coordinates(shapely.oriented_envelope(blocks)).reshape(len(blocks), 5, 2)
    side = box[:, 1] - box[:, 0]
    angle = np.arctan2(side[:, 1], side[:, 0])
    return np.asarray(angle - np.round(angle / (np.pi / 2)) * (np.pi / 2))


def _sides(degrees: Geometries, faces: Geometries, town: Town) -> Sides:
    """Return what lies on every side of every face, found by equal vertices."""
    ways = np.asarray(town.ways["geometry"].array, dtype=object)
    kinds = town.ways["kind"].to_numpy(dtype=object)
    rings, face_of_ring = shapely.get_rings(degrees, return_index=True)
    xy, ring_of = shapely.get_coordinates(rings, return_index=True)
    metres = shapely.get_coordinates(shapely.get_rings(faces))
    way_xy, way_of = shapely.get_coordinates(ways, return_index=True)
    number = numbered(np.vstack([xy, way_xy]))
    count = np.int64(number.max() + 1)
    at, on = number[: len(xy)], number[len(xy) :]
    ring_same, way_same = ring_of[:-1] == ring_of[1:], way_of[:-1] == way_of[1:]
    ring_key = _undirected(at[:-1][ring_same], at[1:][ring_same], count)
    way_key = _undirected(on[:-1][way_same], on[1:][way_same], count)
    order = np.argsort(way_key, kind="stable")
    place = np.minimum(np.searchsorted(way_key[order], ring_key), len(way_key) - 1)
    found = way_key[order][place] == ring_key
    _, inverse, times = np.unique(ring_key, return_inverse=True, return_counts=True)
    kind = np.where(times[inverse] == 1, "outer", "lot").astype(object)
    kind[found] = kinds[way_of[:-1][way_same][order][place[found]]]
    return Sides(
        face=face_of_ring[ring_of[:-1][ring_same]].astype(np.int64),
        segment=np.stack([metres[:-1], metres[1:]], axis=1)[ring_same],
        kind=kind,
    )


def _insets(faces: Geometries, use: NDArray[np.object_], sides: Sides) -> Geometries:
    setback = np.array([_SETBACK_M[str(k)] for k in sides.kind])
    is_village = use[sides.face] == "village"
    for name, metres_off in _VILLAGE_SETBACK_M.items():
        setback[is_village & (sides.kind == name)] = metres_off
    return cleared(faces, sides, setback)


def _undirected(a: Ints, b: Ints, count: np.int64) -> Ints:
    return np.minimum(a, b) * count + np.maximum(a, b)


def cleared(faces: Geometries, sides: Sides, setback: NDArray[np.float64]) -> Geometries:
    """Return faces without strips along their sides, the largest part of each."""
    face, segments = sides.face, sides.segment
    least = np.full(len(faces), np.inf)
    np.minimum.at(least, face, setback)
    inset = shapely.buffer(faces, -least, quad_segs=1, join_style="mitre", mitre_limit=3.0)
    rest = setback > least[face]
    face, segments, setback = face[rest], segments[rest], setback[rest]
    order = np.lexsort([setback, face])
    face, segments, setback = face[order], segments[order], setback[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(face) != 0) | (np.diff(setback) != 0)])
    run = np.cumsum(np.isin(np.arange(len(face)), starts)) - 1
    strips = shapely.buffer(
        shapely.multilinestrings(shapely.linestrings(segments), indices=run),
        setback[starts], quad_segs=2,
    )  # fmt: skip
    owner = face[starts]
    # A face has one strip for each kind of way along it: take the first of all, then the second.
    turn = np.arange(len(owner)) - np.searchsorted(owner, owner)
    for k in range(int(turn.max(initial=-1)) + 1):
        mine = turn == k
        inset[owner[mine]] = shapely.difference(inset[owner[mine]], strips[mine])
    return largest(inset)


def largest(shapes: Geometries) -> Geometries:
    """Return the largest part of each shape; an empty polygon where there is none."""
    parts, of = shapely.get_parts(shapes, return_index=True)
    order = np.lexsort([-shapely.area(parts), of])
    first = order[np.r_[True, np.diff(of[order]) > 0]] if len(order) else order
    result = np.full(len(shapes), shapely.Polygon(), dtype=object)
    result[of[first]] = parts[first]
    return result
