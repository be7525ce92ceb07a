"""What the buttons of panels ask for, and the places that are clicked for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection

from dashboard.coverage import placing, supposed, wishes
from dashboard.incidents import counting, finding
from dashboard.view import View
from dashboard.view_readers import number_of
from dashboard.whereabouts import by
from layers.coverage.indicators import CIRCLES
from layers.coverage.released import PEOPLE

# What is asked for under the name of its field.
CHOSEN = frozenset({"form", "of", "going", "band", "states", "drawn"})

# What has a module of its own.
PARTS: Mapping[str, Callable[[View, str, str, Connection], View]] = MappingProxyType(
    {name: part.after for part in (supposed, placing, wishes, finding) for name in part.DOES}
)


def ask(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    """Return the view that follows what a panel's button asks for: "indicator:park"."""
    what, _, wanted = str(value).partition(":")
    if what == "indicator":
        # What was asked for of another one is not meant of this one.
        fresh = {"kinds": "", "minutes": None, "metres": None, "going": "", "band": "",
                 "operator": "", "aim": "", "room": None, "of": "", "closed": "", "resized": "",
                 "moved": "", "facility": None, "supposing": "", "corners": "",
                 "best": False}  # fmt: skip
        return view.having(indicator=wanted, **fresh)
    if act_on := PARTS.get(what):
        return act_on(view, what, wanted, db)
    if what in ASKS:
        return ASKS[what](view, wanted)
    if what in counting.DOES:
        return counting.after(view, what, wanted)
    return _chosen(view, what, wanted)


def _chosen(view: View, what: str, wanted: str) -> View:
    if what == "of":
        wanted = "" if wanted in (view.of, PEOPLE) else wanted
    return view.having(**{what: wanted}) if what in CHOSEN else view


def _circle(view: View, wanted: str) -> View:
    minutes = number_of(wanted)
    metres = CIRCLES.get(minutes) if minutes is not None else None
    return view.having(minutes=minutes if metres else None, metres=metres)


def _aim(view: View, wanted: str) -> View:
    return view.having(aim="" if wanted == view.aim else wanted, trying=False)


def _tried(view: View, wanted: str) -> View:
    # What is taken over is no suggestion any more.
    return view.having(tried=wanted, trying=False, aim="" if wanted else view.aim)


def _best(view: View, _wanted: str) -> View:
    return replace(view, best=not view.best)


def _try(view: View, _wanted: str) -> View:
    return replace(placing.ended(view), trying=not view.trying)


ASKS: Mapping[str, Callable[[View, str], View]] = MappingProxyType(
    {"circle": _circle, "zoning": by, "trying": _try, "tried": _tried, "aim": _aim, "best": _best}
)


def site(view: View, value: Any, db: Connection) -> View:  # noqa: ANN401
    """Set, move or drop a place where a facility is tried, or what else was asked for."""
    told = value if isinstance(value, Mapping) else {}
    if view.mode == "incidents":
        return _pinned(view, told)
    tried = [place for place in view.tried.split(";") if place]
    at, place = told.get("at"), number_of(told.get("from"))
    if view.supposing and place is None:
        return placing.placed(view, _place(at), db)
    if place is not None and place >= len(tried):
        return view
    if told.get("drop") is True and place is not None:
        del tried[place]
    elif written := _place(at):
        if place is None:
            tried.append(written)
        else:
            tried[place] = written
    # One too many is not taken, and says nothing: the page does not offer it.
    found = view.having(tried=";".join(tried), trying=False)
    return found if found.tried or not tried else replace(view, trying=False)


def _place(at: object) -> str:
    """Return where somebody clicked as a view keeps it; empty where that is no place."""
    if isinstance(at, list) and len(at) == 2 and all(isinstance(x, int | float) for x in at):
        return ",".join(f"{x:.6f}" for x in at)
    return ""


def _pinned(view: View, told: Mapping[str, Any]) -> View:
    """Set, move or drop the place where an incident is being reported."""
    if at := _place(told.get("at")):
        return replace(view.having(pin=at, trying=False), case=None)
    return replace(view, pin="" if told.get("drop") is True else view.pin, trying=False)
