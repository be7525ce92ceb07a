"""The graph of a city's streets, made from their lines.

Streets meet where they share a vertex; a bridge that shares none with what is below crosses it.
Where the end of a street misses another by less than a tolerance they are joined, and that is told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components
from shapely.ops import substring

from gis.arrangement import Floats, Shapes
from gis.errors import CityGridError
from gis.network.walls import Barriers

Ints: TypeAlias = npt.NDArray[np.int64]
ShortInts: TypeAlias = npt.NDArray[np.int32]
Bools: TypeAlias = npt.NDArray[np.bool_]

# Vertices closer than that are one: coordinates are kept to a centimetre anyway.
STEPS_A_METRE = 1_000


@dataclass(frozen=True, eq=False)
class Streets:
    """What a network is made of, an entry for each street."""

    # LineStrings in a metric CRS.
    lines_m: Shapes
    # May one go from the first vertex to the last, and the other way?
    forth: Bools
    back: Bools
    speed_ms: Floats


@dataclass(frozen=True)
class Joint:
    """The end of a street that was joined to another it had missed."""

    x_m: float
    y_m: float
    gap_m: float
    # The places of the two in `Streets`.
    street: int
    to: int


@dataclass(frozen=True, eq=False)
class Network:
    """Nodes, and edges from one to another; a street is an edge or several."""

    # (n, 2), metric CRS.
    nodes_m: Floats
    start: Ints
    end: Ints
    lines_m: Shapes
    # The place in `Streets` of what each edge is a piece of.
    street: Ints
    length_m: Floats
    # Seconds from start to end and from end to start; infinite where that is not allowed.
    forth_s: Floats
    back_s: Floats
    # Which nodes hang together, whatever the direction; 0 is the largest lot of edges by length.
    component: Ints
    joints: tuple[Joint, ...]
    # What nobody goes through on his way to a street.
    barriers: Barriers = field(default_factory=Barriers.none)

    @cached_property
    def turned(self) -> Network:
        """The same streets with every direction turned round: from there is to there."""
        return replace(self, forth_s=self.back_s, back_s=self.forth_s)

    @cached_property
    def ways_out(self) -> tuple[Ints, ShortInts, Floats, Ints]:
        """Where one gets from each node, in how many seconds, and by which way.

        The ways of node ``i`` stand at ``starts[i]`` to ``starts[i + 1]``. Way ``e`` is edge ``e``
        from its start to its end; with as many edges added it is the same edge the other way.
        """
        come = np.concatenate([self.start, self.end])
        go = np.concatenate([self.end, self.start])
        seconds = np.concatenate([self.forth_s, self.back_s])
        is_open = np.isfinite(seconds)
        way = np.flatnonzero(is_open)
        come, go, seconds = come[is_open], go[is_open], seconds[is_open]
        order = np.lexsort([go, seconds, come])
        starts = np.zeros(len(self.nodes_m) + 1, np.int64)
        np.cumsum(np.bincount(come, minlength=len(self.nodes_m)), out=starts[1:])
        # Half as wide as a number usually is: the search reads these all the time.
        return starts, go[order].astype(np.int32), seconds[order], way[order]


@dataclass(frozen=True, eq=False)
class _Pieces:
    """Lines between nodes, and the nodes they lie between."""

    lines_m: Shapes
    street: Ints
    start: Ints
    end: Ints
    nodes_m: Floats


def network(
    streets: Streets, *, join_within_m: float = 0.0, barriers: Barriers | None = None
) -> Network:
    """Return the graph of streets.

    Parameters
    ----------
    join_within_m
        Dead ends that miss another street by no more are joined to it; 0 joins none.
    barriers
        Across them none is joined, and later no point hung; streets are cut at them before.

    Raises
    ------
    CityGridError
        There is no street at all.
    """
    if not len(streets.lines_m):
        raise CityGridError(
            "There are no streets to go along. Load the layer roads first.", key="network.empty"
        )
    held = barriers or Barriers.none()
    pieces, joints = _joined(_pieces(streets.lines_m), join_within_m, held)
    pieces = _in_order(pieces)
    length = shapely.length(pieces.lines_m)
    seconds = length / streets.speed_ms[pieces.street]
    return Network(
        nodes_m=pieces.nodes_m,
        start=pieces.start,
        end=pieces.end,
        lines_m=pieces.lines_m,
        street=pieces.street,
        length_m=length,
        forth_s=np.where(streets.forth[pieces.street], seconds, np.inf),
        back_s=np.where(streets.back[pieces.street], seconds, np.inf),
        component=_components(pieces, length),
        joints=joints,
        barriers=held,
    )


def _pieces(lines: Shapes) -> _Pieces:
    """Split lines at each vertex that another line, or another part of the line, has too."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    whole = np.round(xy * STEPS_A_METRE).astype(np.int64)
    # A vertex given twice in a row would be a piece without a length.
    again = np.append(False, (whole[1:] == whole[:-1]).all(axis=1) & (line[1:] == line[:-1]))
    xy, line, whole = xy[~again], line[~again], whole[~again]
    _, first, vertex, uses = np.unique(
        whole, axis=0, return_index=True, return_inverse=True, return_counts=True
    )
    is_first = np.append(True, line[1:] != line[:-1])
    is_last = np.append(is_first[1:], True)
    is_end = np.zeros(len(first), np.bool_)
    is_end[vertex[is_first | is_last]] = True
    breaks = is_end[vertex] | (uses[vertex] > 1)
    # An inner break ends one piece and begins the next: it is written twice.
    twice = np.where(breaks & ~is_first & ~is_last, 2, 1)
    at = np.repeat(np.arange(len(line)), twice)
    begins = np.append(True, (at[1:] == at[:-1]) | is_first[at[1:]])
    piece = np.cumsum(begins) - 1
    # A street of a single place goes nowhere.
    long_enough = np.bincount(piece)[piece] > 1
    at, piece = at[long_enough], piece[long_enough]
    _, opening, piece = np.unique(piece, return_index=True, return_inverse=True)
    closing = np.append(opening[1:], len(at)) - 1
    number = np.full(len(first), -1)
    used = np.unique(vertex[at[np.concatenate([opening, closing])]])
    number[used] = np.arange(len(used))
    return _Pieces(
        lines_m=shapely.linestrings(xy[at], indices=piece),
        street=line[at[opening]],
        start=number[vertex[at[opening]]],
        end=number[vertex[at[closing]]],
        nodes_m=xy[first[used]],
    )


