"""The four clocks, against one that looks at every minute."""

import datetime as dt
import itertools
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gis.errors import CityGridError
from layers.handling.calendar import WorkCalendar
from layers.handling.clock import NEVER, Limit, Stops, Unit, clock_of
from tests.proof import TIMES

CHINA = WorkCalendar("CN", "Asia/Shanghai")
SHANGHAI = ZoneInfo("Asia/Shanghai")
# A night shift up to midnight, and clocks that are put forward and back.
BERLIN = WorkCalendar("DE", "Europe/Berlin", ((6 * 60, 14 * 60), (20 * 60, 24 * 60)))
MINUTE = dt.timedelta(minutes=1)
BEGIN = dt.datetime(2026, 9, 18, tzinfo=SHANGHAI)

minutes = st.integers(0, 40 * 24 * 60)
calendars = st.sampled_from([CHINA, BERLIN])
pauses = st.lists(st.tuples(minutes, st.integers(0, 5_000)), max_size=3)
limits = st.one_of(
    st.builds(
        lambda n, unit: Limit(n / 60, unit),
        st.integers(1, 3_000),
        st.sampled_from([Unit.URGENT_HOURS, Unit.WORK_HOURS]),
    ),
    st.builds(Limit, st.integers(1, 9), st.sampled_from([Unit.WORK_DAYS, Unit.DAYS])),
)


def moment(minute):
    return BEGIN + minute * MINUTE


def spans(listed):
    return [(moment(at), moment(at + long)) for at, long in listed]


def is_running(calendar, at, unit):
    """Whether a clock runs in the minute that begins then."""
    if unit is Unit.URGENT_HOURS:
        return True
    local = at.astimezone(ZoneInfo(calendar.timezone))
    minute = local.hour * 60 + local.minute
    return calendar.is_worked(local.date()) and any(a <= minute < b for a, b in calendar.hours)


def closes(calendar, at, unit):
    """Whether a day that counts is over at that minute."""
    before = (at - MINUTE).astimezone(ZoneInfo(calendar.timezone))
    minute = before.hour * 60 + before.minute + 1
    if unit is Unit.DAYS:
        return minute == 24 * 60
    return calendar.is_worked(before.date()) and minute == calendar.hours[-1][1]


def by_minutes(calendar, start, unit, stops):
    """Yield each minute after the start, and what has run by then: minutes, or days."""
    zone = ZoneInfo(calendar.timezone)
    run, at = 0, start
    while True:
        stands = [a <= at < b for a, b in stops]
        if not unit.is_days:
            run += is_running(calendar, at, unit) and not any(stands)
            at += MINUTE
        else:
            at += MINUTE
            stands = any(a <= at < b for a, b in stops)
            last = (at - MINUTE).astimezone(zone).date()
            run += (
                closes(calendar, at, unit) and not stands and last > start.astimezone(zone).date()
            )
        yield at, run


@settings(max_examples=30 * TIMES)
@given(calendars, minutes, limits, pauses)
@example(CHINA, 12 * 24 * 60 + 17 * 60 + 30, Limit(1, Unit.WORK_HOURS), [])
@example(BERLIN, 36 * 24 * 60, Limit(2, Unit.WORK_DAYS), [(0, 0)])
def test_something_is_due_in_the_minute_in_which_its_limit_has_run(calendar, begin, limit, listed):
    start, stops = moment(begin), spans(listed)
    amount = limit.amount if limit.unit.is_days else round(limit.amount * 60)
    due = next(at for at, run in by_minutes(calendar, start, limit.unit, stops) if run >= amount)
    assert clock_of(calendar).due(start, limit, stops) == due


@settings(max_examples=30 * TIMES)
@given(calendars, minutes, st.integers(0, 9_000), st.sampled_from(list(Unit)), pauses)
def test_what_something_took_is_what_ran_meanwhile(calendar, begin, long, unit, listed):
    start, stops = moment(begin), spans(listed)
    end = start + long * MINUTE
    ran = 0
    for at, run in by_minutes(calendar, start, unit, stops):
        if at > end:
            break
        ran = run
    taken = clock_of(calendar).taken(start, end, unit, stops)
    assert taken == (dt.timedelta(days=ran) if unit.is_days else ran * MINUTE)


@given(calendars, st.lists(st.tuples(minutes, minutes), max_size=20), st.sampled_from(list(Unit)))
def test_many_at_once_take_what_each_takes(calendar, listed, unit):
    clock = clock_of(calendar)
    starts, ends = ([moment(pair[k]) for pair in listed] for k in (0, 1))
    seconds = [np.array([int(at.timestamp()) for at in some], np.int64) for some in (starts, ends)]
    one = 24 * 3600 if unit.is_days else 1
    each = [
        int(clock.taken(*pair, unit).total_seconds()) // one
        for pair in zip(starts, ends, strict=True)
    ]
    assert clock.taken_by(*seconds, unit).tolist() == each


