"""Being rung for new incidents and those that wait: chosen for each browser (assets/ringing.js)."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.elements import attrs, icon
from dashboard.panels.boundaries import words
from dashboard.scene import Scene

WAYS = ("sound", "notice")


def draw(scene: Scene) -> Component:
    """Return the two switches behind a bell; both are off until somebody wants them."""
    say = scene.say
    label = say("ring.title")
    switches = [
        html.Button(
            [html.Span(icon("check"), className="cg-pick-box"), say(f"ring.{way}")],
            className="cg-pick",
            type="button",
            role="switch",
            **attrs(aria_checked="false", data_ring=way),
        )
        for way in WAYS
    ]
    return html.Details(
        [
            html.Summary(
                icon("bell", size="20"),
                className="cg-icon-button",
                title=label,
                **attrs(aria_label=label),
            ),
            html.Div(
                [*switches, html.Small(say("ring.why"), className="cg-quiet")],
                className="cg-case-menu",
            ),
        ],
        className="cg-case-more cg-cases-out cg-ring",
        **attrs(data_words=words.of(scene, "ring")),
    )
