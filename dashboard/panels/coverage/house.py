"""Why this house is covered or not: the card of a building that was clicked."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component
from sqlalchemy import select

from dashboard import numerals
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.panels.coverage import words
from dashboard.scene import Scene
from gis.tables import building
from layers.coverage.reach import Question
from layers.coverage.streets import Mode
from layers.coverage.ways import STREET_WITHIN_M
from layers.coverage.why import LONGEST_LINK_M, Serving, Why

SLOT = Id.REACHED


def draw(scene: Scene, why: Why) -> list[Component]:
    """Return the card."""
    asked = why.question
    return [
        _head(scene, why),
        _verdict(scene, asked, why),
        _facts(scene, asked, why),
        *[html.P(said, className="cg-house-says") for said in _says(scene, asked, why)],
        html.P(scene.say("cover.lines"), className="cg-quiet"),
    ]


def _head(scene: Scene, why: Why) -> Component:
    say, b = scene.say, building.c
    row = scene.db.execute(
        select(b.key, b.name, b.address).where(b.id == scene.view.building)
    ).one()
    name = row.name or row.address or say("card.unnamed", key=row.key)
    close = html.Button(
        icon("close"), id=act(Act.DROP, "building"), className="cg-icon-button", type="button",
        title=say("head.close"), **attrs(aria_label=say("head.close")),
    )  # fmt: skip
    title = say("cover.why_covered" if why.is_reached else "cover.why_not")
    return html.Div(
        [
            html.P(title, className="cg-eyebrow"),
            html.Div([html.H2(name, className="cg-title", title=name), close],
                     className="cg-title-row"),
            html.P(row.key, className="cg-quiet cg-place-line"),
        ]
    )  # fmt: skip


def _verdict(scene: Scene, asked: Question, why: Why) -> Component:
    say = scene.say
    sign, kind = ("dot", "ok") if why.is_reached else ("square", "overdue")
    if not why.is_hung:
        key = "walled_in" if why.is_walled else "no_street"
        said = say(f"cover.{key}", m=f"{STREET_WITHIN_M:g}")
    elif why.nearest is None or why.nearest.seconds is None:
        said = say("cover.no_way")
    elif why.is_reached:
        said = say("cover.in_time", n=_minutes(why.nearest.seconds))
    else:
        over_s = why.nearest.seconds - asked.delay_s - asked.limit_s
        over = {"n": _minutes(over_s), "m": f"{over_s * asked.speed_ms:,.0f}"}
        said = say("cover.too_far_drive" if asked.mode is Mode.DRIVE else "cover.too_far", **over)
    return html.P(
        [icon(sign, size="10"), said],
        className=f"cg-house-verdict cg-status cg-status-{kind}",
        **attrs(data_covered=str(why.is_reached).lower()),
    )


def _facts(scene: Scene, asked: Question, why: Why) -> Component:
    say = scene.say
    facts = {}
    if why.nearest is not None:
        facts["cover.nearest"] = why.nearest.name
        facts["cover.along"] = _along(scene, why.nearest)
        facts["cover.straight"] = numerals.distance(why.nearest.straight_m, say)
    if why.straight is not None and (why.nearest is None or why.straight.id != why.nearest.id):
        facts["cover.straight_nearest"] = say(
            "cover.named_at", name=why.straight.name,
            m=numerals.distance(why.straight.straight_m, say),
        )  # fmt: skip
    facts["cover.limit"] = words.within(scene, asked)
    if why.second is not None:
        facts["cover.second"] = say(
            "cover.named_at", name=why.second.name, m=_along(scene, why.second)
        )
    return html.Dl(
        [html.Div([html.Dt(say(key)), html.Dd(text)]) for key, text in facts.items()],
        className="cg-facts cg-house-facts",
    )


def _says(scene: Scene, asked: Question, why: Why) -> list[str]:
    """Return what the way lacks, and of which door it is told."""
    say, said = scene.say, []
    if not why.is_reached:
        said.append(words.binds(scene, asked))
    if why.link is not None:
        said.append(
            say("cover.link", m=f"{max(1, round(why.link.line_m.length)):,}",
                n=_minutes(why.link.seconds))
        )  # fmt: skip
    elif not why.is_reached and why.straight is not None and asked.mode is Mode.WALK:
        said.append(say("cover.no_link", m=f"{LONGEST_LINK_M:g}"))
    if why.doors > 1:
        said.append(say("cover.doors", n=why.doors, k=why.reached))
    return said


def _along(scene: Scene, serving: Serving) -> str:
    return scene.say(
        "cover.metres_minutes",
        m=numerals.distance(serving.metres or 0.0, scene.say),
        n=_minutes(serving.seconds or 0.0),
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}"
