"""Numbers and dates read the same everywhere."""

from __future__ import annotations

from datetime import date

import pytest

from dashboard import numerals
from dashboard.text import speaker


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0, "0"),
        (7, "7"),
        (1553225, "1,553,225"),
        (1553225.4, "1,553,225"),
        (12.345, "12.3"),
        (1.2345, "1.23"),
        (0.012345, "0.0123"),
        (99.96, "100"),
        (-12.5, "−12.5"),
        (-0.0, "0"),
        (2.0, "2"),
        (None, "–"),
        (float("nan"), "–"),
    ],
)
def test_a_number_is_grouped_and_short(value: float | None, written: str) -> None:
    assert numerals.number(value) == written


@pytest.mark.parametrize(
    ("ratio", "written"),
    [(0.0084, "0.8%"), (-0.0084, "−0.8%"), (0.0, "0.0%"), (-0.0001, "0.0%"), (None, "–")],
)
def test_a_percentage_has_one_decimal(ratio: float | None, written: str) -> None:
    assert numerals.percent(ratio) == written


def test_a_column_keeps_its_decimals_under_each_other() -> None:
    assert numerals.column([10.12, 7.8, float("nan")]) == ["10.1", "7.8", "–"]
    assert numerals.column([3, 12000]) == ["3", "12,000"]
    assert numerals.column([]) == []


def test_an_area_and_a_distance_choose_their_unit() -> None:
    say = speaker("en")
    assert numerals.area(78_700_000, say) == "78.7 km²"
    assert numerals.area(1234, say) == "1,234 m²"
    assert numerals.distance(43, say) == "40 m"
    assert numerals.distance(1234, say) == "1.23 km"


def test_a_distance_near_a_limit_is_on_its_side_of_it() -> None:
    say = speaker("en")
    assert numerals.distance(1004, say) == "1 km"
    for metres, written in ((1004, "1,004 m"), (1000, "1,000 m"), (1000.3, "1,001 m"),
                            (999.8, "999 m"), (996, "996 m"), (1234, "1.23 km")):  # fmt: skip
        assert numerals.distance(metres, say, 1000) == written
    assert numerals.distance(304, say, 300) == "304 m"
    assert numerals.distance(43, say, 300) == "40 m"


def test_a_day_leaves_out_the_year_it_is_in() -> None:
    day, today = date(2026, 10, 3), date(2026, 11, 22)
    assert numerals.day(day, "en", today=today) == "3 Oct"
    assert numerals.day(day, "en") == "3 Oct 2026"
    assert numerals.day(day, "zh", today=today) == "10月3日"
    assert numerals.day(day, "zh") == "2026-10-03"


def test_nothing_of_nothing_is_no_share() -> None:
    assert numerals.share(1, 0) is None
