"""An order of the hotline as it writes it, and what tells that it says otherwise than before."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, TypeAlias

Words: TypeAlias = Mapping[str, Any]
"""What an order said, by field: `said`."""
# Kept as checksums: who called is in them, and they are long.
_LONG = ("title", "text", "address", "words")
_SHORT = ("status", "deadline", "is_personal")
# Beyond metres a spreadsheet rounds.
_DIGITS = 5
PLACE = frozenset({"address", "at"})
"""Fields that say where it is."""
PROGRESS = frozenset({"status", "deadline"})
"""Fields that say how far the hotline is with it, not what it is about."""


class State(StrEnum):
    """What became of an order."""

    WAITING = "waiting"
    REPORTED = "reported"
    DROPPED = "dropped"


@dataclass(frozen=True)
class Place:
    """Where an order is about, and how that was found."""

    lon: float
    lat: float
    # As `layers.locating` says it, or "pin".
    by: str
    score: float
    # None: as exact as the map.
    within_m: float | None = None
    # How coordinates were read; None: it was placed otherwise.
    read_as: str | None = None


@dataclass(frozen=True)
class Order:
    """An order as the hotline wrote it, read."""

    number: str
    # Of the file.
    row: int
    title: str = ""
    # What was said at length.
    text: str = ""
    address: str = ""
    # Its class in the hotline's words, and as ours; "" where that is not known.
    words: str = ""
    scheme: str = ""
    small: str = ""
    reported_at: dt.datetime | None = None
    is_personal: bool = False
    # Who called (P2).
    name: str = ""
    phone: str = ""
    place: Place | None = None
    # Why somebody has to look at it; "" where nobody has.
    why: str = ""
    # How far the hotline is with it, and by when it wants it done, in its own words.
    status: str = ""
    deadline: str = ""
    # Of what the file has a column: names of fields, and "at" for coordinates.
    has: frozenset[str] = frozenset()


def said(order: Order) -> dict[str, Any]:
    """Return what an order says, of the fields that its file has."""
    found: dict[str, Any] = {
        name: _checksum(getattr(order, name)) for name in _LONG if name in order.has
    }
    found |= {name: getattr(order, name) for name in _SHORT if name in order.has}
    if "at" in order.has:
        place = order.place if order.place and order.place.by == "coordinates" else None
        found["at"] = [round(place.lon, _DIGITS), round(place.lat, _DIGITS)] if place else None
    return found


def differing(before: Words | None, now: Words) -> tuple[str, ...]:
    """Return the fields in which an order says otherwise; what one of both lacks is no change."""
    if before is None:
        return ()
    return tuple(name for name in now if name in before and before[name] != now[name])


def kept(order: Order) -> dict[str, Any]:
    """Return what is kept of an order that waits: who called stands elsewhere."""
    found = asdict(order)
    for name in ("number", "row", "name", "phone", "why", "status", "deadline", "has"):
        del found[name]
    moment = order.reported_at
    return {**found, "reported_at": moment.isoformat() if moment else None}


def _checksum(words: str) -> str:
    return hashlib.sha256(" ".join(words.split()).encode()).hexdigest()[:32]
