"""When open cases are due by another calendar: counted anew on their own clocks, and written.

Only limits in working hours and working days hang on it. Where each began and when it stood still
stays as it was. What a file said is due otherwise than the calendar counts stays due then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import (
    ARRAY,
    Connection,
    DateTime,
    Double,
    Integer,
    any_,
    cast,
    column,
    exists,
    func,
    select,
    update,
)

from gis.access.viewer import Viewer
from gis.cases import incident_pause, incident_step
from gis.tables import incident
from layers.handling import keeping
from layers.handling.calendar import WorkCalendar
from layers.handling.clock import Clock, Limit, Pauses, Seconds, Unit, clock_of
from layers.handling.keeping import Done
from layers.handling.stages import REPORTED, RETIMED

_WHEN = DateTime(timezone=True)
_NEVER = np.iinfo(np.int64).max
"""Of a clock that stands still."""


@dataclass(frozen=True)
class Open:
    """An open case whose limit hangs on which days are worked."""

    id: int
    stage: str
    version: int
    unit_id: int | None
    body_id: int | None
    is_personal: bool
    due_at: dt.datetime | None
    started_at: dt.datetime
    lon: float
    lat: float
    # Whether it was reported here, and did not come from a file.
    is_reported: bool
    limit_amount: float
    limit_unit: str

    @property
    def limit(self) -> Limit:
        """How long it may take."""
        return Limit(float(self.limit_amount), Unit(self.limit_unit))


@dataclass(frozen=True)
class Moved:
    """A case that is due at another moment than before; None: its clock stands still."""

    case: Open
    due_at: dt.datetime | None


@dataclass(frozen=True)
class Change:
    """What another calendar does with the open cases whose limits hang on it."""

    n: int
    moved: tuple[Moved, ...]
    earlier: int = 0
    # Of those that move: late now, or then.
    late_before: int = 0
    late_after: int = 0
    # Due when a file said, whatever the calendar.
    said: int = 0

    @property
    def later(self) -> int:
        """How many have more time."""
        return len(self.moved) - self.earlier

    @property
    def same(self) -> int:
        """How many are due when they were."""
        return self.n - len(self.moved) - self.said

    def told(self) -> dict[str, int]:
        """Return the numbers, by name."""
        return {
            "earlier": self.earlier, "later": self.later, "same": self.same, "said": self.said,
            "late_before": self.late_before, "late_after": self.late_after,
        }  # fmt: skip


def change(db: Connection, before: WorkCalendar, after: WorkCalendar, now: dt.datetime) -> Change:
    """Return which open cases would be due at another moment by another calendar. As the engine."""
    cases, pauses = _open(db)
    there = _seconds([case.due_at for case in cases])
    by_calendar, due = (_due(cases, pauses, clock_of(each)) for each in (before, after))
    # A case that was reported here is never due but by the calendar, perhaps by an older one.
    is_counted = np.array([case.is_reported for case in cases], bool) | (there == by_calendar)
    # What is outside the years of the calendar stays.
    is_moved = is_counted & (due != there) & (due >= 0)
    second = now.timestamp()
    return Change(
        n=len(cases),
        moved=tuple(
            Moved(cases[int(at)], None if due[at] == _NEVER else _moment(due[at]))
            for at in np.flatnonzero(is_moved)
        ),
        earlier=int((is_moved & (due < there)).sum()),
        late_before=int((is_moved & (there < second)).sum()),
        late_after=int((is_moved & (due < second)).sum()),
        said=int((~is_counted).sum()),
    )


def write(db: Connection, viewer: Viewer, change: Change, version: int, now: dt.datetime) -> None:
    """Let cases be due anew, with a step in the history of each.

    Parameters
    ----------
    db
        As the engine, holding the faces alone: nobody else writes when a case is due.
    version
        Of the calendar, for the history.
    """
    moved = change.moved
    if not moved:
        return
    ids = [one.case.id for one in moved]
    new = (
        func.unnest(cast(ids, ARRAY(Integer)), cast([one.due_at for one in moved], ARRAY(_WHEN)))
        .table_valued(column("id", Integer), column("due_at", _WHEN))
        .render_derived(name="new")
    )
    db.execute(update(incident).where(incident.c.id == new.c.id).values(due_at=new.c.due_at))
    # Nobody who has one open needs to look again: its version stays.
    keeping.write_steps(
        db, viewer,
        [
            Done(
                one.case.id, RETIMED, one.case.stage, one.case.stage, one.case.version,
                details={
                    "due_before": one.case.due_at and one.case.due_at.isoformat(),
                    "due_after": one.due_at and one.due_at.isoformat(),
                    "calendar": version,
                },
            )
            for one in moved
        ],
        now,
    )  # fmt: skip
    keeping.drop_tiles(db, [(one.case.lon, one.case.lat) for one in moved])
    for is_personal in (False, True):
        mine = [one.case for one in moved if one.case.is_personal is is_personal]
        if mine:
            keeping.tell(
                db, [case.id for case in mine], units=[case.unit_id for case in mine],
                bodies=[case.body_id for case in mine], is_personal=is_personal,
            )  # fmt: skip
    keeping.settle(db, None, now)


def _open(db: Connection) -> tuple[Sequence[Open], Mapping[int, Pauses]]:
    """Return the open cases whose limits hang on the calendar, and when each stood still."""
    c, s, p = incident.c, incident_step.c, incident_pause.c
    query = (
        select(
            c.id, c.stage, c.version, c.unit_id, c.body_id, c.is_personal, c.due_at,
            func.coalesce(c.dispatched_at, c.reported_at).label("started_at"),
            func.ST_X(c.geom, type_=Double).label("lon"),
            func.ST_Y(c.geom, type_=Double).label("lat"),
            exists().where(s.incident_id == c.id, s.act == REPORTED).label("is_reported"),
            c.limit_amount, c.limit_unit,
        )
        .where(
            # In the words of the partial indexes.
            c.stage != "closed",
            c.limit_amount.is_not(None),
            c.limit_unit.in_([unit.value for unit in Unit if unit.is_of_work]),
        )
        .order_by(c.id)
    )  # fmt: skip
    cases = [Open(**row._mapping) for row in db.execute(query)]
    pauses: dict[int, list[tuple[dt.datetime, dt.datetime | None]]] = {}
    stood = select(p.incident_id, p.since, p.until).where(
        p.incident_id == any_([case.id for case in cases])  # type: ignore[arg-type]
    )
    for number, since, until in db.execute(stood.order_by(p.since, p.id)):
        pauses.setdefault(number, []).append((since, until))
    return cases, pauses


def _due(cases: Sequence[Open], pauses: Mapping[int, Pauses], clock: Clock) -> Seconds:
    """Return when each is due by a clock, in seconds since 1970: all of a limit at once."""
    found = np.full(len(cases), _NEVER, np.int64)
    alike: dict[Limit, list[int]] = {}
    for at, case in enumerate(cases):
        if case.id in pauses:
            due = clock.due(case.started_at, case.limit, pauses[case.id])
            found[at] = _NEVER if due is None else int(due.timestamp())
        else:
            alike.setdefault(case.limit, []).append(at)
    for limit, some in alike.items():
        found[some] = clock.due_by(_seconds([cases[at].started_at for at in some]), limit)
    return found


def _seconds(moments: Sequence[dt.datetime | None]) -> Seconds:
    return np.array([_NEVER if m is None else int(m.timestamp()) for m in moments], np.int64)


def _moment(second: int) -> dt.datetime:
    return dt.datetime.fromtimestamp(int(second), dt.UTC)
