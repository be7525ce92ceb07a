"""What the work of a job is done at: connections of whom it is for, and a voice."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine

from gis.access.viewer import Viewer, act_as
from gis.jobs.jobs import Json

# Progress is written no more often: each time is a transaction, and news for an open page.
EVERY_S = 0.25


@dataclass
class Desk:
    """A job's connections and its voice."""

    viewer: Viewer
    arguments: Json
    # As the role `app`: the row policy holds.
    engine: Engine
    _note: Callable[[int, int], None]
    _noted_at: float = field(default=-EVERY_S)

    @contextlib.contextmanager
    def open(self) -> Iterator[Connection]:
        """Open a connection that acts for the viewer; all that is read in it is of one moment."""
        with self.engine.connect() as plain:
            db = plain.execution_options(isolation_level="REPEATABLE READ")
            with db.begin():
                act_as(db, self.viewer)
                yield db

    @contextlib.contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a connection that writes for the viewer what came of it, and commit.

        Beside the other: a snapshot would refuse to write what somebody else wrote meanwhile.
        """
        with self.engine.begin() as db:
            act_as(db, self.viewer)
            yield db

    def report(self, done: int, total: int) -> None:
        """Say that ``done`` steps of ``total`` are done."""
        now = time.monotonic()
        if done < total and now - self._noted_at < EVERY_S:
            return
        self._noted_at = now
        self._note(done, total)
