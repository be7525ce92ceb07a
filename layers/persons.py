"""The persons of a building, masked, for those entitled; and unmasking one, with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any, TypeAlias

from sqlalchemy import Connection, func, literal_column, null, select, union_all
from sqlalchemy.types import Integer

from gis.access import audit
from gis.access.audit import Act
from gis.access.keys import Keys
from gis.access.posts import Right
from gis.access.private import about_id_number
from gis.access.rules import Rules
from gis.access.viewer import Viewer
from gis.access.views import person_clear, person_masked
from gis.errors import ForbiddenError, NotFoundError
from gis.tables import building, entrance, household, people

# Households to a page: a tower has five hundred of them.
PAGE = 20
# What is shown of an id number. No part of it: the page and the table beside it know the day of
# birth, and a person's region is no secret, so that the last digits would be the whole of it.
HIDDEN = "•" * 18
# "Check" is a word; "上门核实" is a reason. Long texts belong into a case.
LEAST_REASON, LONGEST_REASON = 4, 200
_PERIOD = dt.timedelta(hours=1)


# A row of a query, whose columns it has as attributes.
_Row: TypeAlias = Any


class Field(StrEnum):
    """What can be unmasked of a person."""

    NAME = "name"
    PHONE = "phone"
    ROOM = "room"
    ID_NUMBER = "id_number"


class Why(StrEnum):
    """Why something is not unmasked: each is the key of a sentence in the catalogue of texts."""

    NO_RIGHT = "reveal.no_right"
    NOTHING_ASKED = "reveal.nothing_asked"
    REASON = "reveal.reason"
    """With ``least`` and ``longest``."""
    TOO_MANY = "reveal.too_many"
    """With ``most``."""
    SHELTERED = "reveal.sheltered"


class RevealRefusedError(ForbiddenError):
    """Somebody may not unmask this: not here, not so often, or not without a reason."""

    def __init__(self, why: Why, sentence: str, **values: int) -> None:
        super().__init__(sentence, key=why, **values)
        self.why = why


@dataclass(frozen=True)
class Person:
    """A person as the list shows him; names, telephones and numbers are masked."""

    id: int
    name: str | None
    phone: str | None
    # `HIDDEN` where there is one.
    id_number: str | None
    age_band: int | None
    sex: str
    residence: str
    # Bits as in `layers.catalog.people.CARE`; None: not the viewer's to see.
    care: int | None
    # A row may stand for several alike.
    count: int


@dataclass(frozen=True)
class Household:
    """Who lives behind one door; without an id somebody whose household is unknown."""

    id: int | None
    # Masked; wholly where a child or somebody living alone is at home.
    room: str | None
    tenure: str | None
    people: tuple[Person, ...]


@dataclass(frozen=True)
class Entrance:
    """The households behind an entrance, as far as they are on the page; None: unknown."""

    id: int | None
    name: str | None
    households: tuple[Household, ...]


@dataclass(frozen=True)
class Page:
    """Some of the households of a building, entrance by entrance."""

    unit_id: int | None
    entrances: tuple[Entrance, ...]
    # From 0 on.
    number: int
    pages: int
    households: int


def of_building(db: Connection, building_id: int, number: int = 0, size: int = PAGE) -> Page:
    """Return a page of the households of a building, as the viewer of the transaction sees them.

    Estimates are left out: nobody is known to live where they were put. Nothing is there for
    somebody who is not entitled to the persons of the building's unit.

    Parameters
    ----------
    number
        Of the page, from 0 on; one past the last is the last.

    Raises
    ------
    NotFoundError
        There is no such building.
    """
    found = db.execute(select(building.c.unit_id).where(building.c.id == building_id)).first()
    if found is None:
        raise NotFoundError(
            f"No building has the number {building_id}. Search for its name or address.",
            key="state.gone",
        )
    doors = _doors(building_id).subquery("door")
    total = int(db.scalar(select(func.count()).select_from(doors)) or 0)
    pages = max(1, -(-total // size))
    number = min(max(number, 0), pages - 1)
    d = doors.c
    on_page = db.execute(
        select(d.entrance_id, entrance.c.name, d.household_id, d.people_id, d.tenure)
        .outerjoin_from(doors, entrance, entrance.c.id == d.entrance_id)
        # The order of the file they came in: the room itself may not be read.
        .order_by(d.entrance_id.nulls_last(), d.household_id.nulls_last(), d.people_id)
        .limit(size)
        .offset(number * size)
    ).all()
    living = _living(db, building_id, on_page)
    entrances = tuple(
        Entrance(id_, name, tuple(_household(row, living) for row in rows))
        for (id_, name), rows in groupby(on_page, key=lambda row: (row.entrance_id, row.name))
    )
    return Page(found.unit_id, entrances, number, pages, total)


def _doors(building_id: int) -> Any:  # noqa: ANN401 - a compound select
    """Return households, and people whose household is unknown, one row for each."""
    h, p = household.c, people.c
    none = null().cast(Integer)
    return union_all(
        select(h.entrance_id, h.id.label("household_id"), none.label("people_id"), h.tenure).where(
            h.building_id == building_id, ~h.estimated
        ),
        select(none, none, p.id, literal_column("NULL::text")).where(
            p.building_id == building_id, p.household_id.is_(None), ~p.estimated
        ),
    )


def _living(
    db: Connection, building_id: int, on_page: Collection[_Row]
) -> Mapping[tuple[int | None, int | None], list[_Row]]:
    """Return the masked people of each household on a page, and those of none by themselves."""
    m = person_masked.c
    homes = [row.household_id for row in on_page if row.household_id is not None]
    alone = [row.people_id for row in on_page if row.people_id is not None]
    found = db.execute(
        select(person_masked)
        .where(m.building_id == building_id)
        .where(m.household_id.in_(homes) | m.people_id.in_(alone))
        .order_by(m.people_id)
    )
    living: dict[tuple[int | None, int | None], list[_Row]] = {}
    for row in found:
        key = (row.household_id, None if row.household_id is not None else row.people_id)
        living.setdefault(key, []).append(row)
    return living


def _household(row: _Row, living: Mapping[tuple[int | None, int | None], list[_Row]]) -> Household:
    rows = living.get((row.household_id, row.people_id), [])
    room = rows[0].room if rows else None
    return Household(row.household_id, room, row.tenure, tuple(map(_person, rows)))


def _person(row: _Row) -> Person:
    return Person(
        id=row.people_id,
        name=row.name,
        phone=row.phone,
        id_number=HIDDEN if row.has_id_number else None,
        age_band=row.age_band,
        sex=row.sex,
        residence=row.residence,
        care=row.care,
        count=row.count,
    )


def masked(db: Connection, people_id: int) -> Person:
    """Return one person, masked.

    Raises
    ------
    NotFoundError
        Nobody has this number, or not in a unit whose persons the viewer sees.
    """
    return _person(_masked(db, people_id))


def _masked(db: Connection, people_id: int) -> _Row:
    m = person_masked.c
    home = db.execute(select(people.c.building_id).where(people.c.id == people_id)).first()
    # Who shelters there is asked of a whole home: without its building, of every home there is.
    # `==` writes IS NULL for None; IS NOT DISTINCT FROM would meet no index.
    row = (
        home
        and db.execute(
            select(person_masked).where(m.people_id == people_id, m.building_id == home.building_id)
        ).first()
    )
    if row is None:
        # The same for both, or numbers could be tried out.
        raise NotFoundError(f"Nobody in your units has the number {people_id}.", key="reveal.gone")
    return row


def reveal(  # noqa: PLR0913 - what the decision hangs on
    db: Connection,
    viewer: Viewer,
    people_id: int,
    fields: Collection[Field],
    reason: str,
    *,
    keys: Keys,
    now: dt.datetime,
    rules: Rules,
) -> dict[Field, str | None]:
    """Unmask something of a person; the audit has it before the value is read.

    The database itself gives clear values only to a transaction that has written this. The caller
    commits before anybody sees them: what is rolled back was not shown.

    Parameters
    ----------
    db
        A transaction that acts for the viewer (`gis.access.viewer.act_as`), without savepoints.
    reason
        Why, in the words of who asks.
    keys
        What id numbers are encrypted with.

    Returns
    -------
    dict
        Each field asked for; None where nothing is known.

    Raises
    ------
    RevealRefusedError
        Not his to unmask, not now, or not without a reason.
    NotFoundError
        Nobody has this number, or not in a unit whose persons the viewer sees.
    KeyFileError
        The id number was encrypted with another key.
    """
    wanted = tuple(field for field in Field if field in fields)
    reason = " ".join(reason.split())
    _check_asked(viewer, wanted, reason)
    row = _masked(db, people_id)
    _check_place(viewer, row, wanted)
    _check_rate(db, viewer, now, rules)
    audit.record(
        db, Act.REVEAL, subject=f"people/{people_id}", reason=reason,
        details={"fields": [field.value for field in wanted], "unit": row.unit_id},
        account_id=viewer.account_id, login=viewer.login, address=viewer.address,
    )  # fmt: skip
    clear = db.execute(select(person_clear(people_id))).one()
    values: dict[Field, str | None] = {
        Field.NAME: clear.name,
        Field.PHONE: clear.phone,
        Field.ROOM: clear.room,
    }
    if Field.ID_NUMBER in wanted:
        sealed = clear.id_number
        about = about_id_number(people_id)
        values[Field.ID_NUMBER] = sealed and keys.decrypt(bytes(sealed), about).decode()
    return {field: values[field] for field in wanted}


def _check_asked(viewer: Viewer, wanted: tuple[Field, ...], reason: str) -> None:
    if viewer.account_id is None or not viewer.may(Right.REVEAL):
        raise RevealRefusedError(
            Why.NO_RIGHT, "Only who holds a post that may unmask persons can do so."
        )
    if not wanted:
        raise RevealRefusedError(Why.NOTHING_ASKED, "Say what is to be unmasked.")
    if not LEAST_REASON <= len(reason) <= LONGEST_REASON or len(set(reason)) < LEAST_REASON - 1:
        raise RevealRefusedError(
            Why.REASON,
            f"Give a reason of {LEAST_REASON} to {LONGEST_REASON} characters.",
            least=LEAST_REASON,
            longest=LONGEST_REASON,
        )


def _check_place(viewer: Viewer, row: _Row, wanted: tuple[Field, ...]) -> None:
    if not viewer.may(Right.REVEAL, row.unit_id):
        raise RevealRefusedError(
            Why.NO_RIGHT, "Your post there shows persons masked only; it does not unmask them."
        )
    # Where a child lives, or somebody alone, is P3.
    if Field.ROOM in wanted and row.is_sheltered and not viewer.may(Right.CARE, row.unit_id):
        raise RevealRefusedError(
            Why.SHELTERED,
            "The door of a child or of somebody living alone is for those who look after them.",
        )


def _check_rate(db: Connection, viewer: Viewer, now: dt.datetime, rules: Rules) -> None:
    if viewer.account_id is None:
        return
    most = rules.reveals_per_hour
    if audit.reveals_since(db, viewer.account_id, now - _PERIOD) >= most:
        raise RevealRefusedError(
            Why.TOO_MANY, f"No more than {most} persons are unmasked in an hour.", most=most
        )
