"""Asks a loopback server for many addresses over a few connections, with as little work as it can.

Requests are prepared bytes and answers are counted, not parsed, so that one process asks for tens
of thousands a second and the server, not this client, is what is measured.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle

from benchmarks.contest import Clock

HOST = "127.0.0.1"
BUFFER_BYTES = 1 << 20
# A server that says nothing for so long is broken, not slow.
SILENCE_S = 60.0
END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"


class ServerError(Exception):
    """The server answered with an error, or with what this client cannot count."""


@dataclass
class Load:
    """What came back."""

    requests: int = 0
    seconds: float = 0.0
    body_bytes: int = 0
    # The client's own work: near 1, it and not the server was the bottleneck.
    busy_share: float = 0.0

    @property
    def per_second(self) -> float:
        """Answers in a second."""
        return self.requests / self.seconds


@dataclass(frozen=True)
class Site:
    """A server on this machine, and the token that lets a program in; "" where all may come in."""

    port: int
    token: str = ""


def ask_each(
    _clock: Clock, site: Site, paths: Sequence[str], connections: int, seconds: float
) -> Load:
    """Ask for each path once, for at most so many seconds."""
    return _ask(site.port, iter(_prepared(site, paths)), connections, seconds)


def ask_again_and_again(
    _clock: Clock, site: Site, paths: Sequence[str], connections: int, seconds: float
) -> Load:
    """Ask for the paths in turn, over and over, for so many seconds."""
    return _ask(site.port, cycle(_prepared(site, paths)), connections, seconds)


def post_again_and_again(
    _clock: Clock, site: Site, path: str, bodies: Sequence[bytes], connections: int, seconds: float
) -> Load:
    """Send JSON bodies in turn, over and over, for so many seconds."""
    return _ask(site.port, cycle(_posted(site, path, bodies)), connections, seconds)


def get(site: Site, path: str) -> bytes:
    """Return one body."""
    with socket.create_connection((HOST, site.port), SILENCE_S) as wire:
        wire.sendall(_prepared(site, [path])[0])
        answer = _Answer()
        parts = []
        while not answer.is_whole:
            if not (part := wire.recv(BUFFER_BYTES)):
                raise ServerError(f"{path}: the server hung up.")
            parts.append(part)
            answer.take(part)
    return b"".join(parts).split(END_OF_HEAD, 1)[1]


@dataclass
class _Answer:
    """Counts one answer as its bytes come in."""

    _head: bytes = b""
    _missing: int = -1
    body_bytes: int = field(default=0)

    @property
    def is_whole(self) -> bool:
        return self._missing == 0

    def take(self, part: bytes | memoryview) -> None:
        if self._missing > 0:
            self._missing -= len(part)
            return
        self._head += part
        end = self._head.find(END_OF_HEAD)
        if end < 0:
            return
        head, rest = self._head[:end].lower(), len(self._head) - end - len(END_OF_HEAD)
        self._head = b""
        self.body_bytes = _length(head)
        self._missing = self.body_bytes - rest


def _length(head: bytes) -> int:
    status = head[9:12]
    if status == b"204":
        return 0
    start = head.find(LENGTH)
    if status not in (b"200", b"201") or start < 0:
        raise ServerError(f"The server answered {head.decode(errors='replace')!r}.")
    return int(head[start + len(LENGTH) :].split(b"\r\n", 1)[0])


def _prepared(site: Site, paths: Sequence[str]) -> list[bytes]:
    bearer = f"Authorization: Bearer {site.token}\r\n" if site.token else ""
    return [
        f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n{bearer}\r\n".encode()
        for path in paths
    ]


def _posted(site: Site, path: str, bodies: Sequence[bytes]) -> list[bytes]:
    return [
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Authorization: Bearer {site.token}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
        for body in bodies
    ]


def _ask(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Load:
    with contextlib.ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        wires = [
            stack.enter_context(socket.create_connection((HOST, port), SILENCE_S))
            for _ in range(connections)
        ]
        start, worked = time.perf_counter(), time.process_time()
        asking = _Asking(selector, requests, start + seconds)
        for wire in wires:
            wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(wire, selectors.EVENT_READ)
            asking.send(wire)
        asking.until_done()
        load = asking.load
        load.seconds = time.perf_counter() - start
        load.busy_share = (time.process_time() - worked) / load.seconds
    return load


class _Asking:
    """Keeps one request under way on each connection."""

    def __init__(
        self, selector: selectors.BaseSelector, requests: Iterator[bytes], end: float
    ) -> None:
        self.load = Load()
        self._selector, self._requests, self._end = selector, requests, end
        self._buffer = bytearray(BUFFER_BYTES)

    def send(self, wire: socket.socket) -> None:
        """Send the next request, or leave the connection alone when there is none."""
        request = next(self._requests, None) if time.perf_counter() < self._end else None
        if request is None:
            self._selector.unregister(wire)
            return
        wire.sendall(request)
        self._selector.modify(wire, selectors.EVENT_READ, _Answer())

    def until_done(self) -> None:
        """Take answers and send requests until both are over."""
        view = memoryview(self._buffer)
        while self._selector.get_map():
            ready = self._selector.select(SILENCE_S)
            if not ready:
                raise ServerError(f"No answer within {SILENCE_S:.0f} s.")
            for key, _ in ready:
                if isinstance(key.fileobj, socket.socket):
                    self._take(key.fileobj, key.data, view)

    def _take(self, wire: socket.socket, answer: _Answer, view: memoryview) -> None:
        count = wire.recv_into(self._buffer)
        if not count:
            raise ServerError("The server hung up.")
        answer.take(view[:count])
        if answer.is_whole:
            self.load.requests += 1
            self.load.body_bytes += answer.body_bytes
            self.send(wire)
