"""The buttons at the end of the header: language, light, right panel, full screen."""

from __future__ import annotations

from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon, icon_button
from dashboard.ids import Id
from dashboard.scene import Scene

SLOT = Id.SWITCHES


def layout() -> Component:
    """Return the empty row."""
    return html.Div(id=Id.SWITCHES, className="cg-switches")


def register(screen: Screen) -> None:
    """Follow language and light."""

    @screen.shows(Output(Id.SWITCHES, "children"), reads=("language", "theme", "system"))
    def show(scene: Scene) -> list[Component]:
        say = scene.say
        is_dark = scene.view.scheme == "dark"
        to_other = say("head.to_light" if is_dark else "head.to_dark")
        return [
            html.Button(
                say("head.language"),
                id=Id.LANGUAGE,
                className="cg-icon-button",
                type="button",
                title=say("head.language_label"),
                **attrs(aria_label=say("head.language_label")),
            ),
            html.Button(
                icon("sun" if is_dark else "moon", size="20"),
                id=Id.LIGHT,
                className="cg-icon-button",
                type="button",
                title=to_other,
                **attrs(aria_label=to_other),
            ),
            icon_button("panel-right", say("head.fold_right"), data_does="fold right"),
            icon_button("expand", say("head.fullscreen"), data_does="fullscreen"),
        ]
