"""Persons and households that change hands: exact for who holds both sides, else rounded totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import shapely
from sqlalchemy import ARRAY, Connection, Integer, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.sql.selectable import NamedFromClause

from gis.access.viewer import Ranges, Viewer
from gis.access.views import care_totals, rounded_totals
from gis.tables import household, people
from layers.catalog.households import HOUSEHOLDS
from layers.catalog.people import AGE_GROUP_BANDS, CARE, PEOPLE
from layers.handed_over import HandedOver, Rows, Way

UNKNOWN = "unknown"
ANY_CARE = "any"


@dataclass(frozen=True)
class Persons:
    """People by their parts; groups without anybody are left out."""

    age_group: Mapping[str, int]
    residence: Mapping[str, int]
    # P3: `ANY_CARE` and care groups, which overlap. None: not for this viewer. Never exported.
    care: Mapping[str, int] | None


@dataclass(frozen=True)
class Told:
    """What a viewer is told of persons that go one way; None: nothing."""

    households: int | None
    people: int | None
    is_exact: bool
    persons: Persons | None = None
    # Households of buildings, by the building's id; where the numbers are exact.
    homes: Mapping[int, int] = field(default_factory=dict)
    # Open personal cases the viewer is not shown.
    hidden_incidents: int = 0


NONE_TOLD = Told(0, 0, is_exact=True)


def holds(units: Ranges, number: int) -> bool:
    """Return whether ranges have a unit; a new one has no rows but those it is given."""
    return number < 0 or any(low <= number <= high for low, high in units)


def read(db: Connection, viewer: Viewer, moving: HandedOver) -> dict[Way, Told]:
    """Return what the viewer is told of persons, by the way they go."""
    living, homes = moving.rows(db, PEOPLE), moving.rows(db, HOUSEHOLDS)
    ways = sorted({*moving.ways, *_going(moving, living), *_going(moving, homes)})
    exact = {way for way in ways if _holds_both(viewer, moving, way)}
    asked = [
        way
        for way in ways
        if way in moving.ways and (way not in exact or not holds(viewer.cases, way[0]))
    ]
    rough = _rounded(db, moving, asked)
    by_home = _households(db, homes)
    parts = _persons(db, viewer, living, exact)
    told = {}
    for way in ways:
        people_rough, households_rough, hidden = rough.get(way, (None, None, 0))
        if way not in exact:
            told[way] = Told(households_rough, people_rough, False, hidden_incidents=hidden)
            continue
        persons = parts.get(way, Persons({}, {}, {} if holds(viewer.care, way[0]) else None))
        mine = by_home.get(way, {})
        told[way] = Told(
            sum(mine.values()), sum(persons.residence.values()), True, persons,
            {number: n for number, n in mine.items() if number}, hidden,
        )  # fmt: skip
    return told


def total(parts: Iterable[Persons]) -> Persons:
    """Return the sum of people's parts."""
    ages: Counter[str] = Counter()
    residence: Counter[str] = Counter()
    care: Counter[str] | None = Counter()
    for each in parts:
        ages.update(each.age_group)
        residence.update(each.residence)
        if care is not None and each.care is not None:
            care.update(each.care)
        else:
            care = None
    return Persons(dict(ages), dict(residence), None if care is None else dict(care))


def _going(moving: HandedOver, rows: Rows) -> list[Way]:
    there = np.unique(rows.at).tolist()
    return [way for n, way in enumerate(rows.ways) if n in there and moving.steps(way)]


def _holds_both(viewer: Viewer, moving: HandedOver, way: Way) -> bool:
    finest = moving.steps(way)[-1]
    return holds(viewer.units, finest.giver) and holds(viewer.units, finest.taker)


def _rounded(
    db: Connection, moving: HandedOver, ways: list[Way]
) -> dict[Way, tuple[int | None, int | None, int]]:
    if not ways:
        return {}
    grounds = [moving.ways[way] for way in ways]
    wkb = [None if ground is None else shapely.to_wkb(ground) for ground in grounds]
    found = rounded_totals([was for was, _ in ways], wkb)
    return {
        ways[place - 1]: (n_people, n_households, hidden)
        for place, n_people, n_households, hidden in db.execute(select(*found.c))
    }


def _given(rows: Rows) -> NamedFromClause:
    listed = [sql_cast(values.tolist(), ARRAY(Integer)) for values in (rows.ids, rows.at)]
    return func.unnest(*listed).table_valued("id", "at", name="given").render_derived()


def _households(db: Connection, rows: Rows) -> dict[Way, dict[int, int]]:
    """Return households by way and building; 0: of no known building."""
    given = _given(rows)
    query = (
        select(given.c.at, household.c.building_id, func.sum(household.c.count))
        .join(given, given.c.id == household.c.id)
        .group_by(given.c.at, household.c.building_id)
    )
    found: dict[Way, dict[int, int]] = {}
    for at, building, n in db.execute(query) if len(rows.ids) else ():
        found.setdefault(rows.ways[at], {})[building or 0] = int(n)
    return found


def _persons(db: Connection, viewer: Viewer, rows: Rows, exact: set[Way]) -> dict[Way, Persons]:
    given = _given(rows)
    query = (
        select(given.c.at, people.c.age_band, people.c.residence, func.sum(people.c.count))
        .join(given, given.c.id == people.c.id)
        .group_by(given.c.at, people.c.age_band, people.c.residence)
    )
    ages: dict[Way, Counter[str]] = {}
    residence: dict[Way, Counter[str]] = {}
    for at, band, kind, n in db.execute(query) if len(rows.ids) else ():
        way = rows.ways[at]
        ages.setdefault(way, Counter())[_group(band)] += int(n)
        residence.setdefault(way, Counter())[kind] += int(n)
    return {
        way: Persons(dict(ages[way]), dict(residence[way]), _care(db, viewer, rows, way))
        for way in ages
        if way in exact
    }


def _group(band: int | None) -> str:
    for group, bands in AGE_GROUP_BANDS.items():
        if band in bands:
            return group
    return UNKNOWN


def _care(db: Connection, viewer: Viewer, rows: Rows, way: Way) -> dict[str, int] | None:
    if not holds(viewer.care, way[0]):
        return None
    bits = {0: ANY_CARE} | {1 << k: key for k, key in enumerate(CARE)}
    found = care_totals(rows.of(way).tolist())
    return {bits[bit]: n for bit, n in db.execute(select(*found.c)) if bit in bits}
