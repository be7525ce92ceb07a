"""Change orders: making, reading and listing them, and saving the steps of a draft.

What is written here the page's server writes for whom it serves, and only of his own drafts; the
database sees to that. All that binds others is in `gis.orders.acting`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, Integer, any_, cast, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert

from gis import places
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.division.delta import Delta
from gis.errors import ForbiddenError, NotFoundError
from gis.orders.order import Order, load, may, may_adopt, query, waits_for
from gis.orders.status import TRANSITIONS, Act, Stage, StaleError, Status, TransitionError
from gis.orders.tables import change_order, order_event, order_step
from gis.tables import unit_version

_o, _s = change_order.c, order_step.c
# One at a time takes the next number of a year.
_NUMBER_LOCK = 7_203_120
LONGEST_TITLE = 120
CREATE = "create"


def create(  # noqa: PLR0913 - what an order begins with
    db: Connection,
    viewer: Viewer,
    *,
    title: str,
    within: Sequence[int],
    zoning: str = "main",
    undoes: int | None = None,
    right: Right = Right.REDRAW,
) -> Order:
    """Begin a draft in which some units, and what lies around them, are redrawn.

    Parameters
    ----------
    right
        What allows it: to draw, or only to propose, which is for the engine to write.

    Raises
    ------
    ForbiddenError
        If the viewer has not the right on one of the units.
    NotFoundError
        If there is no such zoning, or one of the units is not there today.
    """
    number = _zoning_id(db, zoning)
    wanted = sorted(set(within))
    there = select(unit_version.c.unit_id).where(
        unit_version.c.unit_id == any_(wanted),  # type: ignore[arg-type]
        unit_version.c.zoning_id == number,
        func.upper_inf(unit_version.c.valid),
    )
    missing = set(wanted) - set(db.scalars(there))
    if missing or not wanted:
        raise NotFoundError(
            f"No unit of {zoning!r} has the number {min(missing)} today."
            if missing
            else "An order needs a unit to draw in: name one at least.",
            key="error.order_no_unit",
        )
    for unit_id in wanted:
        viewer.require(right, unit_id)
    city = places.city(db)
    year = dt.datetime.now(city.tz if city else dt.UTC).year
    db.execute(select(func.pg_advisory_xact_lock(_NUMBER_LOCK)))
    serial = db.scalar(select(func.coalesce(func.max(_o.serial), 0)).where(_o.year == year))
    values = {
        "year": year,
        "serial": (serial or 0) + 1,
        "title": _title(title),
        "status": Status.DRAFT.value,
        "zoning_id": number,
        "within": wanted,
        "author_id": viewer.account_id,
        "author": viewer.name or viewer.login,
    }
    made = db.scalar(insert(change_order).values(values).returning(_o.id))
    order_id = int(made or 0)
    if undoes is not None:
        db.execute(update(change_order).where(_o.id == order_id).values(undoes=undoes))
    db.execute(
        insert(order_event)
        .inline()
        .values(
            order_id=order_id, account_id=viewer.account_id, name=values["author"], act=CREATE,
            before=Status.DRAFT.value, after=Status.DRAFT.value, details={},
        )
    )  # fmt: skip
    return read(db, order_id)


def rename(db: Connection, viewer: Viewer, order_id: int, *, title: str) -> Order:
    """Give a draft another title."""
    _own_draft(db, viewer, order_id)
    db.execute(
        update(change_order)
        .where(_o.id == order_id)
        .values(title=_title(title), updated_at=func.now())
    )
    return read(db, order_id)


def read(db: Connection, number: int) -> Order:
    """Return an order, or raise NotFoundError."""
    found = load(db, query().where(_o.id == number))
    if not found:
        raise NotFoundError(f"There is no change order {number}.", key="error.no_order")
    return found[0]


def steps(db: Connection, order_id: int) -> tuple[tuple[Delta, ...], int]:
    """Return the steps of an order, those undone too, and how many are in force."""
    order = read(db, order_id)
    query = (
        select(_s.delta)
        .where(_s.order_id == order_id, _s.n <= order.steps)
        .order_by(_s.n)
    )  # fmt: skip
    return tuple(Delta.from_json(data) for data in db.scalars(query)), order.done


def said(db: Connection, order_id: int) -> tuple[str, ...]:
    """Return what each step of an order did, in the editor's words."""
    query = (
        select(_s.said)
        .join(change_order, _o.id == _s.order_id)
        .where(_s.order_id == order_id, _s.n <= _o.steps)
        .order_by(_s.n)
    )
    return tuple(db.scalars(query))


def delta(db: Connection, order_id: int) -> Delta:
    """Return all that an order changes: the sum of its steps in force."""
    found, done = steps(db, order_id)
    return total(found[:done])


def effect(db: Connection, order_id: int) -> Delta | None:
    """Return what an order changed, with the numbers its new units got; None until it did."""
    found = db.scalar(select(_o.effect).where(_o.id == order_id))
    return Delta.from_json(found) if found else None


