"""What Open311 calls requests: incidents, without anything about persons."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, any_, func, or_, select

from dashboard.incidents import asking
from dashboard.open311 import services
from dashboard.text import named, speaker
from gis.access.views import seen_incident
from gis.cases import incident_step
from layers.catalog.incidents import STAGES
from layers.handling import case as reading
from layers.handling.case import Case
from layers.handling.stages import Stage

Json = dict[str, Any]
# As the standard has it, where nobody says otherwise.
SPAN = dt.timedelta(days=90)
MOST = 1_000
STATUSES = ("open", "closed")
_c = seen_incident.c


@dataclass(frozen=True)
class Asked:
    """Which requests are asked for."""

    # If any are, nothing else counts.
    keys: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    start: dt.datetime | None = None
    end: dt.datetime | None = None
    page: int = 1
    size: int = MOST


def listed(db: Connection, asked: Asked, language: str, now: dt.datetime) -> list[Json]:
    """Return requests, the latest first."""
    # What is about persons leaves by no such way, whoever asks.
    query = reading.columns().where(_c.is_personal.is_(False))
    if asked.keys:
        query = query.where(_c.key == any_(list(asked.keys)))  # type: ignore[arg-type]
    else:
        start, end = _span(asked, now)
        query = query.where(_c.reported_at >= start, _c.reported_at <= end)
        if asked.codes:
            kinds = [services.kind_of(code) for code in asked.codes]
            query = query.where(
                or_(*(((_c.scheme == scheme) & (_c.small == small)) for scheme, small in kinds))
            )
        if len(asked.statuses) == 1:
            is_closed = _c.stage == Stage.CLOSED.value
            query = query.where(is_closed if asked.statuses == ("closed",) else ~is_closed)
    query = query.order_by(_c.reported_at.desc(), _c.id.desc())
    found = reading.cases_of(
        db, query.limit(asked.size).offset((asked.page - 1) * asked.size), now
    )  # fmt: skip
    return _told(db, found, language)


def _span(asked: Asked, now: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """Return the ninety days up to now, or on the side of the one moment that is given."""
    if asked.start is not None:
        return asked.start, asked.end or asked.start + SPAN
    end = asked.end or now
    return end - SPAN, end


def _told(db: Connection, cases: Sequence[Case], language: str) -> list[Json]:
    say, names, bodies = speaker(language), asking.classes(db), asking.body_names(db)
    changed = _changed(db, [case.id for case in cases])
    found = []
    for case in cases:
        notes = [named(STAGES[case.stage], language)]
        if case.outcome:
            notes.append(say(f"case_outcome.{case.outcome}"))
        kind = names.get((case.scheme, case.small), {})
        body = bodies.get(case.body_id or 0, {})
        found.append(
            {
                "service_request_id": case.key,
                "status": "closed" if case.stage is Stage.CLOSED else "open",
                "status_notes": say("error.between").join(notes),
                "service_name": named(kind, language) or case.small,
                "service_code": services.code_of(case.scheme, case.small),
                "description": case.title,
                "agency_responsible": named(body, language) or None,
                "service_notice": None,
                "requested_datetime": _moment(case.reported_at),
                # Of what is closed: when it was.
                "updated_datetime": _moment(
                    case.closed_at or changed.get(case.id) or case.reported_at
                ),
                "expected_datetime": _moment(case.due_at),
                "address": case.address,
                "address_id": None,
                "zipcode": None,
                "lat": round(case.lat, 6),
                "long": round(case.lon, 6),
                "media_url": None,
            }
        )
    return found


def _changed(db: Connection, ids: Sequence[int]) -> dict[int, dt.datetime]:
    s = incident_step.c
    query = (
        select(s.incident_id, func.max(s.at))
        .where(s.incident_id == any_(list(ids)))  # type: ignore[arg-type]
        .group_by(s.incident_id)
    )
    return {row[0]: row[1] for row in db.execute(query)}


def _moment(at: dt.datetime | None) -> str | None:
    return None if at is None else f"{at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
