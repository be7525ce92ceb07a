"""The working clock: when offices are open, and what time it is after so many working minutes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from importers.demo.texts import Ints

Minutes = NDArray[np.int64]

DAY_MINUTES = 24 * 60
# 08:00–12:00 and 14:00–18:00.
_MORNING, _AFTERNOON, _HALF = 8 * 60, 14 * 60, 4 * 60
WORKING_MINUTES = 2 * _HALF

# Public holidays, first and last day, and the weekends worked for them.
_HOLIDAYS = (
    ("2024-10-01", "2024-10-07"), ("2025-01-01", "2025-01-01"), ("2025-01-28", "2025-02-04"),
    ("2025-04-04", "2025-04-06"), ("2025-05-01", "2025-05-05"), ("2025-05-31", "2025-06-02"),
    ("2025-10-01", "2025-10-08"), ("2026-01-01", "2026-01-03"), ("2026-02-15", "2026-02-23"),
    ("2026-04-04", "2026-04-06"), ("2026-05-01", "2026-05-05"), ("2026-06-19", "2026-06-21"),
    ("2026-09-25", "2026-09-27"), ("2026-10-01", "2026-10-07"),
)  # fmt: skip
_SWAPPED = (
    "2024-09-29", "2024-10-12", "2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28",
    "2025-10-11", "2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20",
    "2026-10-10",
)  # fmt: skip


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
    start = np.datetime64(first, "D")
    day = start + np.arange(days)
    weekday = (day.astype(np.int64) + 3) % 7
    is_holiday = np.isin(day, np.array(list(_holidays()), dtype="datetime64[D]"))
    is_swapped = np.isin(day, np.array(_SWAPPED, dtype="datetime64[D]"))
    is_workday = ((weekday < 5) & ~is_holiday) | is_swapped
    before = np.concatenate([[0], np.cumsum(is_workday * WORKING_MINUTES)]).astype(np.int64)
    return WorkingClock(first, is_workday, is_holiday, before)


def _holidays() -> Iterator[date]:
    for begin, end in _HOLIDAYS:
        first = date.fromisoformat(begin)
        for number in range((date.fromisoformat(end) - first).days + 1):
            yield first + timedelta(number)
