"""What the audit holds beside its sentences, in the words of who reads it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias

from dashboard.text import catalogue, named, speaker
from gis.access.audit import Entry
from gis.access.posts import POSTS, Post
from gis.city import LANGUAGES

# In which groups of the catalogue a detail's value is a key; "" for whole keys.
_GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "act": ("order_act.", "act."),
        "by": ("audit_value.",),
        "earlier_audit": ("audit_value.",),
        "fields": ("persons.",),
        "from": ("order_status.",),
        "scopes": ("right.",),
        "to": ("order_status.",),
        "what": ("audit_value.",),
        "why": ("audit_value.", ""),
    }
)
# What is called otherwise in the catalogue than in the audit.
_OTHERWISE = MappingProxyType({"room": "door"})
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d")
# Of what "place" holds: a unit, or a duty body.
_PLACE = re.compile(r"(unit|body)/(.+)")

When: TypeAlias = Callable[[dt.datetime], str]
"""Writes a moment on the city's clock."""


def subject(entry: Entry, language: str) -> str:
    """Return what something was done to: its kind as a word, then its key."""
    kind, separator, key = entry.subject.partition("/")
    text = f"audit_of.{kind}"
    if not separator or text not in catalogue():
        return entry.subject
    return f"{speaker(language)(text)} {key}"


def details(entry: Entry, language: str, when: When) -> Iterator[tuple[str, str]]:
    """Give the details with their names.

    A name that the catalogue does not have, of another version of the program, is given as it is.
    """
    say = speaker(language)
    for name, value in entry.details.items():
        key = f"audit_detail.{name}"
        told = say(key) if key in catalogue() else name
        yield told, _value(name, value, language, when)


def _value(name: str, value: object, language: str, when: When) -> str:
    say = speaker(language)
    if value is None or value in ("", []):
        return say("audit_value.none")
    if isinstance(value, bool):
        return say("audit_value.yes" if value else "audit_value.no")
    if isinstance(value, list):
        return say("error.between").join(_value(name, each, language, when) for each in value)
    if isinstance(value, Mapping):
        if value.keys() <= set(LANGUAGES):
            return named(value, language)
        pairs = (f"{key} {_value(key, each, language, when)}" for key, each in value.items())
        return say("error.between").join(pairs)
    if isinstance(value, int):
        return f"{value:,}"
    if _MOMENT.fullmatch(str(value)):
        return when(dt.datetime.fromisoformat(str(value)))
    return _word(name, str(value), language)


def _word(name: str, value: str, language: str) -> str:
    if name == "post" and value in set(Post):
        return named(POSTS[Post(value)].names, language)
    place = _PLACE.fullmatch(value) if name == "place" else None
    if place:
        return f"{speaker(language)(f'audit_detail.{place[1]}')} {place[2]}"
    word = _OTHERWISE.get(value, value)
    for group in _GROUPS.get(name, ()):
        if f"{group}{word}" in catalogue():
            # What the sentence would name was not kept with it; and it stands among others.
            said = re.sub(r"\{\w+\}", "…", speaker(language)(f"{group}{word}"))
            return said.rstrip(".。")
    return value
