"""The open change order: what it is called, its tools, what is selected, its forms."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.ids import Id

SLOT = Id.EDITOR


def layout() -> Component:
    """Return the empty panel."""
    return html.Section(id=Id.EDITOR, className="cg-editor")


def register(screen: Screen) -> None:
    """Follow the order."""
