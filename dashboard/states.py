"""What stands where data is not: loading, empty, failed. Each says what to do next."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.elements import attrs, icon
from dashboard.text import speaker
from gis.city import LANGUAGES


def skeleton(*heights: int) -> Component:
    """Return grey bars where content is about to be."""
    bars = [html.Div(className="cg-skeleton", style={"height": height}) for height in heights]
    return html.Div(bars, className="cg-skeletons", **attrs(aria_hidden="true"))


def empty(sentence: str) -> Component:
    """Return what a panel says when there is nothing to show, and what would change that."""
    return html.Div([icon("empty", size="20"), html.P(sentence)], className="cg-state")


def failed(language: str, sentence: str = "") -> Component:
    """Return what a panel says when it could not be drawn; ``sentence`` if the cause is known."""
    say = speaker(language if language in LANGUAGES else LANGUAGES[0])
    return html.Div(
        [
            icon("unplugged", size="20"),
            html.P(say("state.failed"), className="cg-state-title"),
            html.P(sentence or say("state.failed_why")),
            html.Button(say("state.retry"), className="cg-button", **attrs(data_does="retry")),
        ],
        className="cg-state",
        role="alert",
    )


def no_city(language: str) -> Component:
    """Return what the page says before any city is loaded."""
    say = speaker(language if language in LANGUAGES else LANGUAGES[0])
    return html.Div(
        [
            icon("overview", size="20"),
            html.P(say("state.no_city"), className="cg-state-title"),
            html.P(say("state.no_city_why")),
        ],
        className="cg-state cg-no-city",
    )


def told(language: str, sentence: str) -> Component:
    """Return a sentence for the corner of the page, with a way to close it."""
    say = speaker(language if language in LANGUAGES else LANGUAGES[0])
    close = html.Button(
        icon("close"),
        className="cg-icon-button",
        type="button",
        **attrs(data_does="close-toast", aria_label=say("head.close")),
    )
    return html.Div([html.P(sentence), close], className="cg-told")
