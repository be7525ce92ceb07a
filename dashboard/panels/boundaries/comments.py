"""What people say of the open change order, and what happened to it."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.ids import Id

SLOT = Id.COMMENTS


def layout() -> Component:
    """Return the empty panel."""
    return html.Section(id=Id.COMMENTS, className="cg-comments")


def register(screen: Screen) -> None:
    """Follow the order."""
