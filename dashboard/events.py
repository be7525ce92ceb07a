"""What people do, and the view it leads to. The only callback that writes the view is here."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import ALL, Input, Output, State, set_props
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate
from sqlalchemy import Connection

from dashboard import actions, states
from dashboard.actions import after
from dashboard.callbacks import Screen
from dashboard.ids import Act, Id, act
from dashboard.text import explained
from dashboard.view import View
from gis import places
from gis.errors import NotFoundError

log = logging.getLogger(__name__)

# What one request may bring; a browser that sends more is not ours.
MOST_EVENTS = 50

# Everything on the page that a person can move, and the property that tells. Buttons are not here:
# the browser reads what they do from their ids.
# In groups that are drawn together: Dash complains of one that is there only in part.
CONTROLS: tuple[tuple[Input, ...], ...] = (
    (
        Input(Id.MAP, "click"),
        Input(Id.MAP, "keyboardSelect"),
        Input(Id.MAP, "error"),
        Input(Id.MAP, "painted"),
        Input(Id.MAP, "sited"),
    ),
    (
        Input(Id.SEARCH, "value"),
        Input(Id.MEASURE, "value"),
        Input(Id.PART, "value"),
        Input(Id.PER, "value"),
        Input(Id.LEVEL, "value"),
        Input(Id.ZONING, "value"),
        Input(Id.PROFILE_KIND, "value"),
        Input(Id.STEP, "value"),
        Input(Id.TABLE, "cellClicked"),
        Input(Id.TABLE, "cellDoubleClicked"),
        Input(Id.TREND_CHART, "selectedData"),
    ),
    (Input(Id.CASE_TIMES_CHART, "selectedData"),),
    (Input(Id.PATTERN_CLASS, "value"),),
    (Input(Id.CASES_CLASS, "value"),),
    (
        Input(Id.KINDS, "value"),
        Input(Id.OPERATOR, "value"),
        Input(Id.MINUTES, "value"),
        Input(Id.METRES, "value"),
    ),
    (
        Input(act(Act.LAYER_ON, ALL), "checked"),
        Input(act(Act.LAYER_OPACITY, ALL), "value"),
    ),
)


@dataclass(frozen=True)
class Event:
    """One thing a person or the browser did."""

    n: int
    what: str
    value: Any


def read(data: object) -> list[Event]:
    """Read what the browser sends, in order; what is not an event is left out."""
    given = data if isinstance(data, list) else []
    events = [
        Event(item["n"], item["what"], item.get("value"))
        for item in given[:MOST_EVENTS]
        if isinstance(item, Mapping)
        and isinstance(item.get("n"), int)
        and isinstance(item.get("what"), str)
    ]
    return sorted(events, key=lambda event: event.n)


def new(data: object, now: object) -> list[Event]:
    """Read what the browser sends that a view does not answer yet."""
    last = now.get("seen") if isinstance(now, Mapping) else 0
    seen = last if isinstance(last, int) else 0
    return [event for event in read(data) if event.n > seen]


def register(screen: Screen) -> None:
    """Turn what people do into the next view."""

    @screen.answers(
        Output(Id.VIEW, "data"),
        Input(Id.EVENT, "data"),
        State(Id.VIEW, "data"),
        prevent_initial_call=True,
    )
    def next_view(db: Connection, data: object, now: object) -> dict[str, Any]:
        events = new(data, now)
        if not events:
            raise PreventUpdate
        view, toast = following(View.from_store(now), events, db)
        if toast is not None:
            set_props(Id.TOAST, {"children": toast})
        return stored(view, events[-1].n)

    clientside: Any = screen.app.clientside_callback
    for at, group in enumerate(CONTROLS):
        # It writes nowhere, but a callback must have an output.
        clientside(
            "() => window.citygrid.heard()",
            Output(Id.PAGE, f"data-heard-{at}"),
            *group,
            prevent_initial_call=True,
        )
    clientside(
        "(view) => window.citygrid.shown(view)",
        Output(Id.THEME, "forceColorScheme"),
        Input(Id.VIEW, "data"),
    )


# What of a view may be gone.
STANDING = ("unit", "pick", "building", "mark")


def following(
    before: View, events: Sequence[Event], db: Connection
) -> tuple[View, Component | None]:
    """Return the view that events lead to, and what is to be said where one leads nowhere."""
    view, toast = before, None
    for event in events:
        try:
            view = after(view, event.what, event.value, db)
        except NotFoundError as error:
            toast = _told(view, event.what, error)
    if any(getattr(view, name) != getattr(before, name) for name in STANDING):
        try:
            _require_places(view, db)
        except NotFoundError as error:
            # A link to something that is gone still leads to the city.
            view, toast = view.at(None), _told(view, "address", error)
    return view, toast


def stored(view: View, seen: int) -> dict[str, Any]:
    """Return a view as the page keeps it, with more than the view itself.

    That is its ``address``, the last event it answers (``seen``), and what news are to it
    (``hears``, see `actions.hears`).
    """
    hears = actions.hears(view)
    return {**view.to_store(), "address": view.to_address(), "seen": seen, "hears": hears}


def _require_places(view: View, db: Connection) -> None:
    for unit in (view.unit, view.pick):
        if unit is not None:
            places.path(db, unit)
    if view.building is not None:
        places.unit_of(db, "building", view.building)
    kind, _, number = view.mark.partition(":")
    if kind in places.THINGS:
        places.unit_of(db, kind, int(number))


def _told(view: View, what: str, error: NotFoundError) -> Component:
    log.info("%s leads nowhere: %s", what, error)
    return states.told(view.language, explained(error, view.language))
