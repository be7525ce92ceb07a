"""Suppression: nothing withheld can be worked out, by an attack written apart from it."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog

from layers.suppression import Numbers, State, choose, exposed
from tests.proof import TIMES


def table_of(inner: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of a crossed table with its margins, and the equations that make them margins."""
    shape = tuple(side + 1 for side in inner.shape)
    whole = inner
    for axis in range(inner.ndim):
        whole = np.concatenate([whole, whole.sum(axis=axis, keepdims=True)], axis=axis)
    places = np.arange(whole.size).reshape(shape)
    equations = []
    for axis in range(inner.ndim):
        for line in np.moveaxis(places, axis, -1).reshape(-1, shape[axis]):
            row = np.zeros(whole.size)
            row[line[:-1]], row[line[-1]] = 1, -1
            equations.append(row)
    return whole.reshape(-1), np.array(equations)


def tree_of(leaves: np.ndarray, fan: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of a tree over its leaves, level by level, and the equations along it."""
    numbers, level, equations = list(leaves), list(range(len(leaves))), []
    while len(level) > 1:
        above = []
        for first in range(0, len(level), fan):
            children = level[first : first + fan]
            numbers.append(sum(numbers[child] for child in children))
            above.append(len(numbers) - 1)
            equations.append((children, above[-1]))
        level = above
    rows = np.zeros((len(equations), len(numbers)))
    for row, (children, parent) in zip(rows, equations, strict=True):
        row[children], row[parent] = 1, -1
    return np.array(numbers), rows


def numbers_of(n, equations, least=5, state=None) -> Numbers:
    size = len(n)
    return Numbers(
        np.asarray(n, np.int64),
        np.full(size, least),
        np.full(size, State.FREE) if state is None else np.asarray(state),
        sparse.csr_array(np.asarray(equations, float)),
    )


def attacked(n, equations, withheld, cell) -> tuple[float, float]:
    """The bounds of one number to somebody who knows everything that is not withheld."""
    known = ~withheld
    bounds = [(v, v) if k else (0, None) for v, k in zip(n, known, strict=True)]
    ends = []
    for sign in (1, -1):
        aim = np.zeros(len(n))
        aim[cell] = sign
        solved = linprog(aim, A_eq=equations, b_eq=np.zeros(len(equations)), bounds=bounds)
        assert solved.status in (0, 3)
        ends.append(sign * solved.fun if solved.status == 0 else -sign * np.inf)
    return ends[0], ends[1]


def assert_kept(n, equations, withheld, least):
    for cell in np.flatnonzero(withheld):
        low, high = attacked(n, equations, withheld, cell)
        assert high - low >= least - 1e-6, (cell, n[cell], low, high)


small = st.one_of(st.integers(0, 6), st.integers(0, 40))


@settings(max_examples=60 * TIMES, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_nothing_withheld_in_a_crossed_table_is_known_within_its_threshold(data):
    shape = data.draw(st.lists(st.integers(2, 4), min_size=2, max_size=3))
    size = int(np.prod(shape))
    cells = data.draw(st.lists(small, min_size=size, max_size=size))
    least = data.draw(st.sampled_from([3, 5, 10]))
    n, equations = table_of(np.array(cells).reshape(shape))
    numbers = numbers_of(n, equations, least)
    pattern = choose(numbers)
    assert not len(pattern.exposed)
    assert pattern.is_withheld[(n > 0) & (n < least)].all()
    assert not pattern.is_withheld[n == 0].any()
    assert_kept(n, equations, pattern.is_withheld, least)


@settings(max_examples=60 * TIMES, suppress_health_check=list(HealthCheck))
@given(st.lists(small, min_size=2, max_size=30), st.integers(2, 4))
def test_nothing_withheld_in_a_tree_is_known_within_its_threshold(leaves, fan):
    n, equations = tree_of(np.array(leaves), fan)
    pattern = choose(numbers_of(n, equations))
    assert not len(pattern.exposed)
    assert_kept(n, equations, pattern.is_withheld, 5)


@settings(max_examples=60 * TIMES, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_the_audit_finds_just_what_the_attack_finds(data):
    shape = data.draw(st.lists(st.integers(2, 4), min_size=2, max_size=2))
    size = int(np.prod(shape))
    cells = data.draw(st.lists(small, min_size=size, max_size=size))
    n, equations = table_of(np.array(cells).reshape(shape))
    withheld = np.array(data.draw(st.lists(st.booleans(), min_size=len(n), max_size=len(n))))
    found = exposed(numbers_of(n, equations), withheld)
    expected = []
    for cell in np.flatnonzero(withheld):
        low, high = attacked(n, equations, withheld, cell)
        if high - low < 5 - 1e-6:
            expected.append(cell)
    assert found.tolist() == expected


def test_the_same_numbers_give_the_same_pattern():
    random = np.random.default_rng(5)
    n, equations = table_of(random.integers(0, 12, (6, 7, 2)))
    first, second = (choose(numbers_of(n, equations)).is_withheld for _ in range(2))
    assert (first == second).all()


def test_no_small_number_no_withholding():
    n, equations = table_of(np.array([[7, 0, 12], [30, 5, 0]]))
    assert not choose(numbers_of(n, equations)).is_withheld.any()


def test_the_smallest_neighbour_goes_with_a_small_number():
    n, equations = tree_of(np.array([3, 80, 20, 50]), 4)
    assert choose(numbers_of(n, equations)).is_withheld.tolist() == [
        True, False, True, False, False,
    ]  # fmt: skip


def test_two_small_numbers_whose_sum_is_small_take_a_third_with_them():
    n, equations = tree_of(np.array([1, 2, 20, 50]), 4)
    assert choose(numbers_of(n, equations)).is_withheld.tolist() == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_what_is_known_protects_nothing():
    n, equations = tree_of(np.array([3, 80, 20, 50]), 4)
    state = [State.FREE, State.FREE, State.KNOWN, State.FREE, State.KNOWN]
    assert choose(numbers_of(n, equations, state=state)).is_withheld.tolist() == [
        True, False, False, True, False,
    ]  # fmt: skip


def test_what_cannot_be_protected_is_said():
    n, equations = tree_of(np.array([3, 80]), 2)
    state = [State.FREE, State.KNOWN, State.KNOWN]
    assert choose(numbers_of(n, equations, state=state)).exposed.tolist() == [0]


@pytest.mark.parametrize("least", [5, 10])
def test_a_number_in_no_equation_may_be_anything(least):
    numbers = Numbers(
        np.array([3]), np.array([least]), np.array([0]), sparse.csr_array((0, 1), dtype=float)
    )
    assert choose(numbers).is_withheld.tolist() == [True]
