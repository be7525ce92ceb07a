"""What a view supposes: places tried and facilities closed, and the scenario it is compared as."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from dashboard.coverage import tried, written
from dashboard.coverage.question import ASKED, going, question
from dashboard.view import View
from dashboard.view_fields import LARGEST_ID, MOST_CLOSED, MOST_CORNERS, MOST_PATHS
from dashboard.viewing import VIEWER
from gis import places
from gis.access.posts import Right
from gis.city import City
from layers.coverage import indicators, scenarios
from layers.coverage.changes import (
    AddPath,
    Change,
    Close,
    CloseRoad,
    Grow,
    Move,
    Open,
    Redraw,
    Resize,
)
from layers.coverage.reach import Question
from layers.coverage.scenarios import Scenario

DOES = ("closing", "resizing", "proposing", "choosing", "scenario", "against", "opened")
# What an act lets go of that names nothing; another one than these ends the comparison.
ENDS = {"proposing": "proposal", "against": "against"}
# As many as a view writes.
LARGEST_CAPACITY = 999_999
# What a view supposes.
SUPPOSED = ("tried", "closed", "moved", "paths", "roads", "grown", "resized", "proposal")
# On which of it the way from a house hangs, beside places tried, which only add ways.
OF_WAYS = ("closed", "moved", "paths", "roads")
# What a comparison is of; when one of these changes, it is of something else.
COMPARED = (*ASKED, *SUPPOSED)


def closed(view: View) -> list[int]:
    """Return the facilities that a view supposes closed, by number."""
    return written.numbers(view.closed)


def resized(view: View) -> dict[int, int]:
    """Return how many the facilities take of which a view supposes that, by number."""
    pairs = (each.split(":") for each in view.resized.split(",") if each)
    return {int(number): int(many) for number, many in pairs}


def changes(view: View, city: City) -> list[Change]:
    """Return what a view supposes, as a scenario keeps it."""
    # Whichever of the kinds asked about it is, it serves alike.
    kind = question(view, city).kinds[0]
    opens: list[Change] = [Open(kind=kind, at=place) for place in tried.places(view)]
    sizes = [Resize(facility=number, capacity=many) for number, many in resized(view).items()]
    order = [Redraw(order=view.proposal)] if view.proposal else []
    return [
        *opens,
        *(Close(facility=number) for number in closed(view)),
        *(Move(facility=number, at=at) for number, at in written.moved(view).items()),
        *written.paths(view),
        *(CloseRoad(road=number) for number in written.numbers(view.roads)),
        *(Grow(unit=number, percent=percent) for number, percent in written.grown(view).items()),
        *sizes, *order,
    ]  # fmt: skip


def of_facilities(some: Iterable[Change]) -> tuple[Change, ...]:
    """Return changes without boundaries, which are nothing to houses and facilities."""
    return tuple(each for each in some if not isinstance(each, Redraw))


def of_ways(some: Iterable[Change]) -> tuple[Change, ...]:
    """Return the changes that the way from a house to the nearest facility hangs on."""
    return tuple(each for each in some if not isinstance(each, Redraw | Resize | Grow))


def asking(view: View, city: City) -> dict[str, Any]:
    """Return a view's question as the address of scenarios takes it."""
    asked = question(view, city)
    return {
        "kinds": asked.kinds, "minutes": asked.minutes, "metres": asked.metres,
        "going": going(asked, city), "band": asked.band, "states": asked.states,
        "operators": asked.operators, "least_area_m2": asked.least_area_m2,
    }  # fmt: skip


def after(view: View, what: str, wanted: str, db: Connection) -> View:
    """Return the view once a facility is closed, or a scenario opened or compared."""
    if what == "resizing":
        return _resizing(view, wanted)
    if not wanted.isascii() or not wanted.isdigit() or not 0 < int(wanted[:11]) <= LARGEST_ID:
        return view.having(**{ENDS.get(what, "scenario"): None})
    number = int(wanted)
    if what == "choosing":
        return replace(view, facility=None if number == view.facility else number)
    if what == "closing":
        return _closing(view, number)
    if what == "against":
        return view if view.scenario in (None, number) else replace(view, against=number)
    if not VIEWER.get().may(Right.PLAN):
        return view
    if what == "proposing":
        return replace(view, proposal=None if number == view.proposal else number)
    if what == "scenario" and number == view.scenario:
        return view.having(scenario=None)
    found = opened(view, scenarios.read(db, number), places.city_of(db))
    return replace(found, scenario=number) if what == "scenario" else found


