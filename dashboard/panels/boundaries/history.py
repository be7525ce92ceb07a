"""The boundaries of the past: a slider through their changes, and what differs from today."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlencode

from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.elements import attrs, icon
from dashboard.ids import Id
from dashboard.panels.boundaries import words
from dashboard.panels.boundaries.tags import moment
from dashboard.scene import Scene
from gis import history

SLOT = Id.HISTORY
EXPORTS = ("gpkg", "geojson")


def layout() -> Component:
    """Return the empty bar."""
    return html.Section(id=Id.HISTORY, className="cg-history")


def register(screen: Screen) -> None:
    """Follow the moment looked at, and changes of the city."""

    @screen.shows(
        Output(Id.HISTORY, "children"),
        reads=("mode", "order", "on", "zoning", "city_news", "language"),
    )
    def show(scene: Scene) -> list[Component]:
        if scene.view.mode != "boundaries" or scene.view.order is not None:
            return []
        return draw(scene)

    screen.follows(Id.HISTORY, "window.citygrid.history.show")


def draw(scene: Scene) -> list[Component]:
    """Return the bar: what is shown, the slider, and the way out of the program."""
    say = scene.say
    stops = history.moments(scene.db, scene.zoning_id)
    if len(stops) < 2:
        return [_head(scene, stops), html.P(say("history.none"), className="cg-quiet")]
    slider = html.Div(
        className="cg-history-slider",
        **attrs(
            data_part="stops",
            data_stops=words.json(
                [{"on": _address(stop), "said": moment(scene, stop)} for stop in stops]
            ),
            data_on=scene.view.on,
            data_words=words.of(scene, "history"),
        ),
    )
    return [_head(scene, stops), slider, _exports(scene)]


def _address(stop: dt.datetime) -> str:
    return stop.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _head(scene: Scene, stops: list[dt.datetime]) -> Component:
    say = scene.say
    then = scene.then
    said = say("history.at", day=moment(scene, then)) if then else say("history.today")
    count = max(0, len(stops) - 1)
    changes = say("history.change") if count == 1 else say("history.changes", n=count)
    return html.Div(
        [
            html.H2(say("history.title"), className="cg-subtitle"),
            html.Div(said, className="cg-history-now"),
            html.Div(changes, className="cg-quiet"),
        ],
        className="cg-history-head",
    )


def _exports(scene: Scene) -> Component:
    then = scene.then or dt.datetime.now(dt.UTC)
    day = then.astimezone(scene.city.tz).date().isoformat()
    query = urlencode({"language": scene.view.language})
    links = [
        html.A(
            [icon("download"), f".{kind}"],
            href=f"zoning/{scene.zoning.key}/at/{day}.{kind}?{query}",
            className="cg-button cg-button-icon",
            title=scene.say("history.export"),
            download="",
        )
        for kind in EXPORTS
    ]
    return html.Div(links, className="cg-history-exports")
