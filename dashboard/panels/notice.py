"""What the map cannot do right now, and what to do instead.

The notices are always there and hidden: the stylesheet shows the one that an error of the map or
of the server, noted on the document by the browser, calls for.
"""

from __future__ import annotations

from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.coverage.question import ASKED
from dashboard.elements import attrs
from dashboard.ids import Id
from dashboard.panels.boundaries import words as given
from dashboard.panels.coverage import words
from dashboard.scene import Scene
from layers.coverage.released import PEOPLE

SLOT = Id.NOTICE


def layout() -> Component:
    """Return the place of the notice, empty."""
    return html.Div(id=Id.NOTICE, role="status")


def register(screen: Screen) -> None:
    """Follow what the map shows."""

    @screen.shows(
        Output(Id.NOTICE, "children"),
        reads=("mode", "unit", "level", "zoning", "measure", "part", "per", "start", "end", "theme",
               "system", "language", *ASKED),
    )  # fmt: skip
    def show(scene: Scene) -> list[Component]:
        say = scene.say
        # What scripts say of an answer that says nothing itself, while no answer can be had.
        unsaid = {key: say(key) for key in ("state.unreached", "state.failed_why")}
        return [
            html.Div([_picture(scene), _said(say("map.no_webgl"), say("app.browsers"))],
                     className="cg-without-webgl"),
            html.Div(_said(say("map.values_failed"), retry=say("state.retry")),
                     className="cg-without-values"),
            html.Div(_said(say("state.no_server"), retry=say("state.retry")),
                     className="cg-without-server",
                     **attrs(data_part="server", data_words=given.json(unsaid))),
        ]  # fmt: skip


def _said(*sentences: str, retry: str = "") -> Component:
    again = html.Button(retry, className="cg-button", type="button", **attrs(data_does="retry"))
    said: list[Component] = [html.P(sentence) for sentence in sentences]
    return html.Div([*said, *([again] if retry else [])], className="cg-notice")


def _picture(scene: Scene) -> Component:
    say, view = scene.say, scene.view
    is_coverage = view.mode == "coverage"
    measured = (
        words.measured(scene, view.of or PEOPLE) if is_coverage else say(f"measure.{view.measure}")
    )
    label = say("map.picture", place=scene.named(scene.unit.names), measure=measured)
    # A background, because browsers do not ask for one that is not shown.
    address = f"picture.svg{view.to_address()}&scheme={view.scheme}"
    return html.Div(
        className="cg-picture",
        role="img",
        style={"backgroundImage": f'url("{address}")'},
        **attrs(aria_label=label),
    )