def opened(view: View, scenario: Scenario, city: City) -> View:
    """Return a view that asks and supposes what a scenario does, as much as a view holds."""
    asked, changes = posed(scenario.question, city), scenario.changes
    opens = [each.at for each in changes if isinstance(each, Open)]
    closes = [str(each.facility) for each in changes if isinstance(each, Close)]
    moves = [(each.facility, each.at) for each in changes if isinstance(each, Move)]
    paths = [
        each for each in changes if isinstance(each, AddPath) and len(each.line) <= MOST_CORNERS
    ]
    roads = [str(each.road) for each in changes if isinstance(each, CloseRoad)]
    grows = [(each.unit, each.percent) for each in changes if isinstance(each, Grow)]
    sizes = [f"{each.facility}:{each.capacity}" for each in changes if isinstance(each, Resize)]
    told = {
        "tried": tried.text(opens[: tried.MOST]),
        "closed": ",".join(closes[:MOST_CLOSED]),
        "moved": written.moved_text(dict(moves[:MOST_CLOSED])),
        "paths": written.paths_text(paths[:MOST_PATHS]),
        "roads": ",".join(roads[:MOST_CLOSED]),
        "grown": written.grown_text(dict(grows[:MOST_CLOSED])),
        "resized": ",".join(sizes[:MOST_CLOSED]),
        "proposal": next((each.order for each in changes if isinstance(each, Redraw)), None),
    }
    # As it would be read from a link.
    held = View.from_store(told)
    return replace(
        view,
        **{name: getattr(asked, name) for name in ASKED},
        **{name: getattr(held, name) for name in SUPPOSED},
        trying=False, supposing="", corners="", aim="", facility=None, scenario=None, against=None,
    )  # fmt: skip


def posed(asked: Question, city: City) -> View:
    """Return a view that asks a question; in whole minutes and metres, as views do."""
    own = {
        "minutes": None if asked.minutes is None else max(round(asked.minutes), 1),
        "metres": None if asked.metres is None else max(round(asked.metres), 1),
    }
    told = {
        "going": going(asked, city),
        "states": "planned" if "planned" in asked.states else "open",
        "band": asked.band or "",
        "operator": "".join(asked.operators[:1]),
    }
    always = ("states", "band", "operator")
    kept = {"mode": "coverage", **{name: told[name] for name in always}}
    serving = asked.kinds, asked.least_area_m2
    alike = [
        key for key, each in indicators.of(city).questions.items()
        if (each.kinds, each.least_area_m2) == serving
    ]  # fmt: skip
    # As a standard asks it, else by limits of its own.
    for given in ({}, own):
        for key in alike:
            view = View.from_store({**kept, "indicator": key, **given})
            if question(view, city) == asked:
                return view
    if alike:
        return View.from_store({**kept, "indicator": alike[0], **own, **told})
    return View.from_store({**kept, "kinds": ",".join(asked.kinds), **own, **told})


def _closing(view: View, number: int) -> View:
    """Close a facility, or leave it open again."""
    now = closed(view)
    if number in now:
        now.remove(number)
    elif len(now) < MOST_CLOSED:
        now.append(number)
    return replace(view, closed=",".join(map(str, now)))


def _resizing(view: View, wanted: str) -> View:
    """Suppose that a facility takes so many ("12=300"), or as many as it does ("12=")."""
    number, _, many = wanted.partition("=")
    if not (number.isascii() and number.isdigit() and 0 < int(number[:11]) <= LARGEST_ID):
        return view
    now = resized(view)
    now.pop(int(number), None)
    if many.isascii() and many.isdigit() and int(many[:7]) <= LARGEST_CAPACITY:
        now[int(number)] = int(many)
    if len(now) > MOST_CLOSED:
        return view
    return replace(view, resized=",".join(f"{n}:{m}" for n, m in now.items()), facility=None)
