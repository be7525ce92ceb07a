"""Street names: edges that run straight on through a crossing are one street with one name."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from importers.demo import names
from importers.demo.mesh import numbered
from importers.demo.plane import Geometries

_LEVEL = {"trunk": 0, "primary": 0, "secondary": 1, "tertiary": 1, "residential": 2}
# Ends that go on in another edge turn less than this.
_COS_STRAIGHT = np.cos(np.deg2rad(38))


def street_names(
    lines: Geometries, kinds: NDArray[np.object_], rng: np.random.Generator
) -> list[str | None]:
    """Return the name of each way; lanes and paths inside blocks have none."""
    stroke = _strokes(lines, kinds)
    length_m = np.bincount(stroke, shapely.length(lines))
    first = np.unique(stroke, return_index=True)[1]
    pool = names.pairs(rng)
    # The longest streets choose first; when names run out, the suffix tells them apart.
    taken: set[str] = set()
    title: dict[int, str | None] = {}
    spare: list[str] = []
    for number in np.argsort(-length_m, kind="stable").tolist():
        kind = str(kinds[first[number]])
        if kind not in _LEVEL:
            title[number] = None
            continue
        ending = _ending(kind, float(length_m[number]))
        name = next(pool, None)
        if name is not None:
            spare.append(name)
        else:
            name = next((s for s in spare if s + ending not in taken), spare[number % len(spare)])
        taken.add(name + ending)
        title[number] = name + ending
    return [title[s] for s in stroke.tolist()]


def _ending(kind: str, length_m: float) -> str:
    if kind in ("trunk", "primary"):
        return "大道"
    if kind in ("secondary", "tertiary") or length_m > 700:
        return "路"
    return "街" if length_m > 260 else "巷"


def _strokes(lines: Geometries, kinds: NDArray[np.object_]) -> NDArray[np.int64]:
    xy, line_of = shapely.get_coordinates(lines, return_index=True)
    first = np.searchsorted(line_of, np.arange(len(lines)))
    last = np.append(first[1:], len(xy)) - 1
    node = numbered(np.vstack([xy[first], xy[last]]))
    out = np.vstack([xy[first + 1] - xy[first], xy[last - 1] - xy[last]])
    out /= np.maximum(np.hypot(out[:, 0], out[:, 1]), 1e-9)[:, None]
    level = np.array([_LEVEL.get(str(k), 9) for k in kinds])
    level = np.concatenate([level, level])
    edge = np.concatenate([np.arange(len(lines))] * 2)
    root = list(range(len(lines)))

    def find(i: int) -> int:
        while root[i] != i:
            root[i] = root[root[i]]
            i = root[i]
        return i

    order = np.lexsort([edge, node])
    starts = np.flatnonzero(np.r_[True, np.diff(node[order]) > 0])
    for group in np.split(order, starts[1:]):
        if len(group) < 2:
            continue
        turn = out[group] @ out[group].T
        for cosine, a, b in sorted((turn[i, j], i, j) for i in range(len(group)) for j in range(i)):
            ends = group[a], group[b]
            if cosine > -_COS_STRAIGHT or level[ends[0]] != level[ends[1]]:
                continue
            if level[ends[0]] == 9 or min(turn[a].min(), turn[b].min()) < cosine - 1e-9:
                continue
            root[find(int(edge[ends[0]]))] = find(int(edge[ends[1]]))
    roots = np.array([find(i) for i in range(len(lines))])
    return np.unique(roots, return_inverse=True)[1].astype(np.int64)
