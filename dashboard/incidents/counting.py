"""Measures of handling as a view asks for them, and the cases that one of their numbers counts."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, select

from dashboard import numerals
from dashboard.scene import Scene
from dashboard.view import View
from dashboard.view_fields import Grouping
from gis import places
from gis.tables import duty_body, incident_class
from layers.handling import formulas, measures
from layers.handling.asked import MOST_STEPS, Asked, By, spans
from layers.handling.boundaries import On
from layers.handling.chosen import Chosen
from layers.handling.formulas import Count, Formula
from layers.handling.grouping import NO_BODY, Key
from layers.series import Span, Step

DOES = frozenset({"by", "bounds", "counted", "cases"})
NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
# Without a period picked: the days up to the moment all of it is true of.
DAYS = 30
PERIODS: tuple[tuple[Grouping, Step, int], ...] = (
    ("month", Step.MONTH, 28),
    ("week", Step.WEEK, 7),
)
"""How periods are cut, and of how many days one is at least."""
COUNTED_OF = ("unit", "pick", "part", "start", "end", "zoning", "by", "bounds", "cases")
"""What a number hangs on: with another of these it is another number."""


@dataclass(frozen=True)
class Counted:
    """A number of the table: of which formula, above or below the line, of which group."""

    formula: Formula
    count: Count
    # None: all together.
    key: Key | None

    @property
    def is_numerator(self) -> bool:
        """Whether it stands above the line."""
        return self.count is self.formula.numerator


def named(formula: Formula, count: Count, key: Key | None) -> str:
    """Return how a view names a number: `counted` reads it."""
    side = "n" if count is formula.numerator else "d"
    return f"{formula.id}:{side}:{'' if key is None else key}"


def counted(scene: Scene) -> Counted | None:
    """Return the number whose cases a view lists; None where it lists others."""
    formula_id, _, rest = scene.view.counted.partition(":")
    side, _, key = rest.partition(":")
    found = next((each for each in formulas.newest() if each.id == formula_id), None)
    if found is None:
        return None
    count = found.numerator if side == "n" else found.denominator
    if count is None:
        return None
    if not key:
        return Counted(found, count, None)
    chosen_by = by(scene)
    if chosen_by in ("unit", "body"):
        return Counted(found, count, int(key)) if NUMBER.fullmatch(key) else None
    if chosen_by in ("month", "week"):
        firsts = [each.first.isoformat() for each in spans(asked(scene))[1:]]
        return Counted(found, count, key) if key in firsts else None
    return Counted(found, count, key)


def among(scene: Scene) -> ColumnElement[bool] | None:
    """Return the condition of the cases that the view's number counts; None of a view without."""
    number = counted(scene)
    if number is None:
        return None
    return measures.counts(scene.db, scene.city, asked(scene), number.count, number.key)


def asked(scene: Scene) -> Asked:
    """Return what a view asks of the measures of handling."""
    view, chosen_by = scene.view, by(scene)
    part = view.part.partition(":")
    step = next((step for name, step, _ in PERIODS if name == chosen_by), None)
    return Asked(
        Chosen(
            scene.focus.id,
            part[2] if part[0] in ("big", "small") else "",
            on=on(scene),
        ),
        span(scene),
        scene.now,
        By.PERIOD if step else By(chosen_by),
        zoning_id=None if scene.zoning.is_main else scene.zoning_id,
        step=step or Step.DAY,
    )


def on(scene: Scene) -> On:
    """Return by which boundaries closed incidents are listed and counted."""
    return On.TODAY if scene.view.bounds == "today" or not knows_then(scene) else On.THEN


def knows_then(scene: Scene) -> bool:
    """Return whether it is known where the place's incidents lay when they were closed."""
    return scene.zoning.is_main and scene.focus.zoning_id == scene.zoning_id


