"""An order on its way: handed in, answered by who is asked, taken back. As the engine.

This knows of units only what an order says of them. That it still fits today's, and that it takes
effect, is for `layers.orders`, which calls this.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, any_, func, insert, select, update

from gis import news, places
from gis.access import audit
from gis.access.viewer import Viewer
from gis.errors import ForbiddenError, TextKey
from gis.news import News, Topic
from gis.orders import notices, orders, people
from gis.orders.chain import level_of, way
from gis.orders.concerned import Concern
from gis.orders.notices import About
from gis.orders.order import Order, may
from gis.orders.status import (
    RIGHT_OF,
    STAGE_OF,
    STATUS_OF,
    Act,
    Stage,
    Status,
    TransitionError,
    checked,
    rule_of,
)
from gis.orders.tables import change_order, order_ask, order_event

_o, _a = change_order.c, order_ask.c
LONGEST_NOTE = 2_000
# Refused, returned, rejected: whoever drew it must know why.
NEEDS_NOTE = frozenset({Act.REFUSE, Act.RETURN, Act.REJECT})
AGREEING = frozenset({Act.COSIGN, Act.CHECK, Act.APPROVE, Act.FILE})
_TOLD = {
    Act.REFUSE: About.REFUSED,
    Act.RETURN: About.RETURNED,
    Act.REJECT: About.REJECTED,
}


@dataclass(frozen=True)
class Said:
    """What goes with an act."""

    note: str = ""
    effective_on: dt.date | None = None
    # Remarks answered: key → words.
    answers: Mapping[str, str] = field(default_factory=dict)
    # Of the order that takes another back; "{number}" stands for the other's number.
    title: str = ""


NOTHING = Said()


def allowed(db: Connection, viewer: Viewer, order_id: int, act: Act) -> Order:
    """Return an order, held until the transaction ends, if a viewer may do something with it now.

    Raises
    ------
    TransitionError
        Where it stands, that cannot be done.
    ForbiddenError
        It is not the viewer's to do.
    """
    db.execute(select(_o.id).where(_o.id == order_id).with_for_update())
    order = orders.read(db, order_id)
    rule = rule_of(order.status, act)
    if not may(viewer, order, rule.who, rule.right):
        able = f", with the right {rule.right.value!r}" if rule.right else ""
        raise ForbiddenError(
            f"{viewer.login or 'Nobody'!r} cannot {act.value} {order.number}: "
            f"that is for its {rule.who.value}{able}.",
            key="error.order_not_yours", number=order.number,
            who=TextKey(f"order_who.{rule.who}"),
        )  # fmt: skip
    return order


def submit(  # noqa: PLR0913 - what is handed in
    db: Connection, viewer: Viewer, order: Order, concern: Concern, said: Said, now: dt.datetime
) -> Order:
    """Hand a draft in: ask all whom the city's chain names, stage by stage."""
    city = places.city_of(db)
    refuse_past(said.effective_on, now.astimezone(city.tz).date())
    asked: list[tuple[Stage, int]] = []
    passed: list[dict[str, Any]] = []
    for asking in way(city):
        level, right = level_of(city, asking), RIGHT_OF[asking.stage]
        is_cosign = asking.stage is Stage.COSIGN
        units = concern.exchanging(level) if is_cosign else concern.containing(level)
        if is_cosign:
            units = frozenset(unit for unit in units if not viewer.may(right, unit))
            held = people.holders(db, units, now, [right])
            vacant = sorted(unit for unit in units if not held.get(unit, frozenset()))
            passed += [{"stage": asking.stage, "unit": unit, "why": "vacant"} for unit in vacant]
            units -= set(vacant)
        if not units:
            passed.append({"stage": asking.stage, "why": "nobody"})
        asked += [(asking.stage, unit) for unit in sorted(units)]
    missing = {Stage.CHECK, Stage.APPROVE, Stage.FILE}.isdisjoint(stage for stage, _ in asked)
    if missing:
        raise TransitionError(
            "Nobody would decide on this order: `[orders]` in city.toml names no level that has "
            "the units it changes. Give the chain a stage that checks, approves or files.",
            key="error.order_no_chain",
        )
    turn = order.round + 1
    db.execute(
        insert(order_ask),
        [
            {"order_id": order.id, "round": turn, "stage": stage.value, "unit_id": unit}
            for stage, unit in asked
        ],
    )
    touched = sorted(n for n in concern.delta.units if n > 0)
    db.execute(
        update(change_order)
        .where(_o.id == order.id)
        .values(
            round=turn, reason=said.note[:LONGEST_NOTE], answers=dict(said.answers),
            effective_on=said.effective_on, touched=touched, failure=None,
        )
    )  # fmt: skip
    order = orders.read(db, order.id)
    after = _next(order, None)
    details = {"passed_over": passed, "units": touched}
    order = move(db, order, Act.SUBMIT, after, viewer, note=said.note, details=details)
    _ask(db, order, now)
    return order


