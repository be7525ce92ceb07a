"""Incidents of a place as a list: open, late, waiting for somebody; each list with its length."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, and_, func, literal_column, or_, select
from sqlalchemy.sql.visitors import replacement_traverse

from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.access.views import seen_incident
from gis.cases import incident_notice
from gis.tables import incident
from layers import selection
from layers.catalog.incidents import INCIDENTS
from layers.handling import boundaries, told
from layers.handling import case as reading
from layers.handling.boundaries import On
from layers.handling.case import Case
from layers.handling.settings import Handling
from layers.handling.stages import Stage, Supervised

MOST_LISTED = 200
_c = seen_incident.c


class Listing(StrEnum):
    """Which incidents."""

    OPEN = "open"
    MINE = "mine"
    """待我办: those whose next step is the viewer's."""
    OVERDUE = "overdue"
    SOON = "soon"
    SUPERVISED = "supervised"
    """督办: those a leader asks about, for him and for who works on them."""
    TOLD = "told"
    """告知我的: those a rule told the viewer of, until he has said to have seen it."""
    CLOSED = "closed"
    ALL = "all"


@dataclass(frozen=True)
class Asked:
    """Which incidents are asked for."""

    unit_id: int
    listing: Listing = Listing.OPEN
    # Reported from the first to the second, the second not included.
    period: tuple[dt.datetime, dt.datetime] | None = None
    # A part of one of the layer's dimensions: "big:gb/01".
    part: str = ""
    # 临期: what is due within this time, as the city has it.
    soon: dt.timedelta = dt.timedelta(hours=Handling.due_soon_h)
    # None: at whichever stage.
    stage: Stage | None = None
    # Whether a closed one is of the unit in which it lies today, or of that in which it was closed.
    on: On = On.TODAY
    # A condition on rows of `incident`, which then says alone where and when they were.
    among: ColumnElement[bool] | None = field(default=None, compare=False)


STATES = (Listing.OVERDUE, Listing.SOON, Listing.OPEN, Listing.CLOSED)
"""How an incident may stand, the most pressing first: see `pressing`."""
# Nothing on these is closed: what is open lies where it lies today.
_OPEN = frozenset({Listing.OPEN, Listing.MINE, Listing.OVERDUE, Listing.SOON})
# Who may look at the list of those that are supervised.
CONCERNED = frozenset({Right.CASES, Right.SUPERVISE})
_ANSWERED = Supervised.ANSWERED.value
# Whose turn it is at a stage; at work the duty body's, or the territory's own.
_TURNS: Mapping[Right, tuple[Stage, ...]] = MappingProxyType(
    {
        Right.REGISTER: (Stage.REPORT,),
        Right.DISPATCH: (Stage.REGISTER,),
        Right.HANDLE: (Stage.DISPATCH, Stage.HANDLE),
        Right.VERIFY: (Stage.FEED_BACK, Stage.CHECK),
        # What was answered, wherever it stands.
        Right.SUPERVISE: (),
    }
)


def pressing(case: Case, soon: dt.timedelta) -> Listing:
    """Return the list that tells best how an incident stands: overdue, soon, open or closed."""
    if case.stage is Stage.CLOSED:
        return Listing.CLOSED
    if case.is_overdue:
        return Listing.OVERDUE
    is_soon = case.due_at is not None and case.due_at < case.now + soon
    return Listing.SOON if is_soon else Listing.OPEN


def listed(
    db: Connection, viewer: Viewer, asked: Asked, *, now: dt.datetime, most: int = MOST_LISTED
) -> list[Case]:
    """Return incidents of a unit and all below it, the most pressing first.

    What is open comes by when it is due, what has no limit last; what is closed by when it was
    closed, the latest first.
    """
    # An expression, for which there is no index: along that of `due_at` one would read through all
    # that was ever due for the few that are open.
    due = func.coalesce(_c.due_at, literal_column("'infinity'::timestamptz"))
    order: tuple[Any, ...] = (due, _c.reported_at, _c.id)
    # Of one stage all are open, or all are closed.
    is_past = asked.listing in (Listing.CLOSED, Listing.ALL)
    if is_past and asked.stage in (None, Stage.CLOSED):
        order = (_c.closed_at.desc().nulls_first(), _c.reported_at.desc(), _c.id)
    query = reading.columns().where(where(db, viewer, asked, now)).order_by(*order).limit(most)
    return reading.cases_of(db, query, now)


