"""What is left of a limit, told on its own clock; and what the page is given to go on with it."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.handling.clock import Unit, clock_of
from layers.handling.left import Length, left
from tests.layers.handling.test_clock import CHINA, SHANGHAI, calendars, minutes, moment
from tests.proof import TIMES


def at(day, hour, minute=0):
    return dt.datetime(2026, 9, day, hour, minute, tzinfo=SHANGHAI)


# 2026-09-20, a Sunday, is worked in exchange for 1 October.
@pytest.mark.parametrize(
    ("now", "due", "unit", "amount", "measure"),
    [
        # The evening, the night and the hour of rest do not count.
        (at(21, 17), at(22, 15), Unit.WORK_HOURS, 6, "work_hours"),
        (at(21, 17, 30), at(22, 9), Unit.WORK_HOURS, 90, "work_minutes"),
        (at(21, 19), at(22, 8, 1), Unit.WORK_HOURS, 1, "work_minutes"),
        (at(19, 12), at(20, 18), Unit.WORK_HOURS, 8, "work_hours"),
        (at(21, 9), at(23, 18), Unit.WORK_DAYS, 2, "work_days"),
        # Of the last day its hours.
        (at(23, 9), at(23, 18), Unit.WORK_DAYS, 7, "work_hours"),
        (at(24, 9), at(28, 18), Unit.WORK_DAYS, 1, "work_days"),
        (at(21, 17), at(22, 15), Unit.URGENT_HOURS, 22, "hours"),
        (at(21, 9), at(25, 0), Unit.DAYS, 3, "days"),
        (at(21, 9), at(21, 9, 40), None, 40, "minutes"),
    ],
)
def test_what_is_left_is_told_on_the_clock_of_the_limit(now, due, unit, amount, measure):
    assert left(clock_of(CHINA), now, due, unit) == Length(amount, measure)


def test_what_is_due_beyond_the_calendar_is_told_by_the_wall():
    due = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
    assert left(clock_of(CHINA), at(21, 9), due, Unit.WORK_DAYS).measure == "days"


@settings(max_examples=60 * TIMES)
@given(calendars, minutes, st.integers(0, 60_000), st.integers(0, 60_000))
def test_the_page_counts_by_spans_and_closes_what_the_clock_counts(calendar, begin, long, more):
    clock = clock_of(calendar)
    now, due = moment(begin), moment(begin + long)
    spans, closes = clock.worked(now, due + dt.timedelta(minutes=more))
    first, last = int(now.timestamp()), int(due.timestamp())
    run = sum(max(0, min(end, last) - max(start, first)) for start, end in spans)
    assert run == clock.taken(now, due, Unit.WORK_HOURS).total_seconds()
    midnight = clock.midnight(now)
    days = sum(midnight < close <= last for close in closes)
    assert days == clock.taken(now, due, Unit.WORK_DAYS).days
