"""The threads that wait for the database, so that the event loop never does."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine

from gis import places
from gis.city import City
from gis.errors import NotFoundError

CITY_KEPT_S = 5.0
Result = TypeVar("Result")


class Workers:
    """As many threads as the engine has connections: one more would only wait for one."""

    def __init__(self, engine: Engine, threads: int) -> None:
        self.engine = engine
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="citygrid")
        self._city: tuple[float, City] | None = None

    async def run(self, work: Callable[..., Result], *args: object) -> Result:
        """Run ``work`` in one of the threads, with the caller's context variables."""
        context = contextvars.copy_context()
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, context.run, work, *args)

    async def ask(self, question: Callable[[Connection], Result]) -> Result:
        """Run ``question`` in one of the threads, on a connection of its own."""

        def asked() -> Result:
            with self.engine.connect() as db:
                return question(db)

        return await self.run(asked)

    async def city(self) -> City:
        """Return the city's settings, read again once in a while: a city may be loaded anew.

        Raises
        ------
        NotFoundError
            If no city is loaded.
        """
        known = self._city
        if known is None or time.monotonic() - known[0] > CITY_KEPT_S:
            found = await self.ask(places.city)
            if found is None:
                raise NotFoundError("No city is loaded. Run `citygrid demo`, or `citygrid init`.")
            known = self._city = (time.monotonic(), found)
        return known[1]
