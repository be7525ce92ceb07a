"""The formulas of the measures of handling, each with its version: what is divided by what.

Whoever changes a formula adds a version and keeps the old one: a number that was reported once is
found again by it. The words of each stand in the catalogue of texts, as ``formula.ID_vN_numerator``
and ``formula.ID_vN_denominator``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_

from gis.errors import NotFoundError
from gis.tables import incident
from layers.handling.calendar import FIRST_DAY

_c = incident.c
# Incidents that no year of the calendar holds were typed wrong.
_EARLIEST = dt.datetime.combine(FIRST_DAY, dt.time(), dt.UTC) + dt.timedelta(days=2)

Moment = dt.datetime | ColumnElement[Any]


class Count(StrEnum):
    """What incidents are counted as; `condition` says which ones those are."""

    REPORTED = "reported"
    REGISTERED = "registered"
    DUE = "due"
    IN_TIME = "in_time"
    CLOSED = "closed"
    HANDLED = "handled"
    RETURNED = "returned"
    TIMED = "timed"
    OPEN = "open"
    OVERDUE = "overdue"


class Kind(StrEnum):
    """What a formula makes of its counts."""

    SHARE = "share"
    """Numerator by denominator."""
    NUMBER = "number"
    """The numerator; the denominator says of how many."""
    MEAN = "mean"
    """Hours of work together, by how many cases took them."""
    MEDIAN = "median"
    """The middle of the hours of work that cases took."""


@dataclass(frozen=True)
class Formula:
    """A measure of handling, as it is defined in one version."""

    id: str
    version: int
    kind: Kind
    denominator: Count
    # None where hours are measured, not cases counted.
    numerator: Count | None = None
    # Of hours: whether those are left out in which a case's clock stood still.
    is_net: bool = False

    @property
    def words(self) -> tuple[str, str]:
        """The keys of the texts that say what numerator and denominator are."""
        key = f"formula.{self.id}_v{self.version}"
        return f"{key}_numerator", f"{key}_denominator"


FORMULAS: tuple[Formula, ...] = (
    Formula("registered_rate", 1, Kind.SHARE, Count.REPORTED, Count.REGISTERED),
    Formula("in_time_rate", 1, Kind.SHARE, Count.DUE, Count.IN_TIME),
    Formula("closed_rate", 1, Kind.SHARE, Count.DUE, Count.CLOSED),
    Formula("rework_rate", 1, Kind.SHARE, Count.HANDLED, Count.RETURNED),
    Formula("overdue", 1, Kind.NUMBER, Count.OPEN, Count.OVERDUE),
    Formula("mean_hours", 1, Kind.MEAN, Count.TIMED),
    Formula("median_hours", 1, Kind.MEDIAN, Count.TIMED),
    Formula("mean_hours", 2, Kind.MEAN, Count.TIMED, is_net=True),
    Formula("median_hours", 2, Kind.MEDIAN, Count.TIMED, is_net=True),
)


def get(formula_id: str, version: int | None = None) -> Formula:
    """Return a formula, in its newest version unless one is named; or raise NotFoundError."""
    found = [f for f in FORMULAS if f.id == formula_id and version in (None, f.version)]
    if not found and any(f.id == formula_id for f in FORMULAS):
        versions = tuple(f"{f.id}:{f.version}" for f in FORMULAS if f.id == formula_id)
        raise NotFoundError(
            f"{formula_id!r} has no such version. There are: {', '.join(versions)}.",
            key="error.no_formula_version", found=formula_id, known=versions,
        )  # fmt: skip
    if not found:
        known = tuple(dict.fromkeys(f.id for f in FORMULAS))
        raise NotFoundError(
            f"No measure of handling is called {formula_id!r}. There are: {', '.join(known)}.",
            key="error.no_formula", found=formula_id, known=known,
        )  # fmt: skip
    return max(found, key=lambda formula: formula.version)


def newest() -> tuple[Formula, ...]:
    """Return each formula in its newest version."""
    return tuple(get(formula_id) for formula_id in dict.fromkeys(f.id for f in FORMULAS))


def wanted(named: Sequence[str]) -> tuple[Formula, ...]:
    """Return each formula in its newest version, or in the one that is named: "mean_hours:1".

    Raises
    ------
    NotFoundError
        There is no such formula, or no such version of it.
    """
    found = {formula.id: formula for formula in newest()}
    for each in named:
        formula_id, _, version = each.partition(":")
        # What is no number is the version of none.
        found[formula_id] = get(formula_id, int(version) if version.isdecimal() else 0)
    return tuple(found.values())


def condition(count: Count, begin: Moment, end: Moment) -> ColumnElement[bool]:
    """Return which incidents count in a stretch of time: from ``begin`` to before ``end``.

    What is open or overdue is so at its end. The same condition counts and lists: they agree.
    """
    open_ = and_(_c.reported_at < end, or_(_c.stage != "closed", _c.closed_at >= end))
    # Files bring closed records without a word of how they were handled; those say nothing.
    known = or_(_c.stage != "closed", _c.registered_at.is_not(None), _c.closed_at.is_not(None))
    reported = and_(_within(_c.reported_at, begin, end), known)
    due = _within(_c.due_at, begin, end)
    handled = _within(_c.handled_at, begin, end)
    closed = and_(_c.stage == "closed", func.coalesce(_c.closed_at, _c.due_at) < end)
    timed = and_(_c.registered_at >= _EARLIEST, _c.registered_at <= _c.handled_at)
    conditions = {
        Count.REPORTED: reported,
        Count.REGISTERED: and_(reported, _c.registered_at.is_not(None)),
        Count.DUE: due,
        Count.IN_TIME: and_(due, _c.handled_at <= _c.due_at),
        Count.CLOSED: and_(due, closed),
        Count.HANDLED: handled,
        Count.RETURNED: and_(handled, _c.returned > 0),
        Count.TIMED: and_(handled, timed),
        Count.OPEN: open_,
        Count.OVERDUE: and_(open_, _c.due_at < end),
    }
    return conditions[count]


def touched(begin: Moment, end: Moment) -> ColumnElement[bool]:
    """Return which incidents count as anything at some time in a stretch of it."""
    return or_(
        *(condition(count, begin, end) for count in (Count.REPORTED, Count.DUE, Count.HANDLED)),
        and_(_c.reported_at < end, or_(_c.stage != "closed", _c.closed_at >= begin)),
    )


def _within(column: ColumnElement[Any], begin: Moment, end: Moment) -> ColumnElement[bool]:
    return and_(column >= begin, column < end)
