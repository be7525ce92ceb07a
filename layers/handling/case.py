"""A case as it stands: an incident with all that decides what may be done with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Double, Select, func, select

from gis.access.views import seen_incident
from gis.cases import incident_pause, incident_step
from gis.errors import NotFoundError
from gis.tables import incident
from layers.handling.boundaries import On
from layers.handling.clock import Limit, Pauses, Unit
from layers.handling.stages import Outcome, Stage, Supervised


@dataclass(frozen=True)
class Case:
    """An incident."""

    id: int
    key: str
    stage: Stage
    version: int
    unit_id: int | None
    # In which it was closed; None: it is open.
    unit_then_id: int | None
    # Whom it was dispatched to; None: nobody yet, or the territory's own.
    body_id: int | None
    scheme: str
    big: str
    small: str
    condition: int | None
    severity: str
    title: str | None
    address: str | None
    place_note: str | None
    # How the place was found, how surely (1 the best; None: nobody knows), and within how many
    # metres (None: as exact as the map); how coordinates were read (a `ReadAs`; None: there were
    # none, or nobody knows).
    placed_by: str
    placed_score: float | None
    placed_within_m: float | None
    placed_as: str | None
    lon: float
    lat: float
    source: str
    is_personal: bool
    limit: Limit | None
    parent_id: int | None
    duplicate_of: int | None
    paused_at: dt.datetime | None
    paused_until: dt.datetime | None
    # {"act": "postpone" or "defer", "by": …, …}: what is asked for and not yet granted.
    asked: Mapping[str, Any] | None
    # What a leader asks of it, and what was answered: `effects` says of what it is made.
    supervision: Mapping[str, Any] | None
    # Which rules spoke of it because its time runs out: `escalations`.
    escalation: Mapping[str, Any] | None
    outcome: Outcome | None
    grade: int | None
    returned: int
    reported_at: dt.datetime
    registered_at: dt.datetime | None
    dispatched_at: dt.datetime | None
    # None: no limit, or its clock stands still.
    due_at: dt.datetime | None
    handled_at: dt.datetime | None
    closed_at: dt.datetime | None
    props: Mapping[str, Any]
    # How many cases that were split off it are open.
    open_children: int
    # The moment it was read for.
    now: dt.datetime

    @property
    def is_registered(self) -> bool:
        """Whether it ever became a case."""
        return self.registered_at is not None

    @property
    def is_paused(self) -> bool:
        """Whether its clock stands still."""
        return self.paused_at is not None and (
            self.paused_until is None or self.now < self.paused_until
        )

    @property
    def is_asking(self) -> bool:
        """Whether more time is asked for."""
        return self.asked is not None

    @property
    def supervised(self) -> Supervised | None:
        """How far the last supervision has come; None: nobody ever asked."""
        return Supervised(self.supervision["state"]) if self.supervision else None

    @property
    def is_supervised(self) -> bool:
        """Whether a leader asks about it, and it is not over."""
        return self.supervised in (Supervised.ASKED, Supervised.ANSWERED)

    @property
    def answer_by(self) -> dt.datetime | None:
        """By when a leader wants an answer that is not there yet."""
        if self.supervision is None or self.supervised is not Supervised.ASKED:
            return None
        return dt.datetime.fromisoformat(self.supervision["until"])

    @property
    def is_answer_overdue(self) -> bool:
        """Whether an answer should have been given to a leader."""
        return self.answer_by is not None and self.answer_by < self.now

    @property
    def is_escalated(self) -> bool:
        """Whether its time ran out so far that others heard of it, and it is not over."""
        return self.escalation is not None and self.stage is not Stage.CLOSED

    @property
    def is_evaluated(self) -> bool:
        """Whether it was judged."""
        return self.grade is not None

    @property
    def is_overdue(self) -> bool:
        """Whether it should have been dealt with and is not."""
        return self.stage is not Stage.CLOSED and self.due_at is not None and self.due_at < self.now

    @property
    def closed_or_due_at(self) -> dt.datetime:
        """The moment from which a closed one stays where it was; files may not know when it was."""
        return self.closed_at or self.due_at or self.reported_at

    def unit_on(self, on: On) -> int | None:
        """Return the unit it is of: the one it lies in, or of a closed one that of then."""
        is_then = on is On.THEN and self.unit_then_id is not None
        return self.unit_then_id if is_then else self.unit_id

    @property
    def clock_started_at(self) -> dt.datetime:
        """The moment its limit is counted from: when it was last dispatched, else reported."""
        return self.dispatched_at or self.reported_at


@dataclass(frozen=True)
class Step:
    """Something that was done with an incident."""

    at: dt.datetime
    name: str
    account_id: int | None
    # An `Act`, or "report".
    act: str
    before: str
    after: str
    note: str
    reason: str
    details: Mapping[str, Any]
    version: int


def read(db: Connection, case_id: int, now: dt.datetime, *, is_held: bool = False) -> Case:
    """Return an incident as the viewer of the connection sees it.

    Parameters
    ----------
    is_held
        Whether nobody else may write it until the transaction ends; as the engine.

    Raises
    ------
    NotFoundError
        There is none, or none that the viewer sees.
    """
    c = incident.c if is_held else seen_incident.c
    return _one(db, _query(is_held=is_held).where(c.id == case_id), now, case_id)


def by_key(db: Connection, key: str, now: dt.datetime) -> Case:
    """Return an incident by its number, as `read` does."""
    # PostgreSQL takes no NUL in a text.
    key = key.replace("\0", "\ufffd")
    return _one(db, _query(is_held=False).where(seen_incident.c.key == key), now, key)


def cases_of(db: Connection, query: Select[Any], now: dt.datetime) -> list[Case]:
    """Return the incidents that a query of ``columns()`` asks for, in its order."""
    return [_case(row, now) for row in db.execute(query)]


def _one(db: Connection, query: Select[Any], now: dt.datetime, named: int | str) -> Case:
    row = db.execute(query).first()
    if row is None:
        raise NotFoundError(
            f"There is no incident {named}, or it is not yours to see.",
            key="error.no_case", case=str(named),
        )  # fmt: skip
    return _case(row, now)


_NAMES = (
    "id", "key", "stage", "version", "unit_id", "unit_then_id", "body_id", "scheme", "big", "small",
    "condition",
    "severity", "title", "address", "place_note", "placed_by", "placed_score",
    "placed_within_m", "placed_as", "source",
    "is_personal", "limit_amount", "limit_unit", "parent_id", "duplicate_of", "paused_at",
    "paused_until", "asked", "supervision", "escalation", "outcome", "grade", "returned",
    "reported_at", "registered_at", "dispatched_at", "due_at", "handled_at", "closed_at", "props",
)  # fmt: skip


def columns(table: Any = seen_incident) -> Select[Any]:  # noqa: ANN401 - the table or its view
    """Return the question for incidents, as `cases_of` reads them; conditions are the caller's."""
    children = incident.alias("children")
    is_child = children.c.parent_id == table.c.id
    open_children = (
        select(func.count())
        .select_from(children)
        .where(is_child, children.c.stage != Stage.CLOSED.value)
        .scalar_subquery()
    )
    return select(
        *(table.c[name] for name in _NAMES),
        func.ST_X(table.c.geom, type_=Double).label("lon"),
        func.ST_Y(table.c.geom, type_=Double).label("lat"),
        open_children.label("open_children"),
    )


