"""What streets are made into before they become a graph: cut at barriers, met where they cross."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.ops import substring

from gis.arrangement import Floats, Shapes
from gis.network.network import STEPS_A_METRE, Bools, Ints, Streets
from gis.network.walls import Barriers

# Half of what is taken out of a street at a barrier: the two ends must not be one vertex.
GAP_M = 0.01


@dataclass(frozen=True)
class Cut:
    """Where a street ends at a barrier."""

    x_m: float
    y_m: float
    # The places of the two among the streets and the barriers that were given.
    street: int
    barrier: int


@dataclass(frozen=True, eq=False)
class Parted:
    """Streets that were cut at barriers."""

    streets: Streets
    # The place of what each was among the streets that were given.
    origin: Ints
    cuts: tuple[Cut, ...]


def cut(streets: Streets, barriers: Barriers, *, passes: Bools) -> Parted:
    """End streets where a barrier crosses them and nothing leads through.

    Parameters
    ----------
    passes
        Which streets lead over or under what they cross: bridges and tunnels.
    """
    held = np.flatnonzero(~passes)
    near, barrier = shapely.STRtree(barriers.lines_m).query(streets.lines_m[held], "intersects")
    street = held[near]
    where = shapely.intersection(streets.lines_m[street], barriers.lines_m[barrier])
    points, of = shapely.get_parts(where, return_index=True)
    # A street that runs along a barrier is not stopped by it.
    is_point = shapely.get_type_id(points) == 0
    points, of = points[is_point], of[is_point]
    xy = shapely.get_coordinates(points).reshape(-1, 2)
    closed = barriers.holds(xy)
    points, of, xy = points[closed], of[closed], xy[closed]
    along = shapely.line_locate_point(streets.lines_m[street[of]], points)
    places = defaultdict[int, list[float]](list)
    cuts = []
    for k in np.lexsort([along, street[of]]).tolist():
        places[int(street[of[k]])].append(float(along[k]))
        cuts.append(Cut(float(xy[k, 0]), float(xy[k, 1]), int(street[of[k]]), int(barrier[of[k]])))
    return _parted(streets, places, tuple(cuts))


def _parted(streets: Streets, places: Mapping[int, list[float]], cuts: tuple[Cut, ...]) -> Parted:
    whole = np.setdiff1d(np.arange(len(streets.lines_m)), np.array(list(places), np.int64))
    lines, origin = list(streets.lines_m[whole]), whole.tolist()
    for street, at in places.items():
        line, begin = streets.lines_m[street], 0.0
        for place in [*at, np.inf]:
            # Beyond the last cut the line goes on to its end.
            end = min(place - GAP_M, line.length)
            if end > begin:
                lines.append(substring(line, begin, end))
                origin.append(street)
            begin = max(begin, place + GAP_M)
    order = np.argsort(origin, kind="stable")
    made = np.empty(len(lines), dtype=object)
    made[:] = lines
    kept = np.array(origin, np.int64)[order]
    return Parted(
        Streets(made[order], streets.forth[kept], streets.back[kept], streets.speed_ms[kept]),
        kept,
        cuts,
    )


def met(lines_m: Shapes, *, passes: Bools) -> Shapes:
    """Give lines a vertex in common wherever they cross or touch; bridges and tunnels keep theirs.

    Returns
    -------
    Shapes
        The lines, in their order; only vertices were added.
    """
    level = np.flatnonzero(~passes)
    one, other = shapely.STRtree(lines_m[level]).query(lines_m[level], "intersects")
    one, other = level[one[one < other]], level[other[one < other]]
    points, of = shapely.get_parts(
        shapely.intersection(lines_m[one], lines_m[other]), return_index=True
    )
    is_point = shapely.get_type_id(points) == 0
    of, xy = of[is_point], shapely.get_coordinates(points[is_point]).reshape(-1, 2)
    more = defaultdict[int, list[Floats]](list)
    for pair, place in zip(of.tolist(), xy, strict=True):
        both = int(one[pair]), int(other[pair])
        # Where one has a vertex already, that is the one they get in common.
        vertices = [_vertex(lines_m[line], place) for line in both]
        at = next((vertex for vertex in vertices if vertex is not None), place)
        for line, vertex in zip(both, vertices, strict=True):
            if vertex is None:
                more[line].append(at)
    made = lines_m.copy()
    for line, places in more.items():
        old = shapely.get_coordinates(lines_m[line])
        new = np.array(places)
        steps = np.hypot(*np.diff(old, axis=0).T)
        along = np.concatenate([
            np.append(0.0, np.cumsum(steps)),
            shapely.line_locate_point(lines_m[line], shapely.points(new)),
        ])  # fmt: skip
        order = np.argsort(along, kind="stable")
        made[line] = shapely.LineString(np.concatenate([old, new])[order])
    return made


def _vertex(line: shapely.LineString, place: Floats) -> Floats | None:
    """Return the vertex of a line at a place; None where it has none."""
    own = shapely.get_coordinates(line)
    away = np.hypot(*(own - place).T)
    nearest = int(np.argmin(away))
    return own[nearest] if away[nearest] <= 1.0 / STEPS_A_METRE else None
