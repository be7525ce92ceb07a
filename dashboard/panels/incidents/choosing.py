"""Choosing several incidents of the list; assets/several.js keeps what is chosen and asks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.elements import attrs, icon
from dashboard.panels.boundaries import words
from dashboard.panels.incidents import doing
from dashboard.scene import Scene
from gis.access.viewer import Viewer
from layers.handling import standing
from layers.handling.case import Case
from layers.handling.several import AT_ONCE
from layers.handling.stages import TRANSITIONS, Act


def able(viewer: Viewer, cases: Sequence[Case]) -> dict[int, tuple[Act, ...]]:
    """Return what the viewer may do with each of some incidents, of what is done with several."""
    return {
        case.id: tuple(act for act in standing.acts(viewer, case) if act in AT_ONCE)
        for case in cases
    }


def bar(scene: Scene, acts: Mapping[int, Sequence[Act]]) -> list[Component]:
    """Return the choice of all that are shown, and the bar of those chosen, which is empty yet."""
    if not any(acts.values()):
        return []
    say = scene.say
    needs = {
        act.value: doing.needs(rule.needs)
        for (_, act), rule in TRANSITIONS.items()
        if act in AT_ONCE
    }
    told = doing.told(scene, {act for some in acts.values() for act in some})
    texts = {**words.read(told["data-words"]), **words.read(words.of(scene, "several"))}
    ordered = {act.value: needs[act.value] for act in Act if act.value in needs}
    all_of_them = html.Button(
        [html.Span(icon("check"), className="cg-pick-box"), say("several.all")],
        className="cg-pick cg-pick-all",
        type="button",
        role="checkbox",
        title=say("several.hint"),
        **attrs(aria_checked="false", data_pick_all="true"),
    )
    box = html.Div(
        id="cases-several",
        className="cg-several",
        **{
            **told,
            **attrs(
                data_words=words.json(texts),
                data_needs=words.json(ordered),
                data_grave=" ".join(sorted(doing.GRAVE)),
            ),
        },
    )
    return [all_of_them, box]


def pick(scene: Scene, name: str) -> Component:
    """Return the box that chooses an incident."""
    label = f"{scene.say('several.pick')} {name}"
    return html.Button(
        html.Span(icon("check"), className="cg-pick-box"),
        className="cg-pick",
        type="button",
        role="checkbox",
        title=scene.say("several.pick"),
        **attrs(aria_checked="false", aria_label=label, data_pick="true"),
    )


def marks(case: Case, name: str, acts: Sequence[Act]) -> Mapping[str, Any]:
    """Return what the browser must know of an incident in the list."""
    return attrs(
        data_key=case.key, data_version=str(case.version), data_name=name, data_acts=" ".join(acts)
    )
