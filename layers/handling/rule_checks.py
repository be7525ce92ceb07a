"""What a rule may not be: it names nothing that does not exist, and says nothing that cannot be."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from gis.cases import class_condition
from gis.errors import CityGridError
from gis.tables import duty_body, incident_class, unit_version
from layers.catalog.incidents import SEVERITIES, SOURCES
from layers.handling.routing import DAY_MINUTES, Rule
from layers.handling.told import POSTS_TOLD

LONGEST_NAME = 80
MOST_PRIORITY = 100
MOST_WORDS, LONGEST_WORD = 30, 40
_WEEK = range(1, 8)


class RuleError(CityGridError):
    """A rule cannot be like that."""


def check(db: Connection, rule: Rule) -> None:
    """Raise RuleError for a rule that cannot be."""
    check_name(rule.name)
    if abs(rule.priority) > MOST_PRIORITY:
        raise RuleError(
            f"A priority is a whole number from {-MOST_PRIORITY} to {MOST_PRIORITY}.",
            key="rules.bad_priority", least=-MOST_PRIORITY, most=MOST_PRIORITY,
        )  # fmt: skip
    check_class(db, rule.scheme, rule.code, rule.condition)
    if rule.unit_id is not None:
        v = unit_version.c
        there = select(v.id).where(v.unit_id == rule.unit_id, func.upper_inf(v.valid))
        if db.scalar(there) is None:
            raise RuleError(f"There is no unit {rule.unit_id} today.", key="rules.no_unit")
    check_body(db, rule.body_id)
    _check_time(rule)
    if len(rule.words) > MOST_WORDS or not all(
        0 < len(word) <= LONGEST_WORD and "\0" not in word for word in rule.words
    ) or len(rule.needles) < len(rule.words):  # fmt: skip
        raise RuleError(
            f"A rule looks for at most {MOST_WORDS} words of at most {LONGEST_WORD} letters.",
            key="rules.bad_words", most=MOST_WORDS, longest=LONGEST_WORD,
        )  # fmt: skip
    check_known("source", rule.sources, SOURCES)
    check_known("severity", (*rule.severities, *filter(None, [rule.raises])), SEVERITIES)
    check_known("post", rule.tells, POSTS_TOLD)


def check_name(name: str) -> None:
    """Raise RuleError for what no rule is called."""
    if not 0 < len(name.strip()) <= LONGEST_NAME or "\0" in name:
        raise RuleError(
            f"A rule has a name of 1 to {LONGEST_NAME} letters.",
            key="rules.bad_name", most=LONGEST_NAME,
        )  # fmt: skip


def check_class(
    db: Connection, scheme: str | None, code: str | None, condition: int | None
) -> None:
    """Raise RuleError for a class, big or small, or a condition that there is not."""
    k, c = incident_class.c, class_condition.c
    if (scheme is None) is not (code is None):
        raise RuleError("A class is named with its scheme.", key="rules.no_class", code=code or "")
    if code is not None and (
        "\0" in f"{scheme}{code}"
        or db.scalar(select(k.code).where(k.scheme == scheme, k.code == code)) is None
    ):
        raise RuleError(f"There is no class {scheme}/{code}.", key="rules.no_class", code=code)
    if condition is None:
        return
    there = select(c.number).where(c.scheme == scheme, c.code == code, c.number == condition)
    if code is None or db.scalar(there) is None:
        raise RuleError(
            f"The small class has no condition {condition}; a condition needs a small class.",
            key="rules.no_condition", n=condition,
        )  # fmt: skip


def check_body(db: Connection, body_id: int | None) -> None:
    """Raise RuleError for a duty body that there is not."""
    if body_id is not None and (
        db.scalar(select(duty_body.c.id).where(duty_body.c.id == body_id)) is None
    ):
        raise RuleError(f"There is no duty body {body_id}.", key="error.no_body")


def check_known(what: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Raise RuleError for a word that is none of those known."""
    words = tuple(known)
    for each in given:
        if each not in words:
            raise RuleError(
                f"{each[:LONGEST_NAME]!r} is no {what}; there are: {', '.join(words)}.",
                key="rules.unknown", found=each[:LONGEST_NAME],
            )  # fmt: skip


def _check_time(rule: Rule) -> None:
    if rule.hours is not None:
        first, last = rule.hours
        if first == last or not (0 <= first < DAY_MINUTES and 0 <= last <= DAY_MINUTES):
            raise RuleError(
                "Hours are two different times of the day, such as 22:00 and 06:00.",
                key="rules.bad_hours",
            )
    if not set(rule.weekdays) <= set(_WEEK):
        raise RuleError("Days of the week are counted from 1 to 7.", key="rules.bad_weekdays")
    if rule.since and rule.until and rule.until < rule.since:
        raise RuleError("The last day is before the first.", key="rules.bad_days")
