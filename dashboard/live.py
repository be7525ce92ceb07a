"""Tells open pages what changed: one listener to the database, one socket for each browser.

News is numbered here, in the order it was committed, so that a browser that lost its line can ask
for what came after the last it heard. Where that is not known any more it is told that it missed
something, and asks for everything anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from fastapi import FastAPI, WebSocket
from sqlalchemy import Engine
from starlette.websockets import WebSocketDisconnect

from dashboard.above import Above
from dashboard.visitors import Asked, Visitors
from gis import news
from gis.access.posts import Right
from gis.access.sessions import Need
from gis.access.viewer import Viewer
from gis.news import News, Topic

log = logging.getLogger(__name__)

# So much of the past is remembered for browsers that lost their line.
REMEMBERED = 1000
RECONNECT_S = 1.0
STOP_CHECK_S = 0.5
# A page that is drawn before the line is up would miss what is told until then.
HEARING_WITHIN_S = 10.0
# How often a quiet socket is used, which keeps proxies from closing it, and whether its session is
# still good is asked.
PULSE_S = 25.0
# While there is much news it is not asked at each: for so long one goes on to hear of numbers and
# units whose session another process ended; this one says so at once.
HELD_S = 5.0
# A browser that takes nothing is let go; it comes back and asks for what it missed.
MOST_WAITING = 200
SESSION_ENDED = 4401
TOO_SLOW = 4408
DECIDE = (Right.REDRAW, Right.APPROVE)


@dataclass(frozen=True)
class Numbered:
    """One piece of news and its place in the order; None: something was missed."""

    at: str
    news: News | None
    # The units in which it happened, up to the city; None where that is not known.
    within: frozenset[int] | None = None
    # How many pages of this process hear of it.
    pages: int = 1


@dataclass
class Relay:
    """Hears of changes in a thread of its own and hands them to the sockets of this process."""

    _engine: Engine
    _above: Above = field(init=False)
    _past: deque[Numbered] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _sockets: set[asyncio.Queue[Numbered]] = field(default_factory=set)
    # News of another listener, or of one that lost its line meanwhile, is counted anew.
    _era: str = field(default_factory=lambda: secrets.token_hex(4))
    _number: int = 0
    _last_s: float | None = None
    _is_stopped: threading.Event = field(default_factory=threading.Event)
    _is_hearing: threading.Event = field(default_factory=threading.Event)
    # Nothing is handed to a loop that may be closed already.
    _handing: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._above = Above(self._engine)

    def start(self) -> None:
        """Begin to listen; to be called on the event loop that the sockets are served on."""
        loop = asyncio.get_running_loop()
        threading.Thread(
            target=self._listen, args=(loop,), name="citygrid-live", daemon=True
        ).start()

    async def hearing(self) -> None:
        """Wait until it hears what is told from now on; not for long, where no database answers."""
        await asyncio.to_thread(self._is_hearing.wait, HEARING_WITHIN_S)

    def stop(self) -> None:
        """Stop listening; to be called before the loop ends."""
        with self._handing:
            self._is_stopped.set()

    @property
    def at(self) -> str:
        """How far the news has come."""
        return f"{self._era}:{self._number}"

    @property
    def quiet_s(self) -> float | None:
        """For how long there has been no news; None where there never was any."""
        return None if self._last_s is None else time.monotonic() - self._last_s

    def after(self, at: str) -> list[Numbered]:
        """Return the news since a place in the order, or that something was missed."""
        era, _, number = at.partition(":")
        known = self._number - len(self._past)
        if era != self._era or not number.isdecimal() or not known <= int(number) <= self._number:
            return [Numbered(self.at, None)]
        return [one for one in self._past if int(one.at.partition(":")[2]) > int(number)]

    @contextlib.contextmanager
    def subscribed(self) -> Iterator[asyncio.Queue[Numbered]]:
        """Give a queue of what is new from now on."""
        # One more than that, for the end.
        queue: asyncio.Queue[Numbered] = asyncio.Queue(MOST_WAITING + 1)
        self._sockets.add(queue)
        try:
            yield queue
        finally:
            self._sockets.discard(queue)

    def publish(self, told: News | None, within: frozenset[int] | None = None) -> None:
        """Give a piece of news its number and hand it on; on the event loop only."""
        if told is None:
            self._era, self._number = secrets.token_hex(4), 0
            self._past.clear()
        else:
            self._number += 1
        self._last_s = time.monotonic()
        one = Numbered(self.at, told, within, len(self._sockets))
        if told is not None:
            self._past.append(one)
        for queue in self._sockets:
            if queue.qsize() < queue.maxsize:
                queue.put_nowait(one)

    def _listen(self, loop: asyncio.AbstractEventLoop) -> None:
        is_first = True
        while not self._is_stopped.is_set():
            try:
                self._hear(loop, is_first=is_first)
            except (psycopg.OperationalError, OSError) as error:
                log.warning("Changes are not heard, open pages grow old: %s", error)
            is_first = False
            self._is_stopped.wait(RECONNECT_S)

    def _hear(self, loop: asyncio.AbstractEventLoop, *, is_first: bool) -> None:
        arguments, options = self._engine.dialect.create_connect_args(self._engine.url)
        with psycopg.connect(*arguments, **options, autocommit=True) as connection:
            connection.execute(f"LISTEN {news.CHANNEL}")
            self._is_hearing.set()
            if not is_first:
                self._hand(loop, None)
            while not self._is_stopped.is_set():
                for heard in connection.notifies(timeout=STOP_CHECK_S):
                    self._hand(loop, news.read(heard.payload))

    def _hand(self, loop: asyncio.AbstractEventLoop, told: News | None) -> None:
        with self._handing:
            if not self._is_stopped.is_set():
                # Nothing is asked of a database any more that may be let go already.
                within = self._above.of(told) if told else None
                loop.call_soon_threadsafe(self.publish, told, within)


def concerns(told: News, viewer: Viewer) -> bool:
    """Whether somebody may hear a piece of news: boundaries are everybody's, orders are not.

    Jobs are only his who asked for them.
    """
    if told.topic is Topic.BOUNDARIES or viewer.account_id in told.account_ids:
        return True
    if told.topic is Topic.JOBS:
        return False
    if told.topic is Topic.INCIDENTS:
        return not told.is_personal or _holds(told, viewer)
    if told.unit_ids:
        return any(viewer.may(right, unit) for right in DECIDE for unit in told.unit_ids)
    return not told.account_ids and any(viewer.may(right) for right in DECIDE)


def _holds(told: News, viewer: Viewer) -> bool:
    """Whether somebody works on cases of the units or bodies that news names; of none: on any."""
    if not told.unit_ids and not told.body_ids:
        return viewer.may(Right.CASES)
    return any(viewer.may(Right.CASES, unit) for unit in told.unit_ids) or any(
        body in viewer.bodies for body in told.body_ids
    )


def add(server: FastAPI, relay: Relay, visitors: Visitors) -> None:
    """Add the address of the sockets to a server."""

    @server.websocket("/live")
    async def live(socket: WebSocket, after: str = "") -> None:
        """Tell what changed from now on, and since ``after`` where that is given."""
        await socket.accept()
        with relay.subscribed() as queue, contextlib.suppress(WebSocketDisconnect):
            viewer = socket.state.visitor.viewer
            # Before the first wait: what comes from now on is in the queue.
            missed = relay.after(after) if after else []
            hello = {"at": relay.at if not missed else after, "quiet_s": relay.quiet_s}
            await socket.send_json(hello)
            for one in missed:
                await _send(socket, one, viewer)
            closing = asyncio.ensure_future(_closed(socket))
            try:
                await _serve(socket, queue, visitors, closing)
            finally:
                closing.cancel()


@dataclass
class _Listener:
    """Who hears by a socket, asked about now and then."""

    _asked: Asked
    _visitors: Visitors
    _viewer: Viewer | None = None
    _known_s: float = -HELD_S
    _changes: int = -1

    async def viewer(self, *, is_quiet: bool) -> Viewer | None:
        """Return who it is; None where his session is not good any more."""
        is_late = time.monotonic() - self._known_s >= HELD_S
        if is_quiet or is_late or self._changes != self._visitors.changes:
            self._known_s, self._changes = time.monotonic(), self._visitors.changes
            found = await self._visitors.find(self._asked)
            is_good = found is not None and found.need is Need.NONE
            self._viewer = found.viewer if found and is_good else None
        return self._viewer


async def _serve(
    socket: WebSocket,
    queue: asyncio.Queue[Numbered],
    visitors: Visitors,
    closing: asyncio.Future[None],
) -> None:
    listener = _Listener(socket.state.asked, visitors)
    while True:
        waiting = asyncio.ensure_future(queue.get())
        either: set[asyncio.Future[Any]] = {waiting, closing}
        await asyncio.wait(either, timeout=PULSE_S, return_when=asyncio.FIRST_COMPLETED)
        if closing.done():
            waiting.cancel()
            return
        viewer = await listener.viewer(is_quiet=not waiting.done())
        if viewer is None:
            waiting.cancel()
            await socket.close(SESSION_ENDED)
            return
        if not waiting.done():
            waiting.cancel()
            await socket.send_json({})
            continue
        if queue.qsize() >= MOST_WAITING:
            await socket.close(TOO_SLOW)
            return
        await _send(socket, waiting.result(), viewer)
        # What came together is told together: to wait for each costs more than to tell it.
        for _ in range(queue.qsize()):
            if queue.qsize() < MOST_WAITING:
                await _send(socket, queue.get_nowait(), viewer)


async def _send(socket: WebSocket, one: Numbered, viewer: Viewer) -> None:
    said: dict[str, Any] = {"at": one.at}
    if one.news is None:
        said["missed"] = True
    elif concerns(one.news, viewer):
        said |= {"topic": one.news.topic, "order": one.news.order_id}
        if one.news.job_id is not None:
            said["job"] = one.news.job_id
        if one.news.topic is Topic.INCIDENTS:
            said["incidents"] = list(one.news.incident_ids)
            # Of where it happened a page learns whether it shows that place.
            if one.within is not None:
                said["within"] = sorted(one.within)
            said["pages"] = one.pages
    # Who is not concerned still learns how far it is, and that only.
    await socket.send_json(said)


async def _closed(socket: WebSocket) -> None:
    # A page says nothing; what comes is that it is gone.
    with contextlib.suppress(WebSocketDisconnect):
        while True:
            await socket.receive_text()
