"""Persons and households that change hands: exact for who holds both sides, else rounded totals.

Totals for others follow from what everybody may see: the latest release, and buildings. Persons a
unit was released with are taken to live where its homes are, in proportion to their floor area. So
no order, and no two of them, tell more of a home than the release does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from sqlalchemy import ARRAY, Connection, Integer, any_, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.sql.selectable import NamedFromClause

from gis.access.viewer import Ranges, Viewer
from gis.access.views import care_totals
from gis.tables import building, household, people
from layers import statistics
from layers.catalog.households import HOUSEHOLDS
from layers.catalog.people import AGE_GROUP_BANDS, CARE, PEOPLE
from layers.handed_over import HandedOver, Rows, Way
from layers.impact_lists import Building
from layers.release_places import HOMES

UNKNOWN = "unknown"
ANY_CARE = "any"
ROUNDED_TO = 10


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


NONE_TOLD = Told(0, 0, is_exact=True)


def holds(units: Ranges, number: int) -> bool:
    """Return whether ranges have a unit; a new one has no rows but those it is given."""
    return number < 0 or any(low <= number <= high for low, high in units)


def read(
    db: Connection, viewer: Viewer, moving: HandedOver, buildings: Sequence[Building]
) -> dict[Way, Told]:
    """Return what the viewer is told of persons, by the way they go.

    Parameters
    ----------
    buildings
        All that change hands.
    """
    living, homes = moving.rows(db, PEOPLE), moving.rows(db, HOUSEHOLDS)
    ways = sorted({*moving.ways, *_going(moving, living), *_going(moving, homes)})
    exact = {way for way in ways if _holds_both(viewer, moving, way)}
    told = _released(db, moving, [way for way in ways if way not in exact], buildings)
    by_home = _households(db, homes)
    parts = _persons(db, viewer, living, exact)
    for way in sorted(exact):
        persons = parts.get(way, Persons({}, {}, {} if holds(viewer.care, way[0]) else None))
        mine = by_home.get(way, {})
        told[way] = Told(
            sum(mine.values()), sum(persons.residence.values()), True, persons,
            {number: n for number, n in mine.items() if number},
        )  # fmt: skip
    return told


def with_households(
    buildings: Sequence[Building], told: Mapping[Way, Told]
) -> tuple[Building, ...]:
    """Return buildings with the number of their households, where the viewer is told exactly."""
    return tuple(
        replace(each, households=told[each.way].homes.get(each.id, 0))
        if each.way in told and told[each.way].is_exact
        else each
        for each in buildings
    )


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


def _released(
    db: Connection, moving: HandedOver, ways: Sequence[Way], buildings: Sequence[Building]
) -> dict[Way, Told]:
    """Return rounded totals for who does not hold both sides; zero of what is withheld."""
    if not ways:
        return {}
    c = building.c
    is_home = c.use.in_(HOMES)
    query = (
        select(
            c.unit_id,
            func.coalesce(func.sum(c.floor_area_m2).filter(is_home), 0),
            func.coalesce(func.sum(c.floor_area_m2), 0),
        )
        .where(c.unit_id == any_(sorted({was for was, _ in ways})))  # type: ignore[arg-type]
        .group_by(c.unit_id)
    )
    whole = {unit: (int(homes), int(every)) for unit, homes, every in db.execute(query)}
    part: dict[Way, tuple[int, int]] = {}
    for each in buildings:
        homes, every = part.get(each.way, (0, 0))
        mine = each.floor_area_m2 if each.use in HOMES else 0
        part[each.way] = homes + mine, every + each.floor_area_m2
    found = {}
    for way in ways:
        released = statistics.numbers(db, way[0], ("households", "people"))
        if moving.is_whole(way):
            share = 1.0
        else:
            # By the floor area of homes, or of all buildings where there is none. What hangs
            # between units has no building, and was never released.
            of, all_ = part.get(way, (0, 0)), whole.get(way[0], (0, 0))
            at = 0 if all_[0] else 1
            share = of[at] / all_[at] if all_[at] else 0.0
        households, people = (rounded(share * (released[n] or 0)) for n in released)
        found[way] = Told(households, people, is_exact=False)
    return found


def rounded(number: float) -> int:
    """Return a number rounded to ten, halves away from zero."""
    tens = int(abs(number) / ROUNDED_TO + 0.5) * ROUNDED_TO
    return tens if number > 0 else -tens


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
    for at, number, n in db.execute(query) if len(rows.ids) else ():
        found.setdefault(rows.ways[at], {})[number or 0] = int(n)
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
