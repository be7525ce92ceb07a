"""What makes a park of a green block: a pond, and a path around it tied to the streets."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from shapely import LineString, Polygon
from shapely.ops import substring

from importers.demo.mesh import numbered
from importers.demo.plane import Coordinates, Geometries
from importers.demo.site import Site

_SMALLEST_M2 = 5_000.0
_POND_CHANCE = 0.55
_LOOP_IN_M = 13.0
_ROUND_M = 16.0


@dataclass(frozen=True)
class Parkland:
    """Ponds and paths in metres."""

    ponds: Geometries
    paths: Geometries


def make_parkland(
    site: Site, ways: Geometries, houses: Geometries, rng: np.random.Generator
) -> Parkland:
    """Return ponds and paths of all parks; paths begin at ends of ``ways`` (in metres)."""
    tree = shapely.STRtree(houses)
    ends = shapely.get_coordinates([shapely.get_point(ways, k) for k in (0, -1)])
    ponds: list[Polygon] = []
    paths: list[LineString] = []
    wanted = (site.use == "park") & (shapely.area(site.inset) > _SMALLEST_M2)
    for face in np.flatnonzero(wanted & ~shapely.intersects(site.inset, site.lakes)).tolist():
        pond = _pond(site.inset[face], rng)
        is_free = pond is not None and not len(tree.query(pond, "intersects"))
        if pond is not None and is_free and rng.random() < _POND_CHANCE:
            ponds.append(pond)
        paths += _loop(site.inset[face], _gates(site.faces[face], ends))
    return Parkland(np.array(ponds, dtype=object), np.array(paths, dtype=object))


def _pond(park: Polygon, rng: np.random.Generator) -> Polygon | None:
    west, south, east, north = park.bounds
    middle = np.array([west + east, south + north]) / 2
    middle += rng.uniform(-0.22, 0.22, 2) * (east - west, north - south)
    turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    radius = np.sqrt(park.area) * rng.uniform(0.1, 0.19)
    wave = 1 + sum(
        rng.uniform(0.04, 0.22) / k * np.sin(k * turn + rng.uniform(0, 2 * np.pi))
        for k in (1, 2, 3)
    )
    stretch = rng.uniform(0.6, 1.0)
    xy = np.column_stack([np.cos(turn), np.sin(turn) * stretch]) * (radius * wave)[:, None]
    pond = Polygon(middle + xy)
    room = shapely.buffer(park, -_LOOP_IN_M - 8)
    return pond if pond.is_valid and room.contains(pond) else None


def _gates(face: Polygon, ends: Coordinates) -> Coordinates:
    """Return where streets meet at a park's edge."""
    ring = shapely.get_coordinates(face.exterior)[:-1]
    west, south, east, north = face.bounds
    near = ends[
        (ends[:, 0] >= west - 1) & (ends[:, 0] <= east + 1)
        & (ends[:, 1] >= south - 1) & (ends[:, 1] <= north + 1)
    ]  # fmt: skip
    number = numbered(np.round(np.vstack([ring, near]), 3))
    return np.asarray(ring[np.isin(number[: len(ring)], number[len(ring) :])])


def _loop(park: Polygon, gates: Coordinates) -> list[LineString]:
    area = shapely.buffer(shapely.buffer(park, -_LOOP_IN_M - _ROUND_M), _ROUND_M)
    if area.geom_type != "Polygon" or area.area < _SMALLEST_M2 / 3 or not len(gates):
        return []
    ring = shapely.simplify(LineString(area.exterior.coords), 0.8)
    # Far enough apart that each gate is one of its own.
    at: dict[float, Coordinates] = {}
    for gate in gates:
        place = round(ring.project(shapely.Point(gate)), 1)
        if all(min(abs(place - p), ring.length - abs(place - p)) > 35 for p in at):
            at[place] = gate
    places = sorted(at)
    around = [*places, places[0] + ring.length]
    paths = []
    for start, end in pairwise(around):
        if end <= ring.length:
            part = substring(ring, start, end)
        else:
            first, rest = substring(ring, start, ring.length), substring(ring, 0, end - ring.length)
            joined = [*(first.coords if first.length > 0 else ()), *rest.coords]
            part = LineString(joined)
        if part.length > 1:
            paths.append(part)
    paths += [LineString([at[p], ring.interpolate(p).coords[0]]) for p in places]
    return paths
