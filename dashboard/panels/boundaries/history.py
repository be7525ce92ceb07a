"""The days of the past: a slider through them, and what changed since."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.ids import Id

SLOT = Id.HISTORY


def layout() -> Component:
    """Return the empty panel."""
    return html.Section(id=Id.HISTORY, className="cg-history")


def register(screen: Screen) -> None:
    """Follow the order."""
