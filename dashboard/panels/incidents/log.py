"""What was done with an incident, and what was said of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from dash import html
from dash.development.base_component import Component

from dashboard.elements import attrs
from dashboard.incidents.facts import done
from dashboard.panels.boundaries.tags import moment, since
from dashboard.scene import Scene
from gis.access.viewer import Viewer
from layers.catalog.incidents import SEVERITIES
from layers.handling import standing, talk
from layers.handling.case import Case, Step
from layers.handling.hotline_changes import NAMES
from layers.handling.stages import ESCALATED, HOTLINE_CHANGED, RETIMED, SUPERVISING, Act


def log(scene: Scene, steps: Sequence[Step]) -> list[Component]:
    """Return all that was done with an incident, the latest first."""
    if not steps:
        return []
    rows: Iterable[Component] = (
        html.Li(
            [
                html.Div(
                    [
                        html.Strong(done(scene, step.act)),
                        html.Small(f"{scene.called(step.name)} · {since(scene, step.at)}",
                                   title=moment(scene, step.at)),
                    ],
                    className="cg-case-step",
                ),
                *(html.P(words_) for words_ in _words(scene, step)),
            ]
        )
        for step in reversed(steps)
    )  # fmt: skip
    return [
        html.H3(scene.say("cases.log"), className="cg-subtitle"),
        html.Ol(list(rows), className="cg-case-log"),
    ]


def _until(scene: Scene, step: Step) -> str:
    """Return by when an answer is wanted, of a step that asks for one."""
    if step.act not in SUPERVISING or not step.details.get("until"):
        return ""
    until = dt.datetime.fromisoformat(step.details["until"])
    return scene.say("supervision.log", time=moment(scene, until))


def _words(scene: Scene, step: Step) -> Iterable[str]:
    """Yield what was said with a step, and which files it was about."""
    yield from (words_ for words_ in (step.reason, step.note, _until(scene, step)) if words_)
    if rule := step.details.get("rule"):
        by = "escalation.by" if step.act == ESCALATED else "rules.decided"
        yield scene.say(by, name=rule)
    if raised := step.details.get("raised"):
        yield scene.say("rules.raised", severity=scene.named(SEVERITIES[raised]))
    if step.act == RETIMED:
        yield _retimed(scene, step)
    if step.act == HOTLINE_CHANGED:
        fields = (scene.named(NAMES[name]) for name in step.details["fields"])
        yield scene.say("error.between").join(fields)
    if names := step.details.get("files"):
        yield ", ".join(names)


def _retimed(scene: Scene, step: Step) -> str:
    before, after = (
        moment(scene, dt.datetime.fromisoformat(said)) if said else scene.say("calendar.stands")
        for said in (step.details["due_before"], step.details["due_after"])
    )
    version = step.details["calendar"]
    return scene.say("calendar.by_version", version=version, before=before, after=after)


def comments(scene: Scene, viewer: Viewer, case: Case) -> list[Component]:
    """Return what was said of an incident, and where something is said."""
    say = scene.say
    rows = [
        html.Li(
            [
                html.Div(
                    [html.Strong(scene.called(one["name"])), html.Small(since(scene, one["at"]))],
                    className="cg-case-step",
                ),
                html.P(one["text"]),
            ]
        )
        for one in talk.comments(scene.db, case.id)
    ]
    field = [
        html.Textarea(
            className="cg-textarea",
            id="case-comment",
            rows="2",
            maxLength=str(talk.LONGEST_COMMENT),
            placeholder=say("cases.comment_hint"),
            **attrs(aria_label=say("cases.comment_hint")),
        ),
        html.Button(
            say("cases.comment"),
            className="cg-button",
            type="button",
            **attrs(data_does="case-comment", data_case=case.key),
        ),
    ]
    able = standing.may(viewer, case, Act.COMMENT)
    return [
        html.H3(say("cases.comments"), className="cg-subtitle"),
        html.Ol(rows, className="cg-case-log"),
        *([html.Div(field, className="cg-case-comment")] if able else []),
    ]
