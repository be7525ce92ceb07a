"""Heads of the audit's chain, in a file outside the database.

Who can write everything in the database can also make its chain anew from end to end; the heads
that were exported before then no longer fit. Copy the file to another machine now and then: who
owns this one can write it too.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gis.errors import CityGridError

FOLDER = "audit"


class HeadFileError(CityGridError):
    """The file of heads cannot be read."""


class HeadKind(StrEnum):
    """What a line of the file says."""

    SEALED = "sealed"
    """The chain ended here."""
    PRUNED = "pruned"
    """Everything up to here was removed, because it was old enough."""
    RESTORED = "restored"
    """A dump whose chain ended here took the place of what was there: older lines are void."""


@dataclass(frozen=True)
class Head:
    """A link of the chain, as it was at a time."""

    kind: HeadKind
    seq: int
    audit_id: int
    link: bytes
    at: dt.datetime

    def to_line(self) -> str:
        """Return the head as a line of the file."""
        return json.dumps(
            {
                "kind": self.kind,
                "seq": self.seq,
                "audit_id": self.audit_id,
                "link": self.link.hex(),
                "at": self.at.astimezone(dt.UTC).isoformat(),
            }
        )

    @classmethod
    def from_line(cls, line: str) -> Head:
        """Read a line; ValueError, KeyError or TypeError if it is none."""
        data = json.loads(line)
        return cls(
            HeadKind(data["kind"]),
            int(data["seq"]),
            int(data["audit_id"]),
            bytes.fromhex(data["link"]),
            dt.datetime.fromisoformat(data["at"]),
        )


@dataclass(frozen=True)
class Heads:
    """The file of one city's heads; only its owner may read it."""

    path: Path

    @classmethod
    def of(cls, state: Path, city_id: str) -> Heads:
        """Return the file of a city, below the state directory."""
        return cls(state / FOLDER / f"{city_id}.heads")

    def read(self) -> tuple[Head, ...]:
        """Return all heads, oldest first; none where there is no file.

        Raises
        ------
        HeadFileError
            A line is none; a last one that was not written to its end is left out.
        """
        if not self.path.exists():
            return ()
        found = []
        *lines, _torn = self.path.read_text("utf-8", errors="replace").split("\n")
        for number, line in enumerate(lines, start=1):
            try:
                found.append(Head.from_line(line))
            except (ValueError, KeyError, TypeError) as error:
                raise HeadFileError(
                    f"Line {number} of {self.path} is no head of the audit: it was altered. "
                    "Put back a copy of the file."
                ) from error
        return tuple(found)

    def append(self, head: Head) -> None:
        """Add a head; it is on the disk when this returns."""
        with self._alone():
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
            with os.fdopen(descriptor, "r+b") as file:
                _drop_torn_line(file.fileno())
                file.seek(0, os.SEEK_END)
                file.write(f"{head.to_line()}\n".encode())
                file.flush()
                os.fsync(file.fileno())

    def forget(self, anchor: Head) -> None:
        """Drop the heads before an anchor, whose rows are pruned, and void ones."""
        with self._alone():
            kept = [
                head
                for head in in_force(self.read())
                if head.seq > anchor.seq or (head.kind, head.seq) == (anchor.kind, anchor.seq)
            ]
            beside = self.path.with_name(f"{self.path.name}.new")
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.writelines(f"{head.to_line()}\n" for head in kept)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self.path)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Beside the file: a rewritten file is another one, and a lock on the old one means nothing.
        path = self.path.with_name(f"{self.path.name}.lock")
        lock = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def in_force(heads: Sequence[Head]) -> tuple[Head, ...]:
    """Return the heads that a chain must fit: from the last restore on."""
    restored = (place for place, head in enumerate(heads) if head.kind is HeadKind.RESTORED)
    return tuple(heads[max(restored, default=0) :])


def _drop_torn_line(file: int) -> None:
    """Cut off what a crash left after the last whole line."""
    size = os.fstat(file).st_size
    start = max(0, size - 4096)
    tail = os.pread(file, size - start, start)
    whole = tail.rfind(b"\n") + 1
    if whole < len(tail):
        os.ftruncate(file, start + whole)
