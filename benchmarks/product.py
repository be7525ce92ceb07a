"""Runs our own program and peers' servers as processes, and watches their memory."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import web_client
from benchmarks.contest import ContestError

START_S = 60.0
STOP_S = 15.0
SAMPLE_S = 0.5


@dataclass
class Usage:
    """What a command took."""

    seconds: float = 0.0
    # The program itself, as the kernel counted it.
    peak_mb: float = 0.0
    # The program and PostgreSQL, what they share counted once; sampled.
    together_mb: float = 0.0


def command(*arguments: str) -> list[str]:
    """Return the command line that runs `citygrid` with this interpreter."""
    return [sys.executable, "-c", "from dashboard.cli import cli; cli()", *arguments]


def environment(state: Path) -> dict[str, str]:
    """Return the environment in which `citygrid` keeps everything in ``state``."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CITYGRID_")}
    return {**kept, "CITYGRID_STATE": str(state)}


def run(state: Path, *arguments: str, limit_s: float) -> Usage:
    """Run `citygrid` to its end and say what it took.

    Raises
    ------
    ContestError
        It failed, or took longer than ``limit_s``.
    """
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command(*arguments), env=environment(state), stdout=output, stderr=output
        )
        watch = _Watch()
        with watch.sampling(), _stopping(process):
            while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
                if time.perf_counter() - start > limit_s:
                    raise ContestError(f"citygrid {arguments[0]} took more than {limit_s:.0f} s.")
                time.sleep(0.05)
            process.returncode = os.waitstatus_to_exitcode(ended[1])
        if process.returncode:
            output.seek(0)
            said = output.read().decode(errors="replace")[-3000:]
            raise ContestError(f"citygrid {' '.join(arguments)} failed: {said}")
        return Usage(time.perf_counter() - start, ended[2].ru_maxrss / 1024, watch.most_mb)


@contextlib.contextmanager
def serving(
    arguments: Sequence[str], environ: Mapping[str, str], port: int, path: str
) -> Iterator[None]:
    """Keep a server up for the length of the block; ``path`` answers once it is ready."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(arguments, env=environ, stdout=output, stderr=output)
        with _stopping(process):
            deadline = time.monotonic() + START_S
            while not _answers(port, path):
                if process.poll() is not None or time.monotonic() > deadline:
                    output.seek(0)
                    raise ContestError(
                        f"No server: {output.read().decode(errors='replace')[-3000:]}"
                    )
                time.sleep(0.1)
            yield


def free_port() -> int:
    """Return a port of the loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((web_client.HOST, 0))
        port: int = probe.getsockname()[1]
        return port


@contextlib.contextmanager
def _stopping(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """End a process, by its own number, when the block ends."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
        if process.poll() is None:
            process.kill()
            process.wait()


def _answers(port: int, path: str) -> bool:
    try:
        web_client.get(web_client.Site(port), path)
    except (OSError, web_client.ServerError):
        return False
    return True


@dataclass
class _Watch:
    """Adds up the memory of every process below this one, now and then."""

    most_mb: float = 0.0
    _is_over: threading.Event = field(default_factory=threading.Event)

    @contextlib.contextmanager
    def sampling(self) -> Iterator[None]:
        thread = threading.Thread(target=self._sample, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()

    def _sample(self) -> None:
        while not self._is_over.wait(SAMPLE_S):
            self.most_mb = max(self.most_mb, sum(map(_share_mb, _below(os.getpid()))))


def _below(ancestor: int) -> set[int]:
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name before may hold spaces and brackets.
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found: set[int] = set()
    new = {ancestor}
    while new:
        new = {child for child, parent in parents.items() if parent in new} - found
        found |= new
    return found


def _share_mb(pid: int) -> float:
    """Return a process's resident memory, pages shared by n processes counted 1/n."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    return 0.0