@settings(max_examples=30 * TIMES)
@given(
    calendars,
    st.lists(st.tuples(minutes, st.integers(0, 9_000), pauses), max_size=4),
    st.sampled_from(list(Unit)),
)
@example(CHINA, [(9 * 60, 600, [(8 * 60, 90), (9 * 60, 10), (11 * 60, 99_999)])], Unit.WORK_HOURS)
def test_many_at_once_take_what_ran_while_none_stood_still(calendar, listed, unit):
    begins = [moment(begin) for begin, _, _ in listed]
    ends = [at + long * MINUTE for at, (_, long, _) in zip(begins, listed, strict=True)]
    stops = [(number, *span) for number, (_, _, some) in enumerate(listed) for span in spans(some)]
    ran = []
    for start, end, (_, _, some) in zip(begins, ends, listed, strict=True):
        minutes_ = itertools.takewhile(
            lambda pair, end=end: pair[0] <= end, by_minutes(calendar, start, unit, spans(some))
        )
        ran.append(max((run for _, run in minutes_), default=0))
    # In no order, and one that has not ended.
    stops = [(n, since, until if until < ends[n] else None) for n, since, until in stops[::-1]]
    rows = [(n, since.timestamp(), until.timestamp() if until else NEVER)
            for n, since, until in stops]  # fmt: skip
    taken = clock_of(calendar).taken_by(
        *(np.array([int(at.timestamp()) for at in some], np.int64) for some in (begins, ends)),
        unit,
        Stops(*np.array(rows, np.int64).reshape(-1, 3).T),
    )
    assert taken.tolist() == [each if unit.is_days else each * 60 for each in ran]


@given(calendars, st.lists(minutes, max_size=20), st.sampled_from(list(Unit)), st.integers(1, 200))
def test_many_at_once_are_due_when_each_is(calendar, listed, unit, amount):
    clock, limit = clock_of(calendar), Limit(amount, unit)
    starts = [moment(each) for each in listed]
    seconds = np.array([int(at.timestamp()) for at in starts], np.int64)
    each = [int(clock.due(at, limit).timestamp()) for at in starts]
    assert clock.due_by(seconds, limit).tolist() == each


@pytest.mark.parametrize("unit", list(Unit))
def test_what_no_calendar_knows_is_never_due(unit):
    far = [dt.datetime(year, 6, 1, tzinfo=dt.UTC) for year in (1990, 2026, 2060, 2070)]
    seconds = np.array([int(at.timestamp()) for at in far], np.int64)
    amount = 2_000 if unit.is_days else 9_000
    due = clock_of(CHINA).due_by(seconds, Limit(amount, unit))
    assert (due >= 0).tolist() == [False, True, False, False]


def test_a_clock_that_stands_still_has_no_end():
    start = BEGIN + dt.timedelta(hours=9)
    clock, limit = clock_of(CHINA), Limit(2, Unit.WORK_HOURS)
    assert clock.due(start, limit, [(start + 30 * MINUTE, None)]) is None
    # It had run out before.
    assert clock.due(start, limit, [(start + 180 * MINUTE, None)]) == start + 120 * MINUTE


def test_the_last_day_before_a_long_holiday_leads_over_it():
    start = dt.datetime(2026, 9, 30, 17, 30, tzinfo=SHANGHAI)
    clock = clock_of(CHINA)
    assert clock.due(start, Limit(1, Unit.WORK_HOURS)) == dt.datetime(
        2026, 10, 8, 8, 30, tzinfo=SHANGHAI
    )
    # The 10th is a Saturday worked for the holiday.
    assert clock.due(start, Limit(3, Unit.WORK_DAYS)) == dt.datetime(
        2026, 10, 10, 18, tzinfo=SHANGHAI
    )
    assert clock.due(start, Limit(2, Unit.DAYS)) == dt.datetime(2026, 10, 3, tzinfo=SHANGHAI)


@pytest.mark.parametrize("amount", [0, -1, 1.5])
def test_a_limit_that_no_clock_can_count_is_refused(amount):
    with pytest.raises(CityGridError, match="of days a whole number"):
        Limit(amount, Unit.WORK_DAYS)


@pytest.mark.parametrize("year", [1999, 2061])
def test_a_moment_outside_the_calendar_is_refused(year):
    start = dt.datetime(year, 6, 1, tzinfo=SHANGHAI)
    with pytest.raises(CityGridError, match="from 2000 to 2060 only"):
        clock_of(CHINA).due(start, Limit(1, Unit.URGENT_HOURS))


def test_a_limit_that_leads_out_of_the_calendar_is_refused():
    start = dt.datetime(2060, 12, 30, tzinfo=SHANGHAI)
    with pytest.raises(CityGridError, match="from 2000 to 2060 only"):
        clock_of(CHINA).due(start, Limit(9, Unit.WORK_DAYS))