def answer(  # noqa: PLR0913 - what an answer is
    db: Connection, viewer: Viewer, order: Order, act: Act, said: Said, now: dt.datetime
) -> Order:
    """Answer for all units that are asked and that the viewer may answer for."""
    stage = STAGE_OF[order.status]
    if act in NEEDS_NOTE and not said.note.strip():
        raise TransitionError(
            f"Say why: {act.value} needs a reason.",
            key="error.order_needs_note",
        )
    mine = [w.unit_id for w in order.open_asks if viewer.may(RIGHT_OF[stage], w.unit_id)]
    db.execute(
        update(order_ask)
        .where(
            _a.order_id == order.id, _a.round == order.round, _a.stage == stage.value,
            _a.unit_id == any_(mine),  # type: ignore[arg-type]
        )
        .values(
            answer=act.value, account_id=viewer.account_id, name=viewer.name or viewer.login,
            note=said.note[:LONGEST_NOTE], at=now,
        )
    )  # fmt: skip
    if said.effective_on is not None and act in (Act.APPROVE, Act.FILE):
        city = places.city(db)
        refuse_past(said.effective_on, now.astimezone(city.tz if city else dt.UTC).date())
        db.execute(
            update(change_order)
            .where(_o.id == order.id)
            .values(effective_on=said.effective_on)
        )  # fmt: skip
    order = orders.read(db, order.id)
    details = {"units": mine}
    if act not in AGREEING:
        after = rule_of(order.status, act).to[0]
        order = move(db, order, act, after, viewer, note=said.note, details=details)
        notices.tell(db, order.id, _TOLD[act], [order.author_id, *_answered(order)])
        return order
    before = order.status
    order = move(db, order, act, _next(order, stage), viewer, note=said.note, details=details)
    notices.tell(db, order.id, About.AGREED, [order.author_id])
    if order.status is not before:
        _ask(db, order, now)
    return order


def take_back(  # noqa: PLR0913 - what is written down of it
    db: Connection,
    viewer: Viewer,
    order: Order,
    act: Act,
    said: Said,
    *,
    left_out: Collection[str] = (),
) -> Order:
    """Let the author take an order back, to draw on or for good.

    Parameters
    ----------
    left_out
        Steps that could not be carried over to today's units, in the editor's words.
    """
    involved = [*_answered(order)] if order.status is not Status.DRAFT else []
    details = {"left_out": list(left_out)} if left_out else {}
    after = rule_of(order.status, act).to[0]
    order = move(db, order, act, after, viewer, note=said.note, details=details)
    notices.tell(db, order.id, About.WITHDRAWN, involved)
    return order


def move(  # noqa: PLR0913 - what is written down of a move
    db: Connection,
    order: Order,
    act: Act,
    to: Status,
    viewer: Viewer | None,
    *,
    note: str = "",
    details: Mapping[str, Any] | None = None,
) -> Order:
    """Put an order where the table of transitions lets it, and write down who did it and why.

    The one place where the status of an order is written.

    Parameters
    ----------
    viewer
        Who does it; None for the program.
    """
    after = checked(order.status, act, to)
    db.execute(
        update(change_order)
        .where(_o.id == order.id)
        .values(status=after.value, updated_at=func.now())
    )  # fmt: skip
    account_id = viewer.account_id if viewer else None
    db.execute(
        insert(order_event)
        .inline()
        .values(
            order_id=order.id, account_id=account_id,
            name=(viewer.name or viewer.login) if viewer else "", act=act.value,
            before=order.status.value, after=after.value, note=note[:LONGEST_NOTE],
            details=dict(details or {}),
        )
    )  # fmt: skip
    audit.record(
        db, audit.Act.CHANGE, subject=f"order/{order.number}", reason=note,
        details={"act": act.value, "from": order.status.value, "to": after.value},
        account_id=account_id, login=viewer.login if viewer else audit.machine_login(),
        address=viewer.address if viewer else None,
    )  # fmt: skip
    news.tell(db, News(Topic.ORDERS, order.id))
    return orders.read(db, order.id)


def refuse_past(day: dt.date | None, today: dt.date) -> None:
    """Raise TransitionError for a day that has been."""
    if day is not None and day < today:
        raise TransitionError(
            f"An order cannot take effect on {day:%F}: that day is over. Today is {today:%F}.",
            key="error.order_past_day", day=f"{day:%F}",
        )  # fmt: skip


def concerned(db: Connection, order: Order, units: Collection[int], now: dt.datetime) -> set[int]:
    """Return the accounts to be told of an order: heads and staff of its units, who had a part."""
    heads = people.holders(db, units, now)
    told = set().union(*heads.values()) | people.staff(db, units, now) | _answered(order)
    return told | ({order.author_id} if order.author_id is not None else set())


def _next(order: Order, done: Stage | None) -> Status:
    """Return where an order stands after a stage: at the first one that still waits."""
    if done is not None and order.open_asks:
        return order.status
    later = list(Stage)[0 if done is None else list(Stage).index(done) + 1 :]
    asked = {w.stage for w in order.waiting_for if w.answer is None}
    return next((STATUS_OF[stage] for stage in later if stage in asked), Status.SCHEDULED)


def _ask(db: Connection, order: Order, now: dt.datetime) -> None:
    stage = STAGE_OF.get(order.status)
    if stage is None:
        return
    units = [w.unit_id for w in order.open_asks]
    held = people.holders(db, units, now, [RIGHT_OF[stage]])
    able = frozenset[int]().union(*held.values())
    notices.tell(db, order.id, About.ASKED, able - {order.author_id})


def _answered(order: Order) -> set[int]:
    return {w.account_id for w in order.waiting_for if w.account_id is not None}
