"""An order and the units of today: carried over to them, and what stands against that.

As the engine. What is decided here is written down in the order, and nothing is overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from gis import places
from gis.access.viewer import Viewer
from gis.division import stored
from gis.division.delta import Delta, Unit
from gis.division.division import Division
from gis.errors import BoundaryError
from gis.locate import hold_faces
from gis.orders import acting, codes, notices, orders
from gis.orders.merging import (
    OUTLINE,
    Clash,
    Conflict,
    ConflictError,
    is_stale,
    rebase,
    rebase_steps,
    stands_against,
)
from gis.orders.notices import About
from gis.orders.order import Order, load, query
from gis.orders.status import Act, Status
from gis.orders.tables import change_order, order_step

_o, _s = change_order.c, order_step.c
# New units of several drafts on one ground must not be taken for each other.
_APART = 1_000_000


def today(db: Connection, *deltas: Delta) -> dict[int, Unit]:
    """Return the units of today that changes name, and those they lie in or will lie in."""
    wanted: set[int] = set()
    for one in deltas:
        wanted |= one.units
        wanted |= {
            unit.parent
            for unit in (*one.old.values(), *one.new.values())
            if unit.parent is not None
        }
    return stored.units(db, (n for n in wanted if n > 0))


def carry_over(db: Connection, order: Order) -> Delta:
    """Carry an order over to the units of today, step by step where that can be."""
    steps, done = orders.steps(db, order.id)
    in_force = steps[:done]
    there = today(db, *in_force)
    words = orders.said(db, order.id)[:done]
    try:
        found: Sequence[Delta] = rebase_steps(in_force, there)
    except ConflictError:
        # Steps that come to nothing together may stand against others' one by one.
        found, words = (rebase(orders.total(in_force), there),), ("; ".join(filter(None, words)),)
    total = orders.total(found)
    _refuse_crossed(db, orders.total(in_force), total, there)
    _rewrite(db, order, found, words)
    return total


def opened(db: Connection, delta: Delta) -> Division:
    """Return the units that a change begins with, those around them, and all it lies in."""
    division = stored.open_division(db, sorted(delta.old))
    units = (*delta.old.values(), *delta.new.values())
    stored.extend(db, division, (), {unit.parent for unit in units if unit.parent is not None})
    return division


def _refuse_crossed(
    db: Connection, before: Delta, moved: Delta, there: Mapping[int, Unit]
) -> None:  # fmt: skip
    """Raise ConflictError where both sides' lines are sound unit by unit, and not together."""
    if not moved:
        return
    try:
        opened(db, moved).apply(moved)
    except BoundaryError as error:
        changed = [n for n in sorted(moved.redrawn) if there.get(n) != before.old.get(n)]
        clashes = tuple(
            Clash(
                n, there[n].code if n in there else "", (OUTLINE,), before.old.get(n),
                before.new.get(n), there.get(n),
            )
            for n in changed or sorted(moved.redrawn)
        )  # fmt: skip
        raise ConflictError(Conflict(clashes)) from error


def keep_what_fits(db: Connection, order: Order) -> tuple[str, ...]:
    """Carry over of a draft what can be; return what could not, in the editor's words."""
    steps, done = orders.steps(db, order.id)
    there = today(db, *steps[:done])
    if not is_stale(orders.total(steps[:done]), there):
        return ()
    hold_faces(db)
    kept: list[tuple[Delta, str]] = []
    left_out = []
    for step, words in zip(steps[:done], orders.said(db, order.id), strict=False):
        try:
            moved = rebase(step, there)
        except ConflictError:
            left_out.append(words)
            continue
        there = {n: unit for n, unit in there.items() if n not in moved.old} | dict(moved.new)
        kept.append((moved, words))
    _rewrite(db, order, [step for step, _ in kept], [words for _, words in kept])
    return tuple(left_out)


