"""What is typed of a rule, made a rule; and a rule as it is typed."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, func, or_, select

from dashboard.admin import desk
from dashboard.incidents.rule_words import WEEK, minutes
from gis.access.typed import one_line, storable
from gis.tables import unit_version, zoning
from layers.catalog.incidents import SEVERITIES, SOURCES
from layers.handling.routing import Days, Rule
from layers.handling.rule_checks import RuleError
from layers.handling.told import POSTS_TOLD

_CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)", re.ASCII)
_BETWEEN = re.compile(r"[,，、;；\n]")
_LARGEST = 2**31 - 1


def routing(db: Connection, form: Mapping[str, str]) -> Rule:
    """Return the rule that a form says; whether it can be is for `rule_checks`.

    Raises
    ------
    CityGridError
        Something typed means nothing.
    """
    scheme, _, code = form.get("class", "").partition("/")
    first, last = form.get("from", "").strip(), form.get("to", "").strip()
    since, until = (desk.day(form.get(name, ""), db) for name in ("since", "until"))
    days = form.get("days", "")
    if days and days not in set(Days):
        raise RuleError(f"{days[:40]!r} is no kind of day.", key="rules.unknown", found=days[:40])
    return Rule(
        uid=uid_of(form),
        name=one_line(form.get("name", "")),
        priority=number(form.get("priority", ""), "priority") or 0,
        scheme=scheme or None,
        code=code or None,
        condition=number(form.get("condition", ""), "condition"),
        unit_id=unit(db, form.get("place", "")),
        hours=(_minute(first), _minute(last)) if first or last else None,
        weekdays=tuple(each for each in WEEK if form.get(f"weekday.{each}")),
        days=Days(days) if days else None,
        words=tuple(w for w in map(one_line, _BETWEEN.split(form.get("words", ""))) if w),
        sources=ticked(form, "source", SOURCES),
        severities=ticked(form, "severity", SEVERITIES),
        since=since and since.date(),
        until=until and until.date(),
        body_id=number(form.get("body", ""), "body"),
        raises=storable(form.get("raises", "")),
        tells=ticked(form, "tell", POSTS_TOLD),
    )


def routing_typed(rule: Rule, places: Mapping[int, str]) -> dict[str, str]:
    """Return a rule as it is typed."""
    day: Iterable[tuple[str, dt.date | None]] = (("since", rule.since), ("until", rule.until))
    return {
        "uid": rule.uid, "name": rule.name, "priority": f"{rule.priority}",
        "class": f"{rule.scheme}/{rule.code}" if rule.code else "",
        "condition": f"{rule.condition or ''}",
        "place": places.get(rule.unit_id or 0, ""), "days": rule.days or "",
        **dict(zip(("from", "to"), map(minutes, rule.hours or ()), strict=False)),
        "words": "、".join(rule.words), "body": f"{rule.body_id or ''}", "raises": rule.raises,
        **{name: each.isoformat() for name, each in day if each},
        **dict.fromkeys((f"weekday.{each}" for each in rule.weekdays), "1"),
        **dict.fromkeys((f"source.{each}" for each in rule.sources), "1"),
        **dict.fromkeys((f"severity.{each}" for each in rule.severities), "1"),
        **dict.fromkeys((f"tell.{each}" for each in rule.tells), "1"),
    }  # fmt: skip


def uid_of(form: Mapping[str, str]) -> str:
    """Return by what a rule is known from version to version; a new one gets a new one."""
    given = form.get("uid", "")
    return given if re.fullmatch(r"[0-9a-f]{12}", given) else secrets.token_hex(6)


def ticked(form: Mapping[str, str], name: str, known: Iterable[str]) -> tuple[str, ...]:
    """Return which of some boxes are ticked."""
    return tuple(str(each) for each in known if form.get(f"{name}.{each}"))


def number(typed: str, what: str) -> int | None:
    """Return a whole number that was typed; None for none."""
    typed = typed.strip()
    if not typed:
        return None
    if re.fullmatch(r"-?\d{1,10}", typed, re.ASCII) is None or abs(int(typed)) > _LARGEST:
        raise RuleError(
            f"{what} is a whole number, found {typed[:40]!r}.",
            key="rules.no_number", found=typed[:40],
        )  # fmt: skip
    return int(typed)


def unit(db: Connection, typed: str) -> int | None:
    """Return the unit of any zoning that a code or a name means; None for none.

    Raises
    ------
    UnclearError
        It means none, or several.
    """
    wanted = storable(typed).strip()
    if not wanted:
        return None
    v, z = unit_version.c, zoning.c
    query = (
        select(v.unit_id, v.code)
        .join(zoning, z.id == v.zoning_id)
        .where(
            func.upper_inf(v.valid),
            or_(v.code == wanted, v.names["zh"].astext == wanted, v.names["en"].astext == wanted),
        )
        # A code before a name, the main tree before others.
        .order_by((v.code == wanted).desc(), z.is_main.desc(), v.code)
        .limit(desk.MOST_NAMED + 1)
    )  # fmt: skip
    rows = db.execute(query).all()
    name = wanted[: desk.LONGEST_NAME]
    if not rows:
        raise desk.UnclearError(
            f"No unit has the code or name {name!r}.", key="admin.unit_none", name=name
        )
    if rows[0].code != wanted and len(rows) > 1:
        codes = ", ".join(row.code for row in rows[: desk.MOST_NAMED])
        raise desk.UnclearError(
            f"Several units are called {name!r}; give the code: {codes}.",
            key="admin.unit_many", name=name, codes=codes,
        )  # fmt: skip
    return int(rows[0].unit_id)


def _minute(typed: str) -> int:
    found = _CLOCK.fullmatch(typed)
    if found is None:
        raise RuleError(
            "Hours are two different times of the day, such as 22:00 and 06:00.",
            key="rules.bad_hours",
        )
    return int(found[1]) * 60 + int(found[2])
