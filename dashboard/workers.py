"""The threads that wait for the database, so that the event loop never does; and for whom."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine, QueuePool

from dashboard.viewing import VIEWER
from gis.access.viewer import act_as

Result = TypeVar("Result")

# Threads for an engine that opens a connection for each question.
UNPOOLED = 6


class Workers:
    """As many threads as the engine has connections: one more would only wait for one."""

    def __init__(self, engine: Engine, threads: int | None = None) -> None:
        self.engine = engine
        if threads is None:
            threads = engine.pool.size() if isinstance(engine.pool, QueuePool) else UNPOOLED
        self._threads = threads
        self._pool = self._fresh()

    def _fresh(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads, thread_name_prefix="citygrid")

    def rest(self) -> None:
        """Wait until nothing is asked of the database any more, so that it may be let go."""
        asked, self._pool = self._pool, self._fresh()
        asked.shutdown(wait=True)

    @contextlib.contextmanager
    def connect(self) -> Iterator[Connection]:
        """Open a connection that acts for who looks, in one transaction; the only way to one."""
        with self.engine.connect() as db, db.begin():
            act_as(db, VIEWER.get())
            yield db

    async def run(self, work: Callable[..., Result], *args: object) -> Result:
        """Run ``work`` in one of the threads, with the caller's context variables."""
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, context.run, work, *args)

    async def ask(self, question: Callable[[Connection], Result]) -> Result:
        """Run ``question`` in one of the threads, on a connection of its own."""

        def asked() -> Result:
            with self.connect() as db:
                return question(db)

        return await self.run(asked)
