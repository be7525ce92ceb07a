"""Reports that come one by one, and are written together with those that came meanwhile.

What an incident costs is mostly the transaction around it: the lock on the faces, the numbers of
all units above, the commit. While one is under way, reports wait and share the next; who reports
alone waits for nobody.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from dashboard.orders.office import Office
from gis.access.viewer import Viewer, act_as
from layers.handling.drafts import Draft, Received

# One transaction holds the numbers of the units above: nobody is to wait long for them.
MOST_TOGETHER = 200

Write = Callable[[Connection, Viewer, Sequence[Draft]], list[Received]]


@dataclass(frozen=True, eq=False)
class _Waiting:
    viewer: Viewer
    draft: Draft
    answer: asyncio.Future[Received]


class Collector:
    """Writes reports of many requests in few transactions; each is answered once committed."""

    def __init__(self, office: Office, write: Write) -> None:
        self._office = office
        self._write = write
        self._waiting: deque[_Waiting] = deque()
        self._working: asyncio.Task[None] | None = None

    async def report(self, viewer: Viewer, draft: Draft) -> Received:
        """Return what became of a report, once it is safe; raise what writing it raised."""
        one = _Waiting(viewer, draft, asyncio.get_running_loop().create_future())
        self._waiting.append(one)
        if self._working is None or self._working.done():
            self._working = asyncio.create_task(self._work())
        return await one.answer

    async def _work(self) -> None:
        while self._waiting:
            count = min(len(self._waiting), MOST_TOGETHER)
            await self._together([self._waiting.popleft() for _ in range(count)])

    async def _together(self, some: Sequence[_Waiting]) -> None:
        try:
            found = await self._office.ask(lambda db: self._written(db, some))
        except Exception as error:
            if len(some) == 1 or _may_be_written(error):
                for one in some:
                    _end(one, error)
                return
            # Whose fault it is shows when each is written by itself.
            for one in some:
                await self._together([one])
            return
        for one, received in zip(some, found, strict=True):
            _end(one, received)

    def _written(self, db: Connection, some: Sequence[_Waiting]) -> list[Received]:
        """Write the reports of each viewer together, as that viewer."""
        mine: dict[Viewer, list[int]] = {}
        for at, one in enumerate(some):
            mine.setdefault(one.viewer, []).append(at)
        found: dict[int, Received] = {}
        for viewer, places in mine.items():
            act_as(db, viewer)
            written = self._write(db, viewer, [some[at].draft for at in places])
            found |= dict(zip(places, written, strict=True))
        return [found[at] for at in range(len(some))]


def _may_be_written(error: Exception) -> bool:
    """Return whether nobody knows what became of a transaction: its connection broke.

    Written once more by the program, a report without a key could be there twice.
    """
    return isinstance(error, DBAPIError) and error.connection_invalidated


def _end(one: _Waiting, result: Received | Exception) -> None:
    # Who asked may have gone; what is written stays.
    if one.answer.done():
        return
    if isinstance(result, Exception):
        one.answer.set_exception(result)
    else:
        one.answer.set_result(result)
