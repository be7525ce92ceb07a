"""Whose duty an incident is, and within which time: by its class, the condition and the place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, any_, func, select

from gis.cases import class_condition, duty_rule
from gis.tables import incident_class, unit_version
from layers.handling.clock import Limit, Unit
from layers.layer import Names

# Where nobody says which condition is met.
USUAL = 1


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
class Duty:
    """A row of the table: what it asks for (None: whichever), and whom it names."""

    scheme: str | None
    # A small class, or a big one.
    code: str | None
    condition: int | None
    # Places of its unit in preorder, both included.
    place: tuple[int, int] | None
    # None: the territory's own.
    body_id: int | None
    priority: int

    def fits(self, kind: Class, condition: int | None, place: int | None) -> bool:
        """Return whether it speaks of a class, under a condition, at a place in preorder."""
        return (
            self.scheme in (None, kind.scheme)
            and self.code in (None, kind.small, kind.big)
            and self.condition in (None, USUAL if condition is None else condition)
            and (
                self.place is None
                or (place is not None and self.place[0] <= place <= self.place[1])
            )
        )

    def rank(self, kind: Class) -> tuple[int, ...]:
        """Return by what it goes before others that fit: priority, then what is said closest."""
        width = self.place[1] - self.place[0] if self.place else 0
        return (
            self.priority, self.code == kind.small, self.code is not None,
            self.condition is not None, self.place is not None, -width, self.scheme is not None,
        )  # fmt: skip


def body_of(
    duties: Iterable[Duty], kind: Class, condition: int | None, place: int | None
) -> int | None:
    """Return the body whose duty it is; None: the territory's own, also where nothing is said.

    Parameters
    ----------
    place
        Of the incident's unit, in preorder (``lft``).
    """
    fitting = [duty for duty in duties if duty.fits(kind, condition, place)]
    return max(fitting, key=lambda duty: duty.rank(kind)).body_id if fitting else None


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


def duties(db: Connection) -> list[Duty]:
    """Return the table of duties; rules about a unit that is gone are left out."""
    d, v = duty_rule.c, unit_version.c
    query = (
        select(d.scheme, d.code, d.condition, d.unit_id, d.body_id, d.priority, v.lft, v.rgt)
        .outerjoin(unit_version, (v.unit_id == d.unit_id) & func.upper_inf(v.valid))
        .order_by(d.id)
    )
    return [
        Duty(
            row.scheme, row.code, row.condition,
            None if row.unit_id is None else (row.lft, row.rgt), row.body_id, row.priority,
        )
        for row in db.execute(query)
        if row.unit_id is None or row.lft is not None
    ]  # fmt: skip


def places(db: Connection, units: Sequence[int]) -> Mapping[int, int]:
    """Return where units of today stand in preorder."""
    v = unit_version.c
    query = select(v.unit_id, v.lft).where(
        v.unit_id == any_(sorted(set(units))), func.upper_inf(v.valid)  # type: ignore[arg-type]
    )  # fmt: skip
    return dict(db.execute(query).all())
