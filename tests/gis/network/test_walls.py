"""Nobody goes through a wall to get to a street."""

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import given as drawn
from hypothesis import settings

from gis.network.network import network
from gis.network.snapping import LEAST_SHARE, WALLED, feet, is_usable, snap
from gis.network.travel import times
from gis.network.walls import OPEN_WITHIN_M
from tests.gis.network.streets import barriers, given, lattice, lines, random_streets, streets
from tests.proof import TIMES

WITHIN_M = 250.0
# A square of streets 400 m wide, in it a walled estate with one path that leads to its gate.
AROUND = [[(0, 0), (400, 0)], [(400, 0), (400, 400)], [(400, 400), (0, 400)], [(0, 400), (0, 0)]]
WALL = [(20, 20), (380, 20), (380, 380), (20, 380), (20, 20)]
PATH = [(200, 0), (200, 150), (300, 150)]
HOUSE = np.array([[60.0, 200.0]])


def walls(rng):
    return [rng.uniform(0, 1000, (int(rng.integers(2, 6)), 2)) for _ in range(4)]


def gates(rng, some):
    """Places on walls."""
    return [tuple(rng.uniform() * (one[1] - one[0]) + one[0]) for one in some]


def foot_m(made, on):
    """Where points hang; NaN where they do not."""
    at = shapely.line_interpolate_point(made.lines_m[on.edge], on.share, normalized=True)
    return np.where(on.is_on[:, None], shapely.get_coordinates(at), np.nan)


def legs(made, points, on):
    return shapely.linestrings(np.stack([points, foot_m(made, on)], axis=1))


def test_a_house_in_an_estate_hangs_on_the_path_to_the_gate_and_not_on_the_street_outside():
    estate = streets([[*AROUND[0][:1], (200, 0), *AROUND[0][1:]], *AROUND[1:], PATH])
    gate = (200, 20)
    open_ = given(estate, barriers(WALL, gates=[gate])).network()
    on = snap(open_, HOUSE, within_m=300)
    assert open_.street[on.edge].tolist() == [4]
    assert on.off_m[0] == pytest.approx(np.hypot(140, 50))
    free = given(estate).network()
    assert snap(free, HOUSE, within_m=300).off_m.tolist() == [60]
    # Without a gate its path leads nowhere.
    shut = given(estate, barriers(WALL)).network()
    inside = shut.component[shut.start] != 0
    assert inside.any()
    assert (shut.length_m[inside].sum() > LEAST_SHARE * shut.length_m.sum()).all()
    assert shut.component[shut.start[snap(shut, HOUSE, within_m=300).edge]].tolist() == [1]
    alone = given(streets(AROUND), barriers(WALL)).network()
    assert snap(alone, HOUSE, within_m=300).edge.tolist() == [WALLED]


def test_a_street_that_turns_a_corner_is_reached_where_nothing_stands_before_it():
    made = network(streets([[(0, 0), (100, 0), (100, 100)]]), barriers=barriers([(0, 5), (90, 5)]))
    on = snap(made, np.array([[50.0, 20.0]]), within_m=60)
    assert on.off_m.tolist() == [50]
    assert made.lines_m[0].interpolate(on.share[0], normalized=True).coords[0] == (100, 20)


def test_a_street_on_a_wall_is_open_to_both_sides():
    made = network(streets([[(0, 0), (100, 0)]]), barriers=barriers([(-10, 0), (110, 0)]))
    assert snap(made, np.array([[50.0, 5], [50, -5]]), within_m=60).off_m.tolist() == [5, 5]


