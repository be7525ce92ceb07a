"""All panels of the page, in the order in which they are fed.

In no `__init__`: who needs one panel is not to bring in all of them, and what they need.
"""

from __future__ import annotations

from typing import Protocol

from dash.development.base_component import Component

from dashboard.callbacks import Screen
from dashboard.ids import Id
from dashboard.panels import (
    breadcrumb,
    chips,
    city_map,
    glance,
    layers_control,
    legend,
    measure_bar,
    notice,
    persons,
    profile,
    rail,
    ranking,
    search,
    shortcuts,
    status,
    switches,
    trend,
    visitor,
    worst,
)
from dashboard.panels.boundaries import chain, comments, editor, effect, history, orders, sheet
from dashboard.panels.coverage import (
    equity,
    gaps,
    next_sites,
    odd,
    question,
    reached,
    scenarios,
    standards,
    take_out,
)
from dashboard.panels.incidents import (
    case,
    handled,
    hotline,
    intake,
    listed,
    measured,
    patterns,
    times,
)


class Panel(Protocol):
    """What each of these modules has."""

    @property
    def SLOT(self) -> Id:  # noqa: N802 - a constant of the module
        """Where it stands."""

    def layout(self) -> Component:
        """Return the panel before anything is known."""

    def register(self, screen: Screen) -> None:
        """Say what it shows of the view."""


PANELS: tuple[Panel, ...] = (
    breadcrumb,
    search,
    status,
    switches,
    visitor,
    rail,
    glance,
    persons,
    profile,
    city_map,
    chips,
    notice,
    layers_control,
    legend,
    measure_bar,
    ranking,
    worst,
    trend,
    orders,
    editor,
    effect,
    chain,
    comments,
    history,
    sheet,
    question,
    reached,
    next_sites,
    scenarios,
    equity,
    take_out,
    standards,
    gaps,
    odd,
    intake,
    hotline,
    listed,
    times,
    case,
    patterns,
    measured,
    handled,
    shortcuts,
)
