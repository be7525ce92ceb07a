"""What changes hands, thing by thing: buildings, estates, facilities, open incidents, and posts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Connection, Integer, Select, Table, any_, func, select
from sqlalchemy import cast as sql_cast

from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.access.views import seen_incident
from gis.tables import building, estate, facility, incident_class, staff_holding
from layers.catalog.buildings import BUILDINGS
from layers.catalog.facilities import FACILITIES
from layers.catalog.incidents import INCIDENTS
from layers.handed_over import HandedOver, Rows, Step, Way
from layers.layer import Names

# Who may be called about a change sees the whole number of who serves a unit.
_CALLS = (Right.REDRAW, Right.APPROVE, Right.SUPERVISE)


@dataclass(frozen=True)
class Building:
    """A building that goes from one unit to another; None: unknown, or not told."""

    id: int
    way: Way
    step: Step
    key: str
    name: str | None
    address: str | None
    use: str
    floors: int | None
    floor_area_m2: int
    estate_id: int | None
    households: int | None = None


@dataclass(frozen=True)
class Estate:
    """An estate of which buildings go from one unit to another: some of them, or all."""

    id: int
    step: Step
    names: Names
    kind: str
    buildings: int
    of_buildings: int


@dataclass(frozen=True)
class Facility:
    """A facility that goes from one unit to another."""

    id: int
    way: Way
    step: Step
    kind: str
    name: str
    address: str | None
    state: str


@dataclass(frozen=True)
class Incident:
    """An open incident that goes from one unit to another."""

    id: int
    way: Way
    step: Step
    key: str
    class_names: Names
    title: str | None
    address: str | None
    severity: str
    stage: str
    reported_at: dt.datetime
    due_at: dt.datetime | None


@dataclass(frozen=True)
class Official:
    """Who serves a unit concerned today."""

    unit_id: int
    # head, worker
    post: str
    person: str
    phone: str | None


@dataclass(frozen=True)
class Lists:
    """All things that change hands, in the order of the units they go from and to."""

    buildings: tuple[Building, ...]
    estates: tuple[Estate, ...]
    facilities: tuple[Facility, ...]
    incidents: tuple[Incident, ...]


def read(db: Connection, moving: HandedOver) -> Lists:
    """Return the things that change hands, of incidents those the viewer may see."""
    buildings = tuple(_buildings(db, moving))
    return Lists(
        buildings,
        tuple(_estates(db, buildings)),
        tuple(_facilities(db, moving)),
        tuple(_incidents(db, moving)),
    )


def officials(db: Connection, viewer: Viewer, units: Iterable[int]) -> tuple[Official, ...]:
    """Return who serves some units today; telephones masked for who has no call to use them."""
    c = staff_holding.c
    query = (
        select(c.unit_id, c.post, c.person, c.phone)
        .where(c.unit_id == any_(sorted(n for n in units if n > 0)))  # type: ignore[arg-type]
        .where(c.valid.op("@>")(func.now()))
        .order_by(c.unit_id, c.post, c.person)
    )
    is_whole = any(viewer.may(right) for right in _CALLS)
    return tuple(
        Official(unit, post, person, phone if is_whole else masked(phone))
        for unit, post, person, phone in db.execute(query)
    )


def masked(phone: str | None) -> str | None:
    """Return a telephone number as the database masks those of residents."""
    if not phone:
        return phone
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else "****"


def _ways(moving: HandedOver, rows: Rows, at: int) -> tuple[Way, Step]:
    way = rows.ways[at]
    return way, moving.steps(way)[-1]


def _of(rows: Rows, table: Table | Any, *columns: Any) -> Select[Any]:  # noqa: ANN401 - columns
    """Return a query of changing rows: the place of their way first, in the order of ids."""
    listed = [sql_cast(values.tolist(), ARRAY(Integer)) for values in (rows.ids, rows.at)]
    given = func.unnest(*listed).table_valued("id", "at", name="given").render_derived()
    return (
        select(given.c.at, table.c.id, *columns)
        .select_from(table.join(given, given.c.id == table.c.id))
        .order_by(given.c.at, table.c.id)
    )


def _buildings(db: Connection, moving: HandedOver) -> Iterable[Building]:
    rows, c = moving.rows(db, BUILDINGS), building.c
    query = _of(
        rows, building, c.key, c.name, c.address, c.use, c.floors, c.floor_area_m2, c.estate_id
    )
    for at, number, *values in db.execute(query) if len(rows.ids) else ():
        yield Building(number, *_ways(moving, rows, at), *values)


def _estates(db: Connection, buildings: Sequence[Building]) -> Iterable[Estate]:
    counted: dict[tuple[int, Step], int] = {}
    for each in buildings:
        if each.estate_id is not None:
            key = each.estate_id, each.step
            counted[key] = counted.get(key, 0) + 1
    if not counted:
        return
    query = (
        select(estate.c.id, estate.c.names, estate.c.kind, func.count())
        .join(building, building.c.estate_id == estate.c.id)
        .where(estate.c.id == any_(sorted({number for number, _ in counted})))  # type: ignore[arg-type]
        .group_by(estate.c.id)
    )
    known = {row[0]: row[1:] for row in db.execute(query)}
    for (number, step), n in counted.items():
        names, kind, of_buildings = known[number]
        yield Estate(number, step, names, kind, n, of_buildings)


def _facilities(db: Connection, moving: HandedOver) -> Iterable[Facility]:
    rows, c = moving.rows(db, FACILITIES), facility.c
    query = _of(rows, facility, c.kind, c.name, c.address, c.state)
    for at, number, *values in db.execute(query) if len(rows.ids) else ():
        yield Facility(number, *_ways(moving, rows, at), *values)


def _incidents(db: Connection, moving: HandedOver) -> Iterable[Incident]:
    rows, c = moving.rows(db, INCIDENTS), seen_incident.c
    if not len(rows.ids):
        return
    classes = incident_class.c
    query = _of(
        rows, seen_incident, c.key, c.scheme, c.small, c.title, c.address, c.severity, c.stage,
        c.reported_at, c.due_at,
    ).where(c.stage != "closed")  # fmt: skip
    found = db.execute(query).all()
    pairs = {(row.scheme, row.small) for row in found}
    named = select(classes.scheme, classes.code, classes.names).where(
        classes.code == any_(sorted({small for _, small in pairs}))  # type: ignore[arg-type]
    )
    names = {(scheme, code): texts for scheme, code, texts in db.execute(named)}
    for at, number, key, scheme, small, *values in found:
        told = names.get((scheme, small), dict.fromkeys(("zh", "en"), small))
        yield Incident(number, *_ways(moving, rows, at), key, told, *values)
