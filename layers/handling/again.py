"""再次上报: the same is reported again, and who reports it is added to the incident that is there.

What he says is for those who work on it. No version changes by it: who acts on what he saw is not
held up by a call that came meanwhile. An incident that is closed is taken up again, by who may and
with a reason: nobody would hear what is added to what nobody works on any more.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from enum import StrEnum

import orjson
from sqlalchemy import Connection, func, insert, true, update

from gis import locate
from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.cases import incident_reporter
from gis.city import City
from gis.errors import CityGridError, NotFoundError
from layers import rows
from layers.catalog.incidents import INCIDENTS
from layers.handling import attached, cases, following, keeping, receipts, settings, standing
from layers.handling import case as reading
from layers.handling.case import Case
from layers.handling.drafts import LONGEST_NAME, LONGEST_PHONE, Reporter
from layers.handling.effects import Said
from layers.handling.following import Happened
from layers.handling.keeping import LONGEST_SAID, Done
from layers.handling.stages import REPORTED_AGAIN, Act, ActError, Stage
from layers.handling.uploads import Prepared


class Offer(StrEnum):
    """What is done where somebody reports an incident that is there."""

    ADD = "add"
    REOPEN = "reopen"
    """He is added, and it is taken up again."""


@dataclass(frozen=True)
class Repeat:
    """What somebody reports again."""

    # None: whose account reports it, who follows it then.
    reporter: Reporter | None = None
    # What he says of it, for those who work on it.
    said: str = ""
    files: tuple[Prepared, ...] = ()
    # Why it is taken up again, should it be closed; "": then it is not.
    reopens: str = ""
    # Given by who reports: the same once more is the same report.
    key: str = ""

    def sha256(self, case_id: int) -> str:
        """Return what tells it from what is said of another incident, or otherwise of this one."""
        who = self.reporter and vars(self.reporter)
        told = (REPORTED_AGAIN, case_id, who, self.said, [each.sha256 for each in self.files])
        return hashlib.sha256(orjson.dumps(told, option=orjson.OPT_SORT_KEYS)).hexdigest()


def offered(db: Connection, viewer: Viewer, case_id: int, now: dt.datetime) -> Offer | None:
    """Return what can be done for who reports an incident that is there; None: report it anew.

    Parameters
    ----------
    db
        As the role `app`, acting for the viewer.
    """
    if not viewer.may(Right.REPORT):
        return None
    try:
        case = reading.read(db, case_id, now)
        while case.duplicate_of is not None:
            case = reading.read(db, case.duplicate_of, now)
    except NotFoundError:
        # What it repeats is not the viewer's to see.
        return None
    if case.stage is not Stage.CLOSED:
        return Offer.ADD
    return Offer.REOPEN if standing.may(viewer, case, Act.REOPEN) else None


def report_again(  # noqa: PLR0913 - what is reported, by whom, and when
    db: Connection, viewer: Viewer, city: City, case_id: int, repeat: Repeat, *, now: dt.datetime
) -> Case:
    """Add who reports the same to an incident, or to the one that it repeats; return that one.

    Parameters
    ----------
    db
        As the engine; the caller commits, and until then nothing is added.

    Raises
    ------
    ActError
        It is closed, and it is not said why it is taken up again.
    ForbiddenError, NotFoundError
        The viewer may not report, take up again or see it.
    """
    viewer.require(Right.REPORT)
    _check(repeat)
    # Before the rows, as every act does.
    locate.hold_faces(db)
    case = cases.held(db, viewer, case_id, now)
    while case.duplicate_of is not None:
        case = cases.held(db, viewer, case.duplicate_of, now)
    if not receipts.is_first(db, viewer, repeat.key, case.id, repeat.sha256(case.id)):
        return case
    before = None
    if case.stage is Stage.CLOSED:
        if not repeat.reopens.strip():
            raise ActError(
                f"{case.key} is closed: say why it is taken up again, or report a new incident.",
                key="error.case_again_closed", case=case.key,
            )  # fmt: skip
        before = rows.read(db, INCIDENTS, [case.id], city=city)
        said = Said(reason=repeat.reopens)
        case = cases.done(db, viewer, city, case, Act.REOPEN, said, seen_version=case.version)
    _add(db, viewer, case, repeat.reporter)
    step = Done(case.id, REPORTED_AGAIN, case.stage, case.stage, case.version)
    keeping.write_steps(db, viewer, [step], now)
    if words := repeat.said.replace("\0", "").strip():
        number = keeping.say(db, viewer, case.id, words)
        following.tell(db, viewer, [Happened(case.id, comment_id=number)], now)
    if repeat.files:
        attached.add(db, viewer, settings.read(city.handling), case, repeat.files, now)
    keeping.tell(
        db, [case.id], units=[case.unit_id], bodies=[case.body_id], is_personal=case.is_personal
    )
    if before is not None:
        cases.settle(db, city, before, now)
    return case


def _check(repeat: Repeat) -> None:
    who = repeat.reporter or Reporter()
    for name, text, longest in (
        ("name", who.name, LONGEST_NAME), ("phone", who.phone, LONGEST_PHONE),
        ("text", repeat.said, LONGEST_SAID),
    ):  # fmt: skip
        if len(text) > longest or "\0" in text:
            raise CityGridError(
                f"{name} has at most {longest} characters, all of them printable.",
                key="error.case_long", field=name, most=longest,
            )  # fmt: skip


def _add(db: Connection, viewer: Viewer, case: Case, who: Reporter | None) -> None:
    """Add a reporter to a case; who calls once more by the same telephone is one reporter."""
    if who is None or not (who.name or who.phone):
        if not following.hears(db, viewer, case.id):
            following.begin(db, viewer, [case.id])
        return
    r = incident_reporter.c
    if who.phone:
        known = (
            update(incident_reporter)
            .where(r.incident_id == case.id, r.phone == who.phone)
            .values(
                name=func.coalesce(r.name, who.name or None),
                is_subscribed=true() if who.is_subscribed else r.is_subscribed,
            )
            .returning(r.id)
        )
        if db.execute(known).first() is not None:
            return
    db.execute(
        insert(incident_reporter).values(
            incident_id=case.id, name=who.name or None, phone=who.phone or None,
            account_id=viewer.account_id, is_subscribed=who.is_subscribed,
        )
    )  # fmt: skip
