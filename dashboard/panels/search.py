"""The search box: units, codes, estates, addresses, buildings and facilities by name."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import Output, html
from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.elements import icon
from dashboard.ids import Id
from dashboard.scene import Scene

SLOT = Id.SEARCH_BOX


def layout() -> Component:
    """Return the box, its words still missing."""
    return html.Div(
        dmc.Select(
            id=Id.SEARCH,
            data=[],
            searchable=True,
            clearable=False,
            size="xs",
            # The server has chosen; the browser filters nothing out.
            filter={"function": "everyOption"},
            renderOption={"function": "searchOption"},
            leftSection=icon("search"),
            rightSection=html.Span("/", className="cg-search-key"),
            rightSectionPointerEvents="none",
            selectFirstOptionOnChange=True,
            maxDropdownHeight=420,
            comboboxProps={"shadow": "md", "width": 360, "position": "bottom-end",
                           "transitionProps": {"duration": 0}},
        ),
        id=Id.SEARCH_BOX,
        className="cg-search",
        role="search",
    )  # fmt: skip


def register(screen: Screen) -> None:
    """Words follow the language; what is found follows what is typed."""

    @screen.shows(
        Output(Id.SEARCH, "placeholder"),
        Output(Id.SEARCH, "aria-label"),
        reads=("language",),
    )
    def words(scene: Scene) -> tuple[str, str]:
        return scene.say("head.search_hint"), scene.say("head.search")
