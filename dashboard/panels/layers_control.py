"""The layers that lie on the map: shown or not, how opaque, and what their signs mean."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import ALL, Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.ids import Act, Id, act
from dashboard.scene import Scene
from dashboard.view_fields import LAYER_GROUPS

SLOT = Id.LAYERS


def layout() -> Component:
    """Return the button that opens the list, and the list, its words still missing."""
    rows = [
        html.Div(
            [
                html.Span(className=f"cg-swatch cg-swatch-{group}", **attrs(aria_hidden="true")),
                html.Div(id=act(Act.LAYER_NAME, group), className="cg-layer-name"),
                dmc.Switch(id=act(Act.LAYER_ON, group), size="xs", checked=True),
                dmc.Slider(
                    id=act(Act.LAYER_OPACITY, group),
                    className="cg-layer-opacity",
                    min=10,
                    max=100,
                    step=5,
                    value=100,
                    size="xs",
                    thumbSize=12,
                    label=None,
                ),
            ],
            className="cg-layer",
        )
        for group in LAYER_GROUPS
    ]
    button = html.Button(
        [icon("layers", size="20"), html.Span(id=Id.LAYERS_HEAD)],
        className="cg-map-button",
        type="button",
    )
    popover = dmc.Popover(
        [
            dmc.PopoverTarget(button),
            dmc.PopoverDropdown(html.Div(rows, className="cg-layers")),
        ],
        position="bottom-start",
        offset=8,
        shadow="md",
        withinPortal=True,
        trapFocus=True,
        keepMounted=True,
    )
    return html.Div(popover, id=Id.LAYERS)


def register(screen: Screen) -> None:
    """Follow the language; switches and sliders follow the view without a request."""

    @screen.shows(
        Output(Id.LAYERS_HEAD, "children"),
        Output(act(Act.LAYER_NAME, ALL), "children"),
        Output(act(Act.LAYER_ON, ALL), "aria-label"),
        Output(act(Act.LAYER_OPACITY, ALL), "thumbLabel"),
        reads=("language",),
    )
    def show(scene: Scene) -> tuple[object, ...]:
        say = scene.say
        names = [say(f"layer.{group}") for group in LAYER_GROUPS]
        return (
            say("layer.title"),
            [
                [html.Span(name), html.Small(say(f"layer.{group}_legend"))]
                for group, name in zip(LAYER_GROUPS, names, strict=True)
            ],
            names,
            [say("layer.opacity", layer=name) for name in names],
        )

    for group in LAYER_GROUPS:
        is_on, opacity = act(Act.LAYER_ON, group), act(Act.LAYER_OPACITY, group)
        laid = f"view.layers[{group!r}]"
        for output, source in (
            (Output(is_on, "checked"), f"(view) => {laid} > 0"),
            (Output(opacity, "value"), f"(view) => Math.abs({laid})"),
            (Output(opacity, "disabled"), f"(view) => {laid} < 0"),
        ):
            screen.mirrors(output, source, reads=("layers",))
