"""信息采集: incidents are reported, one or many, each once, with unit, duty, limit and numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from geoalchemy2 import WKTElement
from sqlalchemy import Connection, insert, update

from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.cases import incident_reporter
from gis.city import City
from gis.errors import CityGridError
from gis.tables import STORED_CRS, feature_unit, incident
from layers import rows
from layers.catalog.incidents import INCIDENTS, SEVERITIES
from layers.handling import alarms, attached, duty, following, keeping, receipts, settings, told
from layers.handling import case as reading
from layers.handling import drafts as drafting
from layers.handling.alarms import Raised
from layers.handling.calendar import calendar_of, current
from layers.handling.case import Case
from layers.handling.clock import Clock, clock_of
from layers.handling.drafts import Draft, Received
from layers.handling.duty import Class, Desk, Reported
from layers.handling.faces import Faces, Lying
from layers.handling.keeping import Done
from layers.handling.routing import Rule
from layers.handling.rule_versions import Kind
from layers.handling.stages import REPORTED, Act, Stage
from layers.handling.standing import allowed
from layers.handling.told import Telling

MOST_AT_ONCE = 1_000
# How a place was found of which a program does not say it: it sends the coordinates.
PLACED_OTHERWISE = "coordinates"


def report(  # noqa: PLR0913 - what is reported, by whom, and when
    db: Connection, viewer: Viewer, city: City, draft: Draft, *, now: dt.datetime,
    faces: Faces | None = None,
) -> Case:  # fmt: skip
    """Report an incident; the same one again (by its key) is the one that is there.

    Parameters
    ----------
    db
        As the engine; the caller commits, and until then nothing is reported.
    faces
        What remembers the city's faces; without it the database is asked.

    Raises
    ------
    CityGridError
        It cannot be like that; nothing was written.
    """
    found = report_all(db, viewer, city, [draft], now=now, faces=faces)[0]
    if found.fault is not None:
        raise found.fault
    if found.id is None:
        raise AssertionError(found)
    return reading.read(db, found.id, now)


def report_all(  # noqa: PLR0913 - as above
    db: Connection, viewer: Viewer, city: City, drafts: Sequence[Draft], *, now: dt.datetime,
    faces: Faces | None = None,
) -> list[Received]:  # fmt: skip
    """Report incidents together: those that can be, each of the others with what is wrong.

    Raises
    ------
    ForbiddenError
        The viewer may report none.
    """
    viewer.require(Right.REPORT)
    if len(drafts) > MOST_AT_ONCE:
        raise CityGridError(
            f"At most {MOST_AT_ONCE:,} incidents are reported at once, not {len(drafts):,}.",
            key="error.case_too_many", most=MOST_AT_ONCE, n=len(drafts),
        )  # fmt: skip
    known = duty.classes(db, {(draft.scheme, draft.small) for draft in drafts})
    handling = settings.read(city.handling)
    lying = (faces or Faces()).lying(db, [_place(draft) for draft in drafts])
    city = current(db, city)
    parents = _parents(db, viewer, drafts, now)
    found: list[Received | None] = [
        Received(None, fault=fault) if fault else None
        for fault in (
            attached.too_many(handling)
            if len(draft.files) > handling.files_most
            else drafting.fault(draft, known, at, parents, now)
            for draft, at in zip(drafts, lying, strict=True)
        )
    ]
    good = [at for at, one in enumerate(found) if one is None]
    if good:
        of = {at: (drafts[at].device, drafts[at].signal) for at in good if drafts[at].device}
        raised = alarms.raised(db, good, of, handling, now)
        own = raised.own
        drawn = keeping.draw_numbers(db, len(own)) if own else []
        numbers = raised.numbered(dict(zip(own, drawn, strict=True)))
        before = receipts.received(db, viewer, drafts, numbers)
        for at, one in before.items():
            found[at] = one
        new = [at for at in own if at not in before]
        if new:
            clock = clock_of(calendar_of(city))
            writing = _Writing(viewer, city, clock, known, now)
            for at, one in _write(db, writing, [(n, numbers[n], drafts[n], lying[n]) for n in new]):
                found[at] = one
        raised.count(db, numbers, set(new), before, now)
        for at, repeated in _repeats(raised, before, found).items():
            found[at] = repeated
    # A key that comes twice in one go is one incident, too.
    return [
        one if one is not None else receipts.again(drafts, found, at)
        for at, one in enumerate(found)
    ]


def _repeats(
    raised: Raised, before: Collection[int], found: Sequence[Received | None]
) -> dict[int, Received]:
    """Return what became of alarms that were raised again: the incident that knows them."""
    told = {
        at: Received(one.incident_id, one.key, False, one.unit_id, one.body_id, one.due_at)
        for at, one in raised.there.items()
        if at not in before
    }
    for at, first in raised.twins.items():
        one = found[first]
        if one is not None and at not in before:
            told[at] = replace(one, is_new=False)
    return told


@dataclass(frozen=True)
class _Writing:
    viewer: Viewer
    city: City
    clock: Clock
    known: Mapping[tuple[str, str], Class]
    now: dt.datetime


def _place(draft: Draft) -> tuple[float, float]:
    return draft.lon, draft.lat


def _parents(
    db: Connection, viewer: Viewer, drafts: Iterable[Draft], now: dt.datetime
) -> Mapping[int, Case | CityGridError]:
    """Return the cases that reports are split off, held; or why they cannot be."""
    found: dict[int, Case | CityGridError] = {}
    for number in sorted({d.parent_id for d in drafts if d.parent_id is not None}):
        try:
            parent = reading.read(db, number, now, is_held=True)
            allowed(viewer, parent, Act.SPLIT)
            found[number] = parent
        except CityGridError as error:
            found[number] = error
    return found


def _write(
    db: Connection, writing: _Writing, new: Sequence[tuple[int, int, Draft, Lying]]
) -> list[tuple[int, Received]]:
    """Write new incidents and all that follows; return what became of each."""
    now = writing.now
    rules = Desk(db, writing.city).of(db, [_said(writing, draft, at) for _, _, draft, at in new])
    found: list[tuple[int, Received]] = []
    values: list[dict[str, Any]] = []
    for (at, number, draft, lying), rule in zip(new, rules, strict=True):
        kind = writing.known[draft.scheme, draft.small]
        condition = kind.condition(draft.condition)
        reported = draft.reported_at or now
        due = writing.clock.due(reported, condition.limit) if condition else None
        body = rule.body_id if rule else None
        day = reported.astimezone(writing.city.tz)
        key = f"SJ{day:%Y%m%d}-{number}"
        values.append(
            {
                "id": number, "key": key, "unit_id": lying.unit_id, "scheme": draft.scheme,
                "big": kind.big, "small": draft.small, "severity": _severity(draft, rule),
                "stage": Stage.REPORT.value, "title": draft.title or None,
                "address": draft.address or None, "is_personal": draft.is_personal,
                "source": draft.source, "reported_at": reported, "due_at": due,
                "props": dict(draft.props),
                "condition": condition.number if condition else None,
                "limit_amount": condition.limit.amount if condition else None,
                "limit_unit": condition.limit.unit.value if condition else None,
                "placed_by": draft.placed_by or PLACED_OTHERWISE,
                "placed_score": draft.placed_score, "placed_within_m": draft.placed_within_m,
                "placed_as": draft.placed_as, "place_note": draft.place_note or None,
                "parent_id": draft.parent_id,
                "geom": WKTElement(f"POINT({draft.lon!r} {draft.lat!r})", srid=STORED_CRS),
            }
        )  # fmt: skip
        found.append((at, Received(number, key, True, lying.unit_id, body, due)))
    db.execute(insert(incident).inline(), values)
    _write_beside(db, writing, new)
    attached.write(db, writing.viewer, {n: draft.files for _, n, draft, _ in new if draft.files})
    steps = [
        Done(number, REPORTED, "", Stage.REPORT, 0, details=_decided(draft, rule))
        for (_, number, draft, _), rule in zip(new, rules, strict=True)
    ]
    steps += [attached.step(n, Stage.REPORT, 0, d.files) for _, n, d, _ in new if d.files]
    keeping.write_steps(db, writing.viewer, steps, now)
    _split(db, writing, new)
    tellings = [
        Telling(number, lying.unit_id, rule.body_id, rule.tells, rule.name)
        for (_, number, _, lying), rule in zip(new, rules, strict=True)
        if rule
    ]
    told.tell(db, Kind.ROUTING, tellings, now)
    keeping.drop_tiles(db, [_place(draft) for _, _, draft, _ in new])
    for is_personal in (False, True):
        mine = [each for each in new if each[2].is_personal is is_personal]
        if mine:
            keeping.tell(
                db, [number for _, number, *_ in mine],
                units=[lying.unit_id for *_, lying in mine], is_personal=is_personal,
            )  # fmt: skip
    ids = [number for _, number, *_ in new]
    keeping.settle(db, rows.read(db, INCIDENTS, ids, city=writing.city), now, more=len(new))
    return found


def _said(writing: _Writing, draft: Draft, lying: Lying) -> tuple[Class, Reported]:
    """Return what of a report decides whose duty it is."""
    return writing.known[draft.scheme, draft.small], Reported(
        draft.condition, lying.unit_id, lying.others, draft.reported_at or writing.now,
        draft.title, draft.address, draft.source, draft.severity,
    )  # fmt: skip


def _severity(draft: Draft, rule: Rule | None) -> str:
    """Return how grave it is: as reported, or what a rule has it be at least."""
    ranks = list(SEVERITIES)
    raised = rule.raises if rule else ""
    return max(draft.severity, raised or draft.severity, key=ranks.index)


def _decided(draft: Draft, rule: Rule | None) -> dict[str, Any]:
    """Return what a rule of the city's people decided, for the history."""
    if rule is None or not rule.uid:
        return {}
    severity = _severity(draft, rule)
    raised = {"raised": severity} if severity != draft.severity else {}
    return {"rule": rule.name, **raised}


