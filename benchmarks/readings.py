"""What was measured: a number with its unit, and a row that sets ours beside a peer's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Unit(StrEnum):
    """What a reading counts."""

    SECONDS = "s"
    MEGABYTES = "MB"
    PER_SECOND = "req/s"
    PERCENT = "%"

    @property
    def is_better_high(self) -> bool:
        """Whether more is better."""
        return self is Unit.PER_SECOND


@dataclass(frozen=True)
class Reading:
    """One measured number."""

    value: float
    unit: Unit
    # Stopped at the cap: the true number is larger.
    is_more: bool = False

    def __str__(self) -> str:
        """Say it with three digits and in a unit of a handy size."""
        value, unit = self.value, str(self.unit)
        if self.unit is Unit.SECONDS and value < 1:
            value, unit = value * 1e3, "ms"
        return f"{'> ' if self.is_more else ''}{digits(value)} {unit}"


@dataclass(frozen=True)
class Row:
    """One line of the table.

    ``aim`` is the least ratio promised, ``limit`` the most that ours may be; a line without either
    is told for its own sake, and one without a peer's reading has no ratio.
    """

    measured: str
    size: str
    ours: Reading
    peer: Reading | None = None
    peer_name: str = ""
    aim: float | None = None
    limit: Reading | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better ours is; None without a peer, and against nothing at all."""
        if self.peer is None:
            return None
        better, worse = self.peer.value, self.ours.value
        if self.ours.unit.is_better_high:
            better, worse = worse, better
        return better / worse if worse else None

    @property
    def is_at_least(self) -> bool:
        """Whether the ratio is only a lower bound, because the peer was stopped."""
        return self.peer is not None and self.peer.is_more

    @property
    def misses(self) -> bool:
        """Whether the row falls short of its promise."""
        if self.limit is not None and (self.ours.is_more or self.ours.value > self.limit.value):
            return True
        if self.aim is None:
            return False
        return self.ratio is None or self.ratio < self.aim

    def cells(self) -> tuple[str, ...]:
        """Return the row's texts in the order of `HEADINGS`."""
        ratio = ""
        if self.ratio is not None:
            ratio = f"{'at least ' if self.is_at_least else ''}{digits(self.ratio)}×"
        aim = ""
        if self.aim is not None:
            aim = f"≥ {digits(self.aim)}×"
        elif self.limit is not None:
            aim = f"≤ {self.limit}"
        if self.misses:
            aim += " MISSED"
        return (
            self.measured,
            self.size,
            str(self.ours),
            f"{self.peer} {self.peer_name}" if self.peer else self.peer_name,
            ratio,
            aim,
            self.note,
        )


HEADINGS = ("measured", "size", "ours", "peer", "ratio", "aim", "note")


def digits(value: float) -> str:
    """Return a number with three significant digits and no exponent."""
    if value == 0:
        return "0"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
