"""What a view asks of coverage, and the address that asks the same."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, exists, select

from dashboard.view import View
from gis import places
from gis.city import City
from layers.catalog.facilities import KINDS
from layers.coverage import indicators
from layers.coverage.reach import Question, serves
from layers.coverage.streets import Mode

FIRST = "health_centre"
# What a question hangs on; who reads these is asked again when another one is asked.
ASKED = ("indicator", "kinds", "minutes", "metres", "going", "band", "states", "operator")
# For what no standard gives minutes for, by car: the shortest circle.
DRIVE_MINUTES = 5.0


def indicator(view: View, city: City) -> str:
    """Return the standard indicator a view asks about; empty where it names kinds itself."""
    if view.kinds:
        return ""
    known = indicators.of(city).indicators
    # The first of a city that does without our first.
    return next(key for key in (view.indicator, FIRST, *known) if key in known)


def begun(view: View, db: Connection) -> View:
    """Return a view that names the first indicator of which the city has a facility.

    Where it is our first, or the city has of none, the view stays as it is.
    """
    city = places.city(db)
    if city is None:
        return view
    known, first = indicators.of(city).questions, indicator(view, city)
    for key in dict.fromkeys((first, *known)):
        if db.scalar(select(exists().where(serves(known[key])))):
            return view if key == first else replace(view, indicator=key)
    return view


def standard(view: View, city: City) -> Question:
    """Return what the standard asks, before anything of the view's own."""
    known, key = indicators.of(city), indicator(view, city)
    if key:
        return known.indicators[key].question
    kinds = tuple(kind for kind in dict.fromkeys(view.kinds.split(",")) if kind in KINDS)
    return Question(kinds or (FIRST,), minutes=15, metres=1000, speed_ms=known.walk_ms)


def question(view: View, city: City) -> Question:
    """Return what a view asks."""
    asked = standard(view, city)
    if view.minutes is not None or view.metres is not None:
        minutes, metres = view.minutes, view.metres
        asked = replace(
            asked,
            minutes=None if minutes is None else float(minutes),
            metres=None if metres is None else float(metres),
        )
    if view.going:
        mode = Mode.DRIVE if view.going == "car" else Mode.WALK
        asked = replace(asked, mode=mode, speed_ms=speed_ms(view.going, city))
    if asked.mode is Mode.DRIVE and asked.minutes is None:
        asked = replace(asked, minutes=DRIVE_MINUTES)
    if asked.mode is Mode.DRIVE and view.band:
        asked = replace(asked, band=view.band)
    if view.states == "planned":
        asked = replace(asked, states=("open", "planned"))
    if view.operator:
        asked = replace(asked, operators=(view.operator,))
    return asked.checked()


def speed_ms(who: str, city: City) -> float:
    """Return how fast somebody walks; of who drives, as fast as an adult does."""
    known = indicators.of(city)
    return known.older_walk_ms if who == "older" else known.walk_ms


def going(asked: Question, city: City) -> str:
    """Return who is on the way: "adult", "older" or "car"."""
    if asked.mode is Mode.DRIVE:
        return "car"
    known = indicators.of(city)
    # A city may have all walk alike.
    is_older = asked.speed_ms == known.older_walk_ms != known.walk_ms
    return "older" if is_older else "adult"


def address(view: View, *fields: str) -> str:
    """Return the part of an address after the question mark that asks what a view asks.

    Parameters
    ----------
    fields
        What else of the view the answer hangs on.
    """
    names = (*ASKED, *fields, "language")
    return View(**{name: getattr(view, name) for name in names}).to_address()
