"""Rules of the city's people in words: what each asks for, and what it decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from dashboard.incidents import asking
from dashboard.text import Say, named, speaker
from gis import places
from gis.access.posts import POSTS, Post
from layers.catalog.incidents import SEVERITIES, SOURCES
from layers.handling.routing import DAY_MINUTES, Rule
from layers.layer import Names

WEEK = range(1, 8)


@dataclass(frozen=True)
class RuleWords:
    """What classes, bodies and units are called, and rules in these words."""

    language: str
    classes: Mapping[tuple[str, str], Names]
    bodies: Mapping[int, Names]
    units: Mapping[int, tuple[str, Names]]

    @property
    def say(self) -> Say:
        """What says the texts of the catalogue."""
        return speaker(self.language)

    def kind(self, scheme: str | None, code: str | None) -> str:
        """Return what a class is called; "" for whichever."""
        names = self.classes.get((scheme or "", code or ""))
        return f"{named(names, self.language)} {code}" if names else code or ""

    def offered(self) -> list[tuple[str, str]]:
        """Return classes, big and small, as they are chosen from."""
        return [
            (f"{scheme}/{code}", f"{code} {named(names, self.language)} · {scheme}")
            for (scheme, code), names in sorted(self.classes.items())
        ]

    def body(self, body_id: int | None) -> str:
        """Return what a duty body is called; None or 0 is the territory's own."""
        names = self.bodies.get(body_id or 0)
        return named(names, self.language) if names else self.say("rules.territory")

    def unit(self, unit_id: int) -> str:
        """Return what a unit is called, or that it is gone."""
        code, names = self.units.get(unit_id, ("", None))
        return named(names, self.language) or code if names else self.say("rules.unit_gone")

    def posts(self, some: Iterable[str]) -> str:
        """Return what posts are called."""
        known = [named(POSTS[Post(each)].names, self.language) for each in some]
        return self.listed(known)

    def listed(self, some: Iterable[str]) -> str:
        """Return some words, one after the other."""
        return self.say("error.between").join(some)

    def severities(self, some: Iterable[str]) -> str:
        """Return what severities are called."""
        return self.listed(named(SEVERITIES[each], self.language) for each in some)

    def asks(self, rule: Rule) -> list[str]:
        """Return what a rule asks for, in parts; none: whatever is reported."""
        say = self.say
        parts = [
            self.kind(rule.scheme, rule.code),
            say("rules.of_condition", n=rule.condition) if rule.condition else "",
            say("rules.in_place", place=self.unit(rule.unit_id)) if rule.unit_id else "",
            clock(rule.hours) if rule.hours else "",
            self.listed(say(f"rules.day_{each}") for each in rule.weekdays),
            say(f"rules.days_{rule.days}") if rule.days else "",
            say("rules.with_words", words=self.listed(rule.words)) if rule.words else "",
            self.listed(named(SOURCES[each], self.language) for each in rule.sources),
            self.severities(rule.severities),
        ]
        return [part for part in parts if part]

    def decides(self, rule: Rule) -> list[str]:
        """Return what a rule decides, in parts."""
        say = self.say
        raised = self.severities([rule.raises]) if rule.raises else ""
        return [
            self.body(rule.body_id),
            *([say("rules.raised_to", severity=raised)] if raised else []),
            *([say("rules.tells_whom", posts=self.posts(rule.tells))] if rule.tells else []),
        ]


def words_of(db: Connection, language: str, rules: Iterable[Rule]) -> RuleWords:
    """Return the words that some rules are told in."""
    units = sorted({rule.unit_id for rule in rules if rule.unit_id})
    return RuleWords(
        language, asking.classes(db), asking.body_names(db), places.names_of(db, units)
    )  # fmt: skip


def clock(hours: tuple[int, int]) -> str:
    """Return hours of the day: 22:00–06:00."""
    return "–".join(minutes(each) for each in hours)


def minutes(at: int) -> str:
    """Return a minute of the day: 08:30."""
    return "24:00" if at == DAY_MINUTES else f"{at // 60:02}:{at % 60:02}"
