"""What is said about an incident by those who work on it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select

from gis.access import audit
from gis.access.viewer import Viewer
from gis.cases import incident_comment
from gis.errors import CityGridError
from layers.handling import following, keeping
from layers.handling.cases import held
from layers.handling.following import Happened
from layers.handling.stages import Act
from layers.handling.standing import allowed

LONGEST_COMMENT = 2_000


def comment(db: Connection, viewer: Viewer, case_id: int, text: str, *, now: dt.datetime) -> None:
    """Say something about a case; seen by all who work on it.

    Parameters
    ----------
    db
        As the engine, since others hear of it; the caller commits.
    """
    case = held(db, viewer, case_id, now)
    allowed(viewer, case, Act.COMMENT)
    words = text.replace("\0", "").strip()
    if not words or len(words) > LONGEST_COMMENT:
        raise CityGridError(
            f"A comment has 1 to {LONGEST_COMMENT:,} characters.",
            key="error.case_comment", most=LONGEST_COMMENT,
        )  # fmt: skip
    number = db.scalar(
        insert(incident_comment)
        .values(
            incident_id=case.id, account_id=viewer.account_id,
            name=viewer.name or viewer.login, text=words,
        )
        .returning(incident_comment.c.id)
    )  # fmt: skip
    following.tell(db, viewer, [Happened(case.id, comment_id=number)], now)
    audit.record(
        db, audit.Act.CHANGE, subject=f"incident/{case.id}", details={"act": Act.COMMENT.value},
        account_id=viewer.account_id, login=viewer.login, address=viewer.address,
    )  # fmt: skip
    keeping.tell(
        db, [case.id], units=[case.unit_id], bodies=[case.body_id], is_personal=True
    )  # fmt: skip


def comments(db: Connection, case_id: int) -> list[Mapping[str, Any]]:
    """Return what was said about a case that the viewer works on: at, name, text; in order."""
    c = incident_comment.c
    query = select(c.at, c.name, c.text).where(c.incident_id == case_id).order_by(c.id)
    return [dict(row._mapping) for row in db.execute(query)]
