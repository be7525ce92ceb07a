"""What somebody may do with an incident: the next step as one button, the rest behind another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from dash import html
from dash.development.base_component import Component

from dashboard.elements import attrs, icon
from dashboard.incidents import asking
from dashboard.incidents.facts import done
from dashboard.panels.boundaries import words
from dashboard.scene import Scene
from dashboard.text import catalogue
from gis.access.posts import Right
from gis.access.viewer import Viewer
from layers.handling import stages, standing
from layers.handling.case import Case
from layers.handling.routing import Rule
from layers.handling.stages import SUPERVISING, Act, Need
from layers.handling.whose import rule_of

# What is done in a form of its own: see the scripts' `data_does`.
OWN_FORM = {Act.AMEND: "case-amend", Act.SPLIT: "case-split"}
# What is done by a field or a button that is there anyway.
APART = stages.APART - OWN_FORM.keys()
SAID = ("case_act.", "case_ask.", "case_link.", "case_stage.")
GRAVE = frozenset({Act.REFUSE, Act.FORCE_CLOSE, Act.DENY})


def bar(scene: Scene, viewer: Viewer, case: Case) -> list[Component]:
    """Return the next step as one button, what a leader does beside it, the rest behind another."""
    say = scene.say
    able = [
        each
        for each in standing.acts(viewer, case)
        # A part that is split off is reported, by who may.
        if each not in APART and (each is not Act.SPLIT or viewer.may(Right.REPORT))
    ]
    first = standing.next_act(viewer, case)
    if first in SUPERVISING:
        # It stands where the answer is read.
        first = None
    # A leader looks for it; it must not hide behind the rest.
    beside = [each for each in able if each is Act.SUPERVISE]
    rest = [each for each in able if each is not first and each not in SUPERVISING]
    if first is None and not rest and not beside:
        waits = say(f"case_waits.{case.stage}")
        return [html.P([icon("clock"), waits], className="cg-quiet cg-case-waits")]
    buttons: list[Component] = []
    if first is not None:
        buttons.append(button(scene, case, first, is_main=True))
    buttons += [button(scene, case, each, is_main=first is None) for each in beside]
    if rest:
        listed = [button(scene, case, each) for each in rest]
        buttons.append(
            html.Details(
                [html.Summary([say("cases.more"), icon("down")], className="cg-button"),
                 html.Div(listed, className="cg-case-menu")],
                className="cg-case-more",
            )
        )  # fmt: skip
    return [html.Div(buttons, className="cg-case-acts")]


def told(scene: Scene, able: Collection[Act], case: Case | None = None) -> Mapping[str, Any]:
    """Return what the browser needs to ask for the words of an act, as attributes of a box."""
    say = scene.say
    found = {
        "data_words": words.json({key: say(key) for key in catalogue() if key.startswith(SAID)}),
        "data_bodies": words.json(
            [
                {"id": id_, "name": scene.named(names)}
                for id_, names in asking.body_names(scene.db).items()
            ]
        )
        if Act.DISPATCH in able
        else "[]",
    }
    if case is not None and Act.DISPATCH in able:
        rule = rule_of(scene.db, scene.city, case)
        found |= {
            "data_body": str((rule and rule.body_id) or ""),
            "data_by": _by(scene, rule),
        }
    if case is not None:
        found |= {
            "data_case": case.key,
            "data_version": str(case.version),
            "data_unit": say(f"clock_unit.{case.limit.unit}") if case.limit else "",
            "data_at": f"{case.lon},{case.lat}",
            "data_kind": f"{case.scheme}/{case.small}",
            "data_condition": str(case.condition or ""),
            "data_severity": case.severity,
            "data_title": case.title or "",
            "data_address": case.address or "",
            "data_place_note": case.place_note or "",
        }
    return attrs(**found)


def _by(scene: Scene, rule: Rule | None) -> str:
    """Return by what a duty body is proposed; "" where nothing says whose duty a case is."""
    if rule is None:
        return ""
    if not rule.uid:
        return scene.say("case_ask.by_file")
    return scene.say("case_ask.by_rule", name=rule.name)


def button(scene: Scene, case: Case, what: Act, *, is_main: bool = False) -> Component:
    """Return the button of an act; what must be said with it is asked for in a dialog."""
    say = scene.say
    colour = "main" if is_main else "grave" if what in GRAVE else "plain"
    return html.Button(
        [
            *([icon("right")] if is_main else []),
            # What is taken up again is no repetition any more.
            say("cases.unlink") if what is Act.REOPEN and case.duplicate_of else said(scene, what),
        ],
        className=f"cg-button cg-button-{colour}" + (" cg-button-icon" if is_main else ""),
        type="button",
        **attrs(
            data_does=OWN_FORM.get(what, f"case-act {what}"),
            data_needs=needs(stages.TRANSITIONS[case.stage, what].needs),
        ),
    )


def needs(some: Collection[Need]) -> str:
    """Return what must be said, as the browser reads it."""
    return ",".join(sorted(need.value for need in some))


def said(scene: Scene, what: str) -> str:
    """Return what an act is called on a button: in sentences it is a word among others."""
    return done(scene, what)
