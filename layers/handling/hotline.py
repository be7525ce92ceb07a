"""The hotline's own orders (12345): each becomes one incident, however often its file is brought.

What is placed surely is reported at once. What is doubtful waits until somebody confirms where it
is, or puts it away. What a later file says otherwise is followed: `hotline_changes`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, any_, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert_into

from gis.access import audit
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.cases import hotline_caller, hotline_order, hotline_setting
from gis.city import City
from gis.errors import CityGridError, ForbiddenError, NotFoundError
from layers.handling import hotline_changes, keeping, reports
from layers.handling.drafts import LONGEST_PLACE, LONGEST_TITLE, Draft, Received, Reporter
from layers.handling.faces import Faces
from layers.handling.hotline_changes import Changed
from layers.handling.hotline_orders import Order, Place, State, Words, kept, said

MOST_WAITING = 200
_c = hotline_order.c
# There is one row of it.
_ONLY = 1


@dataclass(frozen=True)
class Taken:
    """What became of an order that was brought."""

    # None: refused, see ``fault``; or it was there.
    state: State | None
    key: str = ""
    fault: CityGridError | None = None
    # What the hotline says otherwise than before, of an order that had been brought.
    changed: Changed | None = None

    @property
    def is_known(self) -> bool:
        """Whether the order had been brought before, as it is."""
        return self.state is None and self.fault is None and self.changed is None


@dataclass(frozen=True)
class Waiting:
    """An order that somebody has to look at."""

    id: int
    number: str
    file: str
    row: int
    why: str
    unit_id: int | None
    at: dt.datetime
    title: str
    text: str
    address: str
    words: str
    scheme: str
    small: str
    place: Place | None
    # The incident that it is of already, whose place it says otherwise.
    incident_id: int | None = None


@dataclass(frozen=True)
class Setting:
    """How the city's hotline writes: field → column, its word for a class → "scheme/small"."""

    columns: Mapping[str, str]
    words: Mapping[str, str]


def setting(db: Connection) -> Setting:
    """Return what is kept of how the hotline writes."""
    row = db.execute(select(hotline_setting.c.columns, hotline_setting.c.words)).first()
    return Setting(row.columns, row.words) if row else Setting({}, {})


def keep(
    db: Connection,
    viewer: Viewer,
    *,
    columns: Mapping[str, str] | None = None,
    words: Mapping[str, str] | None = None,
) -> None:
    """Keep which column is which field, and what the hotline's words mean. As the engine."""
    viewer.require(Right.REGISTER)
    was = setting(db)
    new = {
        "columns": dict(was.columns if columns is None else columns),
        "words": {**was.words, **(words or {})},
    }
    adding = upsert_into(hotline_setting).values(id=_ONLY, **new)
    db.execute(adding.on_conflict_do_update(index_elements=["id"], set_=new))


def known(db: Connection, numbers: Iterable[str]) -> dict[str, Words | None]:
    """Return what those orders said that were brought before, by number. As the engine."""
    asked = sorted(set(numbers))
    query = select(_c.number, _c.said).where(_c.number == any_(asked))  # type: ignore[arg-type]
    return {row.number: row.said for row in db.execute(query)}


