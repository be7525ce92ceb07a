"""The side of a line a point lies on, against exact fractions."""

from fractions import Fraction

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gis.exact import exact_side, side
from tests.proof import TIMES

degrees = st.floats(-180, 180).filter(lambda x: x == 0 or abs(x) > 1e-100)
points = st.tuples(degrees, degrees)


def by_fractions(a, b, p):
    (ax, ay), (bx, by), (px, py) = (tuple(map(Fraction, q)) for q in (a, b, p))
    turn = (ax - px) * (by - py) - (ay - py) * (bx - px)
    return (turn > 0) - (turn < 0)


@settings(max_examples=100 * TIMES, deadline=None)
@given(points, points, points)
def test_any_three_points(a, b, p):
    assert side(a, b, p) == exact_side(a, b, p) == by_fractions(a, b, p)


@settings(max_examples=1000 * TIMES, deadline=None)
@given(
    points,
    points,
    st.floats(0, 1),
    st.tuples(st.integers(-2, 2), st.integers(-2, 2)),
)
@example((0.0, 0.0), (3.0, 3.0), 0.5, (0, 0))
@example((121.5, 25.0), (121.5, 25.1), 0.3, (1, 0))
def test_points_on_a_line_and_the_next_numbers_beside_it(a, b, t, steps):
    p = [u + t * (v - u) for u, v in zip(a, b, strict=True)]
    for k, step in enumerate(steps):
        for _ in range(abs(step)):
            p[k] = float(np.nextafter(p[k], np.inf if step > 0 else -np.inf))
    if any(0 < abs(q) < 1e-100 for q in p):
        return
    assert side(a, b, tuple(p)) == by_fractions(a, b, p)


def test_turning_left_is_positive():
    assert side((0.0, 0.0), (1.0, 0.0), (0.5, 1.0)) == 1
    assert side((0.0, 0.0), (1.0, 0.0), (0.5, -1.0)) == -1
    assert side((0.0, 0.0), (1.0, 0.0), (2.0, 0.0)) == 0
