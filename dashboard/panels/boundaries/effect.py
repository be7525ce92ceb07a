"""What the open change order would do: numbers of both sides, and remarks."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.ids import Id

SLOT = Id.EFFECT


def layout() -> Component:
    """Return the empty panel."""
    return html.Section(id=Id.EFFECT, className="cg-effect")


def register(screen: Screen) -> None:
    """Follow the order."""
