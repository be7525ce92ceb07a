"""The process that does one job: ``python -m dashboard.jobs.child NUMBER ATTEMPT``.

It may take all of a processor, be killed to cancel the job, or fail for want of memory: the page
goes on answering.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import os
import sys
from collections.abc import Iterator

from sqlalchemy import Engine

from dashboard import processes
from dashboard.jobs.desk import Desk
from dashboard.jobs.kinds import KINDS
from dashboard.text import in_all_languages
from dashboard.visitors import limited
from gis.access.viewer import Viewer, viewer_of
from gis.database import Role, Server
from gis.errors import CityGridError
from gis.jobs import keeping
from gis.jobs.jobs import Job, Json, State

log = logging.getLogger(__name__)
BUG = CityGridError(
    "Something went wrong that should not have. The program's log says what.", key="job.bug"
)


def main() -> None:
    """Do the job that the arguments name."""
    processes.end_with_parent()
    logging.basicConfig(level=logging.WARNING)
    number, attempt = (int(word) for word in sys.argv[1:])
    do(processes.taken(os.environ), number, attempt)


def do(target: Server, number: int, attempt: int) -> None:
    """Do an attempt at a job and note how it ended; nothing where it is over already."""
    with _engine(target, Role.WORKER) as worker:
        with worker.begin() as db:
            job = keeping.current(db, number, attempt)
        if job is None:
            return
        try:
            result = _done(target, worker, job)
        except CityGridError as error:
            with worker.begin() as db:
                keeping.ended(db, job, State.FAILED, failure=in_all_languages(error))
        except Exception:
            # A bug of ours: the log has it, and who asked is not left waiting.
            log.exception("Job %d (%s) failed", number, job.kind)
            with worker.begin() as db:
                keeping.ended(db, job, State.FAILED, failure=in_all_languages(BUG))
        else:
            with worker.begin() as db:
                keeping.ended(db, job, State.DONE, result=result)


def _done(target: Server, worker: Engine, job: Job) -> Json:
    # Late, because it brings the analyses with it, and the numbers of the job can say so.
    from dashboard.jobs.works import WORKS

    viewer = _viewer(target, job)
    viewer.require(KINDS[job.kind].right)

    def note(done: int, total: int) -> None:
        with worker.begin() as db:
            keeping.progressed(db, job, done, total)

    # One connection to read with, one to write.
    with _engine(target, Role.APP, 2) as engine:
        return WORKS[job.kind](Desk(viewer, job.arguments, engine, note))


def _viewer(target: Server, job: Job) -> Viewer:
    """Return who asked, as he is today, with no more rights than he asked with."""
    with _engine(target, Role.PORTER) as porter, porter.begin() as db:
        return limited(viewer_of(db, job.account_id, dt.datetime.now(dt.UTC)), job.rights)


@contextlib.contextmanager
def _engine(target: Server, role: Role, connections: int = 1) -> Iterator[Engine]:
    engine = target.engine(role, pool_size=connections)
    try:
        yield engine
    finally:
        engine.dispose()


if __name__ == "__main__":
    main()
