"""Which incidents a question is about: where they lie, of what class, and whose they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_

from gis.city import City
from gis.tables import incident
from layers import selection
from layers.catalog.incidents import INCIDENTS
from layers.handling import boundaries
from layers.handling.boundaries import On, Past
from layers.series import Span


@dataclass(frozen=True)
class Chosen:
    """Incidents of a unit, everything below it included; of those the viewer may see."""

    unit_id: int
    # "scheme/code" of a big or a small class; "": all.
    of_class: str = ""
    # The duty body they were dispatched to; None: whichever, 0: none.
    body_id: int | None = None
    # Whether a closed one is of the unit in which it lies today, or of that in which it was closed.
    on: On = On.TODAY

    def rows(self, db: Connection) -> ColumnElement[bool]:
        """Return the condition on the rows of `incident`, whenever they were.

        Raises
        ------
        NotFoundError
            No unit of today has that number.
        CityGridError
            Boundaries of then are asked for of a zoning other than the main one.
        """
        c = incident.c
        conditions = [
            selection.rows_in(db, INCIDENTS, self.unit_id)
            if self.on is On.TODAY
            else boundaries.rows_in(db, self.unit_id)
        ]
        if self.of_class:
            scheme, _, code = self.of_class.partition("/")
            conditions += [c.scheme == scheme, or_(c.big == code, c.small == code)]
        if self.body_id is not None:
            conditions.append(c.body_id == self.body_id if self.body_id else c.body_id.is_(None))
        return and_(*conditions)


def usual(db: Connection, unit_id: int, zoning_id: int | None = None) -> On:
    """Return by which boundaries closed ones count unless it is said: then's where they are known.

    Raises
    ------
    NotFoundError
        No unit of today has that number.
    """
    here = selection.version(db, unit_id)
    return On.THEN if here.is_main and zoning_id in (None, here.zoning_id) else On.TODAY


def past(db: Connection, chosen: Chosen, zoning_id: int | None = None) -> Past:
    """Return where units lay, of the main zoning.

    Raises
    ------
    CityGridError
        Another zoning is meant, or the unit is of one: only of the main one is it known where a
        case was closed.
    """
    here = selection.version(db, chosen.unit_id)
    if not here.is_main or zoning_id not in (None, here.zoning_id):
        raise boundaries.unknown()
    return boundaries.read(db, here.zoning_id)


def moments(city: City, span: Span) -> tuple[dt.datetime, dt.datetime]:
    """Return when the first day of a span begins and when the last one is over, in the city."""
    after = span.last + dt.timedelta(days=1)
    return midnight(city, span.first), midnight(city, after)


def midnight(city: City, day: dt.date) -> dt.datetime:
    """Return when a day begins in the city."""
    return dt.datetime.combine(day, dt.time(), city.tz)


def before(span: Span) -> Span:
    """Return as many days right before a span; before a whole month, the month before."""
    length = span.last - span.first
    day = dt.timedelta(days=1)
    is_month = span.first.day == 1 and (span.last + day).day == 1 and length.days < 31
    last = span.first - day
    return Span(last.replace(day=1) if is_month else last - length, last)
