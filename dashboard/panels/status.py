"""As of when what is on screen was true."""

from __future__ import annotations

from dash import Output, html
from dash.development.base_component import Component
from sqlalchemy import func, select

from dashboard import numerals
from dashboard.callbacks import Screen
from dashboard.ids import Id
from dashboard.scene import Scene
from gis.tables import layer_state

SLOT = Id.AS_OF


def layout() -> Component:
    """Return the empty line."""
    return html.Div(id=Id.AS_OF, className="cg-as-of")


def register(screen: Screen) -> None:
    """Follow the language."""

    @screen.shows(Output(Id.AS_OF, "children"), reads=("language",))
    def show(scene: Scene) -> str:
        latest = scene.db.scalar(select(func.max(layer_state.c.as_of)))
        if latest is None:
            return ""
        moment = numerals.moment(latest.astimezone(scene.city.tz), scene.view.language)
        return scene.say("head.as_of", time=moment)
