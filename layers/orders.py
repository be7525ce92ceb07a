"""Change orders meet today's units: submitted, rebased, put into force, taken back.

Everything here runs as the engine, in one transaction of the caller's. What an order is and who
may do what is `gis.orders`; this adds what takes rows and counts to know.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, func, select

from gis import places
from gis.access.posts import Right
from gis.access.viewer import NOBODY, Viewer
from gis.division.delta import Delta
from gis.errors import BoundaryError, ForbiddenError, NotFoundError, TextKey
from gis.locate import change_faces, hold_faces
from gis.orders import acting, heirs, notices, orders, proposing, rebasing
from gis.orders.acting import NEEDS_NOTE, NOTHING, Said
from gis.orders.concerned import Concern
from gis.orders.merging import ConflictError, is_stale, rebase
from gis.orders.notices import About
from gis.orders.order import Order
from gis.orders.status import Act, Status, TransitionError
from gis.orders.tables import change_order
from gis.tables import unit_version
from layers.handling import redrawn
from layers.order_checks import Checked, RemarksError, checked
from layers.taking_effect import effected

_o, _v = change_order.c, unit_version.c


def act(  # noqa: PLR0913 - what is done, by whom, and when
    db: Connection,
    viewer: Viewer,
    order_id: int,
    act: Act,
    said: Said = NOTHING,
    *,
    now: dt.datetime,
) -> Order:
    """Do something with an order, and all that follows from it.

    Where the last answer is in and the order's day has come, it takes effect at once. What stands
    against that becomes its status, with what it is; only what may not be done is an error.

    Raises
    ------
    TransitionError, ForbiddenError
        It cannot be done where the order stands, or not by the viewer.
    RemarksError
        Submitted with faults, or with remarks that nobody has answered.
    ConflictError
        Reversed where others have changed the same since.
    """
    order = acting.allowed(db, viewer, order_id, act)
    if act is Act.PROPOSE:
        return proposing.propose(db, viewer, order, said, now)
    if act is Act.ADOPT or (act is Act.REJECT and order.status is Status.PROPOSED):
        return proposing.answer(db, viewer, order, act, said)
    if act is Act.SUBMIT:
        return _submit(db, viewer, order, said, now)
    if act is Act.REBASE:
        return _rebase(db, viewer, order)
    if act is Act.REVERSE:
        return _reverse(db, viewer, order, said)
    if act in (Act.WITHDRAW, Act.REVISE):
        left_out = rebasing.keep_what_fits(db, order) if act is Act.REVISE else ()
        return acting.take_back(db, viewer, order, act, said, left_out=left_out)
    if act not in acting.AGREEING | NEEDS_NOTE:
        raise TransitionError(
            f"An order is not met with {act.value!r} like this.",
            key="error.order_act",
            status=TextKey(f"order_status.{order.status}"),
        )
    order = acting.answer(db, viewer, order, act, said, now)
    return _settled(db, order, now)


def propose(  # noqa: PLR0913 - what is proposed, and by whom
    db: Connection,
    viewer: Viewer,
    *,
    title: str,
    within: int,
    delta: Delta,
    now: dt.datetime,
) -> Order:
    """Draw a change of boundaries for who heads its units, in one unit the viewer plans for.

    Raises
    ------
    ForbiddenError
        The viewer proposes nothing there.
    TransitionError
        Nobody could take it up.
    """
    order = orders.create(db, viewer, title=title, within=[within], right=Right.PROPOSE)
    orders.save_step(db, viewer, order.id, seen=order.revision, delta=delta, said=title)
    return act(db, viewer, order.id, Act.PROPOSE, now=now)


def due(db: Connection, now: dt.datetime) -> list[int]:
    """Return the orders whose day has begun in the city's time zone, the earliest first."""
    today = now.astimezone(places.city_of(db).tz).date()
    is_due = _o.effective_on.is_(None) | (_o.effective_on <= today)
    return list(
        db.scalars(
            select(_o.id)
            .where(_o.status == Status.SCHEDULED.value, is_due)
            .order_by(_o.effective_on.nulls_first(), _o.id)
        )
    )


def apply_due(db: Connection, order_id: int, now: dt.datetime) -> Order | None:
    """Let an order that is due take effect; None where another process is at it, or was."""
    held = (
        select(_o.id)
        .where(_o.id == order_id, _o.status == Status.SCHEDULED.value)
        .with_for_update(skip_locked=True)
    )
    if db.scalar(held) is None or order_id not in due(db, now):
        return None
    return _apply(db, orders.read(db, order_id), now)


def _submit(
    db: Connection, viewer: Viewer, order: Order, said: Said, now: dt.datetime
) -> Order:  # fmt: skip
    hold_faces(db)
    total = orders.delta(db, order.id)
    if not total:
        raise TransitionError(
            f"{order.number} changes nothing yet: draw something first.",
            key="error.order_empty",
            number=order.number,
        )
    try:
        if is_stale(total, rebasing.today(db, total)):
            total = rebasing.carry_over(db, order)
        total = rebasing.with_codes(db, order, total)
        rebasing.refuse_reserved(db, order, total)
    except ConflictError as error:
        return rebasing.conflicted(db, order, viewer, Act.SUBMIT, error)
    concern = Concern.of(db, total)
    if not any(viewer.may(Right.REDRAW, n) for n in (concern.before.keys() & concern.units)):
        raise ForbiddenError(
            f"{order.number} changes none of your own units: ask who heads them to draw it.",
            key="error.order_foreign", number=order.number,
        )  # fmt: skip
    _checked(db, order, total, viewer).refuse(said.answers)
    order = acting.submit(db, viewer, orders.read(db, order.id), concern, said, now)
    return _settled(db, order, now)


