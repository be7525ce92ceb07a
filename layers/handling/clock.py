"""The clocks of time limits: how long something took, and when it is due.

There are four: 紧急工作时 runs at night and on holidays too, 工作时 in working hours only; 工作日
and 自然日 count days. Of days the first one does not count, and the last one ends with its working
hours where worked days are counted, else at midnight (Civil Code of China, articles 201 to 203).
All of them stand still while a case is suspended.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Protocol, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from gis.errors import CityGridError
from layers.handling.calendar import DAY_MINUTES, FIRST_DAY, LAST_DAY, WorkCalendar

Seconds: TypeAlias = npt.NDArray[np.int64]
Pauses: TypeAlias = Sequence[tuple[dt.datetime, dt.datetime | None]]
"""From when to when a clock stands still; without an end it still does."""
Spans: TypeAlias = list[tuple[int, int]]
"""From when to when something runs, in seconds since 1970."""

HOUR = 3600
NEVER = 2**62
"""The second at which ends what has no end."""


class Unit(StrEnum):
    """What a limit is counted in."""

    URGENT_HOURS = "urgent_hours"
    WORK_HOURS = "work_hours"
    WORK_DAYS = "work_days"
    DAYS = "days"

    @property
    def is_days(self) -> bool:
        """Whether whole days are counted, not the time that runs."""
        return self in (Unit.WORK_DAYS, Unit.DAYS)

    @property
    def is_of_work(self) -> bool:
        """Whether it hangs on which days are worked."""
        return self in (Unit.WORK_HOURS, Unit.WORK_DAYS)


@dataclass(frozen=True)
class Limit:
    """How long something may take: hours, of which there may be a part, or whole days."""

    amount: float
    unit: Unit

    def __post_init__(self) -> None:
        """Refuse what no clock can count."""
        if self.amount <= 0 or (self.unit.is_days and self.amount != int(self.amount)):
            raise CityGridError(
                f"A time limit is greater than 0, and of days a whole number, not {self.amount:g}.",
                key="clock.no_limit", amount=f"{self.amount:g}",
            )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Stops:
    """When the clocks of some of many things stand still: a row for each time one does."""

    # Which of the things.
    of: Seconds
    # Seconds since 1970, UTC; an end may be `NEVER`.
    since: Seconds
    until: Seconds


_NO_STOPS = Stops(*(np.empty(0, np.int64) for _ in range(3)))


class _Ticks(Protocol):
    """A clock's hand: what has run before a second, and the first second at which so much has."""

    def before(self, second: Seconds) -> Seconds: ...
    def reaches(self, amount: Seconds) -> Seconds: ...


class _Wall:
    def before(self, second: Seconds) -> Seconds:
        return second

    def reaches(self, amount: Seconds) -> Seconds:
        return amount


class _Spans:
    """Time that runs from some seconds to others."""

    def __init__(self, begins: Seconds, ends: Seconds) -> None:
        self._begins = begins
        self._run = np.concatenate([[0], np.cumsum(ends - begins)])
        self._length = ends - begins

    def before(self, second: Seconds) -> Seconds:
        at = np.searchsorted(self._begins, second, side="right") - 1
        inside = np.minimum(second - self._begins[at], self._length[at])
        run: Seconds = np.where(at < 0, 0, self._run[at] + inside)
        return run

    def reaches(self, amount: Seconds) -> Seconds:
        # What ends with a working day ends on it, not the next morning.
        at = np.searchsorted(self._run[1:], amount, side="left")
        second: Seconds = self._begins[at] + amount - self._run[at]
        return second


class _Closes:
    """Days, each counted when it is over."""

    def __init__(self, closes: Seconds) -> None:
        self._closes = closes

    def before(self, second: Seconds) -> Seconds:
        found: Seconds = np.searchsorted(self._closes, second, side="left")
        return found

    def reaches(self, amount: Seconds) -> Seconds:
        return self._closes[amount - 1]


