"""The hotline's daily table: brought here, and its orders that wait for somebody's eyes.

A frame: the browser fills it (assets/hotline.js), because what is chosen stays in the browser until
it is sent.
"""

from __future__ import annotations

from dash import Output, html
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
from importers.hotline.bringing import MOST_BYTES
from layers.handling import hotline

SLOT = Id.HOTLINE


def layout() -> Component:
    """Return the empty frame."""
    return html.Section(id=Id.HOTLINE, className="cg-part cg-hotline")


def register(screen: Screen) -> None:
    """Follow the news of incidents."""

    @screen.shows(
        Output(Id.HOTLINE, "children"),
        reads=("count_news", "language"),
        mode="incidents",
        is_alike=lambda _: True,
    )
    def show(scene: Scene) -> list[Component]:
        return draw(scene) if VIEWER.get().may(Right.REGISTER) else []

    screen.follows(Id.HOTLINE, "window.citygrid.hotline.show")


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
                        data_most=str(MOST_BYTES),
                    )
                ),
            ],
            id="hotline-box",
        )
    ]
