"""信息采集: incidents are reported, one or many, each once, with unit, duty, limit and numbers."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from typing import Any

import orjson
from geoalchemy2 import WKTElement
from sqlalchemy import Connection, any_, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert_into

from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.cases import incident_receipt, incident_reporter
from gis.city import City
from gis.errors import CityGridError, NotFoundError
from gis.tables import STORED_CRS, feature_unit, incident
from layers import rows
from layers.catalog.incidents import INCIDENTS, SEVERITIES, SOURCES
from layers.handling import alarms, attached, duty, keeping, settings
from layers.handling import case as reading
from layers.handling.alarms import Raised
from layers.handling.calendar import calendar_of
from layers.handling.case import Case
from layers.handling.clock import Clock, clock_of
from layers.handling.duty import Class
from layers.handling.faces import Faces, Lying
from layers.handling.keeping import Done
from layers.handling.stages import Act, Stage, allowed
from layers.handling.uploads import Prepared

REPORTED = "report"
LONGEST_TITLE, LONGEST_PLACE, LONGEST_KEY = 200, 300, 200
LONGEST_NAME, LONGEST_PHONE = 60, 40
LONGEST_DEVICE = 100
# A clock that is a little fast is no fault; a report of tomorrow is.
AHEAD, BACK = dt.timedelta(minutes=10), dt.timedelta(days=366)
MOST_AT_ONCE = 1_000
_RECEIVED = incident_receipt.c


@dataclass(frozen=True)
class Reporter:
    """Who reports (P2), and whether he is to hear what becomes of it."""

    name: str = ""
    phone: str = ""
    is_subscribed: bool = False


@dataclass(frozen=True)
class Draft:
    """An incident as somebody reports it: a class and a place, all else may follow."""

    scheme: str
    small: str
    # In EPSG:4326.
    lon: float
    lat: float
    # Which condition of its class is met; None: the usual one.
    condition: int | None = None
    severity: str = "ordinary"
    title: str = ""
    address: str = ""
    place_note: str = ""
    # As `layers.locating` says how a place was found; or by a pin, or where one stands.
    placed_by: str = "pin"
    # How surely, 1 the best.
    placed_score: float = 1.0
    source: str = "hotline"
    # Says who reported it or whom it is about.
    is_personal: bool = False
    # None: now.
    reported_at: dt.datetime | None = None
    reporter: Reporter | None = None
    # The case it is split off.
    parent_id: int | None = None
    props: Mapping[str, Any] = field(default_factory=dict)
    # Given by who reports: the same once more is the same incident.
    key: str = ""
    # Of an alarm: which device raised it, and what; raised again it is told to its incident, which
    # keeps the files of the first time.
    device: str = ""
    signal: str = ""
    # Photos and papers that go with it.
    files: tuple[Prepared, ...] = ()

    @property
    def sha256(self) -> str:
        """What tells it from another report; what it lacks as before there was such a thing."""
        # Keys last longer than versions of the program.
        values = astuple(replace(self, files=()))[:-1]
        if not self.device:
            values = values[:-2]
        told = (*values, [each.sha256 for each in self.files]) if self.files else values
        said = orjson.dumps(told, default=str, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(said).hexdigest()


@dataclass(frozen=True)
class Received:
    """What became of a report."""

    # None where it was refused.
    id: int | None
    key: str = ""
    # False: it had been reported with the same key before.
    is_new: bool = False
    unit_id: int | None = None
    # Whose duty it would be; None: the territory's own.
    body_id: int | None = None
    due_at: dt.datetime | None = None
    fault: CityGridError | None = None


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
    parents = _parents(db, viewer, drafts, now)
    found: list[Received | None] = [
        Received(None, fault=fault) if fault else None
        for fault in (
            attached.too_many(handling)
            if len(draft.files) > handling.files_most
            else _fault(draft, known, at, parents, now)
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
        before = _received(db, viewer, drafts, numbers)
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
    return [one if one is not None else _again(drafts, found, at) for at, one in enumerate(found)]


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


def _fault(
    draft: Draft,
    known: Mapping[tuple[str, str], Class],
    lying: Lying,
    parents: Mapping[int, Case | CityGridError],
    now: dt.datetime,
) -> CityGridError | None:
    """Return what is wrong with a report."""
    kind = known.get((draft.scheme, draft.small))
    if kind is None:
        return NotFoundError(
            f"There is no small class {draft.small!r} in the scheme {draft.scheme!r}.",
            key="error.case_no_class", code=draft.small, scheme=draft.scheme,
        )  # fmt: skip
    if draft.condition is not None and kind.condition(draft.condition) is None:
        return NotFoundError(
            f"The class {draft.small!r} has no condition {draft.condition}.",
            key="error.case_no_condition", code=draft.small, n=draft.condition,
        )  # fmt: skip
    for name, value, words in (
        ("severity", draft.severity, SEVERITIES), ("source", draft.source, SOURCES),
    ):  # fmt: skip
        if value not in words:
            return CityGridError(
                f"{name} must be one of {', '.join(words)}, not {value!r}.",
                key="error.case_word", field=name, found=value, known=tuple(words),
            )  # fmt: skip
    if lying.unit_id is None:
        return CityGridError(
            f"The place ({draft.lon:.6f}, {draft.lat:.6f}) lies outside the city.",
            key="error.case_outside",
        )
    if draft.reported_at is not None and not now - BACK <= draft.reported_at <= now + AHEAD:
        return CityGridError(
            f"It is reported for {draft.reported_at:%F %H:%M}, which is yet to come, or long over: "
            "bring such incidents in from a file.",
            key="error.case_to_come",
        )
    for name, text_, longest in (
        ("title", draft.title, LONGEST_TITLE), ("address", draft.address, LONGEST_PLACE),
        ("place_note", draft.place_note, LONGEST_PLACE), ("key", draft.key, LONGEST_KEY),
        ("placed_by", draft.placed_by, LONGEST_KEY), ("device", draft.device, LONGEST_DEVICE),
        ("signal", draft.signal, LONGEST_DEVICE),
        *(
            (("name", draft.reporter.name, LONGEST_NAME),
             ("phone", draft.reporter.phone, LONGEST_PHONE))
            if draft.reporter else ()
        ),
    ):  # fmt: skip
        if len(text_) > longest or "\0" in text_:
            return CityGridError(
                f"{name} has at most {longest} characters, all of them printable.",
                key="error.case_long", field=name, most=longest,
            )  # fmt: skip
    parent = parents.get(draft.parent_id) if draft.parent_id is not None else None
    return parent if isinstance(parent, CityGridError) else None


def _received(
    db: Connection, viewer: Viewer, drafts: Sequence[Draft], numbers: Mapping[int, int]
) -> dict[int, Received | None]:
    """Note the keys of reports; return those that came before, None for one of this very go."""
    account = viewer.account_id or 0
    first: dict[str, int] = {}
    for at in numbers:
        if drafts[at].key:
            first.setdefault(drafts[at].key, at)
    if not first:
        return {}
    receipts = [
        {"account_id": account, "key": key, "incident_id": numbers[at], "sha256": drafts[at].sha256}
        # In one order, so that two with the same keys wait for each other and not in a circle.
        for key, at in sorted(first.items())
    ]
    adding = upsert_into(incident_receipt).on_conflict_do_nothing().returning(_RECEIVED.key)
    taken = set(db.scalars(adding, receipts))
    i = incident.c
    there = {
        row.given: row
        for row in db.execute(
            select(
                _RECEIVED.key.label("given"), _RECEIVED.sha256, i.id, i.key, i.unit_id, i.body_id,
                i.due_at,
            )
            .join(incident, incident.c.id == _RECEIVED.incident_id)
            .where(
                _RECEIVED.account_id == account,
                _RECEIVED.key == any_(sorted(first.keys() - taken)),  # type: ignore[arg-type]
            )
        )
    }  # fmt: skip
    found: dict[int, Received | None] = {}
    for at in numbers:
        key = drafts[at].key
        if key in there:
            found[at] = _before(drafts[at], there[key])
        elif key and first[key] != at:
            found[at] = None
    return found


def _before(draft: Draft, row: Any) -> Received:  # noqa: ANN401 - a row
    if row.sha256 != draft.sha256:
        return Received(None, fault=_other_key(draft.key))
    return Received(row.id, row.key, False, row.unit_id, row.body_id, row.due_at)


def _other_key(key: str) -> CityGridError:
    return CityGridError(
        f"The key {key!r} was given to another report already.",
        key="error.case_key_taken", given=key,
    )  # fmt: skip


def _again(drafts: Sequence[Draft], found: Sequence[Received | None], at: int) -> Received:
    first = next(n for n, one in enumerate(drafts) if one.key == drafts[at].key)
    one = found[first]
    if one is None or one.id is None or drafts[first].sha256 != drafts[at].sha256:
        return Received(None, fault=_other_key(drafts[at].key))
    return replace(one, is_new=False)


def _write(
    db: Connection, writing: _Writing, new: Sequence[tuple[int, int, Draft, Lying]]
) -> list[tuple[int, Received]]:
    """Write new incidents and all that follows; return what became of each."""
    now, duties = writing.now, duty.duties(db)
    where = duty.places(db, [lying.unit_id for *_, lying in new if lying.unit_id is not None])
    found: list[tuple[int, Received]] = []
    values: list[dict[str, Any]] = []
    for at, number, draft, lying in new:
        kind = writing.known[draft.scheme, draft.small]
        condition = kind.condition(draft.condition)
        reported = draft.reported_at or now
        due = writing.clock.due(reported, condition.limit) if condition else None
        place = where.get(lying.unit_id) if lying.unit_id is not None else None
        body = duty.body_of(duties, kind, draft.condition, place)
        day = reported.astimezone(writing.city.tz)
        key = f"SJ{day:%Y%m%d}-{number}"
        values.append(
            {
                "id": number, "key": key, "unit_id": lying.unit_id, "scheme": draft.scheme,
                "big": kind.big, "small": draft.small, "severity": draft.severity,
                "stage": Stage.REPORT.value, "title": draft.title or None,
                "address": draft.address or None, "is_personal": draft.is_personal,
                "source": draft.source, "reported_at": reported, "due_at": due,
                "props": dict(draft.props),
                "condition": condition.number if condition else None,
                "limit_amount": condition.limit.amount if condition else None,
                "limit_unit": condition.limit.unit.value if condition else None,
                "placed_by": draft.placed_by or None, "placed_score": draft.placed_score,
                "place_note": draft.place_note or None, "parent_id": draft.parent_id,
                "geom": WKTElement(f"POINT({draft.lon!r} {draft.lat!r})", srid=STORED_CRS),
            }
        )  # fmt: skip
        found.append((at, Received(number, key, True, lying.unit_id, body, due)))
    db.execute(insert(incident).inline(), values)
    _write_beside(db, writing, new)
    attached.write(db, writing.viewer, {n: draft.files for _, n, draft, _ in new if draft.files})
    steps = [Done(number, REPORTED, "", Stage.REPORT, 0) for _, number, *_ in new]
    steps += [attached.step(n, Stage.REPORT, 0, d.files) for _, n, d, _ in new if d.files]
    keeping.write_steps(db, writing.viewer, steps, now)
    _split(db, writing, new)
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


def subscribers(db: Connection, case_id: int) -> int:
    """Return how many are to hear of a case: its reporters and those of its duplicates.

    As the engine.
    """
    r = incident_reporter.c
    those = select(incident.c.id).where(
        (incident.c.id == case_id) | (incident.c.duplicate_of == case_id)
    )
    query = select(func.count()).where(r.incident_id.in_(those), r.is_subscribed)
    return db.scalars(query).one()
