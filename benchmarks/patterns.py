"""Patterns of incidents: hot spots of a whole city's grids, and clusters of its incidents."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from benchmarks import contest
from benchmarks.contest import Clock, ContestError, repeat
from benchmarks.peers.patterns import ASK, Floats, by_esda, by_sklearn
from benchmarks.readings import Reading, Row, Unit
from benchmarks.sizes import PEER_CAP_S, Size
from layers.handling.patterns import density
from layers.handling.patterns.ground import touching
from layers.handling.patterns.hot_spots import gi_star

# A lattice of so many squares a side is a district of 17,000 micro-grids.
SIDE, SEED = 130, 0
REACH_M, LEAST, EXTENT_M = 50.0, 10, 20_000.0


def hot(clock: Clock, values: Floats, side: int, repeats: int) -> Floats:
    """Time Gi* of a lattice whose neighbours are known."""
    areas = [shapely.box(x, y, x + 1, y + 1) for y in range(side) for x in range(side)]
    neighbours = touching(areas)
    found: Floats = repeat(clock, ASK, repeats, lambda: gi_star(values, neighbours))
    return found


def dense(clock: Clock, at_m: Floats, repeats: int) -> np.ndarray:
    """Time density clusters; return the label of each point, -1 for none."""
    found: density.Clusters = repeat(
        clock, ASK, repeats, lambda: density.clusters(at_m, REACH_M, LEAST)
    )
    return found.label


def measure(size: Size) -> Iterator[Row]:
    """Measure both beside libraries, and compare the answers."""
    random = np.random.default_rng(SEED)
    side = SIDE if size.apart else 12
    values = random.gamma(1.0, 3.0, side * side)
    ours = contest.run(hot, values, side, size.repeats, apart=size.apart)
    peer = contest.run(by_esda, values, side, cap_s=PEER_CAP_S, apart=size.apart)
    if peer.value is not None and not np.allclose(ours.value, peer.value, rtol=0, atol=1e-12):
        raise ContestError("esda finds other hot spots.")
    yield Row(
        "hot spots (Gi*)",
        f"{side * side:,} places",
        Reading(ours.laps[ASK], Unit.SECONDS),
        Reading(peer.laps[ASK], Unit.SECONDS, is_more=peer.stopped == ASK),
        "esda",
        note="neighbours known, no permutations; equal to 1e-12",
    )
    count = size.rows // 2
    centres = random.uniform(0, EXTENT_M, (max(count // 100, 1), 2))
    # Whole metres: incidents at one address are at one place.
    at_m = np.rint(centres[random.integers(0, len(centres), count)]
                   + random.normal(0, 60, (count, 2)))  # fmt: skip
    ours = contest.run(dense, at_m, size.repeats, apart=size.apart)
    peer = contest.run(by_sklearn, at_m, REACH_M, LEAST, cap_s=PEER_CAP_S, apart=size.apart)
    if peer.value is not None and ((ours.value < 0) != (peer.value < 0)).any():
        raise ContestError("scikit-learn finds other clusters.")
    yield Row(
        "density clusters",
        f"{count:,} incidents",
        Reading(ours.laps[ASK], Unit.SECONDS),
        Reading(peer.laps[ASK], Unit.SECONDS, is_more=peer.stopped == ASK),
        "scikit-learn",
        note=f"within {REACH_M:g} m at least {LEAST}; the same incidents in clusters",
    )
