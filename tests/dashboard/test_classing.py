"""Classes of the map: ascending, inside the values, zero apart when it is common."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dashboard.classing import MOST_CLASSES, breaks


@given(st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")) | st.integers(0, 9), max_size=200))
def test_breaks_ascend_and_lie_within_the_values(values: list[float]) -> None:
    known = np.array(values, dtype=float)
    found = breaks(known)
    assert list(found) == sorted(set(found))
    assert len(found) < MOST_CLASSES
    if found:
        finite = known[np.isfinite(known)]
        counts = np.bincount(np.searchsorted(found, finite, side="right"), minlength=len(found) + 1)
        assert all(counts)


def test_zero_is_its_own_class_when_it_is_common() -> None:
    values = np.array([0] * 50 + list(range(1, 51)), dtype=float)
    assert breaks(values)[0] == 1


def test_edges_are_round_numbers() -> None:
    values = np.random.default_rng(1).lognormal(9, 0.4, 500)
    assert all(edge == float(f"{edge:.2g}") for edge in breaks(values))


def test_one_value_is_one_class() -> None:
    assert breaks(np.array([3.0, 3.0])) == ()
