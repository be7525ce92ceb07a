"""What the shapes and rings of incidents on the map mean."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.colours import PALETTES
from dashboard.elements import attrs, icon
from dashboard.incidents.drawn import SIGNS, state_colours
from dashboard.scene import Scene


def draw(scene: Scene) -> Component:
    """Return the key, which folds away."""
    say, colours = scene.say, state_colours(PALETTES[scene.view.scheme])
    lines = [
        html.Li(
            [
                # On the map what is closed is a hollow pin of the same colour.
                html.Span(sign, className="cg-legend-sign", style={"color": colours[state]},
                          **attrs(aria_hidden="true")),
                html.Span(say(f"cases.stands_{state}")),
            ]
        )
        for state, sign in SIGNS.items()
    ]  # fmt: skip
    head = html.Summary(
        [html.H2([say("layer.incidents"), html.Small(say("cases.rings"))]), icon("down")],
        title=say("legend.fold"),
    )
    return html.Details([head, html.Ul(lines)], open=True)
