"""Which days are worked: against what governments announced, and what a city says itself."""

import dataclasses
import datetime as dt

import numpy as np
import pytest

from gis import city as cities
from gis.errors import SettingsError
from layers.handling.calendar import WorkCalendar, calendar_of

CHINA = WorkCalendar("CN", "Asia/Shanghai")
# 国办发明电〔2025〕7号, the days of 2026.
FREE_2026 = (
    ("01-01", "01-03"), ("02-15", "02-23"), ("04-04", "04-06"), ("05-01", "05-05"),
    ("06-19", "06-21"), ("09-25", "09-27"), ("10-01", "10-07"),
)  # fmt: skip
WORKED_2026 = ("01-04", "02-14", "02-28", "05-09", "09-20", "10-10")


def test_the_days_of_2026_are_those_that_were_announced():
    first, last = dt.date(2026, 1, 1), dt.date(2026, 12, 31)
    days = [first + dt.timedelta(n) for n in range((last - first).days + 1)]
    free = {day for day in days if day.weekday() >= 5}
    for begin, end in FREE_2026:
        free |= {day for day in days if f"2026-{begin}" <= day.isoformat() <= f"2026-{end}"}
    free -= {dt.date.fromisoformat(f"2026-{day}") for day in WORKED_2026}
    assert CHINA.worked_days(first, last).tolist() == [day not in free for day in days]


def test_a_city_without_a_country_has_weekends_alone():
    calendar = WorkCalendar("", "UTC")
    week = calendar.worked_days(dt.date(2026, 10, 5), dt.date(2026, 10, 11))
    assert week.tolist() == [True] * 5 + [False] * 2


def test_what_a_city_says_itself_goes_before():
    day, swapped = dt.date(2026, 10, 1), dt.date(2026, 10, 10)
    own = dataclasses.replace(CHINA, worked=frozenset({day}), free=frozenset({swapped}))
    assert not CHINA.is_worked(day)
    assert CHINA.is_worked(swapped)
    assert own.is_worked(day)
    assert not own.is_worked(swapped)


def test_it_says_until_when_the_days_are_known():
    assert CHINA.known_until >= dt.date(2026, 12, 31)
    # A country whose holidays are computed is known as far as one can count.
    assert WorkCalendar("", "UTC").known_until == dt.date(2060, 12, 31)


def city_with(calendar):
    faults = []
    found = cities.parse(
        {
            "id": "demo", "names": "Demo", "timezone": "Asia/Shanghai", "metric_crs": "EPSG:4547",
            "view": {"centre": [114, 22]}, "levels": [{"key": "city", "names": "City"}],
            "calendar": calendar,
        },
        faults,
    )  # fmt: skip
    assert not faults
    return found


def test_a_city_says_it_in_its_settings_and_keeps_it_in_the_database():
    city = city_with(
        {"country": "TW", "hours": ["08:30-12:30", "13:30-17:30"], "free": [dt.date(2026, 12, 28)]}
    )
    found = calendar_of(cities.City.from_json(city.to_json()))
    assert found.country == "TW"
    assert found.hours == ((510, 750), (810, 1050))
    assert found.free == {dt.date(2026, 12, 28)}
    assert np.array_equal(
        found.worked_days(dt.date(2026, 12, 25), dt.date(2026, 12, 29)),
        [False, False, False, False, True],
    )


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"country": "ZZ"}, "country 'ZZ' is not known"),
        ({"hours": ["08:00-12:00", "11:00-18:00"]}, "one after the other: '11:00-18:00'"),
        ({"hours": ["8-12"]}, "hours must be spans"),
        ({"hours": "08:00-25:00"}, "hours must be spans"),
        ({"hours": []}, "hours must be spans"),
        ({"free": ["someday"]}, r"free must list days such as 2026-10-10, found \['someday'\]"),
        ({"worked": 3}, "worked must list days"),
        ({"holidays": []}, "no setting 'holidays'; there are: country, hours, worked, free"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(given, says):
    with pytest.raises(SettingsError, match=says):
        calendar_of(city_with(given))