def total(some: Iterable[Delta]) -> Delta:
    """Return steps as one change."""
    result = Delta()
    for step in some:
        result += step
    return result


def save_step(  # noqa: PLR0913 - what a step is
    db: Connection, viewer: Viewer, order_id: int, *, seen: int, delta: Delta, said: str
) -> int:
    """Add a step after those in force, in place of the ones undone; return the new revision.

    Parameters
    ----------
    seen
        The revision that the step was drawn on.
    said
        What was done, as a sentence.

    Raises
    ------
    StaleError
        If the draft has been written since.
    """
    order = _own_draft(db, viewer, order_id, seen)
    values = {
        "delta": delta.to_json(),
        "units": sorted(n for n in delta.units if n > 0),
        "said": said,
        "at": func.now(),
    }
    made = {"order_id": order_id, "n": order.done + 1, **values}
    del made["at"]
    db.execute(
        upsert(order_step)
        .values(made)
        .on_conflict_do_update(index_elements=[_s.order_id, _s.n], set_=values)
    )
    return _written(db, order_id, seen, done=order.done + 1, steps=order.done + 1)


def set_done(db: Connection, viewer: Viewer, order_id: int, *, seen: int, done: int) -> int:
    """Put so many of the steps in force, to undo or redo some; return the new revision."""
    order = _own_draft(db, viewer, order_id, seen)
    if not 0 <= done <= order.steps:
        raise TransitionError(
            f"The order has {order.steps} steps; {done} cannot be in force.",
            key="edit.nothing_redo",
        )
    return _written(db, order_id, seen, done=done)


def listed(  # noqa: PLR0913 - one argument for each filter
    db: Connection,
    viewer: Viewer,
    *,
    status: Status | None = None,
    mine: bool = False,
    waiting_for_me: bool = False,
    touching: Sequence[int] | None = None,
) -> list[Order]:
    """Return orders, the latest changed first; drafts of others only by their number.

    Parameters
    ----------
    mine
        Only those the viewer drew or proposed.
    waiting_for_me
        Only those that wait for somebody the viewer may answer for.
    touching
        Only those that change one of these units.
    """
    own = _o.author_id.is_not_distinct_from(viewer.account_id) | (
        func.coalesce(_o.proposer_id, 0) == (viewer.account_id or -1)
    )
    wanted = query().order_by(_o.updated_at.desc(), _o.id.desc())
    wanted = wanted.where(own if mine else or_(own, _o.status != Status.DRAFT.value))
    if status is not None:
        wanted = wanted.where(_o.status == status.value)
    if waiting_for_me:
        asked = or_(may_adopt(viewer), *(waits_for(viewer, stage) for stage in Stage))
        wanted = wanted.where(asked, ~own)
    if touching is not None:
        units = cast(list(touching), ARRAY(Integer))
        drawn = exists().where(_s.order_id == _o.id, _s.n <= _o.done, _s.units.overlap(units))
        wanted = wanted.where(or_(_o.touched.overlap(units), drawn))
    return load(db, wanted)


def can(viewer: Viewer, order: Order) -> list[Act]:
    """Return what a viewer may do with an order now."""
    return [
        act
        for (status, act), rule in TRANSITIONS.items()
        if status is order.status and may(viewer, order, rule.who, rule.right)
    ]


def _zoning_id(db: Connection, key: str) -> int:
    numbers = places.zoning_ids(db)
    if key not in numbers:
        raise NotFoundError(
            f"No zoning is called {key!r}. There are: {', '.join(numbers)}.",
            key="error.no_zoning",
            zoning=key,
        )
    return numbers[key]


def _title(typed: str) -> str:
    words = " ".join(typed.replace("\0", " ").split())
    return words[:LONGEST_TITLE] or "—"


def _own_draft(db: Connection, viewer: Viewer, order_id: int, seen: int | None = None) -> Order:
    """Return the viewer's own draft, held until the transaction ends."""
    order = read(db, order_id)
    if order.author_id != viewer.account_id:
        raise ForbiddenError(
            f"{order.number} is {order.author}'s: only who drew it draws on.",
            key="edit.not_yours",
            order=order.number,
            author=order.author,
        )
    if order.status is not Status.DRAFT:
        raise TransitionError(
            f"{order.number} is {order.status.value}: take it back to draw on, or begin another.",
            key="edit.closed",
            order=order.number,
        )
    held = select(_o.revision).where(_o.id == order_id, _o.status == Status.DRAFT.value)
    revision = db.scalar(held.with_for_update())
    if revision is None or (seen is not None and revision != seen):
        raise StaleError(
            f"{order.number} has been changed meanwhile, in another window or by somebody else. "
            "Look at it again; nothing was overwritten.",
            key="edit.stale",
            order=order.number,
        )
    return order if revision == order.revision else read(db, order_id)


def _written(db: Connection, order_id: int, seen: int, **values: int) -> int:
    db.execute(
        update(change_order)
        .where(_o.id == order_id)
        .values(revision=seen + 1, updated_at=func.now(), **values)
    )
    return seen + 1
