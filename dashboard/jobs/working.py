"""Does jobs for as long as the page is served, in a thread that waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from dashboard.hooks.addresses import Network
from gis.access.keys import Keys
from gis.database import Server

if TYPE_CHECKING:
    from dashboard.jobs.worker import Worker

log = logging.getLogger(__name__)

# The page answers first.
BEGIN_AFTER_S = 1.0
AGAIN_AFTER_S = 5.0
STOP_WITHIN_S = 10.0


class KeepWorking:
    """A thread that does jobs, whatever happens, until it is stopped.

    Parameters
    ----------
    target
        The database with the queue; jobs are told to use the same.
    networks
        Whose addresses webhooks may tell although they are inside.
    keys
        What the secrets of webhooks are encrypted with.
    """

    def __init__(
        self,
        target: Server,
        begin_after_s: float = BEGIN_AFTER_S,
        networks: Sequence[Network] = (),
        keys: Keys | None = None,
    ) -> None:
        self._target = target
        self._networks, self._keys = tuple(networks), keys
        self._begin_after_s = begin_after_s
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._working: asyncio.Task[None] | None = None
        self._workers: list[Worker] = []

    def start(self) -> None:
        """Begin, in a thread that does not keep the process alive."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="citygrid-jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End what is under way, to be begun anew when the page is served again."""
        self._stopped.set()
        loop, working = self._loop, self._working
        if loop is not None and working is not None:
            # The loop may have ended by itself.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(working.cancel)
        if self._thread is not None:
            self._thread.join(STOP_WITHIN_S)

    def _run(self) -> None:
        self._stopped.wait(self._begin_after_s)
        if not self._stopped.is_set():
            try:
                with contextlib.suppress(asyncio.CancelledError):
                    asyncio.run(self._work())
            finally:
                # Only now: a thread that was asking when the worker was stopped has ended, too.
                for worker in self._workers:
                    worker.close()
                self._workers.clear()

    async def _work(self) -> None:
        # Here, because procrastinate takes a third of a second that a page need not wait for.
        from dashboard.jobs.worker import Worker

        self._loop, self._working = asyncio.get_running_loop(), asyncio.current_task()
        while not self._stopped.is_set():
            try:
                self._workers.append(Worker(self._target, self._networks, self._keys))
                await self._workers[-1].run()
            except Exception as error:
                # The database may be away for a while; jobs wait for it.
                log.warning("Jobs wait, and are tried again: %s", error)
            await asyncio.sleep(AGAIN_AFTER_S)
