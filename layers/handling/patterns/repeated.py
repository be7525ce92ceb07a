"""Repeated places: where it happens again and again within some metres."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from layers.columns import Array
from layers.handling.patterns.density import require_few_pairs


@dataclass(frozen=True, eq=False)
class Repeated:
    """A place, and the points within reach of it (indexes, in order)."""

    at_m: tuple[float, float]
    points: Array


def repeated(at_m: Array, reach_m: float, least: int) -> tuple[Repeated, ...]:
    """Return places with at least so many points within reach, the most first; no point is in two.

    The point with the most others in reach makes a place and takes them, then the next one of what
    is left: no chain of points becomes one place, as it would in a cluster. Ties go by position.
    """
    if not len(at_m):
        return ()
    places, of, counts = np.unique(at_m, axis=0, return_inverse=True, return_counts=True)
    tree = cKDTree(places)
    require_few_pairs(tree, reach_m)
    near = tree.query_ball_point(places, reach_m, return_sorted=True)
    left = np.ones(len(places), bool)
    members = np.split(np.argsort(of.reshape(-1), kind="stable"), np.cumsum(counts)[:-1])
    waiting = [(-int(counts[each].sum()), place) for place, each in enumerate(near)]
    waiting = [one for one in waiting if -one[0] >= least]
    heapq.heapify(waiting)
    found = []
    while waiting:
        held, place = heapq.heappop(waiting)
        there = [each for each in near[place] if left[each]]
        number = int(counts[there].sum())
        if number < least or not left[place]:
            continue
        if number < -held:
            # Others took some since: it waits for its new turn.
            heapq.heappush(waiting, (-number, place))
            continue
        left[there] = False
        x, y = places[place].tolist()
        found.append(Repeated((x, y), np.sort(np.concatenate([members[k] for k in there]))))
    return tuple(found)
