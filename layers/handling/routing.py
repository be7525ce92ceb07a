"""Whose duty an incident is, by rules: what each asks for, and which goes first. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from gis.access.typed import folded

# Where nobody says which condition is met.
USUAL = 1
DAY_MINUTES = 24 * 60


class Days(StrEnum):
    """Which days a rule is about, by the city's calendar."""

    WORKED = "worked"
    FREE = "free"


@dataclass(frozen=True)
class Place:
    """Units from a first to a last one in the preorder of a zoning, both included."""

    # None: of the main tree.
    zoning_id: int | None
    first: int
    last: int


@dataclass(frozen=True)
class Rule:
    """What a rule asks for (None or empty: whichever), and what it decides."""

    # Of the city's people; "": a row of `duty_rule`, which came with the city's files.
    uid: str = ""
    name: str = ""
    priority: int = 0
    scheme: str | None = None
    # A small class, or a big one.
    code: str | None = None
    condition: int | None = None
    # In this unit of any zoning, and all below it; without `place` it is gone.
    unit_id: int | None = None
    place: Place | None = None
    # Minutes of the city's day, the second not included; the first may be after it: over midnight.
    hours: tuple[int, int] | None = None
    # 1 for Monday.
    weekdays: tuple[int, ...] = ()
    days: Days | None = None
    # One of them stands in the title or the address.
    words: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    # Valid from the one day to the other, both included.
    since: dt.date | None = None
    until: dt.date | None = None
    # None: the territory's own.
    body_id: int | None = None
    # The severity it has at least.
    raises: str = ""
    # Posts whose holders hear of it at once: `gis.access.posts.Post`.
    tells: tuple[str, ...] = ()

    @property
    def is_there(self) -> bool:
        """Whether what it says of a place can still be."""
        return self.unit_id is None or self.place is not None

    @property
    def needles(self) -> tuple[str, ...]:
        """Its words as they are looked for."""
        return tuple(word for word in map(folded, self.words) if word)

    def is_valid(self, day: dt.date) -> bool:
        """Whether it is in force on a day."""
        return (self.since is None or self.since <= day) and not self.is_over(day)

    def is_over(self, day: dt.date) -> bool:
        """Whether it is not in force any more."""
        return self.until is not None and self.until < day

    def fits_hour(self, minute: int) -> bool:
        """Return whether a minute of the day is among its hours."""
        if self.hours is None:
            return True
        first, last = self.hours
        return first <= minute < last if first < last else minute >= first or minute < last

    def fits(self, facts: Facts) -> bool:
        """Return whether it speaks of an incident."""
        at = facts.at
        return (
            self.scheme in (None, facts.scheme)
            and self.code in (None, facts.small, facts.big)
            and self.condition in (None, facts.condition)
            and self.is_there
            and self._fits_place(facts.places)
            and self.is_valid(at.date())
            and self.fits_hour(at.hour * 60 + at.minute)
            and (not self.weekdays or at.isoweekday() in self.weekdays)
            and (self.days is None or (self.days is Days.WORKED) is facts.is_worked)
            and (not self.sources or facts.source in self.sources)
            and (not self.severities or facts.severity in self.severities)
            and (not self.words or any(needle in facts.text for needle in self.needles))
        )

    def _fits_place(self, places: Mapping[int | None, int]) -> bool:
        if self.place is None:
            return True
        at = places.get(self.place.zoning_id)
        return at is not None and self.place.first <= at <= self.place.last

    def rank(self, *, is_small: bool) -> tuple[int, ...]:
        """Return by what it goes before others that fit: priority, then what is said closest.

        Parameters
        ----------
        is_small
            Whether its code is the incident's small class.
        """
        width = self.place.last - self.place.first if self.place else 0
        return (
            self.priority, is_small, self.code is not None, self.condition is not None,
            self.place is not None, -width, self.scheme is not None, bool(self.words),
            self.hours is not None, bool(self.weekdays), self.days is not None,
            bool(self.sources), bool(self.severities),
            # What the city's people say goes before what the files do.
            bool(self.uid),
        )  # fmt: skip


@dataclass(frozen=True)
class Facts:
    """What of an incident decides whose duty it is."""

    scheme: str
    big: str
    small: str
    condition: int
    # Where it stands in the preorder of each zoning; None: of the main tree.
    places: Mapping[int | None, int]
    # When it was reported, on the city's clock, and whether that day is worked.
    at: dt.datetime
    is_worked: bool
    # Title and address: `text_of`.
    text: str
    source: str
    severity: str


def text_of(title: str | None, address: str | None) -> str:
    """Return what words are looked for in."""
    return folded(f"{title or ''}\n{address or ''}")


def decide(rules: Iterable[Rule], facts: Facts) -> Rule | None:
    """Return the rule that decides about an incident; None: none does, it is the territory's own.

    Of several that are as close the first one.
    """
    fitting = [rule for rule in rules if rule.fits(facts)]
    return max(fitting, key=lambda rule: rule.rank(is_small=rule.code == facts.small), default=None)


def to_json(rule: Rule) -> dict[str, Any]:
    """Return a rule as it is kept; where its unit stands is left out, which changes."""
    return {
        "uid": rule.uid, "name": rule.name, "priority": rule.priority, "scheme": rule.scheme,
        "code": rule.code, "condition": rule.condition, "unit_id": rule.unit_id,
        "hours": list(rule.hours) if rule.hours else None, "weekdays": list(rule.weekdays),
        "days": rule.days and rule.days.value, "words": list(rule.words),
        "sources": list(rule.sources), "severities": list(rule.severities),
        "since": rule.since and rule.since.isoformat(),
        "until": rule.until and rule.until.isoformat(), "body_id": rule.body_id,
        "raises": rule.raises, "tells": list(rule.tells),
    }  # fmt: skip


def from_json(kept: Mapping[str, Any]) -> Rule:
    """Return a rule that was kept."""
    lists = ("weekdays", "words", "sources", "severities", "tells")
    given: dict[str, Any] = {**kept, **{name: tuple(kept[name]) for name in lists}}
    given["hours"] = tuple(kept["hours"]) if kept["hours"] else None
    given["days"] = Days(kept["days"]) if kept["days"] else None
    for name in ("since", "until"):
        given[name] = dt.date.fromisoformat(kept[name]) if kept[name] else None
    return Rule(**given)
