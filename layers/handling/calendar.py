"""Which days are worked, and from when to when: as a country has it, and as a city does otherwise.

Holidays and the weekends worked in exchange (调休) come from the library `holidays`, which follows
what governments announce, for China once a year in autumn. What a city decides for itself goes
before: it stands in `[calendar]` of its `city.toml`, until its people change it (`calendar_days`).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeAlias

import holidays
import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection, select

from gis.city import City
from gis.errors import SettingsError
from gis.tables import city as city_table

Days: TypeAlias = npt.NDArray[np.datetime64]
Bools: TypeAlias = npt.NDArray[np.bool_]

FIRST_DAY, LAST_DAY = dt.date(2000, 1, 1), dt.date(2060, 12, 31)
DAY_MINUTES = 24 * 60
# 工作时; what offices keep to where a city says nothing else.
HOURS = ((8 * 60, 12 * 60), (14 * 60, 18 * 60))
_SPAN = re.compile(r"(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})")
_KEYS = ("country", "hours", "worked", "free")


@dataclass(frozen=True)
class Day:
    """A day that is worked, or free, whatever its weekday says; and what it is called."""

    day: dt.date
    is_worked: bool
    name: str = ""


@dataclass(frozen=True)
class WorkCalendar:
    """When work is done in a city."""

    # ISO 3166-1: CN, TW; "" where weekends are all that is free.
    country: str
    timezone: str
    # From and to, in minutes of the local day, in their order.
    hours: tuple[tuple[int, int], ...] = HOURS
    # Days that are worked, or free, whatever the country says.
    worked: frozenset[dt.date] = frozenset()
    free: frozenset[dt.date] = frozenset()

    @property
    def known_until(self) -> dt.date:
        """The last day for which the country has announced its days; those after are a guess."""
        return dt.date(_known_year(self.country), 12, 31)

    def is_worked(self, day: dt.date) -> bool:
        """Whether a day is worked."""
        return bool(self.worked_days(day, day)[0])

    def worked_days(self, first: dt.date, last: dt.date) -> Bools:
        """Return for each day from first to last whether it is worked."""
        days = np.arange(np.datetime64(first), np.datetime64(last) + 1)
        # 1970 began on a Thursday.
        worked: Bools = (days.astype(np.int64) + 3) % 7 < 5
        listed = holidays_of(self.country, first.year, last.year)
        worked = (worked & ~np.isin(days, listed.free)) | np.isin(days, listed.worked)
        return (worked | np.isin(days, _days(self.worked))) & ~np.isin(days, _days(self.free))


@dataclass(frozen=True, eq=False)
class Holidays:
    """A country's days off, and the weekends that are worked for them."""

    free: Days
    worked: Days


@cache
def holidays_of(country: str, first: int, last: int) -> Holidays:
    """Return the days of some years; none for a country without a name."""
    if not country:
        return Holidays(_days(()), _days(()))
    found = _country(country, first, last)
    return Holidays(_days(found), _days(found.weekend_workdays))


def days_of(country: str, year: int, language: str) -> list[Day]:
    """Return a country's holidays of a year, and the weekends worked for them, by their names.

    The latter have no name; nor are days listed that are free as weekends are.
    """
    if not country:
        return []
    known = _country(country).supported_languages
    spoken = next((each for each in known if each.startswith(language)), None)
    found = _country(country, year, year, spoken)
    free = [Day(day, is_worked=False, name=name) for day, name in found.items()]
    worked = [Day(day, is_worked=True) for day in found.weekend_workdays if day.year == year]
    return sorted((*free, *worked), key=lambda each: each.day)


@cache
def _known_year(country: str) -> int:
    years = _country(country).special_public_holidays if country else ()
    return max(years, default=LAST_DAY.year)


def _country(
    name: str, first: int = 2000, last: int = 2000, language: str | None = None
) -> holidays.HolidayBase:
    return holidays.country_holidays(name, years=range(first, last + 1), language=language)


def _days(some: Collection[dt.date]) -> Days:
    return np.array(sorted(some), dtype="datetime64[D]")


def calendar_of(city: City) -> WorkCalendar:
    """Return a city's calendar.

    Raises
    ------
    SettingsError
        What `[calendar]` says cannot be used; the sentence names the setting.
    """
    return _read(city.calendar, city.timezone)


def current(db: Connection, city: City) -> City:
    """Return a city with its calendar as it is now, whenever it was read.

    Whoever holds the faces (`gis.locate.hold_faces`) has it stay so until his transaction ends.
    """
    return replace(city, calendar=db.scalar(select(city_table.c.settings["calendar"])) or {})


def _read(given: Mapping[str, Any], timezone: str) -> WorkCalendar:
    if unknown := sorted(given.keys() - set(_KEYS)):
        raise _fault(f"has no setting {unknown[0]!r}; there are: {', '.join(_KEYS)}")
    country = str(given.get("country", ""))
    if country and country not in holidays.list_supported_countries(include_aliases=False):
        raise _fault(f"country {country!r} is not known; write two letters, such as 'CN'")
    return WorkCalendar(
        country,
        timezone,
        _hours(given["hours"]) if "hours" in given else HOURS,
        _listed(given, "worked"),
        _listed(given, "free"),
    )


def _hours(given: object) -> tuple[tuple[int, int], ...]:
    spans: list[tuple[int, int]] = []
    for text in given if isinstance(given, list | tuple) else [given]:
        found = _SPAN.fullmatch(str(text))
        numbers = [int(part) for part in found.groups()] if found else [0, 0, 0, 0]
        begin, end = numbers[0] * 60 + numbers[1], numbers[2] * 60 + numbers[3]
        before = spans[-1][1] if spans else 0
        if max(numbers[1], numbers[3]) > 59 or not before <= begin < end <= DAY_MINUTES:
            raise _fault(
                f'hours must be spans such as "08:00-12:00", one after the other: {text!r}'
            )
        spans.append((begin, end))
    if not spans:
        raise _fault("hours must be spans, at least one")
    return tuple(spans)


def _listed(given: Mapping[str, Any], key: str) -> frozenset[dt.date]:
    values = given.get(key, ())
    try:
        return frozenset(dt.date.fromisoformat(str(value)) for value in values)
    except (TypeError, ValueError) as error:
        raise _fault(f"{key} must list days such as 2026-10-10, found {values!r}") from error


def _fault(what: str) -> SettingsError:
    return SettingsError(f"city.toml: [calendar] {what}.")
