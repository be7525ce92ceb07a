"""The hotline's daily table: brought here, and its orders that wait for somebody's eyes.

A frame: the browser fills it (assets/hotline.js), because what is chosen stays in the browser until
it is sent.
"""

from __future__ import annotations

from typing import Any

from dash import Input, Output, html
from dash.development.base_component import Component

from dashboard import numerals
from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.ids import Id
from dashboard.incidents.hotline import waiting_as_json
from dashboard.panels.boundaries import words
from dashboard.scene import Scene
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from layers.handling import hotline

SLOT = Id.HOTLINE


def layout() -> Component:
    """Return the empty frame."""
    return html.Section(id=Id.HOTLINE, className="cg-part cg-hotline")


def register(screen: Screen) -> None:
    """Follow the news of incidents."""

    @screen.shows(Output(Id.HOTLINE, "children"), reads=("case_news", "language"), mode="incidents")
    def show(scene: Scene) -> list[Component]:
        return draw(scene) if VIEWER.get().may(Right.REGISTER) else []

    clientside: Any = screen.app.clientside_callback
    clientside(
        "() => window.citygrid.hotline.show()",
        Output(Id.HOTLINE, "data-shown"),
        Input(Id.HOTLINE, "children"),
        prevent_initial_call=True,
    )


def draw(scene: Scene) -> list[Component]:
    """Return the heading, how many wait, and the frame of what the browser fills in."""
    say = scene.say
    n = hotline.count_waiting(scene.db)
    found = [waiting_as_json(one, scene.view.language) for one in hotline.waiting(scene.db)]
    count = html.Span(say("hotline.waiting", n=numerals.number(n)),
                      className="cg-status cg-status-soon")  # fmt: skip
    return [
        html.Details(
            [
                html.Summary(
                    [
                        html.H2(say("hotline.title"), className="cg-title"),
                        *([count] if n else []),
                        icon("down"),
                    ],
                    className="cg-title-row",
                ),
                html.Div(
                    **attrs(
                        data_part="hotline",
                        data_words=words.of(scene, "hotline"),
                        data_waiting=words.json(found),
                    )
                ),
            ],
            id="hotline-box",
        )
    ]
