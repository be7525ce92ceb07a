"""One answer for all who ask the same at once and may see the same.

When something is told to many open pages they ask together. Who asks while the same question waits
for its turn shares its answer: it is asked of the database later than he asked, and so knows all
that he was told. Nothing is kept: of what was begun before, nobody gets an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any

from gis.access.viewer import Viewer


def sight(viewer: Viewer) -> Viewer:
    """Return what a viewer may see, as far as that comes of the posts he holds, without who he is.

    Rows of one's own (notices, filters, scenarios, jobs) are not in it.
    """
    return replace(viewer, account_id=None, login="", name="", address=None)


@dataclass
class Alike:
    """Questions on their way; for one event loop."""

    # What has not begun yet, and what runs: at most one of each, by question.
    _waiting: dict[Hashable, asyncio.Task[Any]] = field(default_factory=dict)
    _running: dict[Hashable, asyncio.Task[Any]] = field(default_factory=dict)

    async def once(self, question: Hashable, ask: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401
        """Ask, or wait with those who ask the same.

        Parameters
        ----------
        question
            Whatever the answer depends on, who may see it included.
        """
        task = self._waiting.get(question)
        if task is None:
            turn = self._turn(question, self._running.get(question), ask)
            task = self._waiting[question] = asyncio.ensure_future(turn)
        # Who goes away takes the answer from nobody else.
        return await asyncio.shield(task)

    async def _turn(
        self,
        question: Hashable,
        before: asyncio.Task[Any] | None,
        ask: Callable[[], Awaitable[Any]],
    ) -> Any:  # noqa: ANN401
        if before is not None:
            await asyncio.wait([before])
        task = self._running[question] = self._waiting.pop(question)
        try:
            return await ask()
        finally:
            if self._running.get(question) is task:
                del self._running[question]
