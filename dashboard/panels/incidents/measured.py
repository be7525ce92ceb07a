"""How incidents of the place are handled: shares, times, and each against the period before."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.elements import attrs
from dashboard.ids import Id
from dashboard.incidents import counting
from dashboard.panels.incidents import figure
from dashboard.scene import Scene
from dashboard.view_fields import Bounds
from layers.handling.asked import By
from layers.handling.formulas import Formula
from layers.handling.measures import Figure, measured

SLOT = Id.MEASURED


def layout() -> Component:
    """Return the empty panel."""
    return html.Section(id=Id.MEASURED, className="cg-part cg-measured")


def register(screen: Screen) -> None:
    """Follow the place and the period, while no incident is open."""

    @screen.shows(
        Output(Id.MEASURED, "children"),
        reads=(
            "unit", "pick", "part", "start", "end", "zoning", "by", "bounds", "case",
            "count_news", "language",
        ),
        mode="incidents",
        is_alike=lambda _: True,
    )  # fmt: skip
    def show(scene: Scene) -> list[Component]:
        return draw(scene) if scene.view.case is None else []


def draw(scene: Scene) -> list[Component]:
    """Return the measures of the period, what each is made of, and the change."""
    say = scene.say
    asked = replace(counting.asked(scene), by=By.ALL)
    found = measured(scene.db, scene.city, asked)
    rows = [
        _row(scene, formula, found.total.figures[formula.id], found.total.before[formula.id])
        for formula in found.formulas
    ]
    return [
        html.Div(
            [
                html.H2(say("measured.title"), className="cg-title"),
                html.Small(counting.days(scene), className="cg-quiet"),
            ],
            className="cg-title-row",
        ),
        chips(scene, is_open=False),
        html.Dl([part for row in rows for part in row], className="cg-measured-list"),
        html.P(say("measured.hint"), className="cg-quiet"),
    ]


def chips(scene: Scene, *, is_open: bool) -> Component:
    """Return the choice of what a table of the measures is grouped by."""
    say, chosen = scene.say, counting.by(scene)
    by = [
        _chip(say(f"measured.by_{each}"), is_on=is_open and each == chosen, data_measured_by=each)
        for each in counting.choices(scene)
    ]
    return html.Div([_group(scene, "by", by), *bounds(scene)])


def bounds(scene: Scene) -> list[Component]:
    """Return the choice of boundaries; none where it is not known where incidents lay."""
    say = scene.say
    if not counting.knows_then(scene):
        return []
    on = [
        _chip(say(f"measured.on_{each or 'then'}"), is_on=scene.view.bounds == each,
              data_measured_on=each, title=say(f"measured.on_{each or 'then'}_why"))
        for each in get_args(Bounds)
    ]  # fmt: skip
    return [_group(scene, "on", on)]


def _group(scene: Scene, name: str, buttons: list[Component]) -> Component:
    label = scene.say(f"measured.{name}")
    return html.Div(
        [html.Small(label, className="cg-quiet"), *buttons],
        className="cg-asks cg-measured-by",
        role="group",
        **attrs(aria_label=label),
    )


def _chip(text: str, *, is_on: bool, **more: str) -> Component:
    return html.Button(
        text, className="cg-ask", type="button", **attrs(aria_pressed=str(is_on).lower(), **more)
    )


def _row(scene: Scene, formula: Formula, now: Figure, before: Figure) -> list[Component]:
    say = scene.say
    change = figure.change(formula, now, before)
    return [
        html.Dt(
            say(f"formula.{formula.id}"),
            title=figure.made_of(scene, formula),
            **attrs(data_formula=formula.id),
        ),
        html.Dd(
            [
                *figure.draw(scene, formula, now, None),
                *([html.Small(change, title=say("measured.before"))] if change else []),
            ]
        ),
    ]
