"""What is supposed beside what is closed: other capacities, and a change order in force."""

from __future__ import annotations

import orjson
from dash import html
from dash.development.base_component import Component
from sqlalchemy import select

from dashboard.coverage import supposed
from dashboard.elements import attrs, icon
from dashboard.ids import Act, act
from dashboard.scene import Scene
from dashboard.view_fields import MOST_CLOSED
from dashboard.viewing import VIEWER
from gis.orders import orders
from gis.orders.order import Order
from gis.orders.status import OVER
from gis.tables import facility
from layers.coverage.users import users

LISTED = 30


def sizing(scene: Scene, number: int) -> list[Component]:
    """Return the form in which a facility's capacity is supposed; none where it has none."""
    if users(kinds(scene, number)) is None or len(supposed.resized(scene.view)) >= MOST_CLOSED:
        return []
    known = scene.db.scalar(select(facility.c.capacity).where(facility.c.id == number))
    now = supposed.resized(scene.view).get(number, known)
    return [
        numbered(
            scene, "capacity", f"resizing:{number}=", "places",
            value="" if now is None else str(now), least="0", most=str(supposed.LARGEST_CAPACITY),
            step="1",
        )
    ]  # fmt: skip


def numbered(scene: Scene, name: str, asks: str, label: str, **limits: str) -> Component:
    """Return a form for one number, which its script fills; ``asks`` is told before the number."""
    words = {"label": scene.say(f"scenarios.{label}"), "suppose": scene.say("scenarios.suppose")}
    return html.Div(
        **attrs(
            data_part="number",
            data_name=name,
            data_asks=asks,
            data_words=orjson.dumps(words).decode(),
            **{f"data_{key}": value for key, value in limits.items()},
        )
    )


def kinds(scene: Scene, number: int) -> tuple[str, ...]:
    """Return the kind of a facility; none where it is gone."""
    found = scene.db.scalar(select(facility.c.kind).where(facility.c.id == number))
    return () if found is None else (found,)


def resized(scene: Scene) -> list[Component]:
    """Return the facilities that are supposed to have room for others."""
    now = supposed.resized(scene.view)
    if not now:
        return []
    c = facility.c
    rows = scene.db.execute(select(c.id, c.name, c.capacity).where(c.id.in_(now)))
    there = {row.id: row for row in rows}
    items = []
    for number, many in now.items():
        row = there.get(number)
        name, was = (row.name, row.capacity) if row else (str(number), None)
        written = scene.say(
            "scenarios.resized", name=name, many=f"{many:,}",
            was=scene.say("scenarios.unknown") if was is None else f"{was:,}",
        )  # fmt: skip
        items.append(line(scene, written, f"resizing:{number}=", "resize_back", name))
    return [
        html.Ul(items, className="cg-scenario-closed"),
        html.P(scene.say("scenarios.resized_why"), className="cg-quiet"),
    ]


def proposal(scene: Scene) -> list[Component]:
    """Return the change order that is taken as in force, or those that could be."""
    say, view = scene.say, scene.view
    some = _orders(scene)
    if view.proposal is not None:
        order = next((each for each in some if each.id == view.proposal), None)
        name = f"{order.number} {order.title}" if order else str(view.proposal)
        said = say("scenarios.proposed", order=name)
        return [
            html.Ul(
                line(scene, said, f"proposing:{view.proposal}", "proposal_back", name),
                className="cg-scenario-closed",
            ),
            html.P(say("scenarios.proposed_why"), className="cg-quiet"),
        ]
    if not some:
        return []
    lines = [
        html.Li(
            html.Button(
                f"{each.number} {each.title}", id=act(Act.ASK, f"proposing:{each.id}"),
                className="cg-link", type="button",
            )
        )
        for each in some[:LISTED]
    ]  # fmt: skip
    summary = html.Summary(say("scenarios.propose"), className="cg-quiet")
    return [html.Details([summary, html.Ul(lines, className="cg-scenario-choices")])]


def _orders(scene: Scene) -> list[Order]:
    """Return one's own drafts, and the orders on their way, that change something."""
    return [
        each
        for each in orders.listed(scene.db, VIEWER.get())
        if each.zoning == "main" and each.done and each.status not in OVER
    ]


def line(scene: Scene, said: str, ask: str, word: str, name: str) -> Component:
    """Return what is supposed, with a button that takes it back."""
    label = scene.say(f"scenarios.{word}", name=name)
    button = html.Button(
        icon("close"), id=act(Act.ASK, ask), className="cg-icon-button", type="button",
        title=label, **attrs(aria_label=label),
    )  # fmt: skip
    return html.Li([html.Span(said), button])