def with_codes(db: Connection, order: Order, total: Delta) -> Delta:
    """Give new units codes, as a step of the order's own."""
    zoning_id = places.zoning_ids(db)[order.zoning]
    coded = codes.coded(db, zoning_id, total)
    if coded is total:
        return total
    changed = [n for n in coded.new if coded.new[n] != total.new[n]]
    step = Delta({n: total.new[n] for n in changed}, {n: coded.new[n] for n in changed})
    steps, done = orders.steps(db, order.id)
    words = orders.said(db, order.id)
    given = ", ".join(coded.new[n].code for n in changed)
    _rewrite(db, order, [*steps[:done], step], [*words[:done], given])
    return coded


def refuse_reserved(db: Connection, order: Order, total: Delta) -> None:
    """Raise ConflictError where a scheduled order changes the same units in the same place."""
    touched = sorted(n for n in total.units if n > 0)
    wanted = query().where(
        _o.status == Status.SCHEDULED.value,
        _o.id != order.id,
        _o.touched.overlap(touched),
    )
    for other in load(db, wanted.order_by(_o.effective_on, _o.id)):
        reserved = orders.delta(db, other.id)
        apart = {n: n - _APART for n in reserved.new if n < 0}
        reserved = reserved.renumbered(apart)
        there = today(db, reserved, total)
        try:
            then = rebase(reserved, there)
        except ConflictError:
            # It will fail by itself: what it holds is nothing to wait for.
            continue
        after = {n: unit for n, unit in there.items() if n not in then.old} | dict(then.new)
        try:
            rebase(total, after)
        except ConflictError as error:
            raise ConflictError(error.conflict, by=[other.number]) from error


def conflicted(  # noqa: PLR0913 - what a conflict is
    db: Connection,
    order: Order,
    viewer: Viewer | None,
    act: Act,
    error: ConflictError,
    told: Iterable[int] = (),
) -> Order:
    """Put an order where it waits for its author to look at a conflict, with all about it."""
    by = error.by or changed_by(db, order, error)
    error = ConflictError(error.conflict, by=by)
    failure = {
        "sentence": str(error), "key": error.key, "values": dict(error.values),
        "by": list(by), **error.conflict.to_json(),
    }  # fmt: skip
    note(db, order, failure=failure)
    details = {"units": list(error.conflict.units), "by": list(by)}
    order = acting.move(
        db, order, act, Status.CONFLICTED, viewer, note=str(error), details=details
    )  # fmt: skip
    notices.tell(db, order.id, About.CONFLICTED, {*told, order.author_id})
    return order


def changed_by(db: Connection, order: Order, error: ConflictError) -> list[str]:
    """Return the orders that took effect since and made what stands against one."""
    wanted = (
        select(_o.id, _o.effect)
        .where(
            _o.status == Status.EFFECTIVE.value,
            _o.id != order.id,
            _o.effective_at >= (order.effective_at or order.created_at),
            _o.touched.overlap(list(error.conflict.units)),
        )
        .order_by(_o.effective_at, _o.id)
    )
    return [
        orders.read(db, number).number
        for number, effect in db.execute(wanted).all()
        if stands_against(Delta.from_json(effect), error.conflict)
    ]


def note(db: Connection, order: Order, **values: Any) -> None:  # noqa: ANN401 - columns
    """Write columns of an order that are none of its status."""
    db.execute(update(change_order).where(_o.id == order.id).values(values))


def _rewrite(
    db: Connection, order: Order, steps: Sequence[Delta], words: Sequence[str]
) -> None:  # fmt: skip
    db.execute(delete(order_step).where(_s.order_id == order.id))
    if steps:
        db.execute(
            insert(order_step),
            [
                {
                    "order_id": order.id, "n": n, "delta": step.to_json(), "said": said,
                    "units": sorted(unit for unit in step.units if unit > 0),
                }
                for n, (step, said) in enumerate(zip(steps, words, strict=True), 1)
            ],
        )  # fmt: skip
    note(
        db, order, steps=len(steps), done=len(steps), revision=_o.revision + 1,
        updated_at=func.now(),
    )  # fmt: skip
