"""What is done with an incident, and all that follows from it: one transaction, or nothing.

As the engine, because numbers hang on it; whether it is the viewer's to do is asked of `stages`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from geoalchemy2 import WKTElement
from sqlalchemy import Connection, delete, insert, or_, select, update

from gis import locate
from gis.access import audit
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.access.views import reporter_clear, reporter_masked
from gis.cases import incident_comment, incident_pause, incident_step
from gis.city import City
from gis.errors import CityGridError, ForbiddenError, NotFoundError, TextKey
from gis.tables import STORED_CRS, duty_body, feature_unit, incident
from layers import rows
from layers.catalog.incidents import INCIDENTS, SEVERITIES
from layers.handling import case as reading
from layers.handling import duty, following, keeping
from layers.handling.calendar import calendar_of, current
from layers.handling.case import Case
from layers.handling.clock import Limit, clock_of
from layers.handling.effects import (
    LONGEST_NOTE,
    NOTHING,
    Effect,
    Said,
    Setting,
    check_said,
    effect,
)
from layers.handling.faces import Faces, Lying
from layers.handling.following import Happened
from layers.handling.keeping import Done
from layers.handling.stages import APART, Act, ActError, OvertakenError, Who, allowed, is_who
from layers.rows import Rows

AMENDABLE = frozenset(
    {"scheme", "small", "condition", "severity", "title", "address", "place_note", "placed_by",
     "placed_score", "placed_within_m", "is_personal", "lon", "lat"}
)  # fmt: skip
"""What may be put right in an incident."""
LONGEST_COMMENT = 2_000
LEAST_REASON = 4


def act(  # noqa: PLR0913 - what is done, by whom, and when
    db: Connection,
    viewer: Viewer,
    city: City,
    case_id: int,
    act: Act,
    said: Said = NOTHING,
    *,
    seen_version: int,
    now: dt.datetime,
    faces: Faces | None = None,
) -> Case:
    """Do something with a case, and all that follows from it.

    Parameters
    ----------
    db
        As the engine; the caller commits.
    seen_version
        Of the case as it was seen: if somebody did something since, nothing is done.

    Returns
    -------
    Case
        As it stands then.

    Raises
    ------
    OvertakenError
        Somebody else did something with it meanwhile; the sentence says who and what.
    ActError, ForbiddenError
        It cannot be done where the case stands, or not by the viewer.
    NotFoundError
        There is no such case, or it is not the viewer's to see.
    """
    # Before the row, as a change of boundaries does, or the two would wait for each other.
    locate.hold_faces(db)
    case = held(db, viewer, case_id, now)
    before = rows.read(db, INCIDENTS, [case.id], city=city)
    new = done(db, viewer, city, case, act, said, seen_version=seen_version, faces=faces)
    settle(db, city, before, now)
    return new


def done(  # noqa: PLR0913 - as above
    db: Connection,
    viewer: Viewer,
    city: City,
    case: Case,
    act: Act,
    said: Said,
    *,
    seen_version: int,
    faces: Faces | None = None,
) -> Case:
    """Do something with a case that is held, and leave the stored numbers to the caller: `settle`.

    Errors are those of `act`.
    """
    now = case.now
    if case.version != seen_version:
        raise _overtaken(db, case)
    rule = allowed(viewer, case, act)
    check_said(rule, act, said, now)
    if act in APART:
        raise ActError(
            f"{act.value!r} is done in a way of its own.", key="error.case_act", case=case.key,
            stage=TextKey(f"case_stage.{case.stage}"), act=TextKey(f"case_act.{act}"),
        )  # fmt: skip
    _check_named(db, viewer, case, act, said, now)
    moved = None
    if act is Act.AMEND:
        said, moved = _amended(db, case, said, faces)
    limit = _limit(db, case, said)
    who = viewer.name or viewer.login
    setting = Setting(
        clock_of(calendar_of(current(db, city))),
        reading.pauses(db, case.id),
        limit,
        who,
        viewer.account_id,
    )
    found = effect(case, act, said, setting)
    _write(db, case, found, moved)
    new = reading.read(db, case.id, now)
    note, reason = said.note[:LONGEST_NOTE], said.reason[:LONGEST_NOTE]
    step = Done(case.id, act, case.stage, new.stage, new.version, note, reason, dict(found.details))
    keeping.write_steps(db, viewer, [step], now)
    _tell(db, case, new)
    return new


def settle(db: Connection, city: City, before: Rows, now: dt.datetime) -> None:
    """Take what became of some cases into the stored numbers: last of all."""
    after = rows.read(db, INCIDENTS, before.ids, city=city)
    is_alike = keeping.is_counted_alike(before, after)
    keeping.settle(db, None if is_alike else after - before, now)


def held(db: Connection, viewer: Viewer, case_id: int, now: dt.datetime) -> Case:
    """Return a case that nobody else writes until the transaction ends, if a viewer may see it.

    Raises
    ------
    NotFoundError
        There is none, or it may be about a person and is not the viewer's: the same for both.
    """
    case = reading.read(db, case_id, now, is_held=True)
    if case.is_personal and not is_who(viewer, case, Who.HOLDER):
        raise NotFoundError(
            f"There is no incident {case_id}, or it is not yours to see.",
            key="error.no_case", case=str(case_id),
        )  # fmt: skip
    return case


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


def subscribe(db: Connection, viewer: Viewer, case_id: int, *, on: bool, now: dt.datetime) -> None:
    """Let somebody with an account hear of a case, or no longer. As the engine."""
    case = held(db, viewer, case_id, now)
    if not on:
        following.end(db, viewer, case.id)
    elif not following.hears(db, viewer, case.id):
        following.begin(db, viewer, [case.id])


def _overtaken(db: Connection, case: Case) -> OvertakenError:
    c = incident_step.c
    # What made this version; files that were added to it since change nothing of it.
    last = db.execute(
        select(c.name, c.act, c.at)
        .where(c.incident_id == case.id, c.version == case.version)
        .order_by(c.id)
        .limit(1)
    ).first()
    name, what = (last.name, last.act) if last else ("", "")
    return OvertakenError(
        f"{name or 'Somebody'} did something with {case.key} meanwhile: {what or 'changed it'}. "
        "Look at it again; nothing was overwritten.",
        key="error.case_overtaken", case=case.key, name=name,
        act=TextKey(f"case_act.{what or Act.AMEND}"),
    )  # fmt: skip


def _check_named(  # noqa: PLR0913 - what is named
    db: Connection, viewer: Viewer, case: Case, act: Act, said: Said, now: dt.datetime
) -> None:
    """Raise an error where an act names a body or a case that cannot be."""
    if act is Act.DISPATCH and said.body_id is not None:
        there = db.scalar(select(duty_body.c.id).where(duty_body.c.id == said.body_id))
        if there is None:
            raise NotFoundError(f"There is no duty body {said.body_id}.", key="error.no_body")
    if act is Act.DUPLICATE and said.other_id is not None:
        other = held(db, viewer, said.other_id, now)
        if other.id == case.id or other.duplicate_of is not None:
            raise ActError(
                f"{case.key} cannot be a duplicate of {other.key}, which is one itself.",
                key="error.case_no_original", case=case.key, other=other.key,
            )  # fmt: skip


def _amended(
    db: Connection, case: Case, said: Said, faces: Faces | None
) -> tuple[Said, Lying | None]:
    """Return changes as columns take them, and where the incident lies if its pin was moved."""
    changes = dict(said.changes)
    if unknown := sorted(changes.keys() - AMENDABLE) or (["changes"] if not changes else []):
        raise ActError(
            f"These cannot be put right: {', '.join(unknown)}. There are: "
            f"{', '.join(sorted(AMENDABLE))}.",
            key="error.case_no_change", fields=tuple(unknown),
        )  # fmt: skip
    if changes.get("severity", "ordinary") not in SEVERITIES:
        raise CityGridError(
            f"severity must be one of {', '.join(SEVERITIES)}.", key="error.case_word",
            field="severity", found=str(changes["severity"]), known=tuple(SEVERITIES),
        )  # fmt: skip
    if {"scheme", "small", "condition"} & changes.keys():
        named = (changes.get("scheme", case.scheme), changes.get("small", case.small))
        kind = duty.classes(db, [named]).get(named)
        number = changes.get("condition")
        if kind is None or (number is not None and kind.condition(number) is None):
            raise NotFoundError(
                f"There is no small class {named[1]!r} in the scheme {named[0]!r}, or it has no "
                f"condition {number}.",
                key="error.case_no_class", code=named[1], scheme=named[0],
            )  # fmt: skip
        condition = kind.condition(number)
        changes |= {
            "scheme": kind.scheme, "big": kind.big, "small": kind.small,
            "condition": condition.number if condition else None,
        }  # fmt: skip
    moved = None
    if {"lon", "lat"} & changes.keys():
        lon, lat = changes.pop("lon", case.lon), changes.pop("lat", case.lat)
        moved = (faces or Faces()).lying(db, [(lon, lat)])[0]
        if moved.unit_id is None:
            raise CityGridError(
                f"The place ({lon:.6f}, {lat:.6f}) lies outside the city.", key="error.case_outside"
            )
        # How surely the place before was known says nothing of this one.
        changes.setdefault("placed_within_m", None)
        changes |= {
            "geom": WKTElement(f"POINT({lon!r} {lat!r})", srid=STORED_CRS),
            "unit_id": moved.unit_id,
        }
    return replace(said, changes=changes), moved


def _limit(db: Connection, case: Case, said: Said) -> Limit | None:
    """Return what the class and the condition of a case allow."""
    named = (said.changes.get("scheme", case.scheme), said.changes.get("small", case.small))
    kind = duty.classes(db, [named]).get(named)
    found = kind.condition(said.changes.get("condition", case.condition)) if kind else None
    return found.limit if found else None


def _write(db: Connection, case: Case, found: Effect, moved: Lying | None) -> None:
    db.execute(
        update(incident)
        .where(incident.c.id == case.id)
        .values(**found.values, version=case.version + 1)
    )
    p = incident_pause.c
    if found.ends_at is not None:
        db.execute(
            update(incident_pause)
            .where(
                p.incident_id == case.id, or_(p.until.is_(None), p.until > found.ends_at)
            )
            .values(until=found.ends_at)
        )  # fmt: skip
    if found.begins:
        db.execute(
            insert(incident_pause).inline(),
            [
                {"incident_id": case.id, "since": since, "until": until, "why": why}
                for since, until, why in found.begins
            ],
        )
    if moved is not None:
        f = feature_unit.c
        db.execute(delete(feature_unit).where(f.layer == INCIDENTS.id, f.feature_id == case.id))
        if moved.others:
            db.execute(
                insert(feature_unit),
                [
                    {"layer": INCIDENTS.id, "zoning_id": z, "feature_id": case.id, "unit_id": unit}
                    for z, unit in moved.others.items()
                ],
            )


def _tell(db: Connection, case: Case, new: Case) -> None:
    keeping.drop_tiles(db, np.unique([(case.lon, case.lat), (new.lon, new.lat)], axis=0).tolist())
    keeping.tell(
        db, [case.id], units=[case.unit_id, new.unit_id], bodies=[case.body_id, new.body_id],
        is_personal=case.is_personal or new.is_personal,
    )  # fmt: skip