@drawn(seed=st.integers(0, 2**32))
@settings(max_examples=30 * TIMES, deadline=None)
def test_each_hangs_on_the_nearest_place_to_which_no_barrier_closes_the_way(seed):
    rng = np.random.default_rng(seed)
    some = walls(rng)
    held = barriers(*some, gates=gates(rng, some))
    made = given(random_streets(rng), held).network()
    points = rng.uniform(0, 1000, (40, 2))
    on = snap(made, points, within_m=WITHIN_M)
    hung = np.flatnonzero(on.is_on)
    ways = legs(made, points[hung], on.take(hung))
    assert shapely.length(ways) == pytest.approx(on.off_m[hung], abs=1e-6)
    wall = shapely.multilinestrings(list(lines(*some)))
    openings = shapely.buffer(shapely.multipoints(held.openings_m), OPEN_WITHIN_M, quad_segs=64)
    closed = shapely.difference(wall, openings)
    assert not shapely.crosses(ways, closed).any()
    # By looking at every street from vertex to vertex: nothing nearer is open.
    ends = shapely.get_coordinates(made.lines_m[is_usable(made)])
    begin, end = ends[0::2], ends[1::2]
    for point, off_m in zip(points, on.off_m, strict=True):
        places = feet(np.broadcast_to(point, begin.shape), begin, end)
        away_m = np.hypot(*(places - point).T)
        straight = shapely.linestrings(np.stack([np.broadcast_to(point, begin.shape), places], 1))
        is_open = ~shapely.intersects(straight, shapely.buffer(closed, -1e-6) | closed)
        nearest = away_m[is_open & (away_m <= WITHIN_M)].min(initial=np.inf)
        assert nearest == pytest.approx(np.nan_to_num(off_m, nan=np.inf), abs=0.1)


@drawn(seed=st.integers(0, 2**32))
@settings(max_examples=30 * TIMES, deadline=None)
def test_another_barrier_brings_nobody_nearer_to_a_street_and_another_gate_nobody_further(seed):
    rng = np.random.default_rng(seed)
    some, points = walls(rng), rng.uniform(0, 1000, (60, 2))
    # Bridges all of them: only the ways to them are closed.
    made = network(random_streets(rng))
    held = [
        barriers(),
        barriers(*some[:2]),
        barriers(*some),
        barriers(*some, gates=gates(rng, some[:2])),
        barriers(*some, gates=gates(rng, some)),
    ]
    away = [
        np.nan_to_num(
            snap(replace(made, barriers=each), points, within_m=WITHIN_M).off_m, nan=np.inf
        )
        for each in held
    ]
    none, two, four, _, _ = away
    assert (none <= two + 1e-9).all()
    assert (two <= four + 1e-9).all()
    for few, more in ((four, away[3]), (four, away[4])):
        assert (more <= few + 1e-9).all()


@drawn(seed=st.integers(0, 2**32))
@settings(max_examples=30 * TIMES, deadline=None)
def test_a_barrier_makes_nobodys_way_shorter_who_sets_out_where_he_did(seed):
    rng = np.random.default_rng(seed)
    some, before = random_streets(rng, doubled=False), walls(rng)[:2]
    points = rng.uniform(0, 1000, (4, 2)), rng.uniform(0, 1000, (60, 2))
    asked = []
    for held in (barriers(*before), barriers(*before, *walls(rng)[:2])):
        made = given(some, held, join_within_m=0).network()
        asked.append((made, [snap(made, each, within_m=WITHIN_M) for each in points]))
    feet_m = [[foot_m(made, on) for on in both] for made, both in asked]
    stay = [
        np.flatnonzero(np.hypot(*(one - other).T) < 1e-6)
        for one, other in zip(*feet_m, strict=True)
    ]
    was, now = (
        times(
            made, *(on.take(those) for on, those in zip(both, stay, strict=True)),
            limit_s=1e9, access_ms=1.0,
        ).seconds
        for made, both in asked
    )  # fmt: skip
    assert (now >= was - 1e-3).all()


def test_on_a_lattice_a_gate_is_the_way_in():
    town = lattice(4)
    wall = [(110, 110), (290, 110), (290, 290), (110, 290), (110, 110)]
    door = np.array([[150.0, 195.0]])
    shut = given(town, barriers(wall)).network()
    gated = given(town, barriers(wall, gates=[(200, 110)])).network()
    clinic = np.array([[200.0, 0.0]])
    took = []
    for made in (shut, gated):
        on = [snap(made, each, within_m=60) for each in (clinic, door)]
        took.append(times(made, *on, limit_s=1e9, access_ms=1.0).seconds[0, 0])
    assert took == [np.inf, pytest.approx(200 + 50 + 5)]
