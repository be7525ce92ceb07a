"""The rail of modes. Overview is the only one so far; the others take their place below it."""

from __future__ import annotations

from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon, icon_button
from dashboard.ids import Id
from dashboard.scene import Scene

SLOT = Id.RAIL


def layout() -> Component:
    """Return the empty rail."""
    return html.Nav(id=Id.RAIL, className="cg-rail")


def register(screen: Screen) -> None:
    """Follow the language."""

    @screen.shows(Output(Id.RAIL, "children"), reads=("language",))
    def show(scene: Scene) -> list[Component]:
        say = scene.say
        mode = say("mode.overview")
        return [
            html.Span(
                icon("overview", size="20"),
                className="cg-icon-button",
                title=mode,
                role="img",
                **attrs(aria_label=mode, aria_current="page"),
            ),
            html.Div(className="cg-rail-rest"),
            icon_button("panel-left", say("head.fold_left"), data_does="fold left"),
            icon_button("keyboard", say("keys.title"), data_does="shortcuts"),
        ]
