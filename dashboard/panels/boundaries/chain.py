"""Who must do what until a change order takes effect, and what may be done now."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.ids import Id

SLOT = Id.CHAIN


def layout() -> Component:
    """Return the empty panel."""
    return html.Section(id=Id.CHAIN, className="cg-chain")


def register(screen: Screen) -> None:
    """Follow the order."""
