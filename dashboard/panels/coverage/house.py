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
from layers.catalog.barriers import KINDS
from layers.coverage.reach import Question
from layers.coverage.streets import Mode
from layers.coverage.ways import STREET_WITHIN_M
from layers.coverage.why import LONGEST_LINK_M, Serving, Why

SLOT = Id.REACHED
# Less is written as 0.0 minutes.
LEAST_S = 3.0


def draw(scene: Scene, why: Why) -> list[Component]:
    """Return the card."""
    asked = why.question
    return [
        _head(scene, why),
        _verdict(scene, asked, why),
        _facts(scene, asked, why),
        *[html.P(said, className="cg-house-says") for said in _says(scene, asked, why)],
        html.P(scene.say("cover.lines" if why.way else "cover.lines_alone"), className="cg-quiet"),
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
        said = (
            say("cover.walled_in") if why.is_walled
            else say("cover.no_street", m=f"{STREET_WITHIN_M:g}")
        )  # fmt: skip
    elif why.nearest is None or why.nearest.seconds is None:
        said = say("cover.no_way")
    elif why.is_reached:
        said = say("cover.in_time", n=_minutes(why.nearest.seconds))
    else:
        over_s = why.nearest.seconds - asked.delay_s - asked.limit_s
        # Never "0.0 minutes too far": it is not covered.
        minutes = _minutes(over_s) if over_s >= LEAST_S else f"<{_minutes(2 * LEAST_S)}"
        over = {"n": minutes, "m": f"{over_s * asked.speed_ms:,.0f}"}
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
        facts["cover.along"] = _along(scene, asked, why.nearest)
        facts["cover.straight"] = numerals.distance(why.nearest.straight_m, say, asked.radius_m)
    if why.straight is not None and (why.nearest is None or why.straight.id != why.nearest.id):
        facts["cover.straight_nearest"] = say(
            "cover.named_at", name=why.straight.name,
            m=numerals.distance(why.straight.straight_m, say, asked.radius_m),
        )  # fmt: skip
    facts["cover.limit"] = words.within(scene, asked)
    if why.second is not None:
        facts["cover.second"] = say(
            "cover.named_at", name=why.second.name, m=_along(scene, asked, why.second)
        )
    return html.Dl(
        [html.Div([html.Dt(say(key)), html.Dd(text)]) for key, text in facts.items()],
        className="cg-facts cg-house-facts",
    )


def _says(scene: Scene, asked: Question, why: Why) -> list[str]:
    """Return what the way lacks, and of which door it is told."""
    say, said = scene.say, []
    if why.is_walled:
        said.append(say("cover.walled_why", m=f"{STREET_WITHIN_M:g}"))
    elif not why.is_reached:
        said.append(words.binds(scene, asked))
    if why.link is not None:
        length = f"{max(1, round(why.link.line_m.length)):,}"
        said.append(say(f"cover.{_lacks(why)}", m=length, n=_minutes(why.link.seconds),
                        what=_barriers(scene, why)))  # fmt: skip
    elif not why.is_reached and why.straight is not None and asked.mode is Mode.WALK:
        said.append(say("cover.no_link", m=f"{LONGEST_LINK_M:g}"))
    if why.doors > 1:
        said.append(say("cover.doors", n=why.doors, k=why.reached))
    return said


def _lacks(why: Why) -> str:
    """Return the key of what the way lacks: a gate, a bridge, or a link that nothing bars."""
    kinds = {each.kind for each in why.through}
    return "link_bridge" if kinds - {"wall"} else "link_gate" if kinds else "link"


def _barriers(scene: Scene, why: Why) -> str:
    """Return what is to be crossed: by name where it has one."""
    named = [
        scene.say("cover.wall_of", name=each.name) if each.kind == "wall" and each.name
        else each.name or scene.named(KINDS.get(each.kind, KINDS["wall"]))
        for each in why.through
    ]  # fmt: skip
    return scene.say("error.between").join(named)


def _along(scene: Scene, asked: Question, serving: Serving) -> str:
    # Who drives has minutes alone.
    limit_m = asked.limit_s * asked.speed_ms if asked.mode is Mode.WALK else None
    return scene.say(
        "cover.metres_minutes",
        m=numerals.distance(serving.metres or 0.0, scene.say, limit_m),
        n=_minutes(serving.seconds or 0.0),
    )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.1f}"
