"""Where new facilities would do most, by what they are for, and how far that is from the best."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import orjson
from dash import html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.coverage import tried
from dashboard.coverage.desk import Desk
from dashboard.coverage.question import address
from dashboard.elements import attrs, icon
from dashboard.ids import Act, act
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from gis.siting.plan import Ended
from gis.siting.question import Aim
from layers.coverage.released import PEOPLE
from layers.coverage.suggested import Suggested

# What a planner asks first; the worst off stand behind Advanced.
FIRST = (Aim.MOST_PEOPLE, Aim.EVERYONE, Aim.LEAST_TIME)
LISTED = 10


def draw(scene: Scene, desk: Desk) -> list[Component]:
    """Return what may be aimed at, and the suggestion for what is."""
    say, view = scene.say, scene.view
    buttons = html.Div(
        [_aim(scene, aim) for aim in FIRST], className="cg-segments", role="group",
        **attrs(aria_label=say("cover.suggest")),
    )  # fmt: skip
    further = html.Details(
        [
            html.Summary(say("cover.advanced"), className="cg-quiet"),
            _aim(scene, Aim.LEAST_WORST),
        ],
        open=view.aim == Aim.LEAST_WORST.value,
    )
    parts: list[Component] = [
        html.H3(say("cover.suggest"), className="cg-quiet cg-next-suggest"),
        buttons,
        further,
    ]
    if not view.aim:
        return parts
    found = desk.suggested(scene)
    if view.aim != Aim.EVERYONE.value:
        parts.append(_count(scene))
    return [*parts, *_found(scene, desk, found)]


def _aim(scene: Scene, aim: Aim) -> Component:
    return html.Button(
        scene.say(f"cover.aim_{aim}"),
        id=act(Act.ASK, f"aim:{aim}"),
        className="cg-ask",
        type="button",
        title=scene.say(f"cover.aim_{aim}_why"),
        **attrs(aria_pressed=str(scene.view.aim == aim).lower()),
    )


def _count(scene: Scene) -> Component:
    say, chosen = scene.say, scene.view.sites or tried.A_FEW
    buttons = [
        html.Button(
            str(n), id=act(Act.ASK, f"sites:{n}"), className="cg-ask", type="button",
            **attrs(aria_pressed=str(n == chosen).lower()),
        )
        for n in tried.SITES
    ]  # fmt: skip
    label = say("cover.sites")
    return html.Div(
        [
            html.H3(label, className="cg-quiet"),
            html.Div(buttons, className="cg-segments", role="group", **attrs(aria_label=label)),
        ],
        className="cg-question-row",
    )


def _found(scene: Scene, desk: Desk, found: Suggested) -> list[Component]:
    say, view = scene.say, scene.view
    if not found.places:
        key = "suggested_none" if math.isfinite(found.plan.value) else "suggested_too_few"
        return [html.P(say(f"cover.{key}"), className="cg-quiet")]
    others = tried.places(view)
    brings = desk.at(scene, [*others, *found.places])
    items = [
        html.Li(
            [
                html.Span(str(n), className="cg-next-mark cg-next-mark-fixed"),
                html.Span(tried.said(scene, brings, len(others) + n - 1)),
            ]
        )
        for n in range(1, min(len(found.places), LISTED) + 1)
    ]
    lines = [html.P(_in_all(scene, found, brings.by_place[len(others) :]))]
    if len(found.places) > LISTED:
        more = len(found.places) - LISTED
        lines.append(html.P(say("cover.suggested_more", n=more), className="cg-quiet"))
    return [
        html.Ol(items, className="cg-next-list"),
        *lines,
        html.P(gap(scene, found), className="cg-quiet", **attrs(data_part="gap")),
        html.P(say("cover.suggested_of", n=numerals.number(found.candidates)),
               className="cg-quiet"),
        _tools(scene, found),
    ]  # fmt: skip


def _in_all(scene: Scene, found: Suggested, brings: tuple[Mapping[str, float], ...]) -> str:
    say, to = scene.say, tried.rounded_to(scene)
    # What is written of each adds up.
    people = sum(tried.rounded(one[PEOPLE], to) for one in brings)
    values = {"n": len(found.places), "people": numerals.number(people)}
    if np.isfinite(found.before_s):
        values |= {"before": _minutes(found.before_s), "after": _minutes(found.after_s)}
    return say(f"cover.suggested_{scene.view.aim}", **values)


def _minutes(seconds: float) -> str:
    return numerals.number(round(seconds / 60, 1))


def gap(scene: Scene, found: Suggested) -> str:
    """Return how far a choice may be from the best one, in words."""
    say, plan = scene.say, found.plan
    if plan.ended is Ended.PROVEN or plan.gap == 0:
        return say("cover.gap_none")
    if not math.isfinite(plan.gap):
        return say("cover.gap_unknown")
    return say("cover.gap", share=numerals.percent(plan.gap))


def _tools(scene: Scene, found: Suggested) -> Component:
    """Return what can be done with a suggestion: try it, and look for a better one."""
    say, view = scene.say, scene.view
    places = [*tried.places(view), *found.places]
    tools: list[Component] = []
    if len(places) <= tried.MOST:
        tools.append(
            html.Button(
                [icon("pin"), say("cover.take")], id=act(Act.ASK, f"tried:{tried.text(places)}"),
                className="cg-button", type="button",
            )
        )  # fmt: skip
    if found.plan.ended is not Ended.PROVEN and VIEWER.get().may(Right.PLAN):
        asked = address(view, "unit", "tried", "aim", "sites")
        words = ("prove", "proving", "proof_best", "proof_gap", "proof_same", "proof_better",
                 "proof_failed", "proof_take", "proof_stop", "proof_stopped")  # fmt: skip
        texts = {word: say(f"cover.{word}") for word in words}
        tools.append(
            html.Div(
                **attrs(
                    data_part="proof", data_asked=asked,
                    data_words=orjson.dumps(texts).decode(),
                ),
            )
        )  # fmt: skip
    return html.Div(tools, className="cg-next-tools")
