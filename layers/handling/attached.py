"""Photos and papers of a case: added once each, seen by who sees the case, removed with a reason.

Both are acts of the case's history, though no stage and no version changes by them: who acts on
what he saw is not held up by a photo that came meanwhile.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select

from gis.access.posts import Right
from gis.access.viewer import Viewer
from gis.cases import incident_file, incident_step
from gis.errors import ForbiddenError, NotFoundError
from layers.handling import keeping
from layers.handling.case import Case
from layers.handling.cases import held
from layers.handling.effects import LEAST_REASON, LONGEST_NOTE
from layers.handling.keeping import Done
from layers.handling.settings import Handling
from layers.handling.stages import Act, ActError, Stage, Who
from layers.handling.standing import allowed, is_who, obstacle
from layers.handling.uploads import Kind, Prepared

_c = incident_file.c


@dataclass(frozen=True)
class CaseFile:
    """A file of a case, without its content."""

    id: int
    at: dt.datetime
    account_id: int | None
    # Who added it.
    name: str
    file: str
    media_type: str
    sha256: str
    # Of what is kept, in bytes.
    size: int
    width: int | None
    height: int | None

    @property
    def is_photo(self) -> bool:
        """Whether it is a picture."""
        return self.media_type == Kind.PHOTO


@dataclass(frozen=True)
class Content:
    """What is sent to who looks at a file."""

    file: str
    media_type: str
    sha256: str
    body: bytes


_LISTED = (
    _c.id, _c.at, _c.account_id, _c.name, _c.file, _c.media_type, _c.sha256, _c.size, _c.width,
    _c.height,
)  # fmt: skip


def listed(db: Connection, case_id: int) -> list[CaseFile]:
    """Return the files of a case that the viewer sees, the first one first."""
    query = select(*_LISTED).where(_c.incident_id == case_id).order_by(_c.id)
    return [CaseFile(**row._mapping) for row in db.execute(query)]


def thumbnails(db: Connection, case_id: int) -> dict[int, bytes]:
    """Return the small pictures of a case's photos, by the file's number."""
    query = select(_c.id, _c.thumbnail).where(_c.incident_id == case_id, _c.thumbnail.is_not(None))
    return {number: bytes(small) for number, small in db.execute(query.order_by(_c.id))}


def content(db: Connection, case_id: int, number: int, *, is_small: bool = False) -> Content:
    """Return a file of a case as it is kept, or the small picture of it.

    Raises
    ------
    NotFoundError
        The case has no such file, or it has no picture.
    """
    body = _c.thumbnail if is_small else _c.body
    row = db.execute(
        select(_c.file, _c.media_type, _c.sha256, body.label("body")).where(
            _c.incident_id == case_id, _c.id == number, body.is_not(None)
        )
    ).first()
    if row is None:
        raise _no_file(number)
    return Content(row.file, row.media_type, row.sha256, bytes(row.body))


def may_attach(db: Connection, viewer: Viewer, case: Case) -> bool:
    """Return whether a viewer may add files to a case now."""
    if obstacle(case, Act.ATTACH) is not None:
        return False
    return is_who(viewer, case, Who.HOLDER) or _reported_it(db, viewer, case)


def may_detach(viewer: Viewer, case: Case, file: CaseFile) -> bool:
    """Return whether a viewer may remove a file now: his own, while the case is open."""
    is_own = viewer.account_id is not None and viewer.account_id == file.account_id
    return is_own and obstacle(case, Act.DETACH) is None


def attach(  # noqa: PLR0913 - what is added, by whom, and when
    db: Connection, viewer: Viewer, settings: Handling, case_id: int, files: Sequence[Prepared], *,
    now: dt.datetime,
) -> list[tuple[CaseFile, bool]]:  # fmt: skip
    """Add files to a case; return each, and whether it is new: the same content is there once.

    Parameters
    ----------
    db
        As the engine; the caller commits, and until then nothing is added.

    Raises
    ------
    ActError, ForbiddenError, NotFoundError
        The case is closed or has as many files as it may, or it is not the viewer's to add one.
    """
    case = held(db, viewer, case_id, now)
    if not _reported_it(db, viewer, case):
        allowed(viewer, case, Act.ATTACH)
    elif (fault := obstacle(case, Act.ATTACH)) is not None:
        raise fault
    new = add(db, viewer, settings, case, files, now)
    there = {each.sha256: each for each in listed(db, case.id)}
    return [(there[each.sha256], each.sha256 in new) for each in files]


def add(  # noqa: PLR0913 - what is added, by whom, and when
    db: Connection, viewer: Viewer, settings: Handling, case: Case, files: Sequence[Prepared],
    now: dt.datetime,
) -> frozenset[str]:  # fmt: skip
    """Add files to a case that is held, whoever may; return the checksums of those that are new.

    Raises
    ------
    ActError
        The case would have more files than it may.
    """
    before = {each.sha256 for each in listed(db, case.id)}
    new = {each.sha256: each for each in files if each.sha256 not in before}
    if len(before) + len(new) > settings.files_most:
        raise too_many(settings)
    if new:
        write(db, viewer, {case.id: tuple(new.values())})
        _note(db, viewer, case, Act.ATTACH, "", tuple(new.values()), now)
    return frozenset(new)


def detach(  # noqa: PLR0913 - what is removed, by whom, why and when
    db: Connection, viewer: Viewer, case_id: int, number: int, reason: str, *, now: dt.datetime
) -> None:
    """Remove a file that the viewer added himself, while the case is open.

    Parameters
    ----------
    db
        As the engine; the caller commits.
    reason
        Stays in the history and in the audit, with what the file was called.

    Raises
    ------
    ActError, ForbiddenError, NotFoundError
        The case is closed, no reason is given, or it is another's file or none.
    """
    case = held(db, viewer, case_id, now)
    file = next((each for each in listed(db, case.id) if each.id == number), None)
    if file is None:
        raise _no_file(number)
    if (fault := obstacle(case, Act.DETACH)) is not None:
        raise fault
    if not may_detach(viewer, case, file):
        raise ForbiddenError(
            f"Only who added {file.file!r} may remove it.", key="error.case_file_not_yours",
            file=file.file,
        )  # fmt: skip
    reason = " ".join(reason.replace("\0", "").split())[:LONGEST_NOTE]
    if len(reason) < LEAST_REASON:
        raise ActError("Say why it is removed.", key="error.case_needs_reason")
    db.execute(delete(incident_file).where(_c.id == file.id))
    _note(db, viewer, case, Act.DETACH, reason, (file,), now)


def write(db: Connection, viewer: Viewer, files: Mapping[int, Sequence[Prepared]]) -> None:
    """Write files of cases, by their numbers, and nothing else."""
    rows = [
        {
            "incident_id": number, "account_id": viewer.account_id,
            "name": viewer.name or viewer.login, "file": each.file, "media_type": each.kind.value,
            "sha256": each.sha256, "size": len(each.body), "width": each.width,
            "height": each.height, "body": each.body, "thumbnail": each.thumbnail,
        }
        for number, some in files.items()
        for each in {one.sha256: one for one in some}.values()
    ]  # fmt: skip
    if rows:
        db.execute(insert(incident_file).inline(), rows)


def step(  # noqa: PLR0913 - what was done where the case stands
    case_id: int, stage: Stage, version: int, files: Sequence[Prepared | CaseFile], *,
    act: Act = Act.ATTACH, reason: str = "",
) -> Done:  # fmt: skip
    """Return how the history tells of files that were added or removed."""
    details = {"files": [each.file for each in files], "sha256": [each.sha256 for each in files]}
    return Done(case_id, act, stage, stage, version, reason=reason, details=details)


def too_many(settings: Handling) -> ActError:
    """Return the error that says how many files a case may have."""
    return ActError(
        f"A case has at most {settings.files_most} files.", key="error.case_file_many",
        most=settings.files_most,
    )  # fmt: skip


def _note(  # noqa: PLR0913 - what was done, by whom, why and when
    db: Connection, viewer: Viewer, case: Case, act: Act, reason: str,
    files: Sequence[Prepared | CaseFile], now: dt.datetime,
) -> None:  # fmt: skip
    done = step(case.id, case.stage, case.version, files, act=act, reason=reason)
    keeping.write_steps(db, viewer, [done], now)
    keeping.tell(
        db, [case.id], units=[case.unit_id], bodies=[case.body_id], is_personal=case.is_personal
    )


def _reported_it(db: Connection, viewer: Viewer, case: Case) -> bool:
    """Whether a viewer is who reported a case: a device or a hotline sends its photos after it."""
    if viewer.account_id is None or not viewer.may(Right.REPORT):
        return False
    s = incident_step.c
    mine = select(func.count()).where(
        s.incident_id == case.id, s.act == "report", s.account_id == viewer.account_id
    )
    return bool(db.scalar(mine))


def _no_file(number: int) -> NotFoundError:
    return NotFoundError(f"This case has no file {number}.", key="error.no_case_file", n=number)
