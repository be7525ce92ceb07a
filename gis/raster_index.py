"""An index that says for millions of points in which polygon each lies, borders included.

A raster is laid over the polygons. A cell that no edge touches has one answer, known beforehand;
only points in the other cells are tested, exactly, against the few polygons with an edge there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt
import shapely
from numba import njit

from gis.exact import side

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int32]
Positions: TypeAlias = npt.NDArray[np.int64]

NOWHERE = -1
# More cells answer more points at once, but take longer to fill and drop out of the cache.
CELLS_AN_EDGE = 16
LEAST_CELLS, MOST_CELLS = 1 << 10, 1 << 22
# Edges mark cells this much (in cells) beyond what they touch: a point's own cell is computed
# with an error of some 1e-13 cells, which must never carry it past an unmarked edge.
SLACK = 1e-6


class Polygons(NamedTuple):
    """Edges as rows (x1, y1, x2, y2); polygon ``i`` has ``starts[i]`` to ``starts[i + 1]``."""

    edges: Floats
    starts: Integers


class Raster(NamedTuple):
    """South-west corner, cells per degree, and how many cells there are each way."""

    west: float
    south: float
    per_x: float
    per_y: float
    columns: int
    rows: int


class Index(NamedTuple):
    """What is known of every cell.

    ``cells``, row by row from the south-west, holds the polygon of a cell without edges, or -1 - k
    for the k-th cell with edges. That one has the candidates ``runs[k]`` to ``runs[k + 1]``, in
    order; where none of them holds a point, the polygon ``covers[k]`` does.
    """

    polygons: Polygons
    raster: Raster
    cells: Integers
    runs: Positions
    covers: Integers
    candidates: Integers


class Marks(NamedTuple):
    """What filling writes into: see `_fill`."""

    last: Integers
    counts: Positions
    candidates: Integers
    cells: Integers
    crossings: Floats


class RasterIndex:
    """Polygons that can be asked which of them a point lies in.

    A point lies in a polygon if its closed area holds it: a point on an edge, or on the rim of a
    hole, lies in it. Of several polygons the one with the smallest id answers. Coordinates are
    compared as the exact numbers they are; `gis.locate` asks SQL by the same rule.

    Parameters
    ----------
    geometries
        Valid polygons and multipolygons; they may overlap and leave gaps. None and empty ones
        hold no point.
    ids
        A number from 0 up for each.
    """

    def __init__(
        self, geometries: npt.NDArray[np.object_], ids: npt.NDArray[np.integer] | Sequence[int]
    ) -> None:
        numbers = np.asarray(ids, dtype=np.int32)
        order = np.argsort(numbers, kind="stable")
        self._ids = np.append(numbers[order], np.int32(NOWHERE))
        polygons = _polygons(np.asarray(geometries)[order])
        self._index = _fill(polygons, _raster(polygons.edges))

    def locate(self, xy: npt.ArrayLike) -> Integers:
        """Return for each point the id of its polygon, or -1.

        Parameters
        ----------
        xy
            Longitudes and latitudes (in the polygons' CRS), shape (n, 2). Points that are not
            finite lie nowhere.
        """
        points = np.ascontiguousarray(xy, dtype=np.float64).reshape(-1, 2)
        found = np.empty(len(points), dtype=np.int32)
        _locate(points, self._index, found)
        return self._ids[found]


def _polygons(geometries: npt.NDArray[np.object_]) -> Polygons:
    parts, of_part = shapely.get_parts(geometries, return_index=True)
    rings, of_ring = shapely.get_rings(parts, return_index=True)
    xy, of_point = shapely.get_coordinates(rings, return_index=True)
    is_edge = of_point[1:] == of_point[:-1]
    edges = np.column_stack([xy[:-1], xy[1:]])[is_edge]
    count = np.bincount(of_part[of_ring[of_point[1:][is_edge]]], minlength=len(geometries))
    starts = np.zeros(len(geometries) + 1, dtype=np.int32)
    np.cumsum(count, out=starts[1:])
    return Polygons(np.ascontiguousarray(edges), starts)


def _raster(edges: Floats) -> Raster:
    if not len(edges):
        return Raster(0.0, 0.0, 1.0, 1.0, 1, 1)
    west, south = edges.reshape(-1, 2).min(axis=0).tolist()
    east, north = edges.reshape(-1, 2).max(axis=0).tolist()
    # A little more than the polygons' width, so that their eastern and northern ends lie inside.
    width, height = (east - west) * (1 + 1e-9) + 1e-9, (north - south) * (1 + 1e-9) + 1e-9
    cells = float(np.clip(len(edges) * CELLS_AN_EDGE, LEAST_CELLS, MOST_CELLS))
    columns = int(np.clip(np.sqrt(cells * width / height), 1, cells))
    rows = max(int(cells / columns), 1)
    return Raster(west, south, columns / width, rows / height, columns, rows)


def _fill(polygons: Polygons, raster: Raster) -> Index:
    size, number = raster.columns * raster.rows, len(polygons.starts) - 1
    marks = Marks(
        # The last polygon that marked a cell, so that it is marked once by each.
        last=np.full(size, -1, np.int32),
        # How many polygons have an edge in a cell; then, where to write the next one down.
        counts=np.zeros(size, np.int64),
        candidates=np.empty(0, np.int32),
        # The first polygon that covers a cell.
        cells=np.full(size, number, np.int32),
        crossings=np.empty(np.diff(polygons.starts).max(initial=0)),
    )
    _count(polygons, raster, marks)
    touched = np.flatnonzero(marks.counts)
    runs = np.zeros(len(touched) + 1, np.int64)
    np.cumsum(marks.counts[touched], out=runs[1:])
    covers = marks.cells[touched]
    marks.cells[touched] = -1 - np.arange(len(touched))
    marks.counts[touched] = runs[:-1]
    marks.last[:] = -1
    marks = marks._replace(candidates=np.empty(runs[-1], np.int32))
    _list(polygons, raster, marks)
    return Index(polygons, raster, marks.cells, runs, covers, marks.candidates)


def _count_python(polygons: Polygons, raster: Raster, marks: Marks) -> None:
    for polygon in range(len(polygons.starts) - 1):
        for i in range(polygons.starts[polygon], polygons.starts[polygon + 1]):
            _mark(polygons.edges[i], raster, polygon, marks, False)
        _cover(polygons, raster, polygon, marks)


def _list_python(polygons: Polygons, raster: Raster, marks: Marks) -> None:
    for polygon in range(len(polygons.starts) - 1):
        for i in range(polygons.starts[polygon], polygons.starts[polygon + 1]):
            _mark(polygons.edges[i], raster, polygon, marks, True)


def _mark_python(
    edge: Floats, raster: Raster, polygon: int, marks: Marks, is_listing: bool
) -> None:
    """Count the polygon in each cell that the edge touches, or write it down there."""
    ax, ay = (edge[0] - raster.west) * raster.per_x, (edge[1] - raster.south) * raster.per_y
    bx, by = (edge[2] - raster.west) * raster.per_x, (edge[3] - raster.south) * raster.per_y
    if ay > by:
        ax, ay, bx, by = bx, by, ax, ay
    west, east = min(ax, bx), max(ax, bx)
    slope = (bx - ax) / (by - ay) if by > ay else 0.0
    for row in range(max(int(ay - SLACK), 0), min(int(by + SLACK), raster.rows - 1) + 1):
        low, high = west, east
        if by - ay > SLACK:
            x1 = ax + (max(row - SLACK, ay) - ay) * slope
            x2 = ax + (min(row + 1 + SLACK, by) - ay) * slope
            low, high = max(min(x1, x2), west), min(max(x1, x2), east)
        first = row * raster.columns + max(int(low - SLACK), 0)
        final = row * raster.columns + min(int(high + SLACK), raster.columns - 1)
        for cell in range(first, final + 1):
            if marks.last[cell] != polygon:
                marks.last[cell] = polygon
                if is_listing:
                    marks.candidates[marks.counts[cell]] = polygon
                marks.counts[cell] += 1


def _cover_python(polygons: Polygons, raster: Raster, polygon: int, marks: Marks) -> None:
    """Write the polygon into cells wholly inside it, unless one before it covers them."""
    edges, first, stop = polygons.edges, polygons.starts[polygon], polygons.starts[polygon + 1]
    low, high = np.inf, -np.inf
    for i in range(first, stop):
        low, high = min(low, edges[i, 1]), max(high, edges[i, 1])
    if low > high:
        return
    bottom = max(int((low - raster.south) * raster.per_y) - 1, 0)
    top = min(int((high - raster.south) * raster.per_y) + 1, raster.rows - 1)
    for row in range(bottom, top + 1):
        middle = (row + 0.5) / raster.per_y + raster.south
        used = 0
        for i in range(first, stop):
            x1, y1, x2, y2 = edges[i, 0], edges[i, 1], edges[i, 2], edges[i, 3]
            if (y1 > middle) != (y2 > middle):
                x = (x1 + (middle - y1) * (x2 - x1) / (y2 - y1) - raster.west) * raster.per_x
                # Sorted as they come: they are few, and a sort takes a second to compile.
                k = used
                while k > 0 and marks.crossings[k - 1] > x:
                    marks.crossings[k] = marks.crossings[k - 1]
                    k -= 1
                marks.crossings[k] = x
                used += 1
        for i in range(0, used - 1, 2):
            # Cells with their centre between two crossings, but for those an edge touches.
            west = max(int(np.ceil(marks.crossings[i] - 0.5)), 0)
            east = min(int(np.floor(marks.crossings[i + 1] - 0.5)), raster.columns - 1)
            for cell in range(row * raster.columns + west, row * raster.columns + east + 1):
                if marks.last[cell] != polygon and marks.cells[cell] > polygon:
                    marks.cells[cell] = polygon


def _holds_python(polygons: Polygons, polygon: int, px: float, py: float) -> bool:
    """Tell whether the closed polygon holds a point, exactly; even-odd, so holes are out."""
    inside = False
    for i in range(polygons.starts[polygon], polygons.starts[polygon + 1]):
        y1, y2 = polygons.edges[i, 1], polygons.edges[i, 3]
        if (y1 > py) != (y2 > py):
            x1, x2 = polygons.edges[i, 0], polygons.edges[i, 2]
            if px < x1 and px < x2:
                inside = not inside
            elif px <= x1 or px <= x2:
                turn = side((x1, y1), (x2, y2), (px, py))
                if turn == 0:
                    return True
                if (turn > 0) == (y2 > y1):
                    inside = not inside
        if y1 == py:
            x1, x2 = polygons.edges[i, 0], polygons.edges[i, 2]
            # Every vertex begins an edge; a level edge holds what lies between its ends.
            if x1 == px or (y2 == py and (x1 > px) != (x2 > px)):
                return True
    return inside


def _locate_python(points: Floats, index: Index, found: Integers) -> None:
    raster = index.raster
    for i in range(len(points)):
        px, py = points[i, 0], points[i, 1]
        column, row = (px - raster.west) * raster.per_x, (py - raster.south) * raster.per_y
        # Written so that NaN fails it, and before int(), which would round -0.5 into a cell.
        if not (0 <= column < raster.columns and 0 <= row < raster.rows):
            found[i] = NOWHERE
            continue
        answer = index.cells[int(row) * raster.columns + int(column)]
        if answer < 0:
            k = -1 - answer
            answer = index.covers[k]
            for j in range(index.runs[k], index.runs[k + 1]):
                polygon = index.candidates[j]
                if polygon > answer:
                    break
                if _holds(index.polygons, polygon, px, py):
                    answer = polygon
                    break
        found[i] = answer


_mark = njit(cache=True, nogil=True)(_mark_python)
_cover = njit(cache=True, nogil=True)(_cover_python)
_count = njit(cache=True, nogil=True)(_count_python)
_list = njit(cache=True, nogil=True)(_list_python)
_holds = njit(cache=True, nogil=True)(_holds_python)
_locate = njit(cache=True, nogil=True)(_locate_python)
