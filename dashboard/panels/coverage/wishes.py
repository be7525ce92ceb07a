"""Among which places and within which limits new facilities are sought."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.coverage import tried
from dashboard.coverage.wishes import kind
from dashboard.elements import attrs
from dashboard.ids import Act, act
from dashboard.panels.coverage import candidate_lists
from dashboard.scene import Scene
from dashboard.view_fields import MOST_EVERY, MOST_MONEY, MOST_ROOM
from gis.siting.question import Aim
from layers.catalog.buildings import USES
from layers.coverage.candidates import Kind


def simple(scene: Scene) -> list[Component]:
    """Return where they may stand, how many there are, and for how many one has room."""
    view = scene.view
    parts: list[Component] = [_sources(scene)]
    there = kind(view.source)
    if there is Kind.USE:
        parts.append(_uses(scene))
    elif there is Kind.LIST:
        parts += candidate_lists.draw(scene)
    elif there is Kind.DRAWN:
        parts.append(html.P(scene.say("cover.drawn_how"), className="cg-quiet"))
    if view.aim != Aim.EVERYONE.value:
        parts.append(_count(scene))
    if view.aim != Aim.LEAST_WORST.value:
        parts.append(_fields(scene, ("room", view.room, MOST_ROOM)))
    return parts


def advanced(scene: Scene, least_worst: Component) -> Component:
    """Return what a planner asks later: the worst off, money, fairness, safety."""
    say, view = scene.say, scene.view
    parts: list[Component] = [least_worst]
    if view.aim:
        limits = [("budget", view.budget, MOST_MONEY), ("cost", view.cost, MOST_MONEY)]
        if kind(view.source) is Kind.DOORS:
            limits.insert(0, ("every", view.every, MOST_EVERY))
        if view.aim in (Aim.MOST_PEOPLE, Aim.LEAST_TIME):
            limits.append(("floor", view.floor, 100))
        parts.append(_fields(scene, *limits))
        if view.aim in (Aim.MOST_PEOPLE, Aim.EVERYONE):
            parts.append(_switch(scene, "backup", is_on=view.backup))
        if view.closed:
            parts.append(_switch(scene, "without_closed", is_on=view.without_closed))
    is_used = any(
        (view.aim == Aim.LEAST_WORST.value, view.budget, view.cost, view.every, view.floor,
         view.backup, view.without_closed)
    )  # fmt: skip
    return html.Details(
        [html.Summary(say("cover.advanced"), className="cg-quiet"), *parts],
        open=is_used,
        className="cg-next-advanced",
    )


def _sources(scene: Scene) -> Component:
    there = kind(scene.view.source)
    choices = [
        (f"among:{each}", scene.say(f"cover.from_{each}"), each is there)
        for each in (Kind.DOORS, Kind.USE, Kind.LAND, Kind.DRAWN, Kind.LIST)
    ]
    return _row(scene, "cover.from", choices)


def _uses(scene: Scene) -> Component:
    chosen = scene.view.source
    return _row(
        scene, "cover.of_use",
        [(f"source:use:{use}", scene.named(names), chosen == f"use:{use}")
         for use, names in USES.items()],
    )  # fmt: skip


def _count(scene: Scene) -> Component:
    view = scene.view
    chosen = view.sites or (None if view.budget else tried.A_FEW)
    return _row(
        scene, "cover.sites", [(f"sites:{n}", str(n), n == chosen) for n in tried.SITES]
    )  # fmt: skip


def _row(scene: Scene, title: str, choices: list[tuple[str, str, bool]]) -> Component:
    label = scene.say(title)
    buttons = [
        html.Button(
            name, id=act(Act.ASK, key), className="cg-ask", type="button",
            **attrs(aria_pressed=str(is_on).lower()),
        )
        for key, name, is_on in choices
    ]  # fmt: skip
    return html.Div(
        [
            html.H3(label, className="cg-quiet"),
            html.Div(buttons, className="cg-asks", role="group", **attrs(aria_label=label)),
        ],
        className="cg-question-row",
    )


def _fields(scene: Scene, *fields: tuple[str, int | None, int]) -> Component:
    """Return fields for numbers; the script makes them of what is said here."""
    return html.Div(
        [
            html.Div(
                className="cg-field",
                **attrs(
                    data_part="wish", data_name=name,
                    data_value="" if value is None else str(value),
                    data_most=str(most), data_label=scene.say(f"cover.wish_{name}"),
                    data_why=scene.say(f"cover.wish_{name}_why"),
                ),
            )
            for name, value, most in fields
        ],
        className="cg-field-row cg-wishes",
    )  # fmt: skip


def _switch(scene: Scene, name: str, *, is_on: bool) -> Component:
    return html.Button(
        scene.say(f"cover.wish_{name}"), id=act(Act.ASK, f"{name}:"), className="cg-ask",
        type="button", title=scene.say(f"cover.wish_{name}_why"),
        **attrs(aria_pressed=str(is_on).lower()),
    )  # fmt: skip