def _query(*, is_held: bool) -> Select[Any]:
    if is_held:
        return columns(incident).with_for_update(of=incident)
    return columns()


def _case(row: Any, now: dt.datetime) -> Case:  # noqa: ANN401 - a row
    found = dict(row._mapping)
    amount, unit = found.pop("limit_amount"), found.pop("limit_unit")
    found["limit"] = Limit(float(amount), Unit(unit)) if amount else None
    found["stage"] = Stage(found["stage"])
    found["outcome"] = Outcome(found["outcome"]) if found["outcome"] else None
    return Case(**found, now=now)


def steps(db: Connection, case_id: int) -> list[Step]:
    """Return what was done with an incident, the first step first."""
    c = incident_step.c
    query = (
        select(
            c.at, c.name, c.account_id, c.act, c.before, c.after, c.note, c.reason, c.details,
            c.version,
        )
        .where(c.incident_id == case_id)
        .order_by(c.id)
    )  # fmt: skip
    return [Step(**row._mapping) for row in db.execute(query)]


def pauses(db: Connection, case_id: int) -> Pauses:
    """Return when an incident's clock stood still, in order."""
    c = incident_pause.c
    query = select(c.since, c.until).where(c.incident_id == case_id).order_by(c.since, c.id)
    return [(since, until) for since, until in db.execute(query)]
