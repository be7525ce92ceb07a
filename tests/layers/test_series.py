"""Series: flows by hour, day, week and month, stocks at month-ends, comparisons."""

import datetime as dt

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from gis import tables
from gis.errors import NotFoundError
from layers import catalog, counts, series
from layers.series import SeriesError, Span, Step
from tests import builders

INCIDENTS, PEOPLE = catalog.get("incidents"), catalog.get("people")
ROOT, QUARTER, SQUARE = 1, 2, 3
D = dt.date


def reported(db: Connection, units: pd.DataFrame, *moments: dt.datetime, **values: object) -> None:
    """Incidents in the first square at moments of Shanghai."""
    for number, moment in enumerate(moments, 1):
        at = moment.replace(tzinfo=builders.CITY.tz)
        items = builders.rows("incidents", (0.5, 0.5), start=number, reported_at=at, **values)
        builders.add(db, INCIDENTS, units, items)


def known_until(db: Connection, layer_id: str, day: dt.date) -> None:
    at = dt.datetime.combine(day, dt.time(12), builders.CITY.tz)
    db.execute(insert(tables.layer_state), {"layer": layer_id, "rows": 0, "as_of": at})


@pytest.fixture
def units(db: Connection) -> pd.DataFrame:
    """Incidents on 1 and 3 (two) November, 1 December; known until 10 December 2025."""
    units = builders.load(db)
    known_until(db, "incidents", D(2025, 12, 10))
    reported(
        db, units,
        dt.datetime(2025, 11, 1, 0, 30), dt.datetime(2025, 11, 3, 8),
        dt.datetime(2025, 11, 3, 23, 59), dt.datetime(2025, 12, 1, 10),
    )  # fmt: skip
    counts.rebuild(db, INCIDENTS)
    return units


def test_days_without_anything_are_zero(db, units):
    found = series.series(db, SQUARE, "incidents", Step.DAY, D(2025, 10, 31), D(2025, 11, 4))
    assert found.tolist() == [0, 1, 0, 2, 0]
    assert found.index[0] == pd.Timestamp("2025-10-31")
    assert found.dtype == float


def test_weeks_begin_on_monday(db, units):
    found = series.series(db, ROOT, "incidents", Step.WEEK, D(2025, 10, 27), D(2025, 11, 9))
    assert found.to_dict() == {pd.Timestamp("2025-10-27"): 1, pd.Timestamp("2025-11-03"): 2}


def test_months_add_their_days(db, units):
    found = series.series(db, ROOT, "incidents", Step.MONTH, D(2025, 10, 1), D(2025, 12, 31))
    assert found.tolist() == [0, 3, 1]


def test_days_nobody_knows_yet_are_left_out(db, units):
    found = series.series(db, ROOT, "incidents", Step.DAY, D(2025, 12, 9), D(2025, 12, 31))
    assert found.index.tolist() == [pd.Timestamp("2025-12-09"), pd.Timestamp("2025-12-10")]


@pytest.mark.parametrize("unit", [ROOT, SQUARE, 22])
def test_hours_are_those_of_the_city(db, units, unit):
    found = series.series(db, unit, "incidents", Step.HOUR, D(2025, 11, 3), D(2025, 11, 3))
    assert len(found) == 24
    assert found[found > 0].index.hour.tolist() == [8, 23]


def test_hours_of_one_class(db, units):
    name = "incidents.big.gb/01"
    found = series.series(db, ROOT, name, Step.HOUR, D(2025, 11, 3), D(2025, 11, 3))
    assert found.sum() == 2
    other = series.series(
        db, ROOT, "incidents.big.gb/09", Step.HOUR, D(2025, 11, 3), D(2025, 11, 3)
    )
    assert other.sum() == 0


def test_hours_of_a_year_are_refused(db, units):
    with pytest.raises(SeriesError, match="at most 31 days, found 365"):
        series.series(db, ROOT, "incidents", Step.HOUR, D(2024, 12, 11), D(2025, 12, 10))


def test_a_class_has_a_series_and_a_stage_has_none(db, units):
    found = series.series(
        db, ROOT, "incidents.big.gb/01", Step.MONTH, D(2025, 11, 1), D(2025, 11, 30)
    )
    assert found.tolist() == [3]
    with pytest.raises(NotFoundError, match="not counted over time"):
        series.series(db, ROOT, "incidents.stage.closed", Step.DAY, D(2025, 1, 1), D(2025, 1, 2))