def take(  # noqa: PLR0913 - what is brought, by whom, and when
    db: Connection, viewer: Viewer, city: City, file: str, orders: Sequence[Order], *,
    now: dt.datetime, faces: Faces | None = None,
) -> dict[str, Taken]:  # fmt: skip
    """Report the orders that are sure, let the others wait, follow those brought before.

    As the engine; the caller commits.

    Returns
    -------
    dict
        By number.
    """
    viewer.require(Right.REGISTER)
    faces = faces or Faces()
    lying = _units(db, faces, orders)
    values = [
        {
            "number": order.number,
            "state": (State.WAITING if order.why else State.REPORTED).value,
            "file": file, "row": order.row, "account_id": viewer.account_id, "why": order.why,
            "unit_id": lying.get(order.number),
            "draft": kept(order) if order.why else None,
            "said": said(order),
        }
        # In one order, so that two with the same file wait for each other and not in a circle.
        for order in sorted(orders, key=lambda order: order.number)
    ]  # fmt: skip
    if not values:
        return {}
    adding = upsert_into(hotline_order).on_conflict_do_nothing(index_elements=["number"])
    new = {row.number: row.id for row in db.execute(adding.returning(_c.number, _c.id), values)}
    found = {order.number: Taken(None) for order in orders}
    # Before anything is reported: cases are held before the stored numbers, as everywhere.
    there = [order for order in orders if order.number not in new]
    followed = hotline_changes.follow(db, viewer, city, file, there, lying, now=now)
    found |= {number: Taken(None, changed=one) for number, one in followed.items()}
    mine = [order for order in orders if order.number in new]
    waits = [order for order in mine if order.why]
    found |= {order.number: Taken(State.WAITING) for order in waits}
    callers = [
        {"order_id": new[order.number], "name": order.name or None, "phone": order.phone or None}
        for order in waits
        if order.name or order.phone
    ]
    if callers:
        db.execute(insert(hotline_caller), callers)
    sure = [order for order in mine if not order.why]
    if sure:
        drafts = [_draft(order, Reporter(order.name, order.phone)) for order in sure]
        told = reports.report_all(db, viewer, city, drafts, now=now, faces=faces)
        for order, one in zip(sure, told, strict=True):
            found[order.number] = _written(db, viewer, new[order.number], order.text, one)
    if waits or followed:
        # Open pages look at what waits when there are news of incidents.
        keeping.tell(db, [], is_personal=True)
    return found


def waiting(db: Connection, most: int = MOST_WAITING) -> list[Waiting]:
    """Return what waits and the viewer may decide on, the oldest first."""
    query = (
        select(
            _c.id, _c.number, _c.file, _c.row, _c.why, _c.unit_id, _c.at, _c.draft, _c.incident_id
        )
        .where(_c.state == State.WAITING.value)
        .order_by(_c.id)
        .limit(most)
    )
    return [_waiting(row) for row in db.execute(query)]


def count_waiting(db: Connection) -> int:
    """Return how many wait that the viewer may decide on."""
    query = select(func.count()).select_from(hotline_order)
    return db.scalars(query.where(_c.state == State.WAITING.value)).one()


def confirm(  # noqa: PLR0913 - who says what of which order
    db: Connection, viewer: Viewer, city: City, order_id: int, place: Place,
    kind: tuple[str, str], *, now: dt.datetime, faces: Faces | None = None,
) -> Received:  # fmt: skip
    """Report an order that waited, where somebody says it is, with the class he says.

    What its word for the class means is kept for those that come. One that was reported before is
    moved there, and keeps its class. As the engine.

    Raises
    ------
    CityGridError
        Somebody else was quicker, or it cannot be reported like that; nothing was written.
    """
    one = _held(db, viewer, order_id)
    if one.incident_id is not None:
        case = hotline_changes.move(
            db, viewer, city, one.incident_id, place, number=one.number, address=one.address,
            now=now, faces=faces,
        )  # fmt: skip
        _settle(db, order_id, State.REPORTED, case.id)
        return Received(case.id, case.key, False, case.unit_id, case.body_id, case.due_at)
    k = hotline_caller.c
    who = db.execute(select(k.name, k.phone).where(k.order_id == order_id)).first()
    draft = db.execute(select(_c.draft).where(_c.id == order_id)).scalar_one()
    moment = draft["reported_at"]
    order = Order(
        one.number, one.row, one.title, one.text, one.address, one.words, *kind,
        reported_at=dt.datetime.fromisoformat(moment) if moment else None,
        is_personal=draft["is_personal"], place=place,
    )  # fmt: skip
    reporter = Reporter(who.name or "", who.phone or "") if who else Reporter()
    told = reports.report_all(db, viewer, city, [_draft(order, reporter)], now=now, faces=faces)[0]
    if told.fault is not None:
        raise told.fault
    _written(db, viewer, order_id, one.text, told)
    if one.words and not one.small:
        keep(db, viewer, words={one.words: "/".join(kind)})
    return told


