"""Runs each contender in a process of its own, with its own memory, and stops it at the cap."""

from __future__ import annotations

import contextlib
import multiprocessing
import resource
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, TypeAlias

# For what is not timed: reading the input, building the peer's own objects.
SETUP_CAP_S = 300.0

Message: TypeAlias = tuple[str, Any]


class ContestError(Exception):
    """A contender broke, or two of them gave different answers."""


class StoppedError(Exception):
    """A contender says that its server stopped it at the cap."""


@dataclass
class Outcome:
    """What a contender did."""

    # The best time of each lap, in seconds.
    laps: dict[str, float] = field(default_factory=dict)
    # The lap that was stopped at the cap, if any.
    stopped: str | None = None
    value: Any = None
    # Peak resident memory of the process, Python and libraries included.
    peak_mb: float = float("nan")


class Clock:
    """Times the laps of a contender, and tells whoever watches when each begins and ends."""

    def __init__(self, send: Callable[[Message], object]) -> None:
        self._send = send
        self.last_s = 0.0

    @contextlib.contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Time a block; repeated under one name, the best counts."""
        self._send(("begin", name))
        start = time.perf_counter()
        yield
        self.last_s = time.perf_counter() - start
        self._send(("end", (name, self.last_s)))


def run(
    job: Callable[..., Any], *args: Any, cap_s: float = SETUP_CAP_S, apart: bool = True
) -> Outcome:
    """Run ``job(clock, *args)`` in a fresh process, and kill it when a lap exceeds ``cap_s``.

    The job must be a function of a module, its arguments and result picklable. With ``apart``
    false it runs here, where nothing stops it: for sizes that only show that everything works.

    Raises
    ------
    ContestError
        The job raised, or its set-up took too long.
    """
    if not apart:
        messages: list[Message] = []
        _work(messages.append, job, args)
        coming = iter(messages)
        return _follow(lambda _: next(coming), cap_s)
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work_apart, args=(theirs, job, args), daemon=True)
    process.start()
    theirs.close()
    try:
        outcome = _follow(lambda limit_s: _next(ours, limit_s), cap_s)
        if outcome.stopped is None:
            process.join(5)
        return outcome
    finally:
        process.kill()
        process.join()
        ours.close()


def _follow(message: Callable[[float], Message], cap_s: float) -> Outcome:
    outcome = Outcome()
    lap: str | None = None
    while True:
        # A job that ends a lap just at the cap may need a moment to say so.
        kind, what = message(cap_s + 1 if lap else SETUP_CAP_S)
        if kind == "begin":
            lap = what
        elif kind == "end":
            name, seconds = what
            outcome.laps[name] = min(seconds, outcome.laps.get(name, seconds))
            lap = None
        elif kind == "stopped" and lap:
            outcome.laps.setdefault(lap, cap_s)
            outcome.stopped = lap
            return outcome
        elif kind == "done":
            outcome.value, outcome.peak_mb = what
            return outcome
        else:
            raise ContestError(what or f"The set-up took more than {SETUP_CAP_S:.0f} s.")


def _next(pipe: Connection, limit_s: float) -> Message:
    if not pipe.poll(limit_s):
        return "stopped", None
    try:
        message: Message = pipe.recv()
    except EOFError:
        return "error", "The process ended without a result."
    return message


def _work_apart(pipe: Connection, job: Callable[..., Any], args: tuple[Any, ...]) -> None:
    _work(pipe.send, job, args)


def _work(
    send: Callable[[Message], object], job: Callable[..., Any], args: tuple[Any, ...]
) -> None:
    try:
        value = job(Clock(send), *args)
    except StoppedError:
        send(("stopped", None))
    except Exception:
        send(("error", traceback.format_exc()))
    else:
        # Linux counts in kB.
        send(("done", (value, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)))


def repeat(clock: Clock, name: str, times: int, action: Callable[[], Any]) -> Any:
    """Time an action several times; return its last result."""
    result = None
    for _ in range(times):
        with clock.lap(name):
            result = action()
    return result
