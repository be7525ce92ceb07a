"""Patterns as a view asks for them: worked out once, for the panel and the map alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection, func, select

from dashboard.incidents import shapes
from dashboard.scene import Scene
from dashboard.text import speaker
from dashboard.view import View
from dashboard.viewing import VIEWER
from gis import places
from gis.access.tables import release
from gis.city import City
from gis.tables import layer_state, unit_version
from layers.coverage.kept import Kept
from layers.handling.boundaries import On
from layers.handling.calendar import FIRST_DAY, LAST_DAY
from layers.handling.chosen import Chosen
from layers.handling.patterns.denominators import Per
from layers.handling.patterns.questions import FEWEST, PatternKind, Question
from layers.series import Span

DOES = frozenset({"pattern", "divided", "reach", "least", "level", "pattern_cases"})
# Answers as viewers know them: up to a few MB each in a large city.
MOST_KEPT = 24
# Without a period picked.
DAYS = 28
# Of what places are units: hot spots of the finest ones, charts of those above, which have enough.
FINER = {PatternKind.HOT_SPOTS: 0, PatternKind.CONTROL: 1}
# Of what the reach is chosen, and of what the least number.
NEAR = frozenset({PatternKind.CLUSTERS, PatternKind.REPEATED})
LEAST = NEAR | {PatternKind.HOT_SPOTS}
_HANGS_ON = ("incidents", "people", "buildings")
REACHES_M = (50, 100, 200, 500)
LEASTS = (3, 5, 10, 20, 50)


class Finder:
    """Answers from memory for as long as incidents, people and units are the same."""

    def __init__(self) -> None:
        self._kept = Kept[dict[str, Any]](MOST_KEPT)

    def found(
        self, db: Connection, city: City, kind: PatternKind, asked: Question, language: str
    ) -> dict[str, Any]:
        """Return what `shapes.pattern` does, as the viewer may know it."""
        key = (_state(db), VIEWER.get(), kind, asked, language)
        return self._kept.get(key, lambda: shapes.pattern(db, city, kind, asked, speaker(language)))


def _state(db: Connection) -> Hashable:
    """Return what changes whenever anything does that an answer hangs on."""
    c = layer_state.c
    changed = db.execute(
        select(c.layer, c.changed_at).where(c.layer.in_(_HANGS_ON)).order_by(c.layer)
    )
    last = select(
        select(func.max(release.c.id)).scalar_subquery(),
        select(func.max(unit_version.c.id)).scalar_subquery(),
    )
    return (*(tuple(row) for row in changed), tuple(db.execute(last).one()))


def span(view: View, city: City, now: dt.datetime) -> Span:
    """Return the days a view asks about: those picked, or the last four weeks.

    Of years that no calendar of the city's has nothing is known, and each week of them would be
    looked into.
    """
    if view.period:
        first, last = (min(max(day, FIRST_DAY), LAST_DAY) for day in view.period)
        return Span(first, last)
    last = now.astimezone(city.tz).date()
    return Span(last - dt.timedelta(days=DAYS - 1), last)


def is_on(view: View) -> bool:
    """Return whether a pattern is looked at that the map shows."""
    return view.mode == "incidents" and view.pattern not in ("", PatternKind.RHYTHM)


def question(scene: Scene) -> Question:
    """Return what a view asks of its pattern; the places of a whole unit, whatever was picked."""
    view = scene.view
    part = view.part.partition(":")
    of_class = part[2] if part[0] in ("big", "small") else ""
    asked = Question(
        Chosen(scene.unit.id, of_class, on=on(scene)), span(view, scene.city, scene.now),
        level(scene) if view.pattern in FINER else None,
    )  # fmt: skip
    if view.pattern == PatternKind.HOT_SPOTS.value:
        rules = replace(asked.rules, least_count=view.least or asked.rules.least_count)
        return replace(asked, per=Per(view.divided or Per.NONE), rules=rules)
    if view.pattern in NEAR:
        reach_m = float(view.reach or asked.reach_m)
        return replace(asked, reach_m=reach_m, least=max(view.least or asked.least, FEWEST))
    return asked


def least(asked: Question, kind: str) -> int:
    """Return how many incidents make the pattern asked for, at least."""
    return asked.least if kind in NEAR else asked.rules.least_count


def on(scene: Scene) -> On:
    """Return by which boundaries closed incidents count, as a view asks."""
    return On.TODAY if scene.view.bounds == "today" or not knows_then(scene) else On.THEN


def knows_then(scene: Scene) -> bool:
    """Return whether it is known where the unit's incidents lay when they were closed."""
    return scene.zoning.is_main and scene.unit.zoning_id == scene.zoning_id


def levels(scene: Scene) -> list[int]:
    """Return the levels of the main tree that lie below the unit."""
    above = scene.unit.level if scene.zoning.is_main else scene.root.level
    return [each.number for each in scene.city.main.levels if each.number > above]


def level(scene: Scene) -> int | None:
    """Return the level whose units are compared; None where there is nothing below."""
    below = levels(scene)
    if not below or scene.view.level in below:
        return scene.view.level if below else None
    finer = FINER.get(PatternKind(scene.view.pattern), 0) if scene.view.pattern else 0
    return below[max(0, len(below) - 1 - finer)]


def address(scene: Scene) -> str:
    """Return where the map gets the pattern of a view from that has one."""
    asked = question(scene)
    told = {
        "within": asked.chosen.unit_id,
        "level": asked.level,
        "of_class": asked.chosen.of_class,
        "start": asked.span.first,
        "end": asked.span.last,
        "on": asked.chosen.on,
        "per": asked.per,
        "reach_m": asked.reach_m,
        "least": asked.least,
        "least_count": asked.rules.least_count,
        "language": scene.view.language,
        "drawn": "true",
    }
    query = urlencode({key: value for key, value in told.items() if value not in (None, "")})
    return f"incidents/patterns/{scene.view.pattern}?{query}"


def after(view: View, what: str, wanted: str, db: Connection) -> View:
    """Return the view that follows a choice of the panel."""
    if what == "pattern":
        # Chosen once more, it is put away.
        chosen = {"pattern": "" if wanted == view.pattern else wanted, "case": None}
        return view.having(**chosen)
    if what in ("divided", "reach", "least", "level"):
        return view.having(**{what: wanted})
    city = places.city(db)
    if city is None:
        return view
    days = span(view, city, dt.datetime.now(dt.UTC))
    # All that were reported, as the pattern counts them: in the days it is made of.
    picked = {"pick": wanted or None, "cases": "all", "form": "", "counted": ""}
    there = view.having(**picked)
    return replace(there, start=days.first, end=days.last, building=None)