class Clock:
    """The four clocks of a calendar. Moments are given with a time zone, whichever it is.

    Example
    -------
    >>> clock = clock_of(calendar_of(city))
    >>> clock.due(registered_at, Limit(7, Unit.WORK_DAYS))
    """

    def __init__(self, calendar: WorkCalendar) -> None:
        self._zone = ZoneInfo(calendar.timezone)
        days = np.arange(np.datetime64(FIRST_DAY), np.datetime64(LAST_DAY) + 1)
        worked = calendar.worked_days(FIRST_DAY, LAST_DAY)
        minutes = sorted({0, DAY_MINUTES, *(each for span in calendar.hours for each in span)})
        at = {minute: self._seconds(days.tolist(), minute) for minute in minutes}
        begins = np.column_stack([at[begin][worked] for begin, _ in calendar.hours]).ravel()
        ends = np.column_stack([at[end][worked] for _, end in calendar.hours]).ravel()
        self._midnights = at[DAY_MINUTES]
        self._first, self._last = int(at[0][0]), int(self._midnights[-1])
        self._begins, self._ends = begins, ends
        self._closes = at[calendar.hours[-1][1]][worked]
        self._ticks: dict[Unit, _Ticks] = {
            Unit.URGENT_HOURS: _Wall(),
            Unit.WORK_HOURS: _Spans(begins, ends),
            Unit.WORK_DAYS: _Closes(self._closes),
            Unit.DAYS: _Closes(self._midnights),
        }

    def due(self, start: dt.datetime, limit: Limit, pauses: Pauses = ()) -> dt.datetime | None:
        """Return when something that began is due; None while its clock stands still.

        Raises
        ------
        CityGridError
            A moment outside the years of the calendar.
        """
        ticks, begin = self._ticks[limit.unit], self._begin(start, limit.unit)
        amount = int(limit.amount) if limit.unit.is_days else round(limit.amount * HOUR)
        target = _run(ticks, begin) + amount
        for paused, resumed in self._stops(pauses, begin):
            if _run(ticks, paused) >= target:
                break
            if resumed is None:
                return None
            target += _run(ticks, resumed) - _run(ticks, paused)
        if target > _run(ticks, self._last):
            raise _beyond()
        return dt.datetime.fromtimestamp(int(ticks.reaches(np.array(target))), self._zone)

    def taken(
        self, start: dt.datetime, end: dt.datetime, unit: Unit, pauses: Pauses = ()
    ) -> dt.timedelta:
        """Return how long something took; of days, how many were over by the end."""
        ticks, begin = self._ticks[unit], self._begin(start, unit)
        # A day that is over at the end itself counts.
        stop = self._second(end) + unit.is_days
        amount = max(0, _run(ticks, stop) - _run(ticks, begin))
        for paused, resumed in self._stops(pauses, begin):
            upto = stop if resumed is None else min(resumed, stop)
            amount -= max(0, _run(ticks, upto) - _run(ticks, paused))
        return dt.timedelta(days=amount) if unit.is_days else dt.timedelta(seconds=amount)

    def worked(self, since: dt.datetime, until: dt.datetime) -> tuple[Spans, list[int]]:
        """Return the working hours of a time, and when its worked days end: in seconds since 1970.

        Of the hours those whole that lie in it only in part.
        """
        first, last = self._second(since), self._second(until)
        begins, ends, closes = self._begins, self._ends, self._closes
        within = slice(np.searchsorted(ends, first, "right"), np.searchsorted(begins, last, "left"))
        spans = list(zip(begins[within].tolist(), ends[within].tolist(), strict=True))
        return spans, closes[(closes > first) & (closes <= last)].tolist()

    def midnight(self, moment: dt.datetime) -> int:
        """Return the first midnight after a moment, in seconds since 1970."""
        at = np.searchsorted(self._midnights, self._second(moment), side="right")
        return int(self._midnights[at])

    def taken_by(
        self, starts: Seconds, ends: Seconds, unit: Unit, stops: Stops = _NO_STOPS
    ) -> Seconds:
        """Return how long each of many things took.

        Parameters
        ----------
        starts, ends
            Seconds since 1970, UTC.
        stops
            When their clocks stood still; at any time, and some of them at once.

        Returns
        -------
        Seconds
            Or the days that were over by the end; 0 where the end is before the start.
        """
        if len(starts) and (
            min(starts.min(), ends.min()) < self._first
            or max(starts.max(), ends.max()) > self._last
        ):
            raise _beyond()
        ticks, begins = self._ticks[unit], starts
        if unit.is_days:
            begins = self._midnights[np.searchsorted(self._midnights, starts, side="right")] + 1
        closes = ends + int(unit.is_days)
        found: Seconds = np.maximum(ticks.before(closes) - ticks.before(begins), 0)
        return found - _stood(ticks, begins, closes, stops)

    def due_by(self, starts: Seconds, limit: Limit) -> Seconds:
        """Return when each of many things is due, none of them suspended.

        Parameters
        ----------
        starts
            Seconds since 1970, UTC.

        Returns
        -------
        Seconds
            -1 where that is outside the years of the calendar.
        """
        ticks, is_days = self._ticks[limit.unit], limit.unit.is_days
        known = (starts >= self._first) & (starts < self._last)
        begins = np.where(known, starts, self._first)
        if is_days:
            begins = self._midnights[np.searchsorted(self._midnights, begins, side="right")] + 1
        amount = int(limit.amount) if is_days else round(limit.amount * HOUR)
        targets = ticks.before(begins) + amount
        known &= targets <= _run(ticks, self._last)
        found: Seconds = np.where(known, ticks.reaches(np.where(known, targets, 1)), -1)
        return found

    def _begin(self, start: dt.datetime, unit: Unit) -> int:
        """Return from which second on something counts: of days, after the end of the first."""
        return self.midnight(start) + 1 if unit.is_days else self._second(start)

    def _stops(self, pauses: Pauses, begin: int) -> Iterator[tuple[int, int | None]]:
        """Yield when the clock stands still after it began, in order, each second once."""
        given = sorted(pauses, key=lambda pause: pause[0])
        free = begin
        for paused, resumed in given:
            first = max(self._second(paused), free)
            if resumed is None:
                yield first, None
                return
            last = self._second(resumed)
            if last > first:
                yield first, last
                free = last

    def _second(self, moment: dt.datetime) -> int:
        # What is finer than a second is none of a clock's business.
        second = int(moment.timestamp())
        if not self._first <= second < self._last:
            raise _beyond()
        return second

    def _seconds(self, days: list[dt.date], minute: int) -> Seconds:
        """Return when it is so many minutes past local midnight, on the clock on the wall."""
        more, rest = divmod(minute, DAY_MINUTES)
        time = dt.time(*divmod(rest, 60), tzinfo=self._zone)
        return np.array(
            [int(dt.datetime.combine(day + dt.timedelta(more), time).timestamp()) for day in days],
            np.int64,
        )


