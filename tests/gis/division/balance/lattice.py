"""Made-up plans to balance: squares in rows, groups that are blocks of them, random loads."""

from __future__ import annotations

from typing import Any

import numpy as np

from gis.division.balance.problem import Adjacency, Problem

SIDE_M = 100.0
FIRST_GROUP = 1_000


def lattice(  # one argument for each thing that differs
    width: int,
    height: int,
    block: tuple[int, int],
    seed: int,
    *,
    parents: int = 1,
    spread: float = 0.5,
    barriers: float = 0.0,
    locked: float = 0.0,
    **rest: Any,
) -> Problem:
    """Return a plan of ``width`` by ``height`` units in groups of ``block`` units."""
    rng = np.random.default_rng(seed)
    n = width * height
    place = np.arange(n).reshape(height, width)
    across = np.stack([place[:, :-1].ravel(), place[:, 1:].ravel()], axis=1)
    upward = np.stack([place[:-1].ravel(), place[1:].ravel()], axis=1)
    pairs = np.concatenate([across, upward])
    y, x = np.divmod(np.arange(n), width)
    column = x // block[0]
    group = FIRST_GROUP + (y // block[1]) * -(-width // block[0]) + column
    known = sorted(set(group.tolist()))
    is_rim = (x == 0) | (x == width - 1) | (y == 0) | (y == height - 1)
    loads = rng.lognormal(np.log(50), spread, n).round()
    return Problem(
        units=tuple(range(1, n + 1)),
        loads=loads,
        groups=tuple(group.tolist()),
        parents={g: k * parents // len(known) for k, g in enumerate(known)},
        adjacency=Adjacency(pairs, np.full(len(pairs), SIDE_M), rng.random(len(pairs)) < barriers),
        locked=rng.random(n) < locked,
        is_outer=is_rim,
        areas_m2=np.full(n, SIDE_M**2),
        outlines_m=np.full(n, 4 * SIDE_M),
        **{"seed": seed, "time_limit_s": 60.0, **rest},
    )
