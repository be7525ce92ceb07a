"""The working clock: when offices are open, and what time it is after so many working minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from importers.demo.texts import Ints
from layers.handling.calendar import WorkCalendar, holidays_of

Minutes = NDArray[np.int64]

DAY_MINUTES = 24 * 60
# 08:00–12:00 and 14:00–18:00.
_MORNING, _AFTERNOON, _HALF = 8 * 60, 14 * 60, 4 * 60
WORKING_MINUTES = 2 * _HALF

CALENDAR = WorkCalendar("CN", "Asia/Shanghai")


@dataclass(frozen=True)
class WorkingClock:
    """Days from ``first`` on; moments are whole minutes since its midnight, local time."""

    first: date
    is_workday: NDArray[np.bool_]
    is_holiday: NDArray[np.bool_]
    # Working minutes before each day, and after the last.
    before: Minutes

    def add(self, moment: Ints, minutes: Ints) -> Minutes:
        """Return the moment when that many working minutes have run since another."""
        day, minute = np.divmod(moment, DAY_MINUTES)
        # What is stuck beyond the last day only has to stay beyond it.
        day = np.minimum(day, len(self.is_workday) - 1)
        morning = np.clip(minute - _MORNING, 0, _HALF)
        done = morning + np.clip(minute - _AFTERNOON, 0, _HALF)
        target = self.before[day] + np.where(self.is_workday[day], done, 0) + minutes
        # What ends with a working day ends on it, not the next morning.
        at = np.searchsorted(self.before, target, side="left") - 1
        at = np.clip(at, day, len(self.is_workday) - 1)
        rest = target - self.before[at]
        clock = np.where(rest <= _HALF, _MORNING + rest, _AFTERNOON + rest - _HALF)
        return np.maximum(at * DAY_MINUTES + clock, moment)


def working_clock(first: date, days: int) -> WorkingClock:
    """Return the clock of so many days."""
    last = first + timedelta(days - 1)
    is_workday = CALENDAR.worked_days(first, last)
    day = np.datetime64(first, "D") + np.arange(days)
    is_holiday = np.isin(day, holidays_of(CALENDAR.country, first.year, last.year).free)
    before = np.concatenate([[0], np.cumsum(is_workday * WORKING_MINUTES)]).astype(np.int64)
    return WorkingClock(first, is_workday, is_holiday, before)
