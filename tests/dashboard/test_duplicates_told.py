"""What may be the same is told with when it was reported, as one would say it."""

import datetime as dt

import pytest

from dashboard.incidents.answers import duplicate
from layers.handling.duplicates import Duplicate, Why
from layers.handling.stages import Stage

NOW = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "reported just now"), (0.5, "reported 30 min ago"), (1.99, "reported 1 h ago"),
        (47, "reported 47 h ago"), (96, "reported 4 d ago"),
    ],
)  # fmt: skip
def test_how_long_ago_it_was_is_said_in_a_measure_that_fits(hours, said):
    one = Duplicate(
        1, "SJ1", "s", "0101", Stage.REPORT, None, None, NOW, None, None, 114.0, 22.5, 0.0, hours,
        None, (Why.SOON,), 1.0,
    )  # fmt: skip
    assert duplicate(one, {}, None, "en")["reasons"] == [said]
