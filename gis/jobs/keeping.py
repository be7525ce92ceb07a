"""What the worker writes about a job: that it began, how far it is, how it ended.

Each write names the attempt it belongs to. A worker that was given up for dead and comes back finds
that its attempt is over, and changes nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Update, delete, func, select, update

from gis import news
from gis.jobs.jobs import ENDED, Job, Json, State, job_of
from gis.jobs.tables import job
from gis.news import News, Topic

# Somebody may come back to what he asked for last month.
KEPT_FOR = dt.timedelta(days=90)
_OPEN = (State.WAITING, State.RUNNING)


def taken(db: Connection, number: int, queue_id: int) -> Job | None:
    """Note that an attempt begins, and return the job; None where there is nothing to do.

    The job is gone where a city was loaded anew meanwhile, and another may have its number.
    """
    return _change(
        db,
        update(job)
        .where(job.c.id == number, job.c.queue_id == queue_id, job.c.state.in_(_OPEN))
        .values(
            state=State.RUNNING, attempt=job.c.attempt + 1, done=0, total=0,
            started_at=func.now(),
        ),
    )  # fmt: skip


def current(db: Connection, number: int, attempt: int) -> Job | None:
    """Return a job while an attempt at it is under way."""
    row = db.execute(select(job).where(*_is_attempt(number, attempt))).first()
    return None if row is None else job_of(row)


def progressed(db: Connection, at: Job, done: int, total: int) -> None:
    """Note how far an attempt is."""
    _change(db, _at(at).values(done=done, total=total))


def ended(
    db: Connection,
    at: Job,
    state: State,
    *,
    result: Json | None = None,
    failure: Mapping[str, str] | None = None,
) -> bool:
    """Note how an attempt ended; whether it was still the one under way.

    Parameters
    ----------
    at
        The job as it was when the attempt began.
    state
        `State.WAITING` where it was interrupted, and the next one begins at the beginning.
    """
    values: dict[str, Any] = {"state": state}
    if state in ENDED:
        values["ended_at"] = func.now()
    if result is not None:
        values["result"] = result
    if failure is not None:
        values["failure"] = dict(failure)
    return _change(db, _at(at).values(values)) is not None


def given_up(db: Connection, queue_id: int, failure: Mapping[str, str]) -> None:
    """Note that a job is not tried again."""
    _change(
        db,
        update(job)
        .where(job.c.queue_id == queue_id, job.c.state.in_(_OPEN))
        .values(
            state=State.FAILED, attempt=job.c.attempt + 1, failure=dict(failure),
            ended_at=func.now(),
        ),
    )  # fmt: skip


def clear(db: Connection, now: dt.datetime) -> int:
    """Remove jobs that ended long ago; return how many."""
    old = delete(job).where(job.c.state.in_(ENDED), job.c.ended_at < now - KEPT_FOR)
    return int(db.execute(old).rowcount)


def _is_attempt(number: int, attempt: int) -> tuple[Any, ...]:
    return job.c.id == number, job.c.attempt == attempt, job.c.state == State.RUNNING


def _at(at: Job) -> Update:
    return update(job).where(*_is_attempt(at.id, at.attempt))


def _change(db: Connection, change: Update) -> Job | None:
    row = db.execute(change.returning(*job.c)).first()
    if row is None:
        return None
    found = job_of(row)
    news.tell(db, News(Topic.JOBS, account_ids=(found.account_id,), job_id=found.id))
    return found
