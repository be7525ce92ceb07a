"""Streets for tests: a lattice whose answers are known in closed form, and random ones."""

import numpy as np
import shapely

from gis.network.given import Given
from gis.network.network import Streets
from gis.network.walls import Barriers

BLOCK_M = 100.0


def streets(lines, *, forth=None, back=None, speed_ms=1.0):
    shapes = np.array([shapely.LineString(line) for line in lines], dtype=object)
    some = np.ones(len(lines), np.bool_)
    return Streets(
        shapes,
        some if forth is None else np.array(forth),
        some if back is None else np.array(back),
        np.broadcast_to(np.asarray(speed_ms, float), (len(lines),)).copy(),
    )


def lines(*some):
    made = np.empty(len(some), dtype=object)
    made[:] = [shapely.LineString(line) for line in some]
    return made


def barriers(*walls, gates=()):
    return Barriers(lines(*walls), np.array(gates, float).reshape(-1, 2))


def given(some, held=None, *, passes=None, is_new=None, meets=False, join_within_m=2.0):
    none = np.zeros(len(some.lines_m), np.bool_)
    return Given(
        np.arange(len(none)),
        some,
        none if passes is None else np.array(passes),
        none if is_new is None else np.array(is_new),
        held or Barriers.none(),
        meets,
        join_within_m,
    )


def lattice(blocks):
    """A square of blocks; each street runs from end to end in one piece."""
    far = blocks * BLOCK_M
    steps = [k * BLOCK_M for k in range(blocks + 1)]
    across = [[(x, y) for x in steps] for y in steps]
    along = [[(x, y) for y in steps] for x in steps]
    assert across[0][-1] == (far, 0)
    return streets([*across, *along])


def random_streets(rng, places=30, count=60, *, doubled=True):
    """Straight streets between random places, some one-way, some doubled with another speed."""
    xy = np.round(rng.uniform(0, 1000, (places, 2)), 2)
    ends = rng.integers(places, size=(count, 2))
    ends = ends[ends[:, 0] != ends[:, 1]]
    if not doubled:
        ends = np.unique(np.sort(ends, axis=1), axis=0)
    way = rng.random(len(ends))
    return streets(
        [(tuple(xy[a]), tuple(xy[b])) for a, b in ends],
        forth=way < 0.9,
        back=(way > 0.2),
        speed_ms=rng.uniform(0.5, 10, len(ends)),
    )