def test_a_month_is_compared_up_to_the_same_day(db, units):
    found = series.compare(db, ROOT, "incidents", Step.MONTH, D(2025, 12, 2))
    assert (found.value, found.previous) == (1, 1)
    assert found.previous_span == Span(D(2025, 11, 1), D(2025, 11, 2))
    assert found.change == 0


def test_before_the_first_incident_nothing_is_known(db, units):
    found = series.compare(db, ROOT, "incidents", Step.MONTH, D(2025, 12, 10))
    assert found.year_ago is None
    assert found.year_change is None


def test_a_year_ago_is_compared_when_it_was_counted(db):
    units = builders.load(db)
    reported(
        db, units, dt.datetime(2024, 11, 1), dt.datetime(2024, 12, 5), dt.datetime(2024, 12, 20),
        dt.datetime(2025, 12, 1), dt.datetime(2025, 12, 2),
    )  # fmt: skip
    counts.rebuild(db, INCIDENTS)
    found = series.compare(db, ROOT, "incidents", Step.MONTH, D(2025, 12, 10))
    assert (found.value, found.previous, found.year_ago) == (2, 0, 1)
    assert found.change is None
    assert found.year_change == 1.0


def test_a_stock_is_compared_with_month_ends(db):
    units = builders.load(db)
    known_until(db, "people", D(2026, 1, 15))
    for number, since in enumerate(
        [None, D(2024, 6, 1), D(2025, 1, 10), D(2025, 12, 31), D(2026, 1, 2)], 1
    ):
        builders.add(
            db, PEOPLE, units, builders.rows("people", (0.5, 0.5), start=number, since=since)
        )
    counts.rebuild(db, PEOPLE)
    found = series.compare(db, QUARTER, "people", Step.MONTH, D(2026, 1, 15))
    assert (found.value, found.previous, found.year_ago) == (5, 4, 2)
    assert found.previous_span.last == D(2025, 12, 31)
    assert found.year_ago_span.last == D(2024, 12, 31)
    ends = series.series(db, QUARTER, "people", Step.MONTH, D(2025, 11, 1), D(2026, 1, 31))
    assert ends.to_dict() == {pd.Timestamp("2025-11-30"): 3, pd.Timestamp("2025-12-31"): 4}


def test_the_finest_level_has_no_month_ends(db):
    units = builders.load(db)
    known_until(db, "people", D(2026, 1, 15))
    builders.add(db, PEOPLE, units, builders.rows("people", (0.5, 0.5)))
    counts.rebuild(db, PEOPLE)
    found = series.compare(db, SQUARE, "people", Step.MONTH, D(2026, 1, 15))
    assert (found.value, found.previous, found.year_ago) == (1, None, None)


def test_a_unit_where_nobody_lived_is_compared_with_zero(db):
    units = builders.load(db)
    known_until(db, "people", D(2026, 1, 15))
    items = [*builders.rows("people", (0.5, 0.5), since=D(2026, 1, 5)),
             *builders.rows("people", (2.5, 0.5), start=2)]  # fmt: skip
    builders.add(db, PEOPLE, units, items)
    counts.rebuild(db, PEOPLE)
    found = series.compare(db, QUARTER, "people", Step.MONTH, D(2026, 1, 15))
    assert (found.value, found.previous) == (1, 0)


def test_a_stock_has_no_days(db, units):
    with pytest.raises(SeriesError, match="at the ends of months"):
        series.series(db, ROOT, "people", Step.DAY, D(2025, 1, 1), D(2025, 1, 2))


@given(st.dates(D(2001, 1, 1), D(2030, 12, 31)), st.sampled_from([Step.DAY, Step.WEEK, Step.MONTH]))
def test_compared_periods_end_before_the_period_begins(at, step):
    now, previous, year = series._spans(step, at)
    assert now.first <= now.last == at
    assert previous.first <= previous.last < now.first
    assert year.first <= year.last < previous.first or step is not Step.MONTH
    assert (previous.last - previous.first) <= (now.last - now.first)


def test_the_leap_day_is_compared_with_the_28th():
    _, _, year = series._spans(Step.DAY, D(2024, 2, 29))
    assert year.last == D(2023, 2, 28)
