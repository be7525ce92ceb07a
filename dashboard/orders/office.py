"""Where orders are decided on: connections as the engine, and the orders whose day has come.

The page's server reads, and writes drafts; what binds others goes through here, and only here.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterator
from typing import TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis import places
from gis.access.viewer import act_as
from gis.errors import CityGridError, DatabaseError
from gis.orders.order import Order
from layers import orders

log = logging.getLogger(__name__)
Result = TypeVar("Result")
# An order is due at the start of a day; nobody waits at midnight for the second.
EVERY_S = 15.0
STOP_WITHIN_S = 10.0


class Office:
    """Decides on orders, and lets those take effect that are due, for as long as it is open.

    Parameters
    ----------
    engine
        Connections as the role `engine`; None where a server only reads.
    """

    def __init__(self, engine: Engine | None, every_s: float = EVERY_S) -> None:
        self._engine = engine
        self._every_s = every_s
        self._workers = Workers(engine) if engine else None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def open(self) -> Iterator[Connection]:
        """Open a connection that may decide, for who looks, in one transaction.

        Raises
        ------
        DatabaseError
            This server only reads.
        """
        if self._engine is None:
            raise DatabaseError(
                "This server shows orders and decides on none: it was started without its office.",
                key="error.no_office",
            )
        with self._engine.begin() as db:
            act_as(db, VIEWER.get())
            yield db

    async def ask(self, question: Callable[[Connection], Result]) -> Result:
        """Run ``question`` off the event loop in a transaction of its own, and commit."""

        def asked() -> Result:
            with self.open() as db:
                return question(db)

        if self._workers is None:
            return asked()
        return await self._workers.run(asked)

    def start(self) -> None:
        """Let take effect what is due, now and from then on, in a thread of its own."""
        if self._engine is None:
            return
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="citygrid-orders", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Begin nothing more; what is under way ends, or is undone with its connection."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(STOP_WITHIN_S)
        if self._engine is not None:
            self._engine.dispose()

    def apply_due(self, now: dt.datetime) -> list[Order]:
        """Let the orders take effect whose day has begun; each in a transaction of its own."""
        if self._engine is None:
            return []
        with self._engine.begin() as db:
            # Without a city there is nothing that could be due.
            waiting = orders.due(db, now) if places.city(db) else []
        found = []
        for number in waiting:
            if self._stopped.is_set():
                break
            try:
                with self._engine.begin() as db:
                    order = orders.apply_due(db, number, now)
            except Exception:
                # A bug of ours must not keep other orders from their day.
                log.exception("Change order %s could not take effect and is tried again", number)
                continue
            if order is not None:
                log.info("%s is %s", order.number, order.status.value)
                found.append(order)
        return found

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.apply_due(dt.datetime.now(dt.UTC))
            except (DBAPIError, CityGridError, OSError) as error:
                log.warning("Orders that are due will be looked for again: %s", error)
            self._stopped.wait(self._every_s)
