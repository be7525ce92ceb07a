"""How incidents are told apart at a glance: how far they are, how grave, who asks about them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from dash import html
from dash.development.base_component import Component

from dashboard.elements import icon
from dashboard.scene import Scene
from layers.catalog.incidents import SEVERITIES, STAGES
from layers.handling.case import Case
from layers.handling.stages import Stage

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
