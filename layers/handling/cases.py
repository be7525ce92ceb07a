"""What is done with an incident, and all that follows from it: one transaction, or nothing.

As the engine, because numbers hang on it; whether it is the viewer's to do is asked of
`standing`.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
from sqlalchemy import Connection, delete, insert, or_, select, update

from gis import locate
from gis.access.viewer import Viewer
from gis.cases import incident_pause, incident_step
from gis.city import City
from gis.errors import NotFoundError, TextKey
from gis.tables import duty_body, feature_unit, incident
from layers import rows
from layers.catalog.incidents import INCIDENTS
from layers.handling import case as reading
from layers.handling import duty, following, keeping
from layers.handling.amending import amended
from layers.handling.calendar import calendar_of, current
from layers.handling.case import Case
from layers.handling.clock import Limit, clock_of
from layers.handling.effects import LONGEST_NOTE, NOTHING, Effect, Said, Setting, check_said, effect
from layers.handling.faces import Faces, Lying
from layers.handling.keeping import Done
from layers.handling.stages import APART, Act, ActError, OvertakenError, Who
from layers.handling.standing import allowed, is_who
from layers.rows import Rows


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
        said, moved = amended(db, case, said, faces)
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
        key="error.case_overtaken", case=case.key, author=name,
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
