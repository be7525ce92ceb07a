"""Which incidents a question is about: where they lie, of what class, and whose they are."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, or_

from gis.city import City
from gis.tables import incident
from layers import selection
from layers.catalog.incidents import INCIDENTS
from layers.series import Span


@dataclass(frozen=True)
class Chosen:
    """Incidents of a unit, everything below it included; of those the viewer may see."""

    unit_id: int
    # "scheme/code" of a big or a small class; "": all.
    of_class: str = ""
    # The duty body they were dispatched to; None: whichever, 0: none.
    body_id: int | None = None

    def rows(self, db: Connection) -> ColumnElement[bool]:
        """Return the condition on the rows of `incident`, whenever they were.

        Raises
        ------
        NotFoundError
            No unit of today has that number.
        """
        c = incident.c
        conditions = [selection.rows_in(db, INCIDENTS, self.unit_id)]
        if self.of_class:
            scheme, _, code = self.of_class.partition("/")
            conditions += [c.scheme == scheme, or_(c.big == code, c.small == code)]
        if self.body_id is not None:
            conditions.append(c.body_id == self.body_id if self.body_id else c.body_id.is_(None))
        return and_(*conditions)


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
