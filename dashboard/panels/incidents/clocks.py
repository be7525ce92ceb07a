"""How much time is left of incidents, and how late they are; the page goes on with it by itself.

A tag says when something is due and by which clock; `page` says to the browser what time it is and
when work is done, so that it redraws the tags and asks again when one turns: assets/time_left.js.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.elements import attrs, icon
from dashboard.incidents.asking import soon
from dashboard.panels.boundaries import words
from dashboard.scene import Scene
from layers.handling.calendar import LAST_DAY, calendar_of
from layers.handling.case import Case
from layers.handling.clock import Clock, clock_of, is_guess
from layers.handling.left import Length, Measure, left, length
from layers.handling.lists import Listing, pressing
from layers.handling.stages import Stage

# What is due later the browser leaves as it was told: it changes once a day.
TOLD_FOR = dt.timedelta(days=62)
# Of which there may be a single one, and which are another word then.
_ONES = (Measure.WORK_MINUTES, Measure.WORK_DAYS)
_WORDS = (
    "cases.paused",
    *(f"{group}.{how}" for group in ("cases", "supervision") for how in ("left", "late")),
    *(f"cases.{each}" for each in Measure),
    *(f"cases.{each}_one" for each in _ONES),
)


def of(scene: Scene, case: Case) -> Component | None:
    """Return how much time is left of an open case, or how late it is; None without a limit."""
    say = scene.say
    if case.stage is Stage.CLOSED:
        return None
    if case.is_paused:
        return _tag("pause", "quiet", say("cases.paused"))
    if case.due_at is None:
        return None
    unit = case.limit.unit if case.limit else None
    moment = scene.moment(case.due_at)
    if is_guess(calendar_of(scene.city), case.limit, case.due_at):
        moment = say("calendar.guess", time=moment)
    title = say("cases.due", time=moment)
    if unit:
        title = say("cases.due_by", due=title, unit=say(f"clock_unit.{unit}"))
    more = {
        "title": title,
        **attrs(data_due=_ms(case.due_at), data_unit=unit or "", data_says="cases"),
    }
    if case.is_overdue:
        late = _said(scene, length(case.now - case.due_at))
        return _tag("square", "overdue", say("cases.late", time=late), **more)
    is_soon = pressing(case, soon(scene.city)) is Listing.SOON
    mark, colour = ("triangle", "soon") if is_soon else ("dot", "ok")
    rest = _said(scene, left(_clock(scene), case.now, case.due_at, unit))
    return _tag(mark, colour, say("cases.left", time=rest), **more)


def of_answer(scene: Scene, case: Case) -> list[Component]:
    """Return how much time is left to answer a leader, or how late it is; nothing once it is."""
    if case.answer_by is None:
        return []
    say, rest = scene.say, case.answer_by - case.now
    more = {
        "title": say("cases.due", time=scene.moment(case.answer_by)),
        **attrs(data_due=_ms(case.answer_by), data_unit="", data_says="supervision"),
    }
    if case.is_answer_overdue:
        late = say("supervision.late", time=_said(scene, length(-rest)))
        return [_tag("square", "overdue", late, **more)]
    return [_tag("dot", "ok", say("supervision.left", time=_said(scene, length(rest))), **more)]


def page(scene: Scene, turns_at: dt.datetime | None) -> Component:
    """Return what the browser needs to go on with all clocks of the page.

    Parameters
    ----------
    turns_at
        When the next incident of the list stands otherwise, whether it is listed or not.
    """
    clock, now = _clock(scene), scene.now
    until = min(now + TOLD_FOR, dt.datetime.combine(LAST_DAY, dt.time(), dt.UTC))
    spans, closes = clock.worked(now, until)
    told: dict[str, Any] = {
        "now": _ms(now),
        "live": scene.is_live,
        "turns": _ms(turns_at) if turns_at else None,
        "soon": soon(scene.city) // dt.timedelta(milliseconds=1),
        # Seconds from here on. With a new day there are fewer working days left.
        "midnight": clock.midnight(now),
        "until": int(until.timestamp()),
        "spans": spans,
        "closes": closes,
        "words": {key: scene.say(key) for key in _WORDS},
    }
    return html.Span(hidden=True, **attrs(data_clock=words.json(told)))


def _clock(scene: Scene) -> Clock:
    return clock_of(calendar_of(scene.city))


def _said(scene: Scene, time: Length) -> str:
    one = "_one" if time.amount == 1 and time.measure in _ONES else ""
    return scene.say(f"cases.{time.measure}{one}", n=time.amount)


def _tag(mark: str, colour: str, text: str, **more: Any) -> Component:  # noqa: ANN401
    return html.Span(
        [icon(mark, size="10"), text],
        className=f"cg-status cg-status-{colour} cg-case-clock",
        **more,
    )


def _ms(moment: dt.datetime) -> str:
    return str(int(moment.timestamp() * 1000))
