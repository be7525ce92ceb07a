"""Whom the numbers of a place are said of."""

import numpy as np
import pytest

from dashboard.panels.coverage.groups import is_known
from layers.coverage.seen import Numbers


@pytest.mark.parametrize(
    ("everybody", "is_withheld", "known"),
    [
        ([12, 7, 5], [False] * 3, True),
        ([0, 0, np.nan], [False, False, True], False),
        ([np.nan, np.nan, np.nan], [True] * 3, True),
        ([np.nan, 0, np.nan], [False] * 3, False),
    ],
)
def test_a_group_that_nobody_is_known_of_is_not_said_to_be_none(everybody, is_withheld, known):
    nothing = np.zeros(3, np.bool_)
    numbers = Numbers(np.array(everybody, float), np.zeros(3), None, nothing, np.array(is_withheld))
    assert is_known(numbers) is known
