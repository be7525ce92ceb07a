"""Who reported an incident: masked for all who work on it, clear for a reason the audit keeps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, or_, select

from gis.access import audit
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.access.views import reporter_clear, reporter_masked
from gis.errors import ForbiddenError
from gis.tables import incident
from layers.handling import case as reading
from layers.handling.effects import LEAST_REASON
from layers.handling.stages import ActError, Who
from layers.handling.standing import is_who


def reporters(db: Connection, case_id: int) -> list[Mapping[str, Any]]:
    """Return who reported a case that the viewer works on, masked: name, phone, is_subscribed, at.

    Those of its duplicates are among them, as far as the viewer works on these; who has neither
    name nor telephone only follows it.
    """
    r, i = reporter_masked.c, incident.c
    those = select(i.id).where(or_(i.id == case_id, i.duplicate_of == case_id))
    query = (
        select(r.incident_id, r.name, r.phone, r.is_subscribed, r.at)
        .where(r.incident_id.in_(those), or_(r.name.is_not(None), r.phone.is_not(None)))
        .order_by(r.id)
    )
    return [dict(row._mapping) for row in db.execute(query)]


def reveal_reporters(  # noqa: PLR0913 - what the decision hangs on
    db: Connection, viewer: Viewer, case_id: int, reason: str, *, now: dt.datetime, most: int
) -> list[Mapping[str, Any]]:
    """Return who reported a case, not masked: name and phone. The audit has it before.

    Parameters
    ----------
    db
        As the role `app`, acting for the viewer, without savepoints; commit before it is shown.
    most
        How much the viewer may unmask in an hour: `Rules.reveals_per_hour`.

    Raises
    ------
    ForbiddenError
        He does not work on the case, gives no reason, or has unmasked too much.
    """
    case = reading.read(db, case_id, now)
    reason = " ".join(reason.split())
    if viewer.account_id is None or not is_who(viewer, case, Who.HOLDER):
        viewer.require(Right.CASES, case.unit_id)
        raise ForbiddenError(
            "Only who works on a case learns who reported it.", key="error.case_reporter"
        )
    if len(reason) < LEAST_REASON:
        raise ActError("Say why you need to know.", key="error.case_needs_reason")
    if audit.reveals_since(db, viewer.account_id, now - dt.timedelta(hours=1)) >= most:
        raise ForbiddenError(
            f"No more than {most} persons are unmasked in an hour.", key="reveal.too_many",
            most=most,
        )  # fmt: skip
    audit.record(
        db, audit.Act.REVEAL, subject=f"incident/{case.id}", reason=reason,
        details={"fields": ["name", "phone"], "unit": case.unit_id},
        account_id=viewer.account_id, login=viewer.login, address=viewer.address,
    )  # fmt: skip
    found = reporter_clear(case.id)
    return [
        {"name": row.name, "phone": row.phone}
        for row in db.execute(select(found).order_by(found.c.id))
    ]
