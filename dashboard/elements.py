"""Small pieces of HTML that every panel uses."""

from __future__ import annotations

from typing import Any

from dash import html
from dash.development.base_component import Component


def attrs(**given: object) -> dict[str, Any]:
    """Return attributes whose names have a dash: ``attrs(aria_label="…")``."""
    return {name.replace("_", "-"): value for name, value in given.items()}


def icon(name: str, *, size: str = "") -> Component:
    """Return one of our own icons, for eyes only."""
    classes = f"cg-icon cg-icon-{name}" + (f" cg-icon-{size}" if size else "")
    return html.Span(className=classes, **attrs(aria_hidden="true"))


def hidden(text: str) -> Component:
    """Return a text for screen readers only."""
    return html.Span(text, className="cg-hidden")


def icon_button(name: str, label: str, **given: object) -> Component:
    """Return a button that shows an icon and says ``label``."""
    return html.Button(
        icon(name, size="20"),
        className="cg-icon-button",
        title=label,
        type="button",
        **attrs(aria_label=label, **given),
    )
