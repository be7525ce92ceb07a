"""Patterns: each beside another way to the same, and what must not be taken for one."""

import datetime as dt

import esda
import libpysal
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse, stats
from sklearn.cluster import DBSCAN

from gis.errors import CityGridError
from layers.handling.patterns import control, density, ground
from layers.handling.patterns.emerging import Course, courses
from layers.handling.patterns.hot_spots import Rules, by_chance, discoveries, gi_star, spots
from layers.handling.patterns.repeated import repeated
from layers.handling.patterns.rhythm import rhythm
from layers.series import Span

SIDE = 12


def lattice():
    """Squares side by side: 144 places, their neighbours, and the first one's corner."""
    areas = [shapely.box(x, y, x + 1, y + 1) for y in range(SIDE) for x in range(SIDE)]
    return ground.touching([shapely.transform(a, lambda xy: xy * 0.01) for a in areas])


LATTICE = lattice()


def test_neighbours_share_a_side_or_a_corner():
    sizes = LATTICE.sum(axis=1).reshape(SIDE, SIDE)
    assert (sizes[0, 0], sizes[0, 1], sizes[1, 1]) == (4, 6, 9)
    assert (LATTICE != LATTICE.T).nnz == 0
    assert set(LATTICE[[0]].indices.tolist()) == {0, 1, SIDE, SIDE + 1}


@pytest.mark.filterwarnings("ignore")
def test_gi_star_is_what_esda_finds():
    values = np.random.default_rng(1).gamma(2, 3, SIDE * SIDE)
    w = libpysal.weights.lat2W(SIDE, SIDE, rook=False)
    w = libpysal.weights.fill_diagonal(w, 1.0)
    w.transform = "B"
    theirs = esda.G_Local(values, w, transform="B", permutations=0, star=True)
    np.testing.assert_allclose(gi_star(values, LATTICE), theirs.Zs, rtol=0, atol=1e-12)


def test_where_all_places_are_alike_none_stands_out():
    assert (gi_star(np.full(SIDE * SIDE, 3.3), LATTICE) == 0).all()
    assert gi_star(np.array([4.0]), sparse.csr_array([[1.0]])).tolist() == [0]
    assert not spots(np.full(SIDE * SIDE, 7), LATTICE).is_hot.any()


@given(st.lists(st.floats(0, 1), max_size=60), st.floats(0.001, 0.5))
def test_discoveries_are_those_of_benjamini_and_hochberg(p, share):
    found = discoveries(np.array(p), share)
    if p:
        adjusted = stats.false_discovery_control(p)
        # What lies on the very edge may be rounded to either side of it.
        clear = abs(adjusted - share) > 1e-12
        assert (found == (adjusted <= share))[clear].all()
    assert found.sum() <= len(p)


def test_a_hot_spot_is_found_where_it_was_put_and_a_rate_needs_people():
    counts = np.random.default_rng(3).poisson(4, SIDE * SIDE)
    block = [x + y * SIDE for x in (4, 5, 6) for y in (4, 5, 6)]
    counts[block] += 20
    found = spots(counts, LATTICE)
    assert found.is_hot[5 + 5 * SIDE]
    assert found.compared == SIDE * SIDE
    # As many more people live there: it is no more than elsewhere.
    people = np.full(SIDE * SIDE, 1_000.0)
    people[block] = 6_000
    assert not spots(counts, LATTICE, people).is_hot[block].any()
    people[5 + 5 * SIDE] = 40
    people[0] = np.nan
    few = spots(counts, LATTICE, people)
    assert np.isnan(few.values[[5 + 5 * SIDE, 0]]).all()
    assert not few.is_hot[5 + 5 * SIDE]
    assert not spots(counts, LATTICE, rules=Rules(least_count=1_000)).is_hot.any()


def test_chance_makes_few_hot_spots_and_the_same_ones_for_a_seed():
    counts = np.random.default_rng(3).poisson(4, SIDE * SIDE)
    first = by_chance(counts, LATTICE, seed=5)
    assert first == by_chance(counts, LATTICE, seed=5)
    assert first < 1
    assert by_chance(counts, LATTICE, np.zeros(SIDE * SIDE)) == 0


def test_what_became_of_hot_spots():
    now, then = np.array([1, 1, 0, 0, 0], bool), np.array([0, 1, 1, 0, 1], bool)
    is_high = np.array([1, 1, 0, 0, 1], bool)
    assert courses(now, then, is_high).tolist() == [
        Course.EMERGING, Course.PERSISTENT, Course.FADING, Course.NONE, Course.NONE,
    ]  # fmt: skip


