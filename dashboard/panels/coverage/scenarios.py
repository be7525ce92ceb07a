"""What is supposed: facilities closed, the scenarios kept of it, and one compared with today."""

from __future__ import annotations

import numpy as np
import orjson
from dash import Output, html
from dash.development.base_component import Component
from sqlalchemy import select

from dashboard import states
from dashboard.callbacks import Screen
from dashboard.coverage import supposed
from dashboard.coverage.desk import Desk
from dashboard.coverage.question import ASKED, question
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.panels.coverage import changing, comparison, supposing
from dashboard.scene import Scene
from dashboard.view_fields import MOST_CLOSED
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from gis.tables import facility
from layers.coverage.changes import to_json
from layers.coverage.reach import serves
from layers.coverage.scenarios import LONGEST_NAME
from layers.coverage.users import users

SLOT = Id.SCENARIOS
LISTED = 60
# What the script says.
WORDS = (
    "name", "shared", "save", "saved", "none", "own", "of_others", "never", "answered",
    "answered_none", "stale", "waiting", "under_way", "failed", "open", "compare", "answer",
    "again", "stop", "delete", "sure", "keep", "jobs", "job_indicators", "job_scenario",
    "job_sites", "job_best", "job_stale_scenarios", "all_stale",
)  # fmt: skip


def layout() -> Component:
    """Return the panel, waiting."""
    return html.Section(
        states.skeleton(18, 32), id=Id.SCENARIOS, className="cg-part cg-scenarios"
    )  # fmt: skip


def register(screen: Screen) -> None:
    """Follow question, place, and what is supposed."""

    @screen.shows(
        Output(Id.SCENARIOS, "children"),
        reads=("mode", "unit", "pick", "level", "facility", "scenario", "against", "supposing",
               "corners", "language", *supposed.SUPPOSED, *ASKED),
        mode="coverage",
    )  # fmt: skip
    def show(scene: Scene) -> list[Component]:
        return draw(scene, screen.coverage)


def draw(scene: Scene, desk: Desk) -> list[Component]:
    """Return what is closed, the list, and the comparison; nothing for who may not plan."""
    if not VIEWER.get().may(Right.PLAN):
        return []
    say, view = scene.say, scene.view
    changes = supposed.changes(view, scene.city)
    texts = {word: say(f"scenarios.{word}") for word in WORDS}
    asking = supposed.asking(view, scene.city)
    draft = {"question": asking, "changes": to_json(changes)} if changes else None
    return [
        html.H2(say("scenarios.title"), className="cg-subtitle"),
        html.Div(
            [
                *_closing(scene, desk),
                *changing.draw(scene),
                *supposing.resized(scene),
                *supposing.proposal(scene),
            ]
        ),
        # Filled by the script, which also hears of jobs.
        html.Div(
            **attrs(
                data_part="scenarios",
                data_words=orjson.dumps(texts).decode(),
                data_draft=orjson.dumps(draft).decode() if view.scenario is None else "null",
                data_shown=str(view.scenario or ""),
                data_longest=str(LONGEST_NAME),
            ),
        ),
        html.Div(comparison.draw(scene, desk)),
    ]


def _closing(scene: Scene, desk: Desk) -> list[Component]:
    """Return which facilities are closed, the one clicked, and those that may be."""
    say, view = scene.say, scene.view
    closed = supposed.closed(view)
    there = _facilities(scene, desk)
    parts: list[Component] = []
    if view.facility in there and view.facility not in closed:
        parts.append(
            html.Div(
                [html.Span(there[view.facility]), _button(scene, view.facility, "close_this")],
                className="cg-scenario-facility",
            )
        )
        parts += changing.moving(scene)
        parts += supposing.sizing(scene, view.facility)
    if closed:
        named = there | _named(scene, closed)
        items = [
            html.Li(
                [
                    html.Span(say("scenarios.closed", name=named.get(number, f"{number}"))),
                    _icon_button(scene, number, named.get(number, f"{number}")),
                ]
            )
            for number in closed
        ]
        parts.append(html.Ul(items, className="cg-scenario-closed"))
        parts.append(html.P(say("scenarios.closed_why"), className="cg-quiet"))
    # The one clicked has its button already.
    others = [number for number in there if number not in (*closed, view.facility)]
    if others and len(closed) < MOST_CLOSED:
        parts.append(_choices(scene, there, others))
    if not any(getattr(view, name) for name in supposed.SUPPOSED):
        parts.append(html.P(say("scenarios.why"), className="cg-quiet"))
    return parts


def _choices(scene: Scene, there: dict[int, str], others: list[int]) -> Component:
    say = scene.say
    some = others[:LISTED]
    has_room = users(question(scene.view, scene.city).kinds) is not None
    lines = [
        html.Li(
            [
                html.Button(
                    there[number], id=act(Act.ASK, f"closing:{number}"), className="cg-link",
                    type="button", title=say("scenarios.close_this"),
                ),
                *([_sizing(scene, number, there[number])] if has_room else []),
            ]
        )
        for number in some
    ]  # fmt: skip
    if len(others) > len(some):
        lines.append(html.Li(say("scenarios.first", n=len(some)), className="cg-quiet"))
    summary = html.Summary(
        say("scenarios.close_one", place=scene.named(scene.unit.names)), className="cg-quiet"
    )
    return html.Details(
        [summary, html.Ul(lines, className="cg-scenario-choices")], **attrs(data_fold="close")
    )


def _sizing(scene: Scene, number: int, name: str) -> Component:
    label = scene.say("scenarios.resize", name=name)
    return html.Button(
        icon("pen"), id=act(Act.ASK, f"choosing:{number}"), className="cg-icon-button",
        type="button", title=label, **attrs(aria_label=label),
    )  # fmt: skip


def _facilities(scene: Scene, desk: Desk) -> dict[int, str]:
    """Return the facilities asked about that stand where we are: names by number."""
    seen, c = desk.seen(scene), facility.c
    at = seen.place(scene.unit.id)
    if at < 0:
        return {}
    asked = seen.found.question
    rows = scene.db.execute(
        select(c.id, c.name, c.unit_id).where(serves(asked)).order_by(c.name, c.id)
    ).all()
    within = np.isin([row.unit_id or 0 for row in rows], seen.tree.ids[at : seen.tree.ends[at]])
    return {row.id: row.name for row, is_in in zip(rows, within.tolist(), strict=True) if is_in}


def _named(scene: Scene, numbers: list[int]) -> dict[int, str]:
    c = facility.c
    rows = scene.db.execute(select(c.id, c.name).where(c.id.in_(numbers)))
    return {row.id: row.name for row in rows}


def _button(scene: Scene, number: int, word: str) -> Component:
    return html.Button(
        scene.say(f"scenarios.{word}"), id=act(Act.ASK, f"closing:{number}"),
        className="cg-button", type="button",
    )  # fmt: skip


def _icon_button(scene: Scene, number: int, name: str) -> Component:
    label = scene.say("scenarios.reopen", name=name)
    return html.Button(
        icon("close"), id=act(Act.ASK, f"closing:{number}"), className="cg-icon-button",
        type="button", title=label, **attrs(aria_label=label),
    )  # fmt: skip
