"""A sheet of tables over the page, in a dialog that the browser opens and closes."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from dashboard import states
from dashboard.elements import attrs
from dashboard.ids import Id


def layout(slot: Id, look: str = "") -> Component:
    """Return the dialog, closed: ``slot`` is its part of the page, and where its content goes."""
    return html.Dialog(
        html.Div(waiting(), id=slot, className="cg-sheet-body"),
        className=f"cg-sheet cg-standards {look}".strip(),
        **attrs(data_part=slot.value),
    )


def waiting() -> Component:
    """Return what stands there until the content comes."""
    return states.skeleton(28, 20, *[24] * 12)