@given(st.integers(0, 2**32 - 1), st.integers(2, 7), st.floats(2, 12))
def test_clusters_are_those_of_dbscan(seed, least, reach):
    random = np.random.default_rng(seed)
    # Whole metres: many points are at one place, as incidents at one address are.
    points = np.rint(random.uniform(0, 60, (150, 2)))
    found = density.clusters(points, reach, least)
    theirs = DBSCAN(eps=reach, min_samples=least).fit(points)
    is_core = np.zeros(len(points), bool)
    is_core[theirs.core_sample_indices_] = True
    assert (found.is_dense == is_core).all()
    assert ((found.label == density.NOISE) == (theirs.labels_ == -1)).all()
    pairs = set(zip(found.label[is_core].tolist(), theirs.labels_[is_core].tolist(), strict=True))
    assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})
    assert (np.diff(found.sizes) <= 0).all()


def test_no_points_and_too_many_pairs(monkeypatch):
    assert density.clusters(np.empty((0, 2)), 10, 3).label.tolist() == []
    monkeypatch.setattr(density, "MOST_PAIRS", 3)
    with pytest.raises(CityGridError, match="Too many incidents lie within 10 m"):
        density.clusters(np.arange(20.0).reshape(10, 2), 10, 3)


def test_hours_are_the_citys_and_days_are_counted():
    monday = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
    at = np.array([monday.timestamp() + s for s in (0, 8.5 * 3600, 8.6 * 3600, 86_400 * 6)], int)
    found = rhythm(at, Span(dt.date(2026, 3, 2), dt.date(2026, 3, 15)))
    assert (found.counts[0, 0], found.counts[0, 8], found.counts[6, 0]) == (1, 2, 1)
    assert found.days.tolist() == [2] * 7
    assert found.mean[0, 8] == 1
    assert found.at_midnight == 2
    one = rhythm(at[:1], Span(dt.date(2026, 3, 2), dt.date(2026, 3, 2)))
    assert np.isnan(one.mean[3]).all()


def test_limits_are_crossed_as_rarely_as_they_say():
    mean = np.array([0.4, 3.0, 20.0, 20.0])
    dispersion = np.array([1.0, 0.7, 1.0, 2.5])
    low, high = control.limits(mean, dispersion)
    assert (stats.poisson.sf(high[:3], mean[:3]) <= control.TAIL).all()
    assert (stats.poisson.sf(high[:3] - 1, mean[:3]) > control.TAIL).all()
    assert high[3] > high[2]
    assert low.tolist()[:2] == [0, 0]
    # Of many incidents the limits are Shewhart's three standard deviations.
    low, high = control.limits(np.array([1e4]), np.array([1.0]))
    assert high[0] == pytest.approx(1e4 + 300, abs=4)
    assert low[0] == pytest.approx(1e4 - 300, abs=4)


def test_a_leap_and_a_long_rise_are_signals_and_the_baseline_is_none():
    steady = np.random.default_rng(2).poisson(6, (3, 30))
    steady[1, 25] = 40
    steady[2, 20:] = 9
    steady[0, 2] = 60
    found = control.charts(steady, 16)
    assert found.signals[1, 25] == control.Signal.HIGH
    assert found.signals[2, 27] == control.Signal.RUN_HIGH
    assert (found.signals[:, :16] == "").all()
    assert found.dispersion[0] > 1
    nothing = control.charts(np.zeros((1, 20), int), 10)
    assert np.isnan(nothing.dispersion[0])
    assert (nothing.signals == "").all()
    with pytest.raises(ValueError, match="A baseline has 8 to 20 periods"):
        control.charts(np.zeros((1, 20), int), 21)


@given(st.integers(0, 2**32 - 1), st.integers(2, 6))
def test_a_repeated_place_holds_enough_within_reach_and_shares_none(seed, least):
    points = np.rint(np.random.default_rng(seed).uniform(0, 50, (80, 2)))
    found = repeated(points, 6, least)
    taken = np.concatenate([np.empty(0, int), *[place.points for place in found]])
    assert len(taken) == len(set(taken.tolist()))
    for place in found:
        assert len(place.points) >= least
        assert np.hypot(*(points[place.points] - place.at_m).T).max() <= 6
    assert [len(p.points) for p in found] == sorted((len(p.points) for p in found), reverse=True)
    left = np.delete(points, taken, axis=0)
    near = [(np.hypot(*(left - p).T) <= 6).sum() for p in left]
    assert max(near, default=0) < least


def test_a_chain_is_no_repeated_place():
    line = np.column_stack([np.arange(0, 50, 5.0), np.zeros(10)])
    assert repeated(line, 5, 4) == ()
    assert density.clusters(line, 5, 3).sizes.tolist() == [10]