@cache
def clock_of(calendar: WorkCalendar) -> Clock:
    """Return the clock of a calendar; made once, because that takes a moment."""
    return Clock(calendar)


def _stood(ticks: _Ticks, begins: Seconds, ends: Seconds, stops: Stops) -> Seconds:
    """Return how much would have run between begin and end while the clocks stood still."""
    order = np.lexsort((stops.since, stops.of))
    of, since, until = stops.of[order], stops.since[order], stops.until[order]
    # What others of the same thing have stopped already is not taken off once more.
    free = pd.Series(until).groupby(of).cummax().groupby(of).shift(fill_value=-1).to_numpy()
    first = np.maximum.reduce([since, begins[of], free])
    last = np.maximum(first, np.minimum(until, ends[of]))
    is_any = last > first
    lost = np.zeros(len(begins), np.int64)
    np.add.at(lost, of[is_any], ticks.before(last[is_any]) - ticks.before(first[is_any]))
    return lost


def is_guess(calendar: WorkCalendar, limit: Limit | None, due_at: dt.datetime | None) -> bool:
    """Return whether something is due on a day of which nobody has said yet if it is worked."""
    if limit is None or due_at is None or not limit.unit.is_of_work:
        return False
    return due_at.astimezone(ZoneInfo(calendar.timezone)).date() > calendar.known_until


def _run(ticks: _Ticks, second: int) -> int:
    return int(ticks.before(np.array(second)))


def _beyond() -> CityGridError:
    return CityGridError(
        f"Time limits are counted from {FIRST_DAY.year} to {LAST_DAY.year} only.",
        key="clock.beyond", first=FIRST_DAY.year, last=LAST_DAY.year,
    )  # fmt: skip