def lengths(
    db: Connection, viewer: Viewer, asked: Asked, *, now: dt.datetime
) -> dict[Listing, int]:
    """Return how long each list of open incidents is, whichever is asked for.

    Of those that are supervised only for who works on cases or looks after those who do; not of
    those that somebody was told of, which are his own.
    """
    some = (Listing.MINE, Listing.OVERDUE, Listing.SOON)
    counts: list[ColumnElement[Any]] = [
        func.count().filter(_LISTS[one](viewer, asked, now)) for one in some
    ]
    others: list[Listing] = []
    if not viewer.rights.isdisjoint(CONCERNED):
        others.append(Listing.SUPERVISED)
        # Some of them may be closed.
        these = where(db, viewer, replace(asked, listing=Listing.SUPERVISED), now)
        counts.append(
            select(func.count()).select_from(seen_incident).where(these).scalar_subquery()
        )
    within = where(db, viewer, replace(asked, listing=Listing.OPEN), now)
    query = select(func.count(), *counts).select_from(seen_incident).where(within)
    return dict(zip((Listing.OPEN, *some, *others), db.execute(query).one(), strict=True))


def turns_at(
    db: Connection, viewer: Viewer, asked: Asked, *, now: dt.datetime
) -> dt.datetime | None:
    """Return when an open incident next stands otherwise though nobody touches it; None: none will.

    It falls due, comes near to it, or its clock goes on. Whichever list is asked for.
    """
    due, until = _c.due_at, _c.paused_until
    turns = func.least(
        func.min(due).filter(due >= now),
        func.min(due).filter(due >= now + asked.soon) - asked.soon,
        func.min(until).filter(until > now),
    )
    within = where(db, viewer, replace(asked, listing=Listing.OPEN, stage=None), now)
    return db.scalar(select(turns).select_from(seen_incident).where(within))


def length(db: Connection, viewer: Viewer, asked: Asked, *, now: dt.datetime) -> int:
    """Return how many a list holds."""
    query = select(func.count()).select_from(seen_incident).where(where(db, viewer, asked, now))
    return db.scalars(query).one()


def is_longer(db: Connection, viewer: Viewer, asked: Asked, than: int, *, now: dt.datetime) -> bool:
    """Return whether a list is longer than a number; it is not counted any further."""
    some = select(_c.id).where(where(db, viewer, asked, now)).limit(than + 1).subquery()
    return (db.scalar(select(func.count()).select_from(some)) or 0) > than


def listed_of(db: Connection, numbers: Collection[int], *, now: dt.datetime) -> list[Case]:
    """Return incidents by their numbers, those that the viewer sees."""
    return reading.cases_of(db, reading.columns().where(_c.id.in_(numbers)), now)


def kin(db: Connection, case: Case) -> dict[str, list[Case]]:
    """Return the cases that belong to one: parent, children, original and duplicates of it."""
    related = {
        "parent": _c.id == case.parent_id,
        "children": _c.parent_id == case.id,
        "original": _c.id == case.duplicate_of,
        "duplicates": _c.duplicate_of == case.id,
    }
    return {
        name: reading.cases_of(
            db, reading.columns().where(is_so).order_by(_c.id).limit(MOST_LISTED), case.now
        )
        for name, is_so in related.items()
    }


def where(db: Connection, viewer: Viewer, asked: Asked, now: dt.datetime) -> ColumnElement[bool]:
    """Return which incidents are on a list."""
    return _among(_place(db, asked), viewer, asked, now)


def _among(
    here: ColumnElement[bool], viewer: Viewer, asked: Asked, now: dt.datetime
) -> ColumnElement[bool]:
    """Return which incidents of a place are on a list."""
    conditions = [here, _LISTS[asked.listing](viewer, asked, now)]
    if asked.period:
        begin, end = asked.period
        conditions.append(and_(_c.reported_at >= begin, _c.reported_at < end))
    if asked.stage is not None:
        conditions.append(_c.stage == asked.stage.value)
    return and_(*conditions, *_in_part(asked.part))


def _place(db: Connection, asked: Asked) -> ColumnElement[bool]:
    """Return which incidents are of the unit, or of the number that is asked for."""
    if asked.among is not None:
        return _as_seen(asked.among)
    on = On.TODAY if asked.listing in _OPEN else asked.on
    return lying_in(db, asked.unit_id, on, is_closed=asked.listing is Listing.CLOSED)


def lying_in(
    db: Connection, unit_id: int, on: On, *, is_closed: bool = False
) -> ColumnElement[bool]:
    """Return which incidents are of a unit: closed ones as asked for, open ones today's.

    Parameters
    ----------
    is_closed
        Whether nothing but closed ones is asked for.
    """
    if on is On.TODAY:
        return selection.rows_in(db, INCIDENTS, unit_id, table_=seen_incident)
    return boundaries.rows_in(db, unit_id, seen_incident, is_closed=is_closed)


