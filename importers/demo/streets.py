"""Main lines of a town, and the streets that cut what they enclose into blocks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import cos, hypot, sin
from typing import TypeAlias

import numpy as np
import shapely
from shapely import LineString, Point, Polygon

from importers.demo.field import Field

_HASH_M = 60.0
# Where a cut begins, its heading in radians, how unwelcome it is.
Start: TypeAlias = tuple[tuple[float, float], float, float]


@dataclass(frozen=True)
class Cut:
    """A street that cuts a block in two."""

    kind: str
    line: LineString


class Cutter:
    """Cuts blocks along the field until they are as small as their place wants them."""

    def __init__(
        self, field: Field, target_m2: Callable[[Point], float], rng: np.random.Generator
    ) -> None:
        self._field = field
        self._target_m2 = target_m2
        self._rng = rng
        self._junctions: dict[tuple[int, int], list[tuple[float, float]]] = {}

    def add_junction(self, x: float, y: float) -> None:
        """Remember where streets meet: a street on the other side likes to go on from there."""
        self._junctions.setdefault((int(x // _HASH_M), int(y // _HASH_M)), []).append((x, y))

    def cut(self, block: Polygon) -> tuple[list[Polygon], list[Cut]]:
        """Return the blocks a large one falls into and the streets between them."""
        done: list[Polygon] = []
        cuts: list[Cut] = []
        waiting = [block]
        while waiting:
            piece = waiting.pop()
            target = self._target_m2(piece.centroid)
            if piece.area < target * self._rng.uniform(1.25, 1.75):
                done.append(piece)
                continue
            found = self._best(piece, target, self._starts(piece))
            if found is None and piece.area > 2.2 * target:
                # A crooked piece: anywhere, either way, rather than not at all.
                found = self._best(piece, target, self._anywhere(piece))
            if found is None:
                done.append(piece)
                continue
            line, parts = found
            for x, y in (line.coords[0], line.coords[-1]):
                self.add_junction(x, y)
            cuts.append(Cut(_kind(piece.area), line))
            waiting += parts
        return done, cuts

    def _best(
        self, piece: Polygon, target: float, starts: Sequence[Start]
    ) -> tuple[LineString, list[Polygon]] | None:
        """Return the best street from some starts and the two parts it leaves."""
        best: tuple[float, LineString, list[Polygon]] | None = None
        boundary = piece.exterior
        shapely.prepare(piece)
        for start, heading, penalty in starts:
            line = self._street(piece, start, heading)
            if line is None:
                continue
            parts = _halves(piece, line)
            if parts is None:
                continue
            small, large = sorted(part.area for part in parts)
            thin = min(_thickness(part) for part in parts)
            if small < target * 0.42 or thin < min(0.42 * np.sqrt(target), 48):
                continue
            score = penalty + 1.1 * (large - small) / (large + small)
            score += max(0.0, 0.62 - thin / np.sqrt(small)) * 3
            score += 0.25 * sum(_is_skew(boundary, line, end) for end in (0, -1))
            if best is None or score < best[0]:
                best = score, line, parts
        return None if best is None else best[1:]

    def _starts(self, piece: Polygon) -> list[Start]:
        """Return places to begin a cut at, the heading there, and how unwelcome each is."""
        middle = piece.centroid
        angle = self._field.angle(middle.x, middle.y)
        u, v = np.array([cos(angle), sin(angle)]), np.array([-sin(angle), cos(angle)])
        xy = shapely.get_coordinates(piece.exterior) - (middle.x, middle.y)
        size_u, size_v = np.ptp(xy @ u), np.ptp(xy @ v)
        if size_u < size_v:
            u, v, size_u, size_v, angle = v, u, size_v, size_u, angle + np.pi / 2
        # Cuts run across the long side.
        across = angle + np.pi / 2
        starts = []
        for share in (0.0, *self._rng.uniform(-0.13, 0.13, 2)):
            at = np.array([middle.x, middle.y]) + u * size_u * share
            starts.append(((float(at[0]), float(at[1])), across, 0.22 + abs(share)))
        if size_v > 0.72 * size_u:
            starts.append(((middle.x, middle.y), angle, 0.45))
        for x, y in self._near(piece):
            offset = np.array([x - middle.x, y - middle.y])
            along, beside = offset @ u, offset @ v
            if abs(along) < 0.24 * size_u and abs(beside) > 0.25 * size_v:
                heading = across + (np.pi if beside > 0 else 0.0)
                starts.append(((x, y), heading, 0.5 * abs(along) / size_u))
        return starts

    def _anywhere(self, piece: Polygon) -> list[Start]:
        west, south, east, north = piece.bounds
        xy = self._rng.random((60, 2)) * (east - west, north - south) + (west, south)
        xy = xy[shapely.contains_xy(piece, xy[:, 0], xy[:, 1])]
        return [
            ((float(x), float(y)), self._field.angle(x, y) + turn, 0.0)
            for x, y in xy
            for turn in (0.0, np.pi / 2)
        ]

    def _near(self, piece: Polygon) -> list[tuple[float, float]]:
        west, south, east, north = (int(v // _HASH_M) for v in piece.bounds)
        found = [
            p
            for i in range(west, east + 1)
            for j in range(south, north + 1)
            for p in self._junctions.get((i, j), ())
        ]
        if not found:
            return []
        on_edge = shapely.dwithin(piece.exterior, shapely.points(found), 0.5)
        return [p for p, near in zip(found, on_edge, strict=True) if near]

    def _street(
        self, piece: Polygon, start: tuple[float, float], heading: float
    ) -> LineString | None:
        reach = hypot(piece.bounds[2] - piece.bounds[0], piece.bounds[3] - piece.bounds[1]) + 60
        forward = self._field.trace(*start, heading, reach)
        inside = piece.contains(Point(start)) and piece.exterior.distance(Point(start)) > 1
        if inside:
            back = self._field.trace(*start, heading + np.pi, reach)
            path = [*reversed(back[1:]), *forward]
        else:
            path = forward
        line = LineString(path)
        parts = shapely.get_parts(shapely.intersection(line, piece))
        parts = parts[shapely.get_type_id(parts) == 1]
        if len(parts) == 0:
            return None
        near = parts[np.argmin(shapely.distance(parts, Point(start)))]
        if near.length < 30:
            return None
        return self._joined(piece, shapely.simplify(near, 0.8))

    def _joined(self, piece: Polygon, line: LineString) -> LineString | None:
        """Return the line with its ends moved to junctions close by, so that streets go on."""
        coordinates = list(line.coords)
        near = self._near(piece)
        for end in (0, -1):
            x, y = coordinates[end]
            options = [(hypot(x - px, y - py), (px, py)) for px, py in near]
            distance, place = min(options, default=(np.inf, (x, y)))
            if distance < 22:
                coordinates[end] = place
        if len(coordinates) > 2 and hypot(*np.subtract(coordinates[0], coordinates[1])) < 12:
            del coordinates[1]
        if len(coordinates) > 2 and hypot(*np.subtract(coordinates[-1], coordinates[-2])) < 12:
            del coordinates[-2]
        moved = LineString(coordinates)
        return moved if moved.length > 30 else None


def _kind(area_m2: float) -> str:
    if area_m2 > 600_000:
        return "secondary"
    return "tertiary" if area_m2 > 170_000 else "residential"


def _halves(piece: Polygon, line: LineString) -> list[Polygon] | None:
    lines = shapely.union_all([piece.exterior, line], grid_size=0.01)
    parts = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    return list(parts) if len(parts) == 2 else None


def _thickness(piece: Polygon) -> float:
    """Return about how wide a piece is where it is narrow: area over its longer extent."""
    box = shapely.get_coordinates(shapely.oriented_envelope(piece))
    if len(box) < 4:
        return 0.0
    return float(min(np.hypot(*(box[1] - box[0])), np.hypot(*(box[2] - box[1]))))


def _is_skew(boundary: LineString, line: LineString, end: int) -> bool:
    """Return whether a cut meets the boundary at less than about 50 degrees."""
    xy = shapely.get_coordinates(line)
    at, towards = (xy[0], xy[1]) if end == 0 else (xy[-1], xy[-2])
    direction = (towards - at) / max(np.hypot(*(towards - at)), 1e-9)
    place = boundary.project(Point(at))
    sides = [
        np.array(boundary.interpolate((place + d) % boundary.length).coords[0]) - at
        for d in (-12.0, 12.0)
    ]
    return any(side @ direction > 0.64 * np.hypot(*side) for side in sides)
