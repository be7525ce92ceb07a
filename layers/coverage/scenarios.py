"""Scenarios: named sets of changes, kept, and answered as anybody may know it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from sqlalchemy import Connection, Row, func, insert, select, update

from gis.access.viewer import Viewer
from gis.errors import CityGridError, ForbiddenError, NotFoundError
from gis.orders import orders
from gis.orders.status import Status
from gis.planning import coverage_scenario as kept
from gis.tables import facility
from layers.coverage import changes as values
from layers.coverage import redrawn
from layers.coverage.changed import Changed
from layers.coverage.changes import Change, Redraw
from layers.coverage.ground import Ground, changed
from layers.coverage.reach import Question, serves
from layers.coverage.seen import Numbers, seen
from layers.coverage.streets import GATE, Mode

Json: TypeAlias = dict[str, Any]
LONGEST_NAME = 80
# Persons are told as released: until there is another release, other people change no answer.
_LAYERS = ("roads", "barriers", "buildings")


@dataclass(frozen=True)
class Scenario:
    """What somebody supposes."""

    id: int
    name: str
    account_id: int | None
    is_shared: bool
    question: Question
    changes: tuple[Change, ...]
    # The data it was answered on last; None: not yet.
    version: str | None
    # What came of it for the whole city, by public numbers: {"before": …, "after": …}.
    result: Json | None
    answered_at: dt.datetime | None
    created_at: dt.datetime
    changed_at: dt.datetime


@dataclass(frozen=True)
class Draft:
    """A scenario before it is kept."""

    name: str
    question: Question
    changes: tuple[Change, ...]
    is_shared: bool = False

    def checked(self) -> Draft:
        """Return itself, or raise CityGridError for what cannot be kept."""
        if not self.name.strip() or len(self.name) > LONGEST_NAME:
            raise CityGridError(
                f"A scenario has a name of 1 to {LONGEST_NAME} characters.",
                key="scenario.name", most=LONGEST_NAME,
            )  # fmt: skip
        if not self.changes:
            raise CityGridError("A scenario changes something.", key="scenario.nothing")
        self.question.checked()
        return self


def version(db: Connection, question: Question, supposed: Sequence[Change] = ()) -> str:
    """Return what changes whenever anything does that a question's answer hangs on.

    Facilities of other kinds are nothing to it: a scenario about clinics does not grow stale with
    a new school.
    """
    layers, last = changed(db, _LAYERS)
    c = facility.c
    there = db.execute(
        select(c.id, func.ST_AsEWKT(c.geom), c.capacity)
        # Gates open barriers.
        .where(serves(question) | (c.kind == GATE))
        .order_by(c.id)
    ).all()
    drawn = redrawn.marks(db, [each.order for each in supposed if isinstance(each, Redraw)])
    told = (question, layers, last, [tuple(row) for row in there], drawn)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:24]


def is_stale(db: Connection, scenario: Scenario) -> bool:
    """Whether the data changed since a scenario was answered; not of one never answered."""
    return scenario.version is not None and scenario.version != version(
        db, scenario.question, scenario.changes
    )


def answer(db: Connection, ground: Ground, scenario: Scenario) -> Json:
    """Return what a scenario comes to for the whole city, by public numbers alone.

    So it may be shown to everybody the scenario is shared with, whatever they may see themselves.

    Parameters
    ----------
    db
        As the role `app`: the others are bound by no release, and would be told nothing of it.
    """
    supposed = Changed(ground, scenario.changes)
    both = {}
    # Whose units nobody sees: what is released, laid on the buildings.
    for name, each in (("before", ground), ("after", supposed)):
        found = seen(db, each, scenario.question, (), public=True)
        both[name] = {key: _total(numbers) for key, numbers in found.numbers.items()}
    return {**both, "version": version(db, scenario.question, scenario.changes)}


def keep(db: Connection, scenario: Scenario, found: Json) -> Scenario:
    """Keep what a scenario came to, as its owner."""
    result = {name: found[name] for name in ("before", "after")}
    columns = {"result": result, "version": found["version"], "answered_at": func.now()}
    _write(db, scenario.id, columns)
    return read(db, scenario.id)


def _total(numbers: Numbers) -> Json:
    all_, reached = numbers.all[0], numbers.reached[0]
    if np.isnan(all_) or np.isnan(reached):
        return {"all": None, "reached": None}
    return {"all": round(float(all_)), "reached": round(float(reached))}


def make(db: Connection, viewer: Viewer, draft: Draft) -> Scenario:
    """Keep a scenario as that of the viewer of the transaction."""
    _refuse_drafts(db, viewer, draft.changes)
    number = db.scalars(
        insert(kept)
        .values(account_id=viewer.account_id, **_columns(draft.checked()))
        .returning(kept.c.id)
    ).one()
    return read(db, number)


def write(db: Connection, viewer: Viewer, number: int, draft: Draft) -> Scenario:
    """Write a scenario anew; what came of the old one goes.

    Raises
    ------
    ForbiddenError
        It is another's, or takes another's draft of boundaries for granted.
    """
    _refuse_drafts(db, viewer, draft.changes)
    nothing: Json = {"version": None, "result": None, "answered_at": None}
    _write(db, number, {**_columns(draft.checked()), **nothing, "changed_at": func.now()})
    return read(db, number)


def delete(db: Connection, number: int) -> Scenario:
    """Put a scenario away, and return it."""
    found = read(db, number)
    _write(db, number, {"deleted_at": func.now()})
    return found


def read(db: Connection, number: int) -> Scenario:
    """Return a scenario that may be seen.

    Raises
    ------
    NotFoundError
        There is none of one's own or shared.
    """
    row = db.execute(_there().where(kept.c.id == number)).first()
    if row is None:
        raise NotFoundError(f"There is no scenario {number}.", key="scenario.none", n=number)
    return _scenario(row)


def listed(db: Connection) -> list[Scenario]:
    """Return the scenarios that may be seen, the one changed last first."""
    query = _there().order_by(kept.c.changed_at.desc(), kept.c.id.desc())
    return [_scenario(row) for row in db.execute(query)]


def question_to_json(question: Question) -> Json:
    """Return a question as JSON; `question_of` reads it back."""
    return asdict(question)


def question_of(given: Mapping[str, Any]) -> Question:
    """Return a question from JSON."""
    found = Question(**given)
    return replace(
        found,
        kinds=tuple(found.kinds),
        states=tuple(found.states),
        operators=tuple(found.operators),
        mode=Mode(found.mode),
    )


def _there() -> Any:  # noqa: ANN401 - a select
    columns = [column for column in kept.c if column is not kept.c.deleted_at]
    return select(*columns).where(kept.c.deleted_at.is_(None))


def _write(db: Connection, number: int, columns: Mapping[str, Any]) -> None:
    written = db.execute(update(kept).where(kept.c.id == number).values(columns))
    if not written.rowcount:
        found = read(db, number)
        raise ForbiddenError(
            f"The scenario {found.name!r} is another's: make one of your own from it.",
            key="scenario.others", name=found.name,
        )  # fmt: skip


def _refuse_drafts(db: Connection, viewer: Viewer, changes: Sequence[Change]) -> None:
    """Raise ForbiddenError for a change order that only its author may look at yet."""
    for change in changes:
        if not isinstance(change, Redraw) or viewer.account_id is None:
            continue
        order = orders.read(db, change.order)
        if order.status is Status.DRAFT and order.author_id != viewer.account_id:
            raise ForbiddenError(
                f"{order.number} is a draft of {order.author}'s: ask him to submit it first.",
                key="scenario.order_draft", order=order.number, author=order.author,
            )  # fmt: skip


def _columns(draft: Draft) -> Json:
    return {
        "name": draft.name.strip(),
        "is_shared": draft.is_shared,
        "question": question_to_json(draft.question),
        "changes": values.to_json(draft.changes),
    }


def _scenario(row: Row[Any]) -> Scenario:
    given = dict(row._mapping)
    changes: Sequence[Change] = values.read(given.pop("changes"))
    return Scenario(
        **{**given, "question": question_of(given["question"]), "changes": tuple(changes)}
    )
