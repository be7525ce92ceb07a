"""Orders that are proposed by who heads none of their units: taken up there, or turned down.

As the engine. Once taken up it is its new author's draft, and goes the way of any other; the
proposer decides on nothing of it.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Connection, func, update

from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.orders import notices, orders, people
from gis.orders.acting import NEEDS_NOTE, Said, move
from gis.orders.notices import About
from gis.orders.order import Order
from gis.orders.status import Act, Status, TransitionError, rule_of
from gis.orders.tables import change_order

_o = change_order.c


def propose(db: Connection, viewer: Viewer, order: Order, said: Said, now: dt.datetime) -> Order:
    """Hand a draft to those who head its units.

    Raises
    ------
    TransitionError
        It changes nothing, or nobody heads any of its units.
    """
    touched = sorted(n for n in orders.delta(db, order.id).units if n > 0)
    heads = people.holders(db, touched, now, [Right.REDRAW])
    able = frozenset[int]().union(*heads.values()) - {viewer.account_id}
    if not touched or not able:
        raise TransitionError(
            "Nobody heads a unit that this would change, so nobody could take it up: ask a "
            "security administrator to fill a post there.",
            key="error.order_no_head",
        )
    db.execute(
        update(change_order)
        .where(_o.id == order.id)
        .values(
            touched=touched, proposer_id=viewer.account_id, proposer=viewer.name or viewer.login
        )
    )
    order = move(
        db, order, Act.PROPOSE, Status.PROPOSED, viewer, note=said.note,
        details={"units": touched},
    )  # fmt: skip
    notices.tell(db, order.id, About.PROPOSED, able)
    return order


def answer(db: Connection, viewer: Viewer, order: Order, act: Act, said: Said) -> Order:
    """Make a proposal the viewer's own draft, or turn it down with a reason."""
    if act in NEEDS_NOTE and not said.note.strip():
        raise TransitionError(
            f"Say why: {act.value} needs a reason.",
            key="error.order_needs_note",
        )
    after = rule_of(order.status, act).to[0]
    order = move(db, order, act, after, viewer, note=said.note)
    if act is Act.ADOPT:
        db.execute(
            update(change_order)
            .where(_o.id == order.id)
            .values(
                author_id=viewer.account_id, author=viewer.name or viewer.login,
                updated_at=func.now(),
            )
        )  # fmt: skip
    about = About.ADOPTED if act is Act.ADOPT else About.REJECTED
    notices.tell(db, order.id, about, [order.proposer_id])
    return orders.read(db, order.id)
