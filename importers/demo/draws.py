"""Drawing with exact totals: whole numbers in proportion, and choices by weight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from importers.demo.texts import Floats, Ints


def apportioned(total: int, weights: Floats) -> NDArray[np.int64]:
    """Return whole numbers in proportion to weights that sum to the total (largest remainder)."""
    exact = weights / weights.sum() * total
    whole: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole


def spread(rng: np.random.Generator, total: int, capacity: Ints) -> NDArray[np.int64]:
    """Return how many of a total each place gets: in proportion, evenly along the order.

    In whole numbers, so that no place gets more than its capacity.
    """
    reached = np.cumsum(capacity, dtype=np.int64)
    room = int(reached[-1]) if len(reached) else 0
    if total > room:
        raise ValueError(f"{total} do not fit into {room}.")
    if room == 0:
        return np.zeros(len(reached), dtype=np.int64)
    passed = (reached * total + rng.integers(0, room)) // room
    return np.diff(passed, prepend=0)


def chosen(rng: np.random.Generator, weights: Floats, count: int) -> NDArray[np.intp]:
    """Return ``count`` indexes drawn with replacement by weight."""
    upto = np.cumsum(weights)
    at: NDArray[np.intp] = np.searchsorted(upto, rng.random(count) * upto[-1], side="right")
    return np.minimum(at, len(weights) - 1)


def without_return(score: Floats, count: int) -> NDArray[np.intp]:
    """Return the places of the lowest finite scores, at most ``count``.

    With ``exponential draw / weight`` as score this is drawing by weight without replacement
    (Efraimidis & Spirakis 2006).
    """
    count = min(count, int(np.isfinite(score).sum()))
    if count == 0:
        return np.empty(0, dtype=np.intp)
    lowest: NDArray[np.intp] = np.argpartition(score, count - 1)[:count]
    return lowest
