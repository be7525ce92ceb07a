"""What becomes of an order of the hotline that says otherwise in a later file.

Of one that waits the later words wait; one that was put away is looked at again. What is handled as
a case stays as it is: what changed is said in its history and to who works on it, and where it is
waits for somebody who confirms that it is moved.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, any_, delete, insert, select, update

from gis import locate
from gis.access import audit
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.cases import hotline_caller, hotline_order
from gis.city import City
from gis.tables import incident
from layers.handling import case as reading
from layers.handling import cases, effects, following, keeping
from layers.handling.case import Case
from layers.handling.drafts import LONGEST_PLACE
from layers.handling.faces import Faces
from layers.handling.following import Happened
from layers.handling.hotline_orders import (
    PLACE,
    PROGRESS,
    Order,
    Place,
    State,
    differing,
    kept,
    said,
)
from layers.handling.keeping import Done
from layers.handling.stages import HOTLINE_CHANGED, Act, Stage
from layers.layer import Names

_c = hotline_order.c
# Nearer than this an address that is written otherwise is the same place.
SAME_PLACE_M = 30.0
_DEGREE_M = 111_320.0
NAMES: Mapping[str, Names] = MappingProxyType(
    {
        "title": {"zh": "标题", "en": "title"},
        "text": {"zh": "内容", "en": "what is said"},
        "address": {"zh": "地址", "en": "address"},
        "words": {"zh": "类别", "en": "class"},
        "status": {"zh": "状态", "en": "status"},
        "deadline": {"zh": "时限", "en": "deadline"},
        "is_personal": {"zh": "保密", "en": "confidential"},
        "at": {"zh": "坐标", "en": "coordinates"},
    }
)
"""What may change, in words."""
_HEAD = {"zh": "热线工单 {number} 有变更：", "en": "The hotline says otherwise of order {number}:"}
_NOTHING = {"zh": "无", "en": "none"}
_YES = {True: {"zh": "是", "en": "yes"}, False: {"zh": "否", "en": "no"}}


@dataclass(frozen=True)
class Changed:
    """What an order says otherwise, and what became of that."""

    fields: tuple[str, ...]
    # The incident whose history has it; "": none, or not the viewer's.
    key: str = ""
    # Why somebody has to look at it; "" where nobody has.
    why: str = ""


def follow(  # noqa: PLR0913 - what is brought, by whom, and when
    db: Connection, viewer: Viewer, city: City, file: str, orders: Sequence[Order],
    lying: Mapping[str, int | None], *, now: dt.datetime,
) -> dict[str, Changed]:  # fmt: skip
    """Take in what orders that were brought before say otherwise; return those that do, by number.

    As the engine; the caller commits.

    Parameters
    ----------
    lying
        By number, the unit in which one lies that somebody has to look at.
    """
    by_number = {order.number: order for order in orders}
    if not by_number:
        return {}
    query = select(hotline_order).where(_c.number == any_(sorted(by_number)))  # type: ignore[arg-type]
    # In one order, so that two with the same orders wait for each other and not in a circle.
    rows = db.execute(query.order_by(_c.number).with_for_update()).all()
    found: list[tuple[Row[Any], Order, tuple[str, ...]]] = []
    for row in rows:
        order = by_number[row.number]
        new = {**(row.said or {}), **said(order)}
        if new != row.said:
            db.execute(update(hotline_order).where(_c.id == row.id).values(said=new))
        if fields := differing(row.said, new):
            found.append((row, order, fields))
    ids = sorted({row.incident_id for row, *_ in found if row.incident_id is not None})
    if ids:
        locate.hold_faces(db)
        i = incident.c
        db.execute(
            select(i.id).where(i.id == any_(ids)).order_by(i.id).with_for_update()  # type: ignore[arg-type]
        )
    told: dict[str, Changed] = {}
    for row, order, fields in found:
        if row.incident_id is not None:
            told[order.number] = _tell(db, viewer, city, file, (row, order, fields), now)
        elif row.state == State.WAITING or not PROGRESS.issuperset(fields):
            told[order.number] = _wait(
                db, viewer, file, (row, order, fields), lying.get(order.number)
            )
    return told


def move(  # noqa: PLR0913 - who moves what where
    db: Connection, viewer: Viewer, city: City, incident_id: int, place: Place, *,
    number: str, address: str, now: dt.datetime, faces: Faces | None = None,
) -> Case:  # fmt: skip
    """Move an incident to where its order says it is now, as somebody confirms. As the engine."""
    # Before the row, or a change of boundaries and this would wait for each other.
    locate.hold_faces(db)
    case = cases.held(db, viewer, incident_id, now)
    changes: dict[str, Any] = {
        "lon": place.lon, "lat": place.lat, "placed_by": place.by, "placed_score": place.score,
        "placed_within_m": place.within_m, "placed_as": place.read_as,
    }  # fmt: skip
    if address:
        changes["address"] = address[:LONGEST_PLACE]
    note = effects.Said(note=f"12345 {number}", changes=changes)
    return cases.act(
        db, viewer, city, case.id, Act.AMEND, note, seen_version=case.version, now=now,
        faces=faces,
    )  # fmt: skip


def _tell(  # noqa: PLR0913 - what is told of which case
    db: Connection, viewer: Viewer, city: City, file: str,
    change: tuple[Row[Any], Order, tuple[str, ...]], now: dt.datetime,
) -> Changed:  # fmt: skip
    """Say in the history of a case what its order says otherwise, and write nothing over."""
    row, order, fields = change
    case = reading.read(db, row.incident_id, now)
    is_moved = (
        not PLACE.isdisjoint(fields)
        and case.stage is not Stage.CLOSED
        and not _is_there(order, case)
    )
    if is_moved:
        place = None if order.why == "outside" else order.place
        draft = kept(replace(order, scheme=case.scheme, small=case.small, place=place))
        db.execute(
            update(hotline_order)
            .where(_c.id == row.id)
            .values(
                state=State.WAITING.value, why="moved", draft=draft, unit_id=case.unit_id,
                file=file, row=order.row,
            )
        )  # fmt: skip
    details = {"hotline_order": order.number, "fields": list(fields)}
    step = Done(case.id, HOTLINE_CHANGED, case.stage, case.stage, case.version, details=details)
    keeping.write_steps(db, viewer, [step], now)
    number = keeping.say(db, viewer, case.id, _words(row, order, fields, city.language))
    following.tell(db, viewer, [Happened(case.id, comment_id=number)], now)
    keeping.tell(
        db, [case.id], units=[case.unit_id], bodies=[case.body_id], is_personal=case.is_personal
    )
    is_theirs = not case.is_personal or (
        case.unit_id is not None and viewer.may(Right.CASES, case.unit_id)
    )
    return Changed(fields, case.key if is_theirs else "", "moved" if is_moved else "")


def _wait(
    db: Connection, viewer: Viewer, file: str, change: tuple[Row[Any], Order, tuple[str, ...]],
    unit_id: int | None,
) -> Changed:  # fmt: skip
    """Let the later words of an order wait, whether it waited or had been put away."""
    row, order, fields = change
    why = order.why or "again"
    db.execute(
        update(hotline_order)
        .where(_c.id == row.id)
        .values(
            state=State.WAITING.value, why=why, draft=kept(order), file=file, row=order.row,
            unit_id=unit_id,
        )
    )  # fmt: skip
    db.execute(delete(hotline_caller).where(hotline_caller.c.order_id == row.id))
    if order.name or order.phone:
        caller = {"order_id": row.id, "name": order.name or None, "phone": order.phone or None}
        db.execute(insert(hotline_caller), [caller])
    audit.record(
        db, audit.Act.CHANGE, subject=f"hotline/{order.number}",
        details={"fields": list(fields), "from": row.state, "to": State.WAITING.value},
        account_id=viewer.account_id, login=viewer.login, address=viewer.address,
    )  # fmt: skip
    return Changed(fields, why=why)


def _is_there(order: Order, case: Case) -> bool:
    """Return whether an order is surely where its incident is."""
    if order.place is None or order.why not in ("", "no_class"):
        return False
    east = (order.place.lon - case.lon) * np.cos(np.radians(case.lat))
    return bool(np.hypot(east, order.place.lat - case.lat) * _DEGREE_M <= SAME_PLACE_M)


def _words(row: Row[Any], order: Order, fields: Sequence[str], language: str) -> str:
    """Return what changed, for those who work on the case: a line for each field."""
    nothing = _NOTHING[language]

    def line(name: str) -> str:
        label = NAMES[name][language]
        if name == "at":
            place = order.place if order.place and order.place.by == "coordinates" else None
            return f"{label}: {place.lon:.5f}, {place.lat:.5f}" if place else f"{label}: {nothing}"
        now = getattr(order, name)
        if name == "is_personal":
            return f"{label}: {_YES[bool(now)][language]}"
        before = f"{row.said[name] or nothing} → " if name in PROGRESS else ""
        return f"{label}: {before}{now or nothing}"

    head = _HEAD[language].format(number=order.number)
    return "\n".join([head, *(line(name) for name in fields)])
