"""The rail of modes: what the side panels are for, while the map stays where it is."""

from __future__ import annotations

from typing import get_args

from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon, icon_button
from dashboard.ids import Act, Id, act
from dashboard.scene import Scene
from dashboard.view_fields import Mode

SLOT = Id.RAIL


def layout() -> Component:
    """Return the empty rail."""
    return html.Nav(id=Id.RAIL, className="cg-rail")


def register(screen: Screen) -> None:
    """Follow the language."""

    @screen.shows(Output(Id.RAIL, "children"), reads=("mode", "language"))
    def show(scene: Scene) -> list[Component]:
        say = scene.say
        return [
            *(_mode(scene, mode) for mode in get_args(Mode)),
            html.Div(className="cg-rail-rest"),
            icon_button("panel-left", say("head.fold_left"), data_does="fold left"),
            icon_button("keyboard", say("keys.title"), data_does="shortcuts"),
        ]


def _mode(scene: Scene, mode: str) -> Component:
    name = scene.say(f"mode.{mode}")
    is_here = {"aria_current": "page"} if mode == scene.view.mode else {}
    return html.Button(
        icon(mode, size="20"),
        id=act(Act.MODE, mode),
        className="cg-icon-button",
        type="button",
        title=name,
        **attrs(aria_label=name, **is_here),
    )
