"""How incidents are told apart at a glance: how far they are, how late, how grave."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

from dash import html
from dash.development.base_component import Component

from dashboard.elements import icon
from dashboard.incidents.asking import soon
from dashboard.scene import Scene
from layers.catalog.incidents import SEVERITIES, STAGES
from layers.handling.calendar import calendar_of
from layers.handling.case import Case
from layers.handling.clock import is_guess
from layers.handling.lists import Listing, pressing
from layers.handling.stages import Stage

_HOUR, _DAY = 3600, 86_400
# A stage has a mark and a colour of its own; neither says it alone.
_LOOKS: Mapping[Stage, tuple[str, str]] = MappingProxyType(
    {
        Stage.REPORT: ("plus", "quiet"),
        Stage.REGISTER: ("pen", "accent"),
        Stage.DISPATCH: ("right", "accent"),
        Stage.HANDLE: ("clock", "accent"),
        Stage.FEED_BACK: ("bell", "soon"),
        Stage.CHECK: ("eye", "soon"),
        Stage.CLOSED: ("check", "ok"),
    }
)


def stage(scene: Scene, case: Case) -> Component:
    """Return the chip of a stage."""
    mark, colour = _LOOKS[case.stage]
    return html.Span(
        [icon(mark), scene.named(STAGES[case.stage])], className=f"cg-tag cg-tag-{colour}"
    )


def severity(scene: Scene, case: Case) -> list[Component]:
    """Return the chip of what is graver than usual, nothing for the rest."""
    if case.severity == "ordinary":
        return []
    name = scene.named(SEVERITIES[case.severity])
    return [html.Span([icon("conflict"), name], className="cg-tag cg-tag-overdue")]


def supervised(scene: Scene, case: Case) -> list[Component]:
    """Return the chip of what a leader asks about, nothing for the rest."""
    if not case.is_supervised:
        return []
    colour = "overdue" if case.is_answer_overdue else "soon"
    text = scene.say("supervision.tag")
    return [html.Span([icon("target"), text], className=f"cg-tag cg-tag-{colour}")]


def escalated(scene: Scene, case: Case) -> list[Component]:
    """Return the chip of what others heard of because its time runs out, nothing for the rest."""
    if not case.is_escalated or case.escalation is None:
        return []
    why = scene.say("escalation.tag_why", rule=case.escalation["rule"])
    return [
        html.Span(
            [icon("bell"), scene.say("escalation.tag")], className="cg-tag cg-tag-overdue",
            title=why,
        )
    ]  # fmt: skip


def answer_clock(scene: Scene, case: Case) -> list[Component]:
    """Return how much time is left to answer a leader, or how late it is; nothing once it is."""
    if case.answer_by is None:
        return []
    left = case.answer_by - case.now
    if case.is_answer_overdue:
        late = scene.say("supervision.late", time=span(scene, -left))
        return [_status("square", "overdue", late)]
    return [_status("dot", "ok", scene.say("supervision.left", time=span(scene, left)))]


def clock(scene: Scene, case: Case) -> Component | None:
    """Return how much time is left of an open case, or how late it is; None without a limit."""
    say = scene.say
    if case.stage is Stage.CLOSED:
        return None
    if case.is_paused:
        return _status("pause", "quiet", say("cases.paused"))
    if case.due_at is None:
        return None
    left = case.due_at - case.now
    if case.is_overdue:
        return _status("square", "overdue", say("cases.late", time=span(scene, -left)))
    is_soon = pressing(case, soon(scene.city)) is Listing.SOON
    mark, colour = ("triangle", "soon") if is_soon else ("dot", "ok")
    is_unsure = is_guess(calendar_of(scene.city), case.limit, case.due_at)
    why = say("calendar.guess", time=scene.moment(case.due_at)) if is_unsure else None
    return _status(mark, colour, say("cases.left", time=span(scene, left)), why)


def span(scene: Scene, length: dt.timedelta) -> str:
    """Write how long something is in its largest fitting unit: 40 minutes, 5 hours, 3 days."""
    seconds = length.total_seconds()
    if seconds < 2 * _HOUR:
        return scene.say("cases.minutes", n=int(seconds // 60))
    if seconds < 2 * _DAY:
        return scene.say("cases.hours", n=int(seconds // _HOUR))
    return scene.say("cases.days", n=int(seconds // _DAY))


def _status(mark: str, colour: str, text: str, why: str | None = None) -> Component:
    return html.Span(
        [icon(mark, size="10"), text], className=f"cg-status cg-status-{colour} cg-case-clock",
        title=why,
    )  # fmt: skip