def span(scene: Scene) -> Span:
    """Return the days that are measured: those picked, or the last thirty."""
    if scene.view.period:
        return Span(*scene.view.period)
    last = scene.now.astimezone(scene.city.tz).date()
    return Span(last - dt.timedelta(days=DAYS - 1), last)


def choices(scene: Scene) -> list[Grouping]:
    """Return by what the measures of a view can be grouped."""
    focus, days = scene.focus, span(scene)
    is_other = focus.zoning_id != scene.zoning_id and not scene.zoning.is_main
    has_parts = is_other or focus.level < scene.zoning.levels[-1].number
    long = (days.last - days.first).days + 1
    periods = [name for name, _, least in PERIODS if long / least < MOST_STEPS]
    parts: list[Grouping] = ["unit"] if has_parts else []
    return [*parts, "body", "big", "small", *periods]


def by(scene: Scene) -> Grouping:
    """Return by what the measures of a view are grouped."""
    able = choices(scene)
    return scene.view.by if scene.view.by in able else able[0]


def title(scene: Scene, number: Counted) -> str:
    """Return what a number is called: its measure and its group."""
    name = scene.say(f"formula.{number.formula.id}")
    return name if number.key is None else f"{name} · {group_name(scene, number.key)}"


def said(scene: Scene, number: Counted) -> str:
    """Return of which cases a number is made, in words."""
    above, below = number.formula.words
    words = scene.say(above if number.is_numerator else below)
    is_then = asked(scene).chosen.on is On.THEN
    return scene.say("measured.said_then", words=words) if is_then else words


def days(scene: Scene) -> str:
    """Return the days that are measured, as one reads them."""
    found = span(scene)
    return " – ".join(numerals.day(day, scene.view.language) for day in (found.first, found.last))


def class_name(scene: Scene) -> str:
    """Return what the class is called whose incidents are measured; "" where all are."""
    of_class = asked(scene).chosen.of_class
    return _class_name(scene, of_class) if of_class else ""


def _class_name(scene: Scene, named_: str) -> str:
    c, (scheme, _, code) = incident_class.c, named_.partition("/")
    names = scene.db.scalar(select(c.names).where(c.scheme == scheme, c.code == code))
    return scene.named(names) if names else code


def group_name(scene: Scene, key: Key) -> str:
    """Return what a group of the view's table is called."""
    chosen_by, db = by(scene), scene.db
    if chosen_by == "unit":
        called = places.last_names_of(db, [int(key)]).get(int(key))
        return scene.named(called[1]) if called else str(key)
    if chosen_by == "body":
        if key == NO_BODY:
            return scene.say("cases.territory")
        names = db.scalar(select(duty_body.c.names).where(duty_body.c.id == key))
        return scene.named(names) if names else str(key)
    if chosen_by in ("big", "small"):
        return _class_name(scene, str(key))
    return period_name(scene, str(key))


def period_name(scene: Scene, first: str) -> str:
    """Return what a month or a week is called that begins on a day."""
    day, language = dt.date.fromisoformat(first), scene.view.language
    if by(scene) == "month":
        return scene.say("measured.month", month=numerals.month(day, language), year=day.year)
    return scene.say("measured.week", day=numerals.day(day, language))


def after(view: View, what: str, wanted: str) -> View:
    """Return the view that follows a choice: a table by something, a number's cases, a list."""
    shown: dict[str, object] = {"cases": wanted, "counted": ""}
    if what == "by":
        shown = {"by": wanted, "sheet": True, "counted": ""}
    elif what == "bounds":
        shown = {"bounds": wanted, "counted": ""}
    elif what == "counted":
        shown = {"counted": wanted, "sheet": False, "case": None, "pin": ""}
    return view.having(**shown)


def kept(view: View, then: View) -> View:
    """Return a view without the number that it named, where what the number hangs on changed."""
    if not then.counted or then.counted != view.counted:
        return then
    is_other = any(getattr(view, name) != getattr(then, name) for name in COUNTED_OF)
    return replace(then, counted="") if is_other else then
