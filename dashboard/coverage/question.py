"""What a view asks of coverage, and the address that asks the same."""

from __future__ import annotations

from dataclasses import replace

from dashboard.view import View
from layers.catalog.facilities import KINDS
from layers.coverage.indicators import INDICATORS
from layers.coverage.reach import Question
from layers.coverage.streets import OLDER_WALK_MS, WALK_MS, Mode

FIRST = "health_centre"
# What a question hangs on; who reads these is asked again when another one is asked.
ASKED = ("indicator", "kinds", "minutes", "metres", "going", "band", "states", "operator")
# For what no standard gives minutes for, by car: the shortest circle.
DRIVE_MINUTES = 5.0


def indicator(view: View) -> str:
    """Return the standard indicator a view asks about; empty where it names kinds itself."""
    if view.kinds:
        return ""
    return view.indicator if view.indicator in INDICATORS else FIRST


def standard(view: View) -> Question:
    """Return what the standard asks, before anything of the view's own."""
    key = indicator(view)
    if key:
        return INDICATORS[key]
    kinds = tuple(kind for kind in dict.fromkeys(view.kinds.split(",")) if kind in KINDS)
    return Question(kinds or INDICATORS[FIRST].kinds, minutes=15, metres=1000)


def question(view: View) -> Question:
    """Return what a view asks."""
    asked = standard(view)
    if view.minutes is not None or view.metres is not None:
        minutes, metres = view.minutes, view.metres
        asked = replace(
            asked,
            minutes=None if minutes is None else float(minutes),
            metres=None if metres is None else float(metres),
        )
    if view.going:
        mode = Mode.DRIVE if view.going == "car" else Mode.WALK
        speed = OLDER_WALK_MS if view.going == "older" else WALK_MS
        asked = replace(asked, mode=mode, speed_ms=speed)
    if asked.mode is Mode.DRIVE and asked.minutes is None:
        asked = replace(asked, minutes=DRIVE_MINUTES)
    if asked.mode is Mode.DRIVE and view.band:
        asked = replace(asked, band=view.band)
    if view.states == "planned":
        asked = replace(asked, states=("open", "planned"))
    if view.operator:
        asked = replace(asked, operators=(view.operator,))
    return asked.checked()


def going(asked: Question) -> str:
    """Return who is on the way: "adult", "older" or "car"."""
    if asked.mode is Mode.DRIVE:
        return "car"
    return "older" if asked.speed_ms == OLDER_WALK_MS else "adult"


def address(view: View, *fields: str) -> str:
    """Return the part of an address after the question mark that asks what a view asks.

    Parameters
    ----------
    fields
        What else of the view the answer hangs on.
    """
    names = (*ASKED, *fields, "language")
    return View(**{name: getattr(view, name) for name in names}).to_address()
