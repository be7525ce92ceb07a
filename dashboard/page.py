"""The frame of the page: where each panel stands. Panels fill it; no text is written here."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.elements import attrs, icon
from dashboard.ids import Id
from dashboard.panels.all import Panel

# Tailwind's teal, whose 700 and 400 are SCREEN's accents in light and dark.
TEAL = ("#f0fdfa", "#ccfbf1", "#99f6e4", "#5eead4", "#2dd4bf", "#14b8a6", "#0d9488", "#0f766e",
        "#115e59", "#134e4a")  # fmt: skip

INDEX = """<!DOCTYPE html>
<html lang="zh-CN">
<head>
{%metas%}<title>{%title%}</title>
<link rel="icon" type="image/svg+xml" href="assets/favicon.svg">
<script src="assets/first.js"></script>
<script src="assets/opening.js"></script>
{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


def layout(panels: Sequence[Panel], parts: Component) -> Component:
    """Return the page with every panel in its place, still empty."""
    slots = {panel.SLOT: panel.layout() for panel in panels}
    page = html.Div(
        [
            _head(slots),
            slots[Id.RAIL],
            html.Aside(
                [
                    _mode("overview", slots[Id.GLANCE], slots[Id.PERSONS], slots[Id.PROFILE]),
                    _mode("boundaries", slots[Id.ORDERS], slots[Id.EDITOR]),
                    _mode("coverage", slots[Id.QUESTION], slots[Id.REACHED]),
                    _mode(
                        "incidents",
                        slots[Id.INTAKE],
                        slots[Id.HOTLINE],
                        slots[Id.CASES],
                        slots[Id.CASE_TIMES],
                    ),
                ],
                id=Id.LEFT,
                className="cg-side cg-left",
            ),
            html.Main(
                [
                    slots[Id.MAP],
                    slots[Id.NOTICE],
                    html.Div([slots[Id.LAYERS], slots[Id.CHIPS]], className="cg-map-top-left"),
                    html.Div(slots[Id.LEGEND], className="cg-map-bottom-right"),
                ],
                id=Id.MAP_FRAME,
                className="cg-map",
                tabIndex="-1",
            ),
            html.Aside(
                [
                    _mode("overview", slots[Id.MEASURE_BAR]),
                    _mode("coverage", slots[Id.NEXT], slots[Id.SCENARIOS], slots[Id.EQUITY]),
                    _mode("overview", slots[Id.RANKING], also="coverage"),
                    _mode("coverage", slots[Id.TAKE_OUT]),
                    _mode("overview", slots[Id.WORST]),
                    _mode("incidents", slots[Id.CASE], slots[Id.PATTERNS], slots[Id.MEASURED]),
                    _mode("boundaries", slots[Id.EFFECT], slots[Id.CHAIN], slots[Id.COMMENTS]),
                ],
                id=Id.RIGHT,
                className="cg-side cg-right",
            ),
            html.Section(
                [
                    _mode("overview", slots[Id.TREND], also="incidents"),
                    _mode("boundaries", slots[Id.HISTORY]),
                ],
                id=Id.FOOT,
                className="cg-foot",
            ),
        ],
        id=Id.PAGE,
        className="cg-page",
    )
    provider: Component = dmc.MantineProvider(
        [
            page,
            slots[Id.SHORTCUTS],
            slots[Id.SHEET],
            slots[Id.STANDARDS],
            slots[Id.HANDLED],
            slots[Id.GAPS],
            slots[Id.STREETS],
            html.Div(id=Id.TOAST, className="cg-toast", role="status"),
            dcc.Store(id=Id.VIEW),
            dcc.Store(id=Id.EVENT),
            parts,
        ],
        id=Id.THEME,
        theme={
            "fontFamily": "var(--cg-font)",
            "primaryColor": "teal",
            "primaryShade": {"light": 7, "dark": 4},
            "colors": {"teal": TEAL},
            "autoContrast": True,
            "defaultRadius": 8,
            "fontSizes": {"xs": "12px", "sm": "13px", "md": "14px", "lg": "16px", "xl": "20px"},
            "respectReducedMotion": True,
        },
    )
    return provider


def _mode(mode: str, *parts: Component, also: str = "") -> Component:
    """Return what is there in one mode, or in two, only."""
    further = f" cg-mode-{also}" if also else ""
    return html.Div(list(parts), className=f"cg-mode cg-mode-{mode}{further}")


def _head(slots: dict[Id, Component]) -> Component:
    mark = html.Span(icon("mark"), className="cg-brand-mark")
    return html.Header(
        [
            html.Div([mark, html.Span("CityGrid")], className="cg-brand"),
            slots[Id.BREADCRUMB],
            slots[Id.SEARCH_BOX],
            slots[Id.AS_OF],
            slots[Id.SWITCHES],
            slots[Id.VISITOR],
        ],
        className="cg-head",
        **attrs(data_part="head"),
    )
