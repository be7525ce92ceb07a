"""督办: what a leader asks of an incident, who has to answer by when, and what was answered."""

from __future__ import annotations

import datetime as dt

from dash import html
from dash.development.base_component import Component
from sqlalchemy import select

from dashboard.elements import icon
from dashboard.incidents import asking
from dashboard.panels.boundaries.tags import moment
from dashboard.panels.incidents import clocks, doing
from dashboard.scene import Scene
from gis import places
from gis.access.viewer import Viewer
from gis.tables import staff_holding
from layers.handling import standing
from layers.handling.case import Case
from layers.handling.stages import SUPERVISING, Act


def draw(scene: Scene, viewer: Viewer, case: Case) -> list[Component]:
    """Return the last supervision of an incident, and what the viewer may do with it."""
    given = case.supervision
    if given is None:
        return []
    say = scene.say
    facts = [
        ("of", say("supervision.by_at", name=scene.called(given["by"]),
                   time=moment(scene, dt.datetime.fromisoformat(given["at"])))),
        ("to", addressee(scene, case)),
        ("note", given["note"]),
        ("until", moment(scene, dt.datetime.fromisoformat(given["until"]))),
    ]  # fmt: skip
    if "answer" in given:
        at = moment(scene, dt.datetime.fromisoformat(given["answered_at"]))
        by = say("supervision.by_at", name=scene.called(given["answered_by"]), time=at)
        facts.append(("answer", f"{given['answer']} — {by}"))
    able = [each for each in standing.acts(viewer, case) if each in SUPERVISING]
    # The one that it waits for is the strong one.
    buttons = [
        doing.button(scene, case, each, is_main=each in (Act.ANSWER, Act.ACCEPT_ANSWER))
        for each in able
        if each is not Act.SUPERVISE
    ]
    rows = [
        row
        for name, value in facts
        if value
        for row in (html.Dt(say(f"supervision.{name}")), html.Dd(value))
    ]
    clock = clocks.of_answer(scene, case)
    stands = html.Span(say(f"supervision.{given['state']}"), className="cg-quiet")
    return [
        html.Section(
            [
                html.H3(
                    [icon("target"), say("supervision.title"), stands, *clock],
                    className="cg-subtitle cg-supervision-head",
                ),
                html.Dl(rows, className="cg-case-facts"),
                *([html.Div(buttons, className="cg-case-acts")] if buttons else []),
            ],
            className="cg-supervision",
        )
    ]


def addressee(scene: Scene, case: Case) -> str:
    """Return who was asked: a duty body, or the head of the unit that has the case."""
    given = case.supervision or {}
    if given.get("body") is not None:
        names = asking.body_names(scene.db).get(given["body"])
        return scene.named(names) if names else ""
    unit = given.get("unit")
    if unit is None:
        return ""
    found = places.names_of(scene.db, [unit]).get(unit)
    called = scene.named(found[1]) if found else ""
    s = staff_holding.c
    head = scene.db.scalar(
        select(s.person)
        .where(s.unit_id == unit, s.post == "head", s.valid.op("@>")(scene.now))
        .order_by(s.id)
        .limit(1)
    )
    return scene.say("supervision.head", unit=called, name=head) if head else called
