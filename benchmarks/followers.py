"""Pages that hear of incidents and fetch what they show, as browsers do, without drawing it."""

from __future__ import annotations

import asyncio
import gzip
import re
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from random import random
from typing import Self

import orjson
from websockets.asyncio.client import connect

from benchmarks.contest import ContestError
from benchmarks.web_client import HOST

# As `assets/live.js` has it: what comes in a bunch is asked about once, and not more often.
GATHER_S, LEAST_BETWEEN_S = 0.12, 1.0
# What counts incidents is asked for less often than they are, by each page at another moment.
LEAST_BETWEEN_NUMBERS_S, SPREAD_PER_PAGE_S, MOST_SPREAD_S = 5.0, 0.1, 10.0
# As many as a browser opens to one server.
CONNECTIONS = 6
AGENT = "benchmarks"
OPENING_S = 60.0
# What incidents are called in a list.
KEY = re.compile(rb"SJ\d{8}-\d+")

Wire = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(frozen=True)
class Question:
    """One request of a page, without who sends it."""

    method: str
    path: str
    body: bytes
    # Whether the line of a report comes with its answer.
    is_list: bool

    def written(self, port: int, cookie: str) -> bytes:
        """Return the request as it goes over the wire."""
        return (
            f"{self.method} {self.path} HTTP/1.1\r\nHost: {HOST}:{port}\r\nCookie: {cookie}\r\n"
            f"User-Agent: {AGENT}\r\nSec-Fetch-Site: same-origin\r\nAccept-Encoding: gzip\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(self.body)}\r\n\r\n"
        ).encode() + self.body


@dataclass(frozen=True)
class Shown:
    """What a page shows: where, and what it asks for when it hears of an incident there."""

    unit: int
    incidents: Sequence[Question]
    # What counts them.
    numbers: Sequence[Question]


@dataclass
class Seen:
    """When each page had fetched each incident's line, by its key, on `time.monotonic`'s clock."""

    pages: list[dict[str, float]] = field(default_factory=list)
    # How long each page took to fetch all that it shows, each time.
    rounds_s: list[float] = field(default_factory=list)


class Wires:
    """The lines of one browser to the server, each for one request at a time."""

    def __init__(self, port: int, cookie: str) -> None:
        self._port, self._cookie = port, cookie
        self._opened: list[asyncio.StreamWriter] = []
        self._free: asyncio.Queue[Wire | None] = asyncio.Queue()
        for _ in range(CONNECTIONS):
            self._free.put_nowait(None)

    async def ask(self, question: Question) -> bytes:
        """Ask a question over the next line that is free."""
        wire = await self._free.get()
        if wire is None or wire[0].at_eof():
            wire = await self._open()
        request = question.written(self._port, self._cookie)
        try:
            answer = await _answer(wire, request, question.path)
        except (asyncio.IncompleteReadError, ConnectionError):
            # The server let go of a line that was idle as it was asked: a browser asks again.
            wire = await self._open()
            answer = await _answer(wire, request, question.path)
        self._free.put_nowait(wire)
        return answer

    async def _open(self) -> Wire:
        wire = await asyncio.open_connection(HOST, self._port)
        self._opened.append(wire[1])
        return wire

    async def close(self) -> None:
        """Close the lines, those that an answer is still awaited on too."""
        for writer in self._opened:
            writer.close()
        closing = (writer.wait_closed() for writer in self._opened)
        await asyncio.gather(*closing, return_exceptions=True)


