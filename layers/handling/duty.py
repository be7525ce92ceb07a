"""Whose duty an incident is, and within which time: by its class, the condition and the place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from sqlalchemy import Connection, any_, func, select

from gis.cases import class_condition, duty_rule
from gis.city import City
from gis.tables import incident_class, unit_version, zoning
from layers.handling import routing, rule_versions
from layers.handling.calendar import WorkCalendar, calendar_of
from layers.handling.clock import Limit, Unit
from layers.handling.routing import USUAL, Facts, Place, Rule
from layers.handling.rule_versions import Kind
from layers.layer import Names


@dataclass(frozen=True)
class Condition:
    """立案条件: what makes a case of it, when it may be closed, and the time in between."""

    number: int
    opens: Names
    closes: Names
    limit: Limit


@dataclass(frozen=True)
class Class:
    """A small class, its big one, and its conditions."""

    scheme: str
    big: str
    small: str
    names: Names
    conditions: tuple[Condition, ...] = ()

    def condition(self, number: int | None) -> Condition | None:
        """Return a condition, the usual one for None; None where there is no such."""
        wanted = USUAL if number is None else number
        return next((each for each in self.conditions if each.number == wanted), None)


@dataclass(frozen=True)
class Reported:
    """What is said of an incident besides its class."""

    condition: int | None
    # Its unit, and those of further zonings by the zoning's number.
    unit_id: int | None
    others: Mapping[int, int]
    at: dt.datetime
    title: str | None = None
    address: str | None = None
    source: str = ""
    severity: str = ""


def classes(db: Connection, wanted: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Class]:
    """Return small classes by scheme and code; those that are none are left out."""
    # PostgreSQL takes no NUL in a text, and no class has one.
    codes = sorted({code for _, code in wanted if "\0" not in code})
    k, c = incident_class.c, class_condition.c
    found: dict[tuple[str, str], list[Condition]] = {}
    for row in db.execute(
        select(class_condition)
        .where(c.code == any_(codes))  # type: ignore[arg-type]
        .order_by(c.scheme, c.code, c.number)
    ):
        limit = Limit(float(row.amount), Unit(row.unit))
        found.setdefault((row.scheme, row.code), []).append(
            Condition(row.number, row.opens, row.closes, limit)
        )
    asked = set(wanted)
    return {
        (row.scheme, row.code): Class(
            row.scheme, row.parent_code, row.code, row.names,
            tuple(found.get((row.scheme, row.code), ())),
        )
        for row in db.execute(
            select(incident_class).where(
                k.code == any_(codes), k.parent_code.is_not(None)  # type: ignore[arg-type]
            )
        )
        if (row.scheme, row.code) in asked
    }  # fmt: skip


class Desk:
    """The rules in force, and what they ask of incidents; for one transaction."""

    def __init__(self, db: Connection, city: City) -> None:
        self._tz = city.tz
        self._calendar = calendar_of(city)
        self.rules = rules(db)

    def of(self, db: Connection, some: Sequence[tuple[Class, Reported]]) -> list[Rule | None]:
        """Return for each incident the rule that decides; None: it is the territory's own."""
        units = [r.unit_id for _, r in some if r.unit_id is not None]
        where = places(db, [*units, *(unit for _, r in some for unit in r.others.values())])
        return [routing.decide(self.rules, self._facts(kind, r, where)) for kind, r in some]

    def _facts(self, kind: Class, said: Reported, where: Mapping[int, int]) -> Facts:
        at = said.at.astimezone(self._tz)
        stands: dict[int | None, int] = {
            zoning_id: where[unit] for zoning_id, unit in said.others.items() if unit in where
        }
        if said.unit_id is not None and said.unit_id in where:
            stands[None] = where[said.unit_id]
        return Facts(
            kind.scheme, kind.big, kind.small,
            USUAL if said.condition is None else said.condition, stands, at,
            _is_worked(self._calendar, at.date()), routing.text_of(said.title, said.address),
            said.source, said.severity,
        )  # fmt: skip


@cache
def _is_worked(calendar: WorkCalendar, day: dt.date) -> bool:
    return calendar.is_worked(day)


def rules(db: Connection) -> list[Rule]:
    """Return all rules in force: the table that came with the city, then what its people added."""
    version = rule_versions.in_force(db, Kind.ROUTING)
    own = [routing.from_json(each) for each in version.rules] if version else []
    return placed(db, [*of_files(db), *own])


def of_files(db: Connection) -> list[Rule]:
    """Return the table of duties that came with the city."""
    d = duty_rule.c
    query = select(
        d.id, d.scheme, d.code, d.condition, d.unit_id, d.body_id, d.priority
    ).order_by(d.id)  # fmt: skip
    return [
        Rule(
            name=f"{row.id}", scheme=row.scheme, code=row.code, condition=row.condition,
            unit_id=row.unit_id, body_id=row.body_id, priority=row.priority,
        )
        for row in db.execute(query)
    ]  # fmt: skip


def placed(db: Connection, some: Sequence[Rule]) -> list[Rule]:
    """Return rules with where their units stand; of one that is gone there is no place."""
    units = sorted({rule.unit_id for rule in some if rule.unit_id is not None})
    v, z = unit_version.c, zoning.c
    query = (
        select(v.unit_id, z.id, z.is_main, v.lft, v.rgt)
        .join(zoning, z.id == v.zoning_id)
        .where(v.unit_id == any_(units), func.upper_inf(v.valid))  # type: ignore[arg-type]
    )
    found = {
        unit: Place(None if is_main else number, lft, rgt)
        for unit, number, is_main, lft, rgt in db.execute(query)
    }
    return [
        rule if rule.unit_id is None else replace(rule, place=found.get(rule.unit_id))
        for rule in some
    ]


def places(db: Connection, units: Sequence[int]) -> Mapping[int, int]:
    """Return where units of today stand in preorder."""
    v = unit_version.c
    query = select(v.unit_id, v.lft).where(
        v.unit_id == any_(sorted(set(units))), func.upper_inf(v.valid)  # type: ignore[arg-type]
    )  # fmt: skip
    return dict(db.execute(query).all())
