"""What the map cannot do right now, and what to do instead."""

from __future__ import annotations

from urllib.parse import urlencode

from dash import Input, Output, html
from dash.development.base_component import Component
from sqlalchemy import Connection

from dashboard.callbacks import Screen
from dashboard.ids import Id
from dashboard.scene import Scene
from dashboard.view import View

SLOT = Id.NOTICE


def layout() -> Component:
    """Return the place of the notice, empty."""
    return html.Div(id=Id.NOTICE, role="status")


def register(screen: Screen) -> None:
    """Speak up when the map reports an error, in the view's language."""

    @screen.answers(
        Output(Id.NOTICE, "children"),
        Input(Id.NOTICE, "data-error"),
        Input(Id.VIEW, "data"),
        prevent_initial_call=True,
    )
    def show(db: Connection, kind: object, data: object) -> list[Component]:
        scene = Scene(View.from_store(data), db)
        if kind == "no-webgl":
            return no_webgl(scene)
        if kind == "values":
            return [html.P(scene.say("map.values_failed"), className="cg-notice")]
        return []


def no_webgl(scene: Scene) -> list[Component]:
    """Return a picture drawn by the server, and which browsers draw the map themselves."""
    say, view = scene.say, scene.view
    where = view.to_address().lstrip("?")
    label = say(
        "map.picture",
        place=scene.named(scene.unit.names),
        measure=say(f"measure.{view.measure}"),
    )
    return [
        html.Img(src=f"/picture.svg?{where}&{urlencode({'scheme': view.scheme})}", alt=label,
                 className="cg-picture"),
        html.Div([html.P(say("map.no_webgl")), html.P(say("app.browsers"))], className="cg-notice"),
    ]  # fmt: skip