def _joined(
    pieces: _Pieces, within_m: float, barriers: Barriers
) -> tuple[_Pieces, tuple[Joint, ...]]:
    """Join dead ends to the nearest piece that they miss; to its end, or to a new node in it."""
    both = np.concatenate([pieces.start, pieces.end])
    degree = np.bincount(both, minlength=len(pieces.nodes_m))
    dead = np.flatnonzero(degree == 1)
    if within_m <= 0 or not len(dead):
        return pieces, ()
    own = np.full(len(pieces.nodes_m), -1)
    own[both] = np.tile(np.arange(len(pieces.start)), 2)
    points = shapely.points(pieces.nodes_m[dead])
    near, other = shapely.STRtree(pieces.lines_m).query(
        points, predicate="dwithin", distance=within_m
    )
    mine = own[dead[near]]
    # What follows from the same node, or from the other end of its own street, it has not missed.
    ends = [pieces.start, pieces.end]
    meets = np.any([a[mine] == b[other] for a in ends for b in ends], axis=0)
    near, other = near[~meets], other[~meets]
    across = barriers.crossed(shapely.shortest_line(points[near], pieces.lines_m[other]))
    near, other = near[~across], other[~across]
    gap = shapely.distance(points[near], pieces.lines_m[other])
    order = np.lexsort([other, gap, near])
    _, nearest = np.unique(near[order], return_index=True)
    chosen = order[nearest]
    joints = []
    becomes = np.arange(len(pieces.nodes_m))
    cuts: dict[int, list[tuple[float, int]]] = {}
    for k in chosen.tolist():
        node, piece = int(dead[near[k]]), int(other[k])
        x, y = pieces.nodes_m[node].tolist()
        joints.append(
            Joint(x, y, float(gap[k]), int(pieces.street[own[node]]), int(pieces.street[piece]))
        )
        line = pieces.lines_m[piece]
        along = float(shapely.line_locate_point(line, points[near[k]]))
        if along <= within_m:
            _merge(becomes, node, int(pieces.start[piece]))
        elif along >= line.length - within_m:
            _merge(becomes, node, int(pieces.end[piece]))
        else:
            cuts.setdefault(piece, []).append((along, node))
    return _cut(pieces, cuts, becomes), tuple(joints)


def _merge(becomes: Ints, one: int, other: int) -> None:
    while becomes[one] != one:
        one = int(becomes[one])
    while becomes[other] != other:
        other = int(becomes[other])
    becomes[max(one, other)] = min(one, other)


def _cut(pieces: _Pieces, cuts: Mapping[int, list[tuple[float, int]]], becomes: Ints) -> _Pieces:
    """Cut pieces where a dead end is joined to them, and give merged nodes one number."""
    whole = np.setdiff1d(np.arange(len(pieces.start)), np.array(sorted(cuts), np.int64))
    lines, streets = list(pieces.lines_m[whole]), list(pieces.street[whole])
    starts, ends = list(pieces.start[whole]), list(pieces.end[whole])
    for piece, places in sorted(cuts.items()):
        line, at, node = pieces.lines_m[piece], 0.0, int(pieces.start[piece])
        for along, to in [*sorted(places), (line.length, int(pieces.end[piece]))]:
            if along > at:
                lines.append(substring(line, at, along))
                streets.append(pieces.street[piece])
                starts.append(node)
                ends.append(to)
                at, node = along, to
            else:
                _merge(becomes, node, to)
    while (becomes[becomes] != becomes).any():
        becomes = becomes[becomes]
    kept, number = np.unique(becomes, return_inverse=True)
    table = np.empty(len(lines), dtype=object)
    table[:] = lines
    return _Pieces(
        table, np.array(streets), number[np.array(starts)], number[np.array(ends)],
        pieces.nodes_m[kept],
    )  # fmt: skip


def _in_order(pieces: _Pieces) -> _Pieces:
    """Return pieces whose nodes are numbered as they come along the streets.

    Streets are kept along a Hilbert curve, so that what is near lies near in memory, too: on
    117,000 edges a search takes a fifth less.
    """
    met, first = np.unique(np.stack([pieces.start, pieces.end], axis=1), return_index=True)
    order = met[np.argsort(first)]
    number = np.empty(len(pieces.nodes_m), np.int64)
    number[order] = np.arange(len(order))
    return replace(
        pieces,
        start=number[pieces.start],
        end=number[pieces.end],
        nodes_m=pieces.nodes_m[order],
    )


def _components(pieces: _Pieces, length: Floats) -> Ints:
    n = len(pieces.nodes_m)
    graph = sparse.coo_array((np.ones(len(length)), (pieces.start, pieces.end)), shape=(n, n))
    count, label = connected_components(graph, directed=False)
    total = np.bincount(label[pieces.start], length, count)
    rank = np.empty(count, np.int64)
    rank[np.argsort(-total, kind="stable")] = np.arange(count)
    found: Ints = rank[label]
    return found
