"""What one does not walk through, drawn on purpose: rivers, a railway, walls; and the ways over.

Streets cross a river by their bridges only. The railway runs beside a main road: the largest
streets have a bridge over it, in the district those below them a level crossing, all others end at
it. A few estates have a wall with one gate, and of one more the gate was never recorded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components, dijkstra
from shapely import LineString

from importers.demo.estates import Estates
from importers.demo.mesh import Ints, numbered
from importers.demo.plane import Geometries
from importers.demo.site import Site
from importers.demo.sketch import Railway, Sketch
from importers.demo.texts import Columns

# How far from the drawn line costs a way of the railway twice its length.
_STRAYS_M = 60.0
# Walls of fewer houses enclose no estate.
_FEWEST_HOUSES = 3


@dataclass(frozen=True)
class Ways:
    """The roads in metres, as they are numbered in their table."""

    lines: Geometries
    kind: NDArray[np.object_]
    name: NDArray[np.object_]


@dataclass(frozen=True)
class Gate:
    """Where one gets through, in metres."""

    name: str
    operator: str
    address: str | None
    at: tuple[float, float]


@dataclass(frozen=True)
class Barriers:
    """Lines in metres with their kinds and names, the ways through, the roads that pass over."""

    lines: tuple[LineString, ...]
    kinds: tuple[str, ...]
    names: tuple[str | None, ...]
    gates: tuple[Gate, ...]
    # Numbers of roads.
    over: Ints

    def columns(self, site: Site) -> Columns:
        """Return the columns of the barrier table, without ids and keys."""
        return {
            "name": pd.Series(self.names, dtype=object),
            "kind": pd.Series(self.kinds).astype("category"),
            "geom": site.plane.geometries_to_degrees(np.array(self.lines, dtype=object)),
        }


def make_barriers(
    sketch: Sketch, site: Site, ways: Ways, estates: Estates, houses: Geometries
) -> Barriers:
    """Return the barriers of a district; ``houses`` are outlines in metres."""
    rivers = _rivers(site)
    track = _track(sketch.railway, sketch, ways)
    over, crossings = _crossings(sketch.railway, track, ways)
    # Whatever meets the middle of a river is on it.
    bridges = shapely.STRtree(ways.lines).query(np.array(rivers, dtype=object), "intersects")[1]
    walls = list(_walls(sketch.walled, site, estates, ways, houses))
    return Barriers(
        lines=(*rivers, track, *(wall for wall, _, _ in walls)),
        kinds=(*["river"] * len(rivers), "railway", *["wall"] * len(walls)),
        names=(*[None] * len(rivers), sketch.railway.name, *(name for _, name, _ in walls)),
        gates=(*crossings, *(gate for _, _, gate in walls if gate is not None)),
        over=np.union1d(over, bridges),
    )


def _rivers(site: Site) -> list[LineString]:
    """Return the middle of each river, from bridge to bridge and through."""
    sides = site.sides
    inner = (site.use[sides.face] == "river") & (sides.kind == "lot")
    ends = sides.segment[inner]
    # A segment between two faces of the river is a side of both.
    number = numbered(ends.reshape(-1, 2)).reshape(-1, 2)
    pairs = np.sort(number, axis=1)
    _, first, times = np.unique(pairs, axis=0, return_index=True, return_counts=True)
    middle = shapely.line_merge(
        shapely.multilinestrings(shapely.linestrings(ends[first[times == 2]]))
    )
    return [line for line in shapely.get_parts(middle).tolist() if line.length > 1]


def _track(railway: Railway, sketch: Sketch, ways: Ways) -> LineString:
    """Return the railway: the main road nearest to the drawn line, moved to its side."""
    drawn = LineString(sketch.metres(railway.points))
    main = np.flatnonzero(np.isin(ways.kind, railway.beside))
    lines = ways.lines[main]
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(lines, k)) for k in (0, -1)])
    node = numbered(ends)
    one, other = node[: len(lines)], node[len(lines) :]
    strays = shapely.distance(shapely.line_interpolate_point(lines, 0.5, normalized=True), drawn)
    cost = shapely.length(lines) * (1 + strays / _STRAYS_M) ** 2
    count = int(node.max()) + 1
    # Of two roads between the same ends the cheaper one; a matrix would add them up.
    order = np.lexsort([cost, other, one])
    order = order[np.unique(np.column_stack([one, other])[order], axis=0, return_index=True)[1]]
    graph = coo_matrix((cost[order], (one[order], other[order])), shape=(count, count)).tocsr()
    place = np.zeros((count, 2))
    place[node] = ends
    # Roads of the neighbours end a little before those of the district.
    _, part = connected_components(graph, directed=False)
    lost = part != np.bincount(part).argmax()
    begin, end = (
        int(np.argmin(np.where(lost, np.inf, np.hypot(*(place - drawn.coords[k]).T))))
        for k in (0, -1)
    )
    _, before = dijkstra(graph, directed=False, indices=begin, return_predecessors=True)
    path = [end]
    while path[-1] != begin:
        path.append(int(before[path[-1]]))
    road = {
        frozenset(pair): k for k, pair in enumerate(zip(one.tolist(), other.tolist(), strict=True))
    }
    parts = [lines[road[frozenset(pair)]] for pair in pairwise(path)]
    merged = shapely.line_merge(shapely.multilinestrings(parts))
    if np.hypot(*(shapely.get_coordinates(merged)[0] - place[begin])) > 1:
        merged = shapely.reverse(merged)
    track = shapely.offset_curve(shapely.simplify(merged, 2.0), -railway.off_m, join_style="round")
    return shapely.simplify(track, 0.5)


def _crossings(railway: Railway, track: LineString, ways: Ways) -> tuple[Ints, list[Gate]]:
    """Return the roads that lead over or under the railway, and its level crossings."""
    road = np.sort(shapely.STRtree(ways.lines).query(track, "intersects"))
    over = road[np.isin(ways.kind[road], railway.bridged)]
    level = road[np.isin(ways.kind[road], railway.level)]
    points, of = shapely.get_parts(
        shapely.intersection(ways.lines[level], track), return_index=True
    )
    gates = []
    for name, (x, y) in zip(ways.name[level[of]], shapely.get_coordinates(points), strict=True):
        street = name if isinstance(name, str) else railway.name
        gates.append(Gate(f"{street}道口", "铁路公司", street, (float(x), float(y))))
    return over, gates


def _walls(
    count: int, site: Site, estates: Estates, ways: Ways, houses: Geometries
) -> Iterator[tuple[LineString, str, Gate | None]]:
    """Yield walls with the name of the estate and its gate; the last one's is not recorded."""
    shapes = site.plane.geometries_to_metres(estates.shape)
    tree, inside = shapely.STRtree(houses), shapely.STRtree(ways.lines)
    garden = np.flatnonzero(
        (np.array(estates.kind) == "garden_estate") & (shapely.get_type_id(shapes) == 3)
    )
    fit: list[tuple[int, tuple[float, float]]] = []
    for row in garden[np.argsort(-shapely.area(shapes[garden]), kind="stable")].tolist():
        ring = shapes[row].exterior
        if len(tree.query(ring, "intersects")):
            continue
        if len(tree.query(shapes[row], "contains")) < _FEWEST_HOUSES:
            continue
        at = _way_out(shapes[row], ways, np.sort(inside.query(shapes[row], "intersects")))
        if at is not None:
            fit.append((row, at))
    for row, at in [*fit[:count], *fit[count:][-1:]]:
        title = estates.names[row]["zh"]
        is_known = (row, at) in fit[:count]
        gate = Gate(f"{title}大门", "物业公司", estates.address[row], at) if is_known else None
        yield shapes[row].exterior, title, gate


def _way_out(estate: shapely.Polygon, ways: Ways, near: Ints) -> tuple[float, float] | None:
    """Return where a way leads out of an estate; None where not all of its ways hang together."""
    parts, of = shapely.get_parts(shapely.intersection(ways.lines[near], estate), return_index=True)
    is_line = shapely.get_type_id(parts) == 1
    parts, of = parts[is_line], of[is_line]
    if not len(parts):
        return None
    ends = np.concatenate([shapely.get_coordinates(shapely.get_point(parts, k)) for k in (0, -1)])
    node = numbered(ends)
    pairs = node[: len(parts)], node[len(parts) :]
    graph = coo_matrix((np.ones(len(parts)), pairs), shape=(node.max() + 1,) * 2)
    if connected_components(graph, directed=False)[0] > 1:
        return None
    out = np.flatnonzero(shapely.distance(shapely.points(ends), estate.exterior) < 0.01)
    if not len(out):
        return None
    is_path = ways.kind[near[of[out % len(parts)]]] == "path"
    best = out[np.lexsort([ends[out, 1], ends[out, 0], is_path])[0]]
    return float(ends[best, 0]), float(ends[best, 1])
