"""What lies on each edge between faces: a street, a lane, a footpath, a bank, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from importers.demo.mesh import Ints, Mesh
from importers.demo.plane import Coordinates
from importers.demo.streets import Cut
from importers.demo.town_frames import STREETS

# Lines of lower number win where two run together.
_RANK = {
    kind: i for i, kind in enumerate((*STREETS[:5], "hill", "path", "coast", "bank", "middle"))
}
_NEAR_M = 0.5
# Between parts of one block: along its long side, and across.
_LANES = {
    "tower": ("service", "path"), "garden": ("service", "path"), "old": ("service", "path"),
    "village": ("path", "path"), "office": ("service", "lot"), "industry": ("service", "service"),
    "port": ("service", "service"),
}  # fmt: skip
# Where blocks of one use lie side by side no car drives between them.
_CALM = {"park": "path", "wetland": "path", "school": "service"}
_COS_ALONG = 0.75


@dataclass(frozen=True)
class Lots:
    """The block and the use of each face; which way the long side of each block runs; lakes."""

    block: Ints
    use: NDArray[np.object_]
    long: Coordinates
    lakes: shapely.Geometry


def edge_kinds(mesh: Mesh, cuts: Sequence[Cut], lots: Lots) -> NDArray[np.object_]:
    """Return the kind of each edge: a kind of way, or coast, bank, middle, limit, lot."""
    kinds = _from_lines(mesh, cuts)
    inner = np.flatnonzero((mesh.left >= 0) & (mesh.right >= 0))
    left, right = mesh.left[inner], mesh.right[inner]
    same = inner[lots.block[left] == lots.block[right]]
    kinds[same] = _inside_blocks(mesh, same, lots)
    for use, calm in _CALM.items():
        both = (lots.use[left] == use) & (lots.use[right] == use)
        streets = ["residential", "tertiary"] + ["secondary"] * (use == "wetland")
        quiet = inner[both & np.isin(kinds[inner], streets)]
        kinds[quiet] = calm
    kinds[kinds == "hill"] = "path"
    # Paths go round a lake.
    wet = np.isin(kinds, ["path", "service"]) & shapely.intersects(mesh.edges, lots.lakes)
    kinds[wet] = "lot"
    return kinds


def _from_lines(mesh: Mesh, cuts: Sequence[Cut]) -> NDArray[np.object_]:
    middle = shapely.line_interpolate_point(mesh.edges, 0.5, normalized=True)
    # Segment by segment: the box of a whole coast holds every edge.
    xy, line_of = shapely.get_coordinates([cut.line for cut in cuts], return_index=True)
    same_line = line_of[:-1] == line_of[1:]
    segments = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)[same_line])
    at, found = shapely.STRtree(segments).query(middle, predicate="dwithin", distance=_NEAR_M)
    rank = np.array([_RANK.get(cut.kind, len(_RANK)) for cut in cuts])
    best = np.full(len(mesh.edges), len(_RANK))
    np.minimum.at(best, at, rank[line_of[:-1][same_line][found]])
    kinds: NDArray[np.object_] = np.array([*_RANK, "limit"], dtype=object)[best]
    return kinds


def _inside_blocks(mesh: Mesh, edges: Ints, lots: Lots) -> list[str]:
    lines = mesh.edges[edges]
    step = shapely.get_coordinates(shapely.get_point(lines, -1)) - shapely.get_coordinates(
        shapely.get_point(lines, 0)
    )
    long = lots.long[lots.block[mesh.left[edges]]]
    along = np.abs((step * long).sum(axis=1)) > _COS_ALONG * np.hypot(*step.T)
    use = lots.use[mesh.left[edges]]
    return [
        _LANES.get(str(u), ("lot", "lot"))[0 if a else 1] for u, a in zip(use, along, strict=True)
    ]
