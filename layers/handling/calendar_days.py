"""The days that a city works, or does not, otherwise than its country: as its people change them.

They begin with what `[calendar]` of its `city.toml` lists. Each change is a version and goes into
the city's settings, where every clock reads it; open cases are due by it at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, update

from gis import places
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.city import City
from gis.errors import NotFoundError
from gis.locate import change_faces
from gis.tables import city as city_table
from layers.handling import retiming, rule_versions
from layers.handling.calendar import FIRST_DAY, LAST_DAY, Day, calendar_of
from layers.handling.retiming import Change
from layers.handling.rule_checks import LONGEST_NAME, RuleError
from layers.handling.rule_versions import Draft, Kind

# The longest holidays, with the weekends about them.
MOST_AT_ONCE = 31


@dataclass(frozen=True)
class Saved:
    """The version that was made, and what became of open cases."""

    version: int
    change: Change


def require(viewer: Viewer) -> None:
    """Raise ForbiddenError for who may not change how the program runs."""
    viewer.require(Right.SETTINGS)


def days(db: Connection, city: City) -> list[Day]:
    """Return the city's own days that are in force, by day; those of `city.toml` have no name."""
    version = rule_versions.in_force(db, Kind.CALENDAR)
    return [_from_json(each) for each in version.rules] if version else _of_files(city)


def draft(db: Connection, viewer: Viewer, city: City) -> Draft:
    """Return somebody's draft, as the engine; what is in force where he edits nothing."""
    found = rule_versions.draft(db, viewer, Kind.CALENDAR)
    if found.is_as_saved and not found.base:
        return replace(found, rules=[_to_json(day) for day in _of_files(city)])
    return found


def drafted(draft: Draft) -> list[Day]:
    """Return the days of a draft, by day."""
    return [_from_json(each) for each in draft.rules]


def in_force(db: Connection, city: City) -> Draft:
    """Return what is in force as a draft that nobody has edited."""
    version = rule_versions.in_force(db, Kind.CALENDAR)
    kept = [_to_json(day) for day in days(db, city)]
    return Draft(Kind.CALENDAR, version.id if version else 0, kept, is_as_saved=True)


def put(draft: Draft, first: dt.date, last: dt.date, *, is_worked: bool, name: str) -> Draft:
    """Return a draft with the days from first to last added, or in the place of those there were.

    Raises
    ------
    RuleError
        They are too many, in no order, or have no name.
    """
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise RuleError(
            f"A day has a name of 1 to {LONGEST_NAME} letters.",
            key="calendar.bad_name", most=LONGEST_NAME,
        )  # fmt: skip
    count = (last - first).days + 1
    if not 0 < count <= MOST_AT_ONCE or not FIRST_DAY <= first <= last <= LAST_DAY:
        raise RuleError(
            f"At most {MOST_AT_ONCE} days are added at once, the first before the last, of the "
            f"years {FIRST_DAY.year} to {LAST_DAY.year}.",
            key="calendar.bad_span", most=MOST_AT_ONCE, first=FIRST_DAY.year, last=LAST_DAY.year,
        )  # fmt: skip
    new = {first + dt.timedelta(n): is_worked for n in range(count)}
    return _edited(
        draft,
        [
            *(each for each in drafted(draft) if each.day not in new),
            *(Day(day, worked, name) for day, worked in new.items()),
        ],
    )


def without(draft: Draft, day: dt.date) -> Draft:
    """Return a draft without a day: it is as the country has it again.

    Raises
    ------
    NotFoundError
        The draft does not have it.
    """
    left = [each for each in drafted(draft) if each.day != day]
    if len(left) == len(draft.rules):
        raise NotFoundError(
            f"{day} is none of the city's own days.", key="calendar.no_day", day=day
        )
    return _edited(draft, left)


def taken(db: Connection, draft: Draft, version: int) -> Draft:
    """Return a draft with the days of an earlier version, to begin from.

    Raises
    ------
    NotFoundError
        There is no such version.
    """
    for each in rule_versions.versions(db, Kind.CALENDAR):
        if each.id == version:
            return _edited(draft, [_from_json(rule) for rule in each.rules])
    raise NotFoundError(f"There is no version {version}.", key="error.no_number")


def with_days(city: City, some: Sequence[Day]) -> City:
    """Return a city as if its `city.toml` listed these days, and no others."""
    listed = {
        name: sorted(day.day.isoformat() for day in some if day.is_worked is is_worked)
        for name, is_worked in (("worked", True), ("free", False))
    }
    return replace(city, calendar={**city.calendar, **listed})


def effect(db: Connection, city: City, draft: Draft, now: dt.datetime) -> Change:
    """Return what a draft would do with open cases. As the engine; nothing is written."""
    after = with_days(city, drafted(draft))
    return retiming.change(db, calendar_of(city), calendar_of(after), now)


def save(db: Connection, viewer: Viewer, draft: Draft, *, note: str, now: dt.datetime) -> Saved:
    """Let a draft be in force from now on, as a new version, and open cases be due by it.

    Parameters
    ----------
    db
        As the engine or the owner; the caller commits. Whoever reports or handles cases meanwhile
        waits, and goes by the new days.

    Raises
    ------
    RuleError
        Nothing would change.
    CityGridError
        Somebody saved another version since the draft was begun.
    """
    change_faces(db)
    city = places.city_of(db)
    new = with_days(city, drafted(draft))
    change = retiming.change(db, calendar_of(city), calendar_of(new), now)
    if draft.is_as_saved and not change.moved:
        raise RuleError("Nothing was changed.", key="rules.nothing")
    kept = replace(draft, replayed={"moved": len(change.moved), **change.told()})
    version = rule_versions.save(db, viewer, kept, note=note, now=now)
    db.execute(update(city_table).values(settings=new.to_json()))
    retiming.write(db, viewer, change, version, now)
    return Saved(version, change)


def _edited(draft: Draft, some: Sequence[Day]) -> Draft:
    kept = [_to_json(day) for day in sorted(some, key=lambda each: each.day)]
    return replace(draft, rules=kept, replayed=None, is_as_saved=False)


def _of_files(city: City) -> list[Day]:
    calendar = calendar_of(city)
    # A day that is listed as both is free.
    listed = {**dict.fromkeys(calendar.worked, True), **dict.fromkeys(calendar.free, False)}
    return [Day(day, is_worked) for day, is_worked in sorted(listed.items())]


def _to_json(day: Day) -> dict[str, Any]:
    said = day.day.isoformat()
    return {"uid": said, "day": said, "is_worked": day.is_worked, "name": day.name}


def _from_json(kept: Mapping[str, Any]) -> Day:
    return Day(dt.date.fromisoformat(kept["day"]), kept["is_worked"], kept["name"])
