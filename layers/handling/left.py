"""How much time is left of a limit, as the clock counts it that the limit is counted by."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from layers.handling.calendar import LAST_DAY
from layers.handling.clock import Clock, Unit

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


class Measure(StrEnum):
    """What time is told in."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"
    WORK_MINUTES = "work_minutes"
    WORK_HOURS = "work_hours"
    WORK_DAYS = "work_days"


@dataclass(frozen=True)
class Length:
    """How long something is, in the largest measure of which there are two."""

    amount: int
    measure: Measure


def length(time: dt.timedelta) -> Length:
    """Return how long a time is on the clock on the wall."""
    if time < 2 * HOUR:
        return Length(time // dt.timedelta(minutes=1), Measure.MINUTES)
    if time < 2 * DAY:
        return Length(time // HOUR, Measure.HOURS)
    return Length(time // DAY, Measure.DAYS)


def left(clock: Clock, now: dt.datetime, due: dt.datetime, unit: Unit | None) -> Length:
    """Return how much is left until something is due.

    Of working days those after today; of the last one its hours. What is counted in working hours
    never comes to days: how many hours a day has, each city says for itself. All else is told by
    the clock on the wall.

    The page goes on with it by the same rules: `assets/time_left.js`.
    """
    # A file may say of something that it is due in the year 2099.
    if unit is None or not unit.is_of_work or due.date() >= LAST_DAY:
        return length(due - now)
    if unit is Unit.WORK_DAYS and (days := clock.taken(now, due, unit).days):
        return Length(days, Measure.WORK_DAYS)
    worked = clock.taken(now, due, Unit.WORK_HOURS)
    if worked < 2 * HOUR:
        return Length(worked // dt.timedelta(minutes=1), Measure.WORK_MINUTES)
    return Length(worked // HOUR, Measure.WORK_HOURS)
