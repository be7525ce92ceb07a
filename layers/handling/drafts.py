"""What somebody reports, what can be wrong with it, and what became of it."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Any

import orjson

from gis.errors import CityGridError, NotFoundError
from layers.catalog.incidents import SEVERITIES, SOURCES
from layers.handling.case import Case
from layers.handling.duplicates import Duplicate
from layers.handling.duty import Class
from layers.handling.faces import Lying
from layers.handling.uploads import Prepared

LONGEST_TITLE, LONGEST_PLACE, LONGEST_KEY = 200, 300, 200
LONGEST_NAME, LONGEST_PHONE = 60, 40
LONGEST_DEVICE = 100
# A clock that is a little fast is no fault; a report of tomorrow is.
AHEAD, BACK = dt.timedelta(minutes=10), dt.timedelta(days=366)


@dataclass(frozen=True)
class Reporter:
    """Who reports (P2), and whether he is to hear what becomes of it."""

    name: str = ""
    phone: str = ""
    is_subscribed: bool = False


@dataclass(frozen=True)
class Draft:
    """An incident as somebody reports it: a class and a place, all else may follow."""

    scheme: str
    small: str
    # In EPSG:4326.
    lon: float
    lat: float
    # Which condition of its class is met; None: the usual one.
    condition: int | None = None
    severity: str = "ordinary"
    title: str = ""
    address: str = ""
    place_note: str = ""
    # As `layers.locating` says how a place was found; or by a pin, or where one stands.
    placed_by: str = "pin"
    # How surely, 1 the best.
    placed_score: float = 1.0
    source: str = "hotline"
    # Says who reported it or whom it is about.
    is_personal: bool = False
    # None: now.
    reported_at: dt.datetime | None = None
    reporter: Reporter | None = None
    # The case it is split off.
    parent_id: int | None = None
    props: Mapping[str, Any] = field(default_factory=dict)
    # Given by who reports: the same once more is the same incident.
    key: str = ""
    # Of an alarm: which device raised it, and what; raised again it is told to its incident, which
    # keeps the files of the first time.
    device: str = ""
    signal: str = ""
    # Photos and papers that go with it.
    files: tuple[Prepared, ...] = ()
    # Whether whose account reports it follows it.
    is_followed: bool = False
    # Within how many metres it was placed; None: as exact as the map.
    placed_within_m: float | None = None
    # How coordinates were read, a `layers.locating.notation.ReadAs`; None: it was placed otherwise.
    placed_as: str | None = None

    @property
    def sha256(self) -> str:
        """What tells it from another report; what it lacks as before there was such a thing."""
        # Keys last longer than versions of the program.
        values = astuple(replace(self, files=()))[:-4]
        if not self.device:
            values = values[:-2]
        if self.placed_within_m is not None:
            values = (*values, self.placed_within_m)
        if self.placed_as is not None:
            values = (*values, self.placed_as)
        told = (*values, [each.sha256 for each in self.files]) if self.files else values
        said = orjson.dumps(told, default=str, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(said).hexdigest()


@dataclass(frozen=True)
class Received:
    """What became of a report."""

    # None where it was refused.
    id: int | None
    key: str = ""
    # False: it had been reported with the same key before.
    is_new: bool = False
    unit_id: int | None = None
    # Whose duty it would be; None: the territory's own.
    body_id: int | None = None
    due_at: dt.datetime | None = None
    fault: CityGridError | None = None
    # What was there already and may be the same, the likeliest first.
    duplicates: tuple[Duplicate, ...] = ()


def fault(
    draft: Draft,
    known: Mapping[tuple[str, str], Class],
    lying: Lying,
    parents: Mapping[int, Case | CityGridError],
    now: dt.datetime,
) -> CityGridError | None:
    """Return what is wrong with a report."""
    kind = known.get((draft.scheme, draft.small))
    if kind is None:
        return NotFoundError(
            f"There is no small class {draft.small!r} in the scheme {draft.scheme!r}.",
            key="error.case_no_class", code=draft.small, scheme=draft.scheme,
        )  # fmt: skip
    if draft.condition is not None and kind.condition(draft.condition) is None:
        return NotFoundError(
            f"The class {draft.small!r} has no condition {draft.condition}.",
            key="error.case_no_condition", code=draft.small, n=draft.condition,
        )  # fmt: skip
    for name, value, words in (
        ("severity", draft.severity, SEVERITIES), ("source", draft.source, SOURCES),
    ):  # fmt: skip
        if value not in words:
            return CityGridError(
                f"{name} must be one of {', '.join(words)}, not {value!r}.",
                key="error.case_word", field=name, found=value, known=tuple(words),
            )  # fmt: skip
    if lying.unit_id is None:
        return CityGridError(
            f"The place ({draft.lon:.6f}, {draft.lat:.6f}) lies outside the city.",
            key="error.case_outside",
        )
    if draft.reported_at is not None and not now - BACK <= draft.reported_at <= now + AHEAD:
        return CityGridError(
            f"It is reported for {draft.reported_at:%F %H:%M}, which is yet to come, or long over: "
            "bring such incidents in from a file.",
            key="error.case_to_come",
        )
    for name, text_, longest in (
        ("title", draft.title, LONGEST_TITLE), ("address", draft.address, LONGEST_PLACE),
        ("place_note", draft.place_note, LONGEST_PLACE), ("key", draft.key, LONGEST_KEY),
        ("placed_by", draft.placed_by, LONGEST_KEY), ("device", draft.device, LONGEST_DEVICE),
        ("signal", draft.signal, LONGEST_DEVICE),
        *(
            (("name", draft.reporter.name, LONGEST_NAME),
             ("phone", draft.reporter.phone, LONGEST_PHONE))
            if draft.reporter else ()
        ),
    ):  # fmt: skip
        if len(text_) > longest or "\0" in text_:
            return CityGridError(
                f"{name} has at most {longest} characters, all of them printable.",
                key="error.case_long", field=name, most=longest,
            )  # fmt: skip
    parent = parents.get(draft.parent_id) if draft.parent_id is not None else None
    return parent if isinstance(parent, CityGridError) else None