def drop(db: Connection, viewer: Viewer, order_id: int, reason: str) -> None:
    """Put an order away that is nothing for the city; who called is forgotten. As the engine.

    One that was reported before stays where it is.
    """
    one = _held(db, viewer, order_id)
    if not reason.strip():
        raise CityGridError(
            "Say why the order is put away.", key="hotline.needs_reason", number=one.number
        )
    to = State.DROPPED if one.incident_id is None else State.REPORTED
    _settle(db, order_id, to, one.incident_id)
    audit.record(
        db, audit.Act.CHANGE, subject=f"hotline/{one.number}", reason=reason,
        details={"to": to.value}, account_id=viewer.account_id, login=viewer.login,
        address=viewer.address,
    )  # fmt: skip
    keeping.tell(db, [], is_personal=True)


def _held(db: Connection, viewer: Viewer, order_id: int) -> Waiting:
    viewer.require(Right.REGISTER)
    row = db.execute(select(hotline_order).where(_c.id == order_id).with_for_update()).first()
    if row is None:
        raise NotFoundError(
            f"No order of the hotline waits as {order_id}.", key="hotline.none", n=order_id
        )
    if row.unit_id is not None and not viewer.may(Right.REGISTER, row.unit_id):
        raise ForbiddenError(
            f"The order {row.number} lies outside of your units.",
            key="hotline.not_yours", number=row.number,
        )  # fmt: skip
    if row.state != State.WAITING:
        raise CityGridError(
            f"Somebody decided on the order {row.number} meanwhile.",
            key="hotline.overtaken", number=row.number,
        )  # fmt: skip
    return _waiting(row)


def _waiting(row: Any) -> Waiting:  # noqa: ANN401 - a row
    draft = row.draft
    place = Place(**draft["place"]) if draft["place"] else None
    words = {name: draft[name] for name in ("title", "text", "address", "words", "scheme", "small")}
    return Waiting(row.id, row.number, row.file, row.row, row.why, row.unit_id, row.at, **words,
                   place=place, incident_id=row.incident_id)  # fmt: skip


def _units(db: Connection, faces: Faces, orders: Sequence[Order]) -> dict[str, int | None]:
    placed = [(order.number, order.place) for order in orders if order.why and order.place]
    lying = faces.lying(db, [(place.lon, place.lat) for _, place in placed])
    return {number: at.unit_id for (number, _), at in zip(placed, lying, strict=True)}


def _draft(order: Order, reporter: Reporter) -> Draft:
    place = order.place
    if place is None:
        raise AssertionError(order.number)
    called = Reporter(reporter.name, reporter.phone, is_subscribed=bool(reporter.phone))
    return Draft(
        order.scheme, order.small, place.lon, place.lat,
        title=(order.title or order.text)[:LONGEST_TITLE], address=order.address[:LONGEST_PLACE],
        placed_by=place.by, placed_score=place.score, placed_within_m=place.within_m,
        placed_as=place.read_as, source="hotline",
        is_personal=order.is_personal, reported_at=order.reported_at,
        reporter=called if reporter.name or reporter.phone else None,
        props={"hotline": order.number},
    )  # fmt: skip


def _written(db: Connection, viewer: Viewer, order_id: int, text: str, one: Received) -> Taken:
    if one.fault is not None:
        # Put right, it may come again.
        db.execute(delete(hotline_order).where(_c.id == order_id))
        return Taken(None, fault=one.fault)
    _settle(db, order_id, State.REPORTED, one.id)
    if text and one.id is not None:
        keeping.say(db, viewer, one.id, text)
    return Taken(State.REPORTED, one.key)


def _settle(db: Connection, order_id: int, state: State, incident_id: int | None) -> None:
    db.execute(
        update(hotline_order)
        .where(_c.id == order_id)
        .values(state=state.value, incident_id=incident_id, draft=None, why="")
    )
    db.execute(delete(hotline_caller).where(hotline_caller.c.order_id == order_id))
