"""The change orders of who looks: his own, and those that wait for him."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.ids import Id

SLOT = Id.ORDERS


def layout() -> Component:
    """Return the empty panel."""
    return html.Section(id=Id.ORDERS, className="cg-orders")


def register(screen: Screen) -> None:
    """Follow the order."""
