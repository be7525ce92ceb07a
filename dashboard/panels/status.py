"""As of when what is on screen was true, and whether it follows what others change."""

from __future__ import annotations

from dash import Output, html
from dash.development.base_component import Component
from sqlalchemy import func, select

from dashboard import numerals
from dashboard.callbacks import Screen
from dashboard.elements import icon
from dashboard.ids import Id
from dashboard.scene import Scene
from gis.tables import layer_state

SLOT = Id.AS_OF


def layout() -> Component:
    """Return the empty line."""
    return html.Div(id=Id.AS_OF, className="cg-as-of")


def register(screen: Screen) -> None:
    """Follow the language."""

    @screen.shows(
        Output(Id.AS_OF, "children"),
        reads=("city_news", "count_news", "language"),
        is_alike=lambda _: True,
    )
    def show(scene: Scene) -> list[Component]:
        latest = scene.db.scalar(select(func.max(layer_state.c.as_of)))
        if latest is None:
            return _live(scene)
        moment = numerals.moment(latest.astimezone(scene.city.tz), scene.view.language)
        return [html.Span(scene.say("head.as_of", time=moment)), *_live(scene)]


def _live(scene: Scene) -> list[Component]:
    """Return whether what others change is heard; the stylesheet shows which it is."""
    return [
        html.Span(
            [icon("dot"), scene.say(f"live.{how}")],
            className=f"cg-live cg-live-{how}",
            title=scene.say(f"live.{how}_why"),
        )
        for how in ("on", "off")
    ]