def _settled(db: Connection, order: Order, now: dt.datetime) -> Order:
    """Reserve the units of an order that all have agreed to, or let it take effect."""
    if order.status is not Status.SCHEDULED:
        return order
    today = now.astimezone(places.city_of(db).tz).date()
    if order.effective_on is None or order.effective_on <= today:
        return _apply(db, order, now)
    try:
        rebasing.refuse_reserved(db, order, orders.delta(db, order.id))
    except ConflictError as error:
        return rebasing.conflicted(db, order, None, Act.FAIL, error)
    told = acting.concerned(db, order, order.touched, now)
    notices.tell(db, order.id, About.SCHEDULED, told)
    return order


def _apply(db: Connection, order: Order, now: dt.datetime) -> Order:
    """Let an order take effect, or write down why it could not."""
    told = acting.concerned(db, order, order.touched, now)
    try:
        with db.begin_nested():
            order, moved, cases = _effect(db, order, now)
    except ConflictError as error:
        return rebasing.conflicted(db, order, None, Act.FAIL, error, told)
    except (BoundaryError, RemarksError, NotFoundError) as error:
        failure = {"sentence": str(error), "key": error.key, "values": dict(error.values)}
        rebasing.note(db, order, failure=failure)
        order = acting.move(db, order, Act.FAIL, Status.FAILED, None, note=str(error))
        notices.tell(db, order.id, About.FAILED, told)
        return order
    details = {
        "units": list(order.touched), "posts_ended": moved.ended, "posts_begun": moved.begun,
        "cases_moved": cases,
    }  # fmt: skip
    order = acting.move(db, order, Act.TAKE_EFFECT, Status.EFFECTIVE, None, details=details)
    told |= acting.concerned(db, order, order.touched, now)
    notices.tell(db, order.id, About.EFFECTIVE, told)
    return order


def _effect(db: Connection, order: Order, now: dt.datetime) -> tuple[Order, heirs.Moved, int]:
    """Let an order take effect; return how many open cases lie in other units since, too."""
    # From here on nobody else changes a unit until the transaction ends.
    change_faces(db)
    total = orders.delta(db, order.id)
    if is_stale(total, rebasing.today(db, total)):
        total = rebasing.carry_over(db, order)
    _checked(db, order, total).refuse_faults()
    at = _moment(db, order, total, now)
    effect = effected(db, total, at=at, reason=order.number)
    cases = redrawn.redrawn(db, effect)
    # Before posts move with the units: who heads one that ends heads another afterwards.
    before = redrawn.heads(db, {unit for one in cases for unit in one.left}, now)
    moved = heirs.move(db, effect.delta, at)
    redrawn.tell(db, cases, before, order.number, now)
    rebasing.note(
        db, order, effect=effect.delta.to_json(), effective_at=at,
        touched=sorted(effect.delta.units), failure=None,
    )  # fmt: skip
    return orders.read(db, order.id), moved, len(cases)


def _moment(db: Connection, order: Order, total: Delta, now: dt.datetime) -> dt.datetime:
    """Return from when an order is in force: the start of its day, if it was settled by then."""
    if order.effective_on is None:
        return now
    start = dt.datetime.combine(order.effective_on, dt.time(), places.city_of(db).tz)
    # What took effect since cannot have begun after it ended.
    later = select(_v.id).where(
        func.lower(_v.valid) > start,
        func.upper_inf(_v.valid),
        _v.zoning_id.in_(select(_v.zoning_id).where(_v.unit_id.in_(total.old))),
    )
    if order.updated_at > start or db.scalar(later.limit(1)) is not None:
        return now
    return min(start, now)


def _rebase(db: Connection, viewer: Viewer, order: Order) -> Order:
    hold_faces(db)
    try:
        rebasing.carry_over(db, order)
    except ConflictError as error:
        return rebasing.conflicted(db, order, viewer, Act.REBASE, error)
    rebasing.note(db, order, failure=None)
    return acting.move(db, orders.read(db, order.id), Act.REBASE, Status.DRAFT, viewer)


def _reverse(db: Connection, viewer: Viewer, order: Order, said: Said) -> Order:
    hold_faces(db)
    effect = db.scalars(select(_o.effect).where(_o.id == order.id)).one()
    undo = ~Delta.from_json(effect or {})
    there = rebasing.today(db, undo)
    try:
        back = rebase(undo, there)
    except ConflictError as error:
        raise ConflictError(error.conflict, by=rebasing.changed_by(db, order, error)) from error
    if not back:
        raise TransitionError(
            f"{order.number} has been taken back already: nothing of it is left.",
            key="error.order_reversed", number=order.number,
        )  # fmt: skip
    own = [n for n in sorted(back.old) if viewer.may(Right.REDRAW, n)]
    if not own:
        raise ForbiddenError(
            f"{order.number} changed none of the units that are yours to redraw.",
            key="error.order_foreign", number=order.number,
        )  # fmt: skip
    title = (said.title or "~ {number}").replace("{number}", order.number)
    made = orders.create(
        db, viewer, title=title, within=own, zoning=order.zoning, undoes=order.id
    )  # fmt: skip
    orders.save_step(db, viewer, made.id, seen=0, delta=back, said=title)
    acting.move(
        db, order, Act.REVERSE, Status.EFFECTIVE, viewer, note=said.note,
        details={"order": made.number}
    )  # fmt: skip
    return orders.read(db, made.id)


def _checked(
    db: Connection, order: Order, total: Delta, viewer: Viewer = NOBODY
) -> Checked:  # fmt: skip
    city = places.city_of(db)
    zoning = next(zoning for zoning in city.zonings if zoning.key == order.zoning)
    return checked(db, city, zoning, total, viewer)
