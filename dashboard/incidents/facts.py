"""What is told of an incident, line by line: the same on the page and on its sheet."""

from __future__ import annotations

import math

from dashboard import numerals
from dashboard.incidents import asking
from dashboard.scene import Scene
from dashboard.text import catalogue
from gis import places
from layers.catalog.incidents import SOURCES
from layers.handling import alarms
from layers.handling.calendar import calendar_of
from layers.handling.case import Case
from layers.handling.clock import Limit, is_guess

# Nearer than this nobody looks: many decimals of coordinates say no less.
EXACT_M = 1.0


def facts(scene: Scene, case: Case, kind: str) -> list[tuple[str, str]]:
    """Return what is known of an incident: a name of `case_fact` and what is said; no gaps."""
    say = scene.say
    bodies = asking.body_names(scene.db)
    then = case.unit_then_id if case.unit_then_id != case.unit_id else None
    # As it was called last, if it is no more.
    closed_in = places.last_names_of(scene.db, [then])[then][1] if then is not None else {}
    path = places.path(scene.db, case.unit_id) if case.unit_id is not None else ()
    where = [case.address or "", case.place_note or ""]
    told: list[tuple[str, str]] = [
        ("number", case.key),
        ("class", kind),
        ("where", " · ".join(part for part in where if part)),
        ("unit", " › ".join(scene.named(place.names) for place in path[1:])),
        ("placed", placed(scene, case)),
        ("body", scene.named(bodies[case.body_id]) if case.body_id in bodies else
                 say("cases.territory") if case.dispatched_at else ""),
        ("limit", _limit(scene, case.limit)),
        ("due", _due(scene, case)),
        ("reported", scene.moment(case.reported_at)),
        ("source", scene.named(SOURCES[case.source]) if case.source in SOURCES else case.source),
        ("closed", scene.moment(case.closed_at) if case.closed_at else ""),
        ("closed_in", scene.named(closed_in) if closed_in else ""),
        ("outcome", say(f"case_outcome.{case.outcome}") if case.outcome else ""),
        ("returned", numerals.number(case.returned) if case.returned else ""),
    ]  # fmt: skip
    told += [
        (
            "alarm",
            say("cases.alarm", device=each.device, signal=each.signal,
                n=numerals.number(each.count), last=scene.moment(each.last_at)),
        )
        for each in alarms.of(scene.db, case.id)
    ]  # fmt: skip
    return [(name, value) for name, value in told if value]


def done(scene: Scene, act: str) -> str:
    """Return what was done, as a title: in sentences an act is a word among others."""
    text = scene.say(f"case_act.{act}")
    return text[:1].upper() + text[1:]


def _due(scene: Scene, case: Case) -> str:
    if case.due_at is None:
        return ""
    due = scene.moment(case.due_at)
    if is_guess(calendar_of(scene.city), case.limit, case.due_at):
        return scene.say("calendar.guess", time=due)
    return due


def placed(scene: Scene, case: Case) -> str:
    """Return how the place was found, how coordinates were read, how surely, within how far."""
    say = scene.say
    key = f"how.{case.placed_by}"
    # A program may have a word of its own for it.
    how = say(key) if key in catalogue() else case.placed_by
    read = f"placed_as.{case.placed_as}"
    surely = [say(read)] if read in catalogue() else []
    known = len(surely)
    if case.placed_score is not None and case.placed_score < 1:
        surely.append(say("cases.fits", share=numerals.percent(case.placed_score)))
    if case.placed_within_m is not None and case.placed_within_m >= EXACT_M:
        metres = numerals.number(math.ceil(case.placed_within_m))
        surely.append(say("cases.within", metres=metres))
    if len(surely) == known:
        surely.append(say("cases.exact" if case.placed_score is not None else "cases.as_brought"))
    return say("cases.how_surely", how=how, surely=" · ".join(surely))


def _limit(scene: Scene, limit: Limit | None) -> str:
    if limit is None:
        return ""
    return f"{limit.amount:g} {scene.say(f'clock_unit.{limit.unit}')}"
