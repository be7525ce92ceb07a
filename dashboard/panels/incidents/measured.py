"""How incidents of the place are handled: shares, times, and each against the period before."""

from __future__ import annotations

from dataclasses import replace

from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.elements import attrs
from dashboard.ids import Id
from dashboard.incidents import counting
from dashboard.panels.incidents import figure
from dashboard.scene import Scene
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
            "unit", "pick", "part", "start", "end", "zoning", "by", "case", "case_news", "language",
        ),
        mode="incidents",
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
    buttons = [
        html.Button(
            say(f"measured.by_{each}"),
            className="cg-ask",
            type="button",
            **attrs(data_measured_by=each, aria_pressed=str(is_open and each == chosen).lower()),
        )
        for each in counting.choices(scene)
    ]
    return html.Div(
        [html.Small(say("measured.by"), className="cg-quiet"), *buttons],
        className="cg-asks cg-measured-by",
        role="group",
        **attrs(aria_label=say("measured.by")),
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
