"""Places along streets: where street incidents happen and street furniture stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from importers.demo.columns import repeated
from importers.demo.mesh import Ints, numbered
from importers.demo.plane import Coordinates, Geometries
from importers.demo.rows import Floats
from importers.demo.town import Town
from importers.demo.town_frames import STREETS

# From the middle of the way to the kerb.
_KERB_M = {"trunk": 16.0, "primary": 14.0, "secondary": 9.0, "tertiary": 6.5, "residential": 4.0}
_MAIN = ("trunk", "primary", "secondary", "tertiary")
# Nothing stands nearer to the border than this: what is scattered about it stays inside.
_FROM_BORDER_M = 30.0


@dataclass(frozen=True)
class Kerb:
    """Points beside ways in metres, and the nearest street's name."""

    point: Coordinates
    name: NDArray[np.object_]


@dataclass(frozen=True)
class Streetscape:
    """The ways of a town in metres; those on the border or beyond are not inside."""

    lines: Geometries
    kind: NDArray[np.object_]
    name: NDArray[np.object_]
    length_m: Floats
    is_inside: NDArray[np.bool_]

    def along(self, every_m: float, kinds: tuple[str, ...] = STREETS) -> Kerb:
        """Return points along ways inside, about equally far apart."""
        ways = np.flatnonzero(self.is_inside & np.isin(self.kind, kinds))
        row, step = repeated(np.maximum(np.round(self.length_m[ways] / every_m), 1).astype(int))
        share = (step + 0.5) / np.maximum(np.round(self.length_m[ways[row]] / every_m), 1)
        point = self.beside(ways[row], share, np.where(step % 2 == 0, 0.7, -0.7))
        return Kerb(point, self._named(ways[row], point))

    def junctions(self) -> Kerb:
        """Return the corners where main streets meet, a few metres off the middle."""
        ways = np.flatnonzero(self.is_inside & np.isin(self.kind, _MAIN))
        ends = shapely.get_coordinates(
            np.concatenate([shapely.get_point(self.lines[ways], k) for k in (0, -1)])
        )
        node = numbered(ends)
        _, first, count = np.unique(node, return_index=True, return_counts=True)
        at = first[count >= 3]
        return Kerb(ends[at] + 9.0, self._named(ways[at % len(ways)], ends[at]))

    def beside(self, way: Ints, share: Floats, side: Floats) -> Coordinates:
        """Return points on ways, pushed to the kerb: side -1 right … 1 left of the middle."""
        lines = self.lines[way]

        def at(where: Floats) -> Coordinates:
            points = shapely.line_interpolate_point(lines, where, normalized=True)
            return np.asarray(shapely.get_coordinates(points))

        step = at(np.minimum(share + 0.02, 1.0)) - at(np.maximum(share - 0.02, 0.0))
        step /= np.maximum(np.hypot(step[:, 0], step[:, 1]), 1e-9)[:, None]
        kerb_m = np.array([_KERB_M.get(str(k), 1.8) for k in self.kind[way]])
        left = np.column_stack([-step[:, 1], step[:, 0]])
        return at(share) + left * (kerb_m * side)[:, None]

    def busyness(self, places: Coordinates, weight: Floats, point: Coordinates) -> Floats:
        """Return how much goes on at points: what stands within 90 m."""
        near = cKDTree(places).query(point, k=min(10, len(places)), distance_upper_bound=90)[1]
        return np.asarray(np.append(weight, 0.0)[near].mean(axis=1) + 0.2 * weight.mean())

    def _named(self, way: Ints, point: Coordinates) -> NDArray[np.object_]:
        name = self.name[way].copy()
        lost = np.flatnonzero([not isinstance(n, str) for n in name])
        named = np.flatnonzero([isinstance(n, str) for n in self.name])
        middle = shapely.line_interpolate_point(self.lines[named], 0.5, normalized=True)
        tree = cKDTree(shapely.get_coordinates(middle))
        if len(lost):
            name[lost] = self.name[named[tree.query(point[lost])[1]]]
        return np.asarray(name)


def make_streetscape(town: Town, ways: Geometries, outline: shapely.Geometry) -> Streetscape:
    """Return the ways of a town, ``ways`` in metres."""
    inner = shapely.buffer(outline, -_FROM_BORDER_M)
    shapely.prepare(inner)
    return Streetscape(
        lines=ways,
        kind=town.ways["kind"].to_numpy(dtype=object),
        name=town.ways["name"].to_numpy(dtype=object),
        length_m=shapely.length(ways),
        is_inside=np.asarray(shapely.contains_properly(inner, ways)),
    )
