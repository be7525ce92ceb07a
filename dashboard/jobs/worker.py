"""Takes jobs from the queue and sees each through, in a process of its own.

Whose turn it is, that no two workers take the same job, and which ones a dead worker leaves, is
procrastinate's business (`gis.jobs.queue`); here is what becomes of a job.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

import psycopg
from procrastinate import (
    App,
    BaseRetryStrategy,
    JobContext,
    PsycopgConnector,
    RetryDecision,
    RetryStrategy,
)
from procrastinate.job_context import AbortReason
from procrastinate.jobs import Job as Queued
from procrastinate.jobs import Status
from psycopg import sql
from sqlalchemy import Connection

from dashboard import processes
from dashboard.hooks.addresses import Network
from dashboard.hooks.courier import Courier
from dashboard.jobs import stale
from dashboard.text import in_all_languages
from gis import hooks
from gis.access.keys import Keys
from gis.database import Role, Server
from gis.errors import CityGridError
from gis.jobs import keeping, queue
from gis.jobs.jobs import Job, State

log = logging.getLogger(__name__)
Result = TypeVar("Result")

# As many as there are processors, and two at least: two planners do not wait for each other.
AT_ONCE = max(2, os.cpu_count() or 1)
# A worker says that it lives; one that has not for so long is taken for dead.
HEARTBEAT_S = 2.0
DEAD_AFTER_S = 10.0
LOOK_FOR_DEAD_S = 2.0
# A job whose worker died so often is probably why.
MOST_ATTEMPTS = 3

CRASHED = CityGridError(
    "The process that did it ended before it was done, perhaps for want of memory.",
    key="job.crashed",
)
INTERRUPTED = CityGridError(
    f"It was begun {MOST_ATTEMPTS} times, and each time the program ended before it was done.",
    key="job.interrupted", n=MOST_ATTEMPTS,
)  # fmt: skip


# Seven minutes past: when everything else begins, this does not. At a start the last hour's is
# made up for.
EVERY_HOUR = "7 * * * *"
MISSED_S = 3600.0 + 60.0
# Time limits are hours.
EVERY_FEW_MINUTES = "*/10 * * * *"
# What changed is answered anew within some minutes; to look takes no process of its own.
SOON = "*/5 * * * *"


# A telling whose worker was stopped.
SOON_S = 2.0


class StoppedError(Exception):
    """The worker stops; the job is begun anew by the next one."""


class UndeliveredError(Exception):
    """A telling is to be tried again."""

    def __init__(self, wait_s: float) -> None:
        super().__init__(f"in {wait_s:.0f} s")
        self.wait_s = wait_s


class Again(BaseRetryStrategy):
    """Tries a telling again when it says; after anything else that ended it, soon."""

    def get_retry_decision(self, *, exception: BaseException, job: Queued) -> RetryDecision | None:
        """Return when."""
        del job
        wait_s = exception.wait_s if isinstance(exception, UndeliveredError) else SOON_S
        return RetryDecision(retry_in={"seconds": round(wait_s)})


class Worker:
    """Does jobs until it is cancelled.

    Parameters
    ----------
    networks
        Whose addresses webhooks may tell although they are inside.
    keys
        What the secrets of webhooks are encrypted with.
    """

    def __init__(
        self, target: Server, networks: Sequence[Network] = (), keys: Keys | None = None
    ) -> None:
        self._target = target
        self._engine = target.engine(Role.WORKER, pool_size=AT_ONCE + 1)
        self._app = App(connector=_connector(target), periodic_defaults={"max_delay": MISSED_S})
        do = self._app.task(
            name=queue.TASK,
            queue=queue.QUEUE,
            pass_context=True,
            retry=RetryStrategy(retry_exceptions=(StoppedError,)),
        )
        do(self._do)
        self._courier = Courier(self._engine, keys, networks)
        deliver = self._app.task(
            name=queue.WEBHOOK, queue=queue.QUEUE, pass_context=True, retry=Again()
        )
        deliver(self._deliver)
        # Looked at every hour, because the month ends in the city's time zone; what was missed
        # while the program was off is made up for at once.
        at_month_end = self._app.task(
            name=queue.MONTH_END, queue=queue.QUEUE, queueing_lock=queue.MONTH_END
        )
        self._app.periodic(cron=EVERY_HOUR)(at_month_end(self._at_month_end))
        escalate = self._app.task(
            name=queue.ESCALATION, queue=queue.QUEUE, queueing_lock=queue.ESCALATION
        )
        self._app.periodic(cron=EVERY_FEW_MINUTES)(escalate(self._escalate))
        look = self._app.task(name=queue.STALE, queue=queue.QUEUE, queueing_lock=queue.STALE)
        self._app.periodic(cron=SOON)(look(self._look_for_stale))

    async def run(self) -> None:
        """Do jobs until cancelled; those under way are put back then."""
        async with self._app.open_async():
            await self._ask(lambda db: keeping.clear(db, dt.datetime.now(dt.UTC)))
            await self._ask(lambda db: hooks.clear(db, dt.datetime.now(dt.UTC)))
            await self._app.job_manager.delete_old_jobs(
                nb_hours=int(keeping.KEPT_FOR.total_seconds() // 3600),
                include_failed=True, include_cancelled=True, include_aborted=True,
            )  # fmt: skip
            async with self._looking_for_dead():
                await self._app.run_worker_async(
                    queues=[queue.QUEUE],
                    concurrency=AT_ONCE,
                    install_signal_handlers=False,
                    shutdown_graceful_timeout=0,
                    update_heartbeat_interval=HEARTBEAT_S,
                    stalled_worker_timeout=DEAD_AFTER_S,
                )

    def close(self) -> None:
        """Close its connections, once no thread asks any more: the loop has ended."""
        self._engine.dispose()

    async def _do(self, context: JobContext, number: int) -> None:
        """See one job through."""
        queued = context.job.id
        job = await self._ask(lambda db: keeping.taken(db, number, queued or 0))
        if job is None:
            return
        process = await self._process("dashboard.jobs.child", str(job.id), str(job.attempt))
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            if context.abort_reason() is AbortReason.SHUTDOWN:
                await self._end(job, State.WAITING)
                raise StoppedError from None
            await self._end(job, State.CANCELLED)
            raise
        if code:
            log.error("The process of job %d ended with %d", job.id, code)
            await self._end(job, State.FAILED, CRASHED)

    async def _deliver(self, context: JobContext, number: int) -> None:
        """Bring one telling to its address."""
        try:
            wait_s = await asyncio.to_thread(self._courier.deliver, number)
        except asyncio.CancelledError:
            if context.abort_reason() is AbortReason.SHUTDOWN:
                raise StoppedError from None
            raise
        if wait_s is not None:
            raise UndeliveredError(wait_s)

    async def _at_month_end(self, timestamp: int) -> None:
        """Keep the standard indicators of a month that has ended, if that was not done yet."""
        del timestamp
        await self._by_the_clock("dashboard.jobs.month_end")

    async def _escalate(self, timestamp: int) -> None:
        """Let those hear whose cases run out of time."""
        del timestamp
        await self._by_the_clock("dashboard.jobs.escalate")

    async def _look_for_stale(self, timestamp: int) -> None:
        """Begin to answer anew what has grown old."""
        del timestamp
        await asyncio.to_thread(stale.begin, self._target, dt.datetime.now(dt.UTC))

    async def _by_the_clock(self, module: str) -> None:
        """See what nobody asked for through, in a process of its own."""
        process = await self._process(module)
        try:
            code = await process.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise
        if code:
            log.error("%s ended with %d", module, code)

    async def _process(self, *module: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", *module,
            env={**os.environ, **processes.handed(self._target)},
            # Ctrl-C in a terminal is for the page, which ends what it began.
            start_new_session=True,
        )  # fmt: skip

    async def _end(self, job: Job, state: State, why: CityGridError | None = None) -> None:
        failure = None if why is None else in_all_languages(why)
        await self._ask(lambda db: keeping.ended(db, job, state, failure=failure))

    @contextlib.asynccontextmanager
    async def _looking_for_dead(self) -> AsyncIterator[None]:
        looking = asyncio.ensure_future(self._look_for_dead())
        try:
            yield
        finally:
            looking.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await looking

    async def _look_for_dead(self) -> None:
        """Begin anew what workers left that are gone, killed with the page for instance."""
        while True:
            try:
                for job in await self._app.job_manager.get_stalled_jobs(
                    queue=queue.QUEUE, seconds_since_heartbeat=DEAD_AFTER_S
                ):
                    await self._begin_anew(job)
            except Exception as error:
                # Such as a job that another worker was quicker to find.
                log.warning("Jobs left by dead workers are looked for again: %s", error)
            await asyncio.sleep(LOOK_FOR_DEAD_S)

    async def _begin_anew(self, job: Queued) -> None:
        number = job.id or 0
        # A telling has attempts of its own, which end after a day.
        if job.attempts + 1 < MOST_ATTEMPTS or job.task_name == queue.WEBHOOK:
            await self._app.job_manager.retry_job(job, retry_at=dt.datetime.now(dt.UTC))
            return
        # In the queue first: of two workers that find it, one fails here and goes no further.
        await self._app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        failure = in_all_languages(INTERRUPTED)
        await self._ask(lambda db: keeping.given_up(db, number, failure))

    async def _ask(self, question: Callable[[Connection], Result]) -> Result:
        def asked() -> Result:
            with self._engine.begin() as db:
                return question(db)

        return await asyncio.to_thread(asked)


def _connector(target: Server) -> PsycopgConnector:
    engine = target.engine(Role.WORKER)
    _, options = engine.dialect.create_connect_args(engine.url)
    path = sql.SQL("SET search_path = {}").format(sql.Identifier(queue.SCHEMA))
    role = sql.SQL("SET ROLE {}").format(sql.Identifier(Role.WORKER))

    async def configure(connection: psycopg.AsyncConnection) -> None:
        # By statement, not in the options: poolers between us and the server drop options.
        await connection.execute(role)
        await connection.execute(path)
        await connection.commit()

    # One for what it asks; that on which it hears of jobs is beside the pool.
    return PsycopgConnector(kwargs=options, min_size=1, max_size=2, configure=configure)
