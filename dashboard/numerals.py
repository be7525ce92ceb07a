"""How numbers and dates are written, everywhere on the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, datetime

from dashboard.text import Say

MINUS = "−"
NO_NUMBER = "–"
# Part of a limit within which a distance is told from it: three figures leave out half a hundredth.
NEAR_LIMIT = 0.02
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def number(value: float | None) -> str:
    """Write a number: grouped digits, three significant figures behind whole numbers.

    1553225 → "1,553,225"; 12.345 → "12.3"; 0.01234 → "0.0123"; nothing known → "–".
    """
    if value is None or not math.isfinite(value):
        return NO_NUMBER
    size = abs(value)
    decimals = 0 if size >= 100 or value == int(value) else 2 - math.floor(math.log10(size))
    written = f"{size:,.{min(decimals, 9)}f}"
    if "." in written:
        written = written.rstrip("0").rstrip(".")
    return f"{MINUS}{written}" if value < 0 and written.strip("0.,") else written


def withheld(least: int) -> str:
    """Write a number that is not told: under ``least``, or it would give away one that is."""
    return f"<{least}*"


def column(values: Sequence[float]) -> list[str]:
    """Write numbers that stand above each other with the same decimals, as few as serve."""
    known = [abs(value) for value in values if math.isfinite(value)]
    most = max(known, default=0)
    is_whole = all(value == int(value) for value in known)
    decimals = 0 if is_whole or most >= 100 else 1 if most >= 10 else 2 if most >= 1 else 3
    return [f"{value:,.{decimals}f}" if math.isfinite(value) else NO_NUMBER for value in values]


def share(part: float, whole: float) -> float | None:
    """Return ``part / whole``, or None where the whole is nothing."""
    return part / whole if whole else None


def percent(ratio: float | None) -> str:
    """Write a ratio as a percentage with one decimal: 0.0123 → "1.2%"."""
    if ratio is None or not math.isfinite(ratio):
        return NO_NUMBER
    written = f"{abs(ratio) * 100:,.1f}%"
    return f"{MINUS}{written}" if ratio < 0 and written != "0.0%" else written


def area(square_metres: float, say: Say) -> str:
    """Write an area in the unit of measure that keeps it readable."""
    if square_metres >= 100_000:
        return f"{number(square_metres / 1e6)} {say('unit.km2')}"
    return f"{number(round(square_metres))} {say('unit.m2')}"


def distance(metres: float, say: Say, limit_m: float | None = None) -> str:
    """Write a distance: metres rounded to ten below a kilometre, kilometres above.

    Parameters
    ----------
    limit_m
        What it is measured by: so near it that rounding could put it on the other side, it is
        written in whole metres, and never as the limit itself where it is not.
    """
    if limit_m is not None and abs(metres - limit_m) < NEAR_LIMIT * limit_m:
        over = metres - limit_m
        if 0 < abs(over) < 1:
            whole = math.floor(limit_m) + 1 if over > 0 else math.ceil(limit_m) - 1
        else:
            whole = round(metres)
        return f"{whole:,} {say('unit.m')}"
    if metres < 995:
        return f"{max(10, round(metres, -1)):.0f} {say('unit.m')}"
    return f"{number(metres / 1000)} {say('unit.km')}"


def day(value: date, language: str, *, today: date | None = None) -> str:
    """Write a day; the year only where it is not ``today``'s."""
    same_year = today is not None and value.year == today.year
    if language == "zh":
        return f"{value.month}月{value.day}日" if same_year else value.isoformat()
    written = f"{value.day} {MONTHS[value.month - 1]}"
    return written if same_year else f"{written} {value.year}"


def month(value: date, language: str) -> str:
    """Write the month of a day."""
    return f"{value.month}月" if language == "zh" else MONTHS[value.month - 1]


def moment(value: datetime, language: str) -> str:
    """Write a moment of the city's own clock, to the minute."""
    return f"{day(value.date(), language)} {value:%H:%M}"


def signed(change: float, written: str) -> str:
    """Put the sign of a change before the change as written."""
    if change == 0:
        return written
    return f"{'+' if change > 0 else MINUS}{written}"