def _as_seen(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return what is said of the table's rows, said of those that the viewer sees."""

    def seen(element: object, **_: object) -> ColumnElement[Any] | None:
        if isinstance(element, Column) and element.table is incident:
            return _c[element.key]
        return None

    return replacement_traverse(condition, {}, seen)


def _in_part(part: str) -> list[ColumnElement[bool]]:
    dimension, _, key = part.partition(":")
    if dimension in ("big", "small"):
        # As the indexes have it: "scheme/code".
        scheme, _, code = key.partition("/")
        return [_c.scheme == scheme, _c[dimension] == code]
    columns = {each.key: each.column for each in INCIDENTS.dimensions}
    return [literal_column(columns[dimension]) == key] if dimension in columns else []


def _is_open(_viewer: Viewer, _asked: Asked, _now: dt.datetime) -> ColumnElement[bool]:
    # In the words of the partial indexes, which hold nothing but open incidents.
    return _c.stage != "closed"


def _is_mine(viewer: Viewer, asked: Asked, now: dt.datetime) -> ColumnElement[bool]:
    turns: list[ColumnElement[bool]] = []
    for holding in viewer.posts:
        for right, stages in _TURNS.items():
            if right not in holding.rights:
                continue
            whose: ColumnElement[bool]
            if holding.body_id is not None:
                whose = _c.body_id == holding.body_id
            else:
                whose = or_(False, *(_c.unit_id.between(*span) for span in holding.units))
                if right is Right.HANDLE:
                    whose = and_(_c.body_id.is_(None), whose)
            turns.append(and_(_c.stage.in_([stage.value for stage in stages]), whose))
            if right is Right.SUPERVISE:
                turns.append(and_(_c.supervision["state"].astext == _ANSWERED, whose))
            if right is Right.DISPATCH:
                turns.append(and_(_c.asked.is_not(None), whose))
    # Nobody's turn while the clock stands still: the condition says so for the dispatcher, too.
    rests = and_(_c.paused_at.is_not(None), or_(_c.paused_until.is_(None), _c.paused_until > now))
    return and_(_is_open(viewer, asked, now), ~rests, or_(False, *turns))


def _is_overdue(viewer: Viewer, asked: Asked, now: dt.datetime) -> ColumnElement[bool]:
    return and_(_is_open(viewer, asked, now), _c.due_at < now)


def _is_supervised(viewer: Viewer, _asked: Asked, _now: dt.datetime) -> ColumnElement[bool]:
    # In the words of the partial index; one that was closed meanwhile is there until it is over.
    return and_(
        _c.supervision.is_not(None),
        _c.supervision["state"].astext != Supervised.ACCEPTED.value,
        _concerns(viewer),
    )


def _is_told(viewer: Viewer, _asked: Asked, _now: dt.datetime) -> ColumnElement[bool]:
    n = incident_notice.c
    mine = select(n.incident_id).where(
        n.account_id == viewer.account_id, n.seen_at.is_(None), told.readable()
    )
    return _c.id.in_(mine)


def _concerns(viewer: Viewer) -> ColumnElement[bool]:
    """Return whether somebody works on an incident, or looks after those who do."""
    whose: list[ColumnElement[bool]] = []
    for holding in viewer.posts:
        if holding.rights.isdisjoint(CONCERNED):
            continue
        if holding.body_id is not None:
            whose.append(_c.body_id == holding.body_id)
        whose += [_c.unit_id.between(*span) for span in holding.units]
    return or_(False, *whose)


def _is_soon(viewer: Viewer, asked: Asked, now: dt.datetime) -> ColumnElement[bool]:
    return and_(_is_open(viewer, asked, now), _c.due_at >= now, _c.due_at < now + asked.soon)


def _is_closed(_viewer: Viewer, _asked: Asked, _now: dt.datetime) -> ColumnElement[bool]:
    return _c.stage == "closed"


def _is_any(_viewer: Viewer, _asked: Asked, _now: dt.datetime) -> ColumnElement[bool]:
    return _c.id.is_not(None)


_LISTS: Mapping[Listing, Callable[[Viewer, Asked, dt.datetime], ColumnElement[bool]]] = (
    MappingProxyType(
        {
            Listing.OPEN: _is_open,
            Listing.MINE: _is_mine,
            Listing.OVERDUE: _is_overdue,
            Listing.SOON: _is_soon,
            Listing.SUPERVISED: _is_supervised,
            Listing.TOLD: _is_told,
            Listing.CLOSED: _is_closed,
            Listing.ALL: _is_any,
        }
    )
)
