"""Who follows an incident, and what he hears of it: each stage, comment and closing, once each.

Whoever reported a duplicate, or follows one, hears of the incident that it repeats.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    any_,
    delete,
    func,
    insert,
    select,
)

from gis.access.tables import account
from gis.access.viewer import Viewer
from gis.cases import incident_notice, incident_reporter
from gis.tables import incident
from layers.handling.told import About

_R = incident_reporter.c


@dataclass(frozen=True)
class Happened:
    """Something that was done or said about an incident."""

    incident_id: int
    step_id: int | None = None
    comment_id: int | None = None


def tell(db: Connection, viewer: Viewer, some: Sequence[Happened], now: dt.datetime) -> int:
    """Tell those who follow incidents what was done there; return how many notices that makes.

    Not who did it. What somebody may see is asked when he reads it. As the engine.
    """
    if not some:
        return 0
    here = _repeats({one.incident_id for one in some}).subquery()
    query = (
        select(here.c.root, _R.account_id)
        .join(incident_reporter, _R.incident_id == here.c.id)
        .join(account, account.c.id == _R.account_id)
        .where(
            _is_follower(), account.c.disabled_at.is_(None),
            _R.account_id.is_distinct_from(viewer.account_id),
        )
        .distinct()
    )  # fmt: skip
    who: dict[int, list[int]] = {}
    for root, number in db.execute(query.order_by(here.c.root, _R.account_id)):
        who.setdefault(root, []).append(number)
    found = [
        {
            "incident_id": one.incident_id, "account_id": number, "at": now,
            "about": (About.STEP if one.comment_id is None else About.COMMENT).value,
            "step_id": one.step_id, "comment_id": one.comment_id,
        }
        for one in some
        for number in who.get(one.incident_id, ())
    ]  # fmt: skip
    if found:
        db.execute(insert(incident_notice).inline(), found)
    return len(found)


def hears(db: Connection, viewer: Viewer, case_id: int) -> bool:
    """Return whether somebody with an account follows a case that he sees. As the engine."""
    return db.scalar(select(_R.id).where(*_own(viewer, case_id)).limit(1)) is not None


def begin(db: Connection, viewer: Viewer, case_ids: Iterable[int]) -> None:
    """Let somebody with an account follow cases that he does not follow yet. As the engine."""
    rows = [
        {"incident_id": number, "account_id": viewer.account_id, "is_subscribed": True}
        for number in case_ids
    ]
    if rows and viewer.account_id is not None:
        db.execute(insert(incident_reporter).inline(), rows)


def end(db: Connection, viewer: Viewer, case_id: int) -> None:
    """Let somebody hear no more of a case, nor of its duplicates. As the engine.

    What he was told of it by rules stays until he has seen it.
    """
    db.execute(delete(incident_reporter).where(*_own(viewer, case_id)))
    n = incident_notice.c
    db.execute(
        delete(incident_notice).where(
            n.incident_id == case_id, n.account_id == viewer.account_id, n.seen_at.is_(None),
            n.about.in_((About.STEP.value, About.COMMENT.value)),
        )
    )  # fmt: skip


def subscribers(db: Connection, case_id: int) -> int:
    """Return how many are to hear of a case: its reporters and those of its duplicates.

    As the engine.
    """
    here = _repeats({case_id}).subquery()
    query = (
        select(func.count())
        .select_from(here)
        .join(incident_reporter, _R.incident_id == here.c.id)
        .where(_R.is_subscribed)
    )
    return db.scalars(query).one()


def _repeats(case_ids: set[int]) -> Select[tuple[int, int]]:
    """Return which incidents say the same as some, themselves among them: root and id."""
    c = incident.c
    first = select(c.id.label("root"), c.id).where(
        c.id == any_(sorted(case_ids))  # type: ignore[arg-type]
    )
    known = first.cte("repeats", recursive=True)
    known = known.union(
        select(known.c.root, c.id).join(known, c.duplicate_of == known.c.id)
    )  # fmt: skip
    return select(known.c.root, known.c.id)


def _is_follower() -> ColumnElement[bool]:
    """Return what of a reporter is somebody with an account who hears for himself.

    Who has a name or a telephone reported it, perhaps to whose account this is.
    """
    return and_(_R.name.is_(None), _R.phone.is_(None), _R.is_subscribed)


def _own(viewer: Viewer, case_id: int) -> tuple[ColumnElement[bool], ...]:
    """Return what lets somebody hear of a case: that he follows it, or what it says again."""
    here = _repeats({case_id}).subquery()
    return (
        _R.incident_id.in_(select(here.c.id)), _R.account_id == viewer.account_id, _is_follower()
    )  # fmt: skip
