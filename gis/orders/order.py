"""A change order as it stands: what it is, whom it waits for, who may do what with it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, any_, cast, exists, func, select
from sqlalchemy.dialects.postgresql import INT4MULTIRANGE

from gis.access.posts import Right
from gis.access.viewer import Viewer, merged, multirange
from gis.orders.status import RIGHT_OF, STAGE_OF, STATUS_OF, Act, Stage, Status, Who
from gis.orders.tables import change_order, order_ask
from gis.tables import zoning

_o, _a = change_order.c, order_ask.c


@dataclass(frozen=True)
class Waiting:
    """A unit that is asked about an order, and what was answered there."""

    stage: Stage
    unit_id: int
    answer: Act | None = None
    account_id: int | None = None
    name: str = ""
    note: str = ""
    at: dt.datetime | None = None


@dataclass(frozen=True)
class Order:
    """A change order as it stands."""

    id: int
    # TZ-2026-0007
    number: str
    title: str
    status: Status
    zoning: str
    within: tuple[int, ...]
    author_id: int | None
    author: str
    revision: int
    # Of the steps the first ``done`` are in force.
    steps: int
    done: int
    reason: str
    # Remarks that are no faults, answered: key → words.
    answers: Mapping[str, str]
    round: int
    # None: as soon as it may.
    effective_on: dt.date | None
    effective_at: dt.datetime | None
    # The units it changes, since it was submitted.
    touched: tuple[int, ...]
    failure: Mapping[str, Any] | None
    undoes: int | None
    created_at: dt.datetime
    updated_at: dt.datetime
    # Whom it asks in this round, the stages in their order.
    waiting_for: tuple[Waiting, ...] = ()
    # Who proposed it, of one that somebody else was to make his own.
    proposer_id: int | None = None
    proposer: str = ""

    @property
    def open_asks(self) -> tuple[Waiting, ...]:
        """Who must answer before it goes on."""
        stage = STAGE_OF.get(self.status)
        return tuple(w for w in self.waiting_for if w.stage is stage and w.answer is None)


def may(viewer: Viewer, order: Order, who: Who, right: Right | None) -> bool:
    """Return whether a viewer is who a rule speaks of."""
    is_author = order.author_id == viewer.account_id and order.author_id is not None
    if who is Who.ANYBODY:
        return viewer.account_id is not None
    if right is None or right not in viewer.rights:
        return False
    if who is Who.AUTHOR:
        return is_author
    if who is Who.ASKED:
        # Who proposed it decides on it no more than who drew it.
        is_own = is_author or (
            order.proposer_id is not None and order.proposer_id == viewer.account_id
        )
        return not is_own and any(viewer.may(right, w.unit_id) for w in order.open_asks)
    return who is Who.CONCERNED and any(viewer.may(right, n) for n in order.touched)


def waits_for(viewer: Viewer, stage: Stage) -> ColumnElement[bool]:
    """Return whether an order waits at a stage for somebody the viewer may answer for."""
    right = RIGHT_OF[stage]
    held = _held(viewer, right)
    status = STATUS_OF[stage]
    return (_o.status == status.value) & exists().where(
        _a.order_id == _o.id,
        _a.round == _o.round,
        _a.stage == stage.value,
        _a.answer.is_(None),
        _a.unit_id.op("<@")(held),
    )


def may_adopt(viewer: Viewer) -> ColumnElement[bool]:
    """Return whether an order is a proposal about a unit that the viewer heads."""
    unit = func.unnest(_o.touched).column_valued("unit")
    is_held = exists(select(unit).where(unit.op("<@")(_held(viewer, Right.REDRAW))))
    return (_o.status == Status.PROPOSED.value) & is_held


def _held(viewer: Viewer, right: Right) -> ColumnElement[Any]:
    held = multirange(merged(r for h in viewer.posts if right in h.rights for r in h.units))
    return cast(held, INT4MULTIRANGE)


def query() -> Select[Any]:
    """Return the question for all orders; conditions are the caller's."""
    return select(change_order, zoning.c.key.label("zoning")).join(
        zoning, zoning.c.id == _o.zoning_id
    )


def load(db: Connection, wanted: Select[Any]) -> list[Order]:
    """Return the orders that a `query` asks for, with whom they wait for."""
    rows = db.execute(wanted).all()
    asked = _asked(db, {row.id: row.round for row in rows})
    return [
        Order(
            row.id, f"TZ-{row.year}-{row.serial:04}", row.title, Status(row.status), row.zoning,
            tuple(row.within), row.author_id, row.author, row.revision, row.steps, row.done,
            row.reason, row.answers, row.round, row.effective_on, row.effective_at,
            tuple(row.touched), row.failure, row.undoes, row.created_at, row.updated_at,
            asked.get(row.id, ()), row.proposer_id, row.proposer,
        )
        for row in rows
    ]  # fmt: skip


def _asked(db: Connection, rounds: Mapping[int, int]) -> dict[int, tuple[Waiting, ...]]:
    submitted = [number for number, turn in rounds.items() if turn]
    if not submitted:
        return {}
    wanted = select(order_ask).where(_a.order_id == any_(submitted))  # type: ignore[arg-type]
    found: dict[int, list[Waiting]] = {}
    for row in db.execute(wanted.order_by(_a.unit_id)):
        if row.round == rounds[row.order_id]:
            answer = Act(row.answer) if row.answer else None
            found.setdefault(row.order_id, []).append(
                Waiting(
                    Stage(row.stage), row.unit_id, answer, row.account_id, row.name or "",
                    row.note, row.at,
                )
            )  # fmt: skip
    order = list(Stage)
    return {n: tuple(sorted(asks, key=lambda w: order.index(w.stage))) for n, asks in found.items()}