@dataclass
class Follower:
    """A page: hears, gathers what it hears, and fetches."""

    port: int
    cookie: str
    shown: Shown
    seen: dict[str, float]
    rounds_s: list[float]

    async def follow(self, is_open: Callable[[], None]) -> None:
        """Follow until it is cancelled."""
        wires = Wires(self.port, self.cookie)
        socket = await connect(
            f"ws://{HOST}:{self.port}/live",
            additional_headers={"Cookie": self.cookie, "Origin": f"http://{HOST}:{self.port}"},
            user_agent_header=AGENT,
        )
        heard, news = asyncio.Event(), set[str]()
        loop, counted_at = asyncio.get_running_loop(), -LEAST_BETWEEN_NUMBERS_S
        counting: asyncio.TimerHandle | None = None

        def say(topic: str) -> None:
            news.add(topic)
            heard.set()

        def count() -> None:
            nonlocal counting, counted_at
            counting, counted_at = None, time.monotonic()
            say("numbers")

        async def listen() -> None:
            nonlocal counting
            async for message in socket:
                told = orjson.loads(message)
                within = told.get("within") or [self.shown.unit]
                if told.get("topic") == "incidents" and self.shown.unit in within:
                    say("cases")
                    pause = max(0.0, counted_at + LEAST_BETWEEN_NUMBERS_S - time.monotonic())
                    most = min((told["pages"] - 1) * SPREAD_PER_PAGE_S, MOST_SPREAD_S)
                    counting = counting or loop.call_later(pause + random() * most, count)

        listening = asyncio.ensure_future(listen())
        is_open()
        said_at = -LEAST_BETWEEN_S
        try:
            while True:
                await heard.wait()
                pause = max(GATHER_S, said_at + LEAST_BETWEEN_S - time.monotonic())
                await asyncio.sleep(pause)
                heard.clear()
                said_at = time.monotonic()
                asked = [
                    *(self.shown.incidents if "cases" in news else ()),
                    *(self.shown.numbers if "numbers" in news else ()),
                ]
                news.clear()
                await self._fetch(wires.ask, asked)
        finally:
            listening.cancel()
            await wires.close()
            await socket.close()

    async def _fetch(
        self, ask: Callable[[Question], Awaitable[bytes]], questions: Sequence[Question]
    ) -> None:
        """Ask for what the page shows."""
        began = time.monotonic()

        async def take(question: Question) -> None:
            answer = await ask(question)
            if question.is_list:
                at = time.monotonic()
                for key in KEY.findall(answer):
                    self.seen.setdefault(key.decode(), at)

        await asyncio.gather(*(take(question) for question in questions))
        self.rounds_s.append(time.monotonic() - began)


async def _answer(wire: Wire, request: bytes, path: str) -> bytes:
    reader, writer = wire
    writer.write(request)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    status = int(head[9:12])
    if status not in (200, 204, 304):
        raise ContestError(f"{path}: the server answered {head!r}.")
    fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    if "chunked" in fields.get("transfer-encoding", ""):
        raise ContestError(f"{path} came in pieces.")
    body = await reader.readexactly(int(fields.get("content-length", 0)))
    return gzip.decompress(body) if fields.get("content-encoding") == "gzip" else body


class Crowd:
    """Pages that follow, on an event loop in a thread of its own."""

    def __init__(self, port: int, shown: Mapping[str, Shown]) -> None:
        """Take what each page shows, by its cookie."""
        self.seen = Seen([{} for _ in shown])
        self._followers = [
            Follower(port, cookie, each, seen, self.seen.rounds_s)
            for (cookie, each), seen in zip(shown.items(), self.seen.pages, strict=True)
        ]
        self._is_over = threading.Event()
        self._open = threading.Semaphore(0)
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        for _ in self._followers:
            if not self._open.acquire(timeout=OPENING_S):
                raise ContestError(f"The pages did not open within {OPENING_S:.0f} s.")
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()
        if self._fault is not None:
            raise self._fault

    def at(self, unit: int) -> list[dict[str, float]]:
        """Return what the pages that show a unit have seen."""
        return [one.seen for one in self._followers if one.shown.unit == unit]

    def have_all(self, keys: Collection[str], unit: int) -> bool:
        """Return whether every page of a unit has every one of some incidents, or a page broke."""
        is_broken = not self._thread.is_alive()
        return is_broken or all(page.keys() >= set(keys) for page in self.at(unit))

    async def _run(self) -> None:
        going = [asyncio.ensure_future(one.follow(self._open.release)) for one in self._followers]
        while not self._is_over.is_set() and not any(one.done() for one in going):
            await asyncio.sleep(0.05)
        for one in going:
            one.cancel()
        for ended in await asyncio.gather(*going, return_exceptions=True):
            if isinstance(ended, Exception):
                self._fault = ended