def _write_beside(
    db: Connection, writing: _Writing, new: Sequence[tuple[int, int, Draft, Lying]]
) -> None:
    """Write the units of further zonings, and who reported."""
    others = [
        {"layer": INCIDENTS.id, "zoning_id": z, "feature_id": number, "unit_id": unit}
        for _, number, _, lying in new
        for z, unit in lying.others.items()
    ]
    if others:
        db.execute(insert(feature_unit), others)
    reporters = [
        {
            "incident_id": number, "name": draft.reporter.name or None,
            "phone": draft.reporter.phone or None,
            "account_id": writing.viewer.account_id,
            "is_subscribed": draft.reporter.is_subscribed,
        }
        for _, number, draft, _ in new
        if draft.reporter is not None
    ]  # fmt: skip
    if reporters:
        db.execute(insert(incident_reporter).inline(), reporters)
    following.begin(db, writing.viewer, [n for _, n, draft, _ in new if draft.is_followed])


def _split(db: Connection, writing: _Writing, new: Sequence[tuple[int, int, Draft, Lying]]) -> None:
    """Say of the cases that some were split off."""
    children: dict[int, list[int]] = {}
    for _, number, draft, _ in new:
        if draft.parent_id is not None:
            children.setdefault(draft.parent_id, []).append(number)
    for parent, ids in sorted(children.items()):
        c = incident.c
        row = db.execute(
            update(incident)
            .where(c.id == parent)
            .values(version=c.version + 1)
            .returning(c.stage, c.version)
        ).one()
        done = Done(parent, Act.SPLIT, row.stage, row.stage, row.version, details={"children": ids})
        keeping.write_steps(db, writing.viewer, [done], writing.now)
