"""Invented people and their households, at the entrances of buildings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from importers.demo import family
from importers.demo.draws import spread
from importers.demo.family import Members
from importers.demo.texts import Columns, Floats, Ints, digits, numbered, words

Days: TypeAlias = NDArray[np.datetime64]

RESIDENCE = ("registered", "migrant", "abroad")
TENURE = ("own", "let", "public")
SEXES = ("female", "male")
LIVING_ALONE, AGED_80, UNABLE, DISABLED, LOW_INCOME, CHILD_HARDSHIP = 1, 2, 4, 8, 16, 32

# By fabric: tower, garden, old, village.
_REGISTERED = np.array([0.60, 0.68, 0.66, 0.14])
_ABROAD = np.array([0.022, 0.009, 0.004, 0.002])
_PUBLIC = np.array([0.03, 0.04, 0.13, 0.01])
_OWN = np.array([0.55, 0.64, 0.48, 0.07])
# How many years ago households came, in the middle.
_STAY_YEARS = np.array([7.0, 9.5, 14.0, 4.5])

# Below: by age from the first number of years on.
_AGE_STEPS = np.array([0, 18, 60, 70, 80, 90])
_UNABLE = np.array([0.0005, 0.001, 0.012, 0.035, 0.12, 0.30])
_DISABLED = np.array([0.004, 0.007, 0.022, 0.035, 0.06, 0.08])
_LOW_INCOME = np.array([0.003, 0.003, 0.011, 0.005])
_HARDSHIP = 0.003

# The last two years, in which rows tell growth: share of all households that came then.
_RECENT = 0.012
_OLDEST = np.datetime64("1982-01-01", "D")
_RECENT_DAYS = 730


@dataclass(frozen=True)
class Dwellings:
    """Where people can live, one row for each entrance.

    Attributes
    ----------
    entrance_id, building_id
        Numbers of rows of those tables.
    xy
        (n, 2): longitude, latitude.
    capacity
        Dwellings behind the entrance.
    floors
        Floors of the building, at least 1: rooms are numbered by them.
    fabric
        `family.Fabric`: TOWER, GARDEN, OLD, VILLAGE.
    first_household, first_person
        Where numbering begins, for a city that is made district by district.
    """

    entrance_id: NDArray[np.int32]
    building_id: NDArray[np.int32]
    xy: Floats
    capacity: NDArray[np.int32]
    floors: NDArray[np.int16]
    fabric: NDArray[np.int8]
    first_household: int = 1
    first_person: int = 1


def settle(
    rng: np.random.Generator, dwellings: Dwellings, households: int, people: int, today: date
) -> tuple[Columns, Columns]:
    """Return exactly so many households and people, in the order of the entrances.

    Returns
    -------
    household, people
        Columns of those tables, all but ``unit_id``.

    Raises
    ------
    ValueError
        If there are fewer dwellings than households, or more than six people to a household.
    """
    number = spread(rng, households, dwellings.capacity)
    entrance = np.repeat(np.arange(len(number), dtype=np.int32), number)
    fabric = dwellings.fabric[entrance]
    size = family.sizes(rng, fabric, people)
    who = family.members(rng, size, fabric)
    day = np.datetime64(today, "D")
    first = np.cumsum(size, dtype=np.int64) - size
    residence = _residence(rng, fabric)
    since = _household_since(rng, fabric, who.age[first], day)
    household_id = np.arange(households, dtype=np.int32) + np.int32(dwellings.first_household)
    xy, building = dwellings.xy[entrance], dwellings.building_id[entrance]
    household: Columns = {
        "id": household_id,
        "key": numbered("H", household_id, 7),
        "building_id": building,
        "entrance_id": dwellings.entrance_id[entrance],
        "room": digits(_rooms(dwellings, number, entrance)),
        "tenure": words(_tenure(rng, fabric, residence), TENURE),
        "count": np.ones(households, dtype=np.int32),
        "since": since,
        "estimated": np.zeros(households, dtype=bool),
        "geom": xy,
    }
    at = who.household
    person_id = np.arange(people, dtype=np.int32) + np.int32(dwellings.first_person)
    return household, {
        "id": person_id,
        "key": numbered("P", person_id, 8),
        "household_id": household_id[at],
        "building_id": building[at],
        "count": np.ones(people, dtype=np.int32),
        "age_band": np.minimum(who.age // 5, 20).astype(np.int16),
        "sex": words(who.is_male.astype(np.int8), SEXES),
        "residence": words(_own_residence(rng, residence[at], who.place), RESIDENCE),
        "care": _care(rng, who, size, fabric, residence),
        "estimated": np.zeros(people, dtype=bool),
        "since": _person_since(rng, who, since, day),
        "geom": xy[at],
    }


def _rooms(dwellings: Dwellings, number: Ints, entrance: Ints) -> NDArray[np.int32]:
    """Return doors such as 1203; empty dwellings lie between the others."""
    first = np.cumsum(number) - number
    order = np.arange(len(entrance)) - first[entrance]
    capacity = dwellings.capacity[entrance].astype(np.int64)
    slot = order * capacity // number[entrance]
    floors = np.maximum(dwellings.floors[entrance], 1)
    on_floor = -(-capacity // floors)
    return ((1 + slot // on_floor) * 100 + 1 + slot % on_floor).astype(np.int32)


def _residence(rng: np.random.Generator, fabric: Ints) -> NDArray[np.int8]:
    draw = rng.random(len(fabric))
    is_abroad = draw > 1 - _ABROAD[fabric]
    return np.where(is_abroad, 2, draw > _REGISTERED[fabric]).astype(np.int8)


def _own_residence(
    rng: np.random.Generator, of_household: NDArray[np.int8], place: Ints
) -> NDArray[np.int8]:
    # Not everybody at a door is registered at the same place.
    differs = (place > 0) & (of_household < 2) & (rng.random(len(place)) < 0.07)
    return np.where(differs, 1 - of_household, of_household).astype(np.int8)


def _tenure(rng: np.random.Generator, fabric: Ints, residence: Ints) -> NDArray[np.int8]:
    draw = rng.random(len(fabric))
    own = _OWN[fabric] * np.where(residence == 0, 1.3, 0.5)
    tenure = np.where(draw < own, 0, 1)
    return np.where(draw > 1 - _PUBLIC[fabric], 2, tenure).astype(np.int8)


def _care(
    rng: np.random.Generator, who: Members, size: Ints, fabric: Ints, residence: Ints
) -> NDArray[np.int16]:
    step = np.searchsorted(_AGE_STEPS, who.age, side="right") - 1
    count = len(who.age)
    is_unable = rng.random(count) < _UNABLE[step]
    is_disabled = rng.random(count) < np.where(is_unable, 0.55, _DISABLED[step])
    # Of the whole household, and only where it is registered.
    is_poor = (rng.random(len(size)) < _LOW_INCOME[fabric]) & (residence == 0)
    poor = is_poor[who.household]
    in_hardship = (who.age < 15) & (rng.random(count) < np.where(poor, 0.12, _HARDSHIP))
    care = np.zeros(count, dtype=np.int16)
    for bit, has in (
        (LIVING_ALONE, (who.age >= 60) & (size[who.household] == 1)),
        (AGED_80, who.age >= 80),
        (UNABLE, is_unable),
        (DISABLED, is_disabled),
        (LOW_INCOME, poor),
        (CHILD_HARDSHIP, in_hardship),
    ):
        care += np.int16(bit) * has.astype(np.int16)
    return care


def _household_since(
    rng: np.random.Generator, fabric: Ints, head_age: Ints, today: np.datetime64
) -> Days:
    count = len(fabric)
    ago = _RECENT_DAYS + 365.25 * rng.gamma(1.6, _STAY_YEARS[fabric] / 1.6)
    # Nobody heads a household as a child.
    ago = np.minimum(ago, np.maximum((head_age - 17) * 365.25, _RECENT_DAYS))
    since: Days = today - ago.astype(np.int64).astype("timedelta64[D]")
    since = np.maximum(since, _OLDEST)
    recent = rng.random(count) < _RECENT
    since[recent] = _recent_days(rng, int(recent.sum()), today)
    return since


def _recent_days(rng: np.random.Generator, count: int, today: np.datetime64) -> Days:
    """Return days of the last two years: more in March and September, fewer before New Year."""
    days = today - np.arange(_RECENT_DAYS).astype("timedelta64[D]")
    month = days.astype("datetime64[M]").astype(np.int64) % 12
    weight = np.array([0.6, 0.7, 1.7, 1.1, 1.0, 1.0, 1.2, 1.1, 1.5, 0.9, 0.9, 0.7])[month]
    return rng.choice(days, count, p=weight / weight.sum())


def _person_since(
    rng: np.random.Generator, who: Members, household: Days, today: np.datetime64
) -> Days:
    begin = household[who.household]
    # Who joins a household later has done so before the last two years: growth stays slight.
    span = (today - np.timedelta64(_RECENT_DAYS, "D") - begin).astype(np.int64)
    is_later = (who.place > 0) & (span > 0) & (rng.random(len(begin)) < 0.2)
    wait = np.where(is_later, (span * rng.random(len(begin))).astype(np.int64), 0)
    age_days = (who.age * 365.25 + rng.random(len(begin)) * 365).astype(np.int64)
    born = today - age_days.astype("timedelta64[D]")
    since: Days = np.maximum(begin + wait.astype("timedelta64[D]"), born)
    return since
