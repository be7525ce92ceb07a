"""Jobs as those see them who asked for them, and what is done about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, cast, func, select
from sqlalchemy.dialects.postgresql import JSONB

from gis import news
from gis.access.viewer import Viewer
from gis.errors import CityGridError, ForbiddenError, NotFoundError
from gis.jobs.tables import job
from gis.news import News, Topic
from gis.tables import SCHEMA

Json: TypeAlias = dict[str, Any]
# More than one looks through.
LISTED = 50
# Whoever has so many waiting has asked for something by mistake.
MOST_WAITING = 50


class State(StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (State.DONE, State.FAILED, State.CANCELLED)


@dataclass(frozen=True)
class Job:
    """Something that was asked for."""

    id: int
    kind: str
    arguments: Json
    account_id: int
    rights: tuple[str, ...]
    state: State
    attempt: int
    # So many steps of so many; 0 of 0 while that is not known.
    done: int
    total: int
    result: Json | None
    # By language.
    failure: Mapping[str, str] | None
    queue_id: int
    created_at: dt.datetime
    started_at: dt.datetime | None
    ended_at: dt.datetime | None

    @property
    def is_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDED


def begin(db: Connection, viewer: Viewer, kind: str, arguments: Json) -> int:
    """Ask for a job on behalf of whom ``db`` acts for; it starts when the caller commits.

    Raises
    ------
    ForbiddenError
        Nobody is signed in: a job is always somebody's.
    CityGridError
        Too many of his jobs wait already.
    """
    if viewer.account_id is None:
        raise ForbiddenError("A job needs somebody to do it for: sign in.", key="job.nobody")
    open_ = select(func.count()).where(job.c.state.in_((State.WAITING, State.RUNNING)))
    if db.scalars(open_).one() >= MOST_WAITING:
        raise CityGridError(
            f"{MOST_WAITING} of your jobs wait already. Cancel some, or wait for them.",
            key="job.too_many", n=MOST_WAITING,
        )  # fmt: skip
    make: Any = getattr(func, SCHEMA).begin_job
    number = db.scalars(select(make(kind, cast(arguments, JSONB)))).one()
    _tell(db, viewer.account_id, number)
    return int(number)


def begin_quietly(db: Connection, viewer: Viewer, kind: str, arguments: Json) -> int | None:
    """Begin a job that its owner did not ask for: after all that is asked for, one at a time.

    He may cancel it like any other. Nothing is begun, and None returned, where one of its kind is
    under way for him, or where the same was begun before, however that ended.
    """
    c = job.c
    same = (c.kind == kind) & (
        c.state.in_((State.WAITING, State.RUNNING)) | (c.arguments == cast(arguments, JSONB))
    )
    if viewer.account_id is None or db.scalar(select(c.id).where(same).limit(1)) is not None:
        return None
    make: Any = getattr(func, SCHEMA).begin_quiet_job
    number = db.scalars(select(make(kind, cast(arguments, JSONB)))).one()
    _tell(db, viewer.account_id, number)
    return int(number)


def cancel(db: Connection, viewer: Viewer, number: int) -> Job:
    """Cancel a job of whom ``db`` acts for; one that has ended stays as it is.

    Raises
    ------
    NotFoundError
        He has no such job.
    """
    read(db, number)
    stop: Any = getattr(func, SCHEMA).cancel_job
    if db.scalars(select(stop(number))).one() and viewer.account_id is not None:
        _tell(db, viewer.account_id, number)
    return read(db, number)


def read(db: Connection, number: int) -> Job:
    """Return a job; the row policy lets nobody see another's.

    Raises
    ------
    NotFoundError
        There is none.
    """
    row = db.execute(select(job).where(job.c.id == number)).first()
    if row is None:
        raise NotFoundError(f"There is no job {number} of yours.", key="job.none", n=number)
    return job_of(row)


def listed(db: Connection, *, limit: int = LISTED) -> list[Job]:
    """Return the last jobs that may be seen, the newest first."""
    return [job_of(row) for row in db.execute(select(job).order_by(job.c.id.desc()).limit(limit))]


def job_of(row: Row[Any]) -> Job:
    """Return a row of the table as a value."""
    given = row._mapping
    return Job(
        **{
            **given,
            "state": State(given["state"]),
            "rights": tuple(given["rights"]),
        }
    )


def _tell(db: Connection, account_id: int, number: int) -> None:
    news.tell(db, News(Topic.JOBS, account_ids=(account_id,), job_id=number))
