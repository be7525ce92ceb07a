"""What a view supposes: places tried and facilities closed, and the scenario it is compared as."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from dashboard.coverage import tried
from dashboard.coverage.question import ASKED, going, question
from dashboard.view import LARGEST_ID, MOST_CLOSED, View
from dashboard.viewing import VIEWER
from gis.access.posts import Right
from layers.coverage import scenarios
from layers.coverage.changes import Change, Close, Open
from layers.coverage.indicators import INDICATORS
from layers.coverage.reach import Question
from layers.coverage.scenarios import Scenario

DOES = ("closing", "scenario", "opened")
# What a comparison is of; when one of these changes, it is of something else.
COMPARED = (*ASKED, "tried", "closed")


def closed(view: View) -> list[int]:
    """Return the facilities that a view supposes closed, by number."""
    return [int(number) for number in view.closed.split(",") if number]


def changes(view: View) -> list[Change]:
    """Return what a view supposes, as a scenario keeps it."""
    # Whichever of the kinds asked about it is, it serves alike.
    kind = question(view).kinds[0]
    opens: list[Change] = [Open(kind=kind, at=place) for place in tried.places(view)]
    return [*opens, *(Close(facility=number) for number in closed(view))]


def asking(view: View) -> dict[str, Any]:
    """Return a view's question as the address of scenarios takes it."""
    asked = question(view)
    return {
        "kinds": asked.kinds, "minutes": asked.minutes, "metres": asked.metres,
        "going": going(asked), "states": asked.states,
    }  # fmt: skip


def after(view: View, what: str, wanted: str, db: Connection) -> View:
    """Return the view once a facility is closed, or a scenario opened or compared."""
    if not wanted.isascii() or not wanted.isdigit() or not 0 < int(wanted[:11]) <= LARGEST_ID:
        return replace(view, scenario=None)
    number = int(wanted)
    if what == "closing":
        return _closing(view, number)
    if not VIEWER.get().may(Right.PLAN):
        return view
    if what == "scenario" and number == view.scenario:
        return replace(view, scenario=None)
    found = opened(view, scenarios.read(db, number))
    return replace(found, scenario=number) if what == "scenario" else found


def opened(view: View, scenario: Scenario) -> View:
    """Return a view that asks and supposes what a scenario does.

    Streets and people that a scenario changes have no place in a view: of such a scenario it shows
    the facilities.
    """
    asked = posed(scenario.question)
    opens = [each.at for each in scenario.changes if isinstance(each, Open)]
    closes = [str(each.facility) for each in scenario.changes if isinstance(each, Close)]
    return replace(
        view,
        **{name: getattr(asked, name) for name in ASKED},
        tried=tried.text(opens[: tried.MOST]), closed=",".join(closes[:MOST_CLOSED]),
        trying=False, aim="", facility=None, scenario=None,
    )  # fmt: skip


def posed(asked: Question) -> View:
    """Return a view that asks a question; in whole minutes and metres, as views do."""
    own = {
        "minutes": None if asked.minutes is None else max(round(asked.minutes), 1),
        "metres": None if asked.metres is None else max(round(asked.metres), 1),
    }
    told = {"going": going(asked), "states": "planned" if "planned" in asked.states else "open"}
    kept = {"mode": "coverage", "states": told["states"]}
    for key, standard in INDICATORS.items():
        if standard.kinds != asked.kinds:
            continue
        for given in ({"indicator": key}, {"indicator": key, **own}):
            view = View.from_store({**kept, **given})
            if question(view) == asked:
                return view
        return View.from_store({**kept, "indicator": key, **own, **told})
    return View.from_store({**kept, "kinds": ",".join(asked.kinds), **own, **told})


def _closing(view: View, number: int) -> View:
    """Close a facility, or leave it open again."""
    now = closed(view)
    if number in now:
        now.remove(number)
    elif len(now) < MOST_CLOSED:
        now.append(number)
    return replace(view, closed=",".join(map(str, now)))
