"""What a view supposes, and a scenario as a view shows it."""

from __future__ import annotations

import datetime as dt
from functools import partial

import pytest

from dashboard.actions import after
from dashboard.coverage import question as asks
from dashboard.coverage import supposed
from dashboard.view import View
from layers.coverage.changes import (
    AddPath,
    Close,
    CloseRoad,
    Grow,
    Move,
    Open,
    Redraw,
    Resize,
)
from layers.coverage.indicators import INDICATORS
from layers.coverage.scenarios import Scenario
from tests.builders import CITY

PLACE = (114.1, 22.5)
question = partial(asks.question, city=CITY)
posed = partial(supposed.posed, city=CITY)
opened = partial(supposed.opened, city=CITY)
changes = partial(supposed.changes, city=CITY)
MOMENT = dt.datetime(2026, 11, 1, tzinfo=dt.UTC)
OWN = View.from_store(
    {"mode": "coverage", "kinds": "clinic,pharmacy", "minutes": 7, "metres": 900,
     "going": "older", "states": "planned"}
)  # fmt: skip
BY_CAR = View.from_store(
    {"mode": "coverage", "indicator": "park_5000", "minutes": 4, "going": "car", "band": "morning"}
)


def scenario(asked, *changes):
    return Scenario(
        id=1, name="x", account_id=None, is_shared=True, question=asked, changes=changes,
        version=None, result=None, answered_at=None, created_at=MOMENT, changed_at=MOMENT,
    )  # fmt: skip


@pytest.mark.parametrize(
    "view",
    [*(View(mode="coverage", indicator=key) for key in INDICATORS), OWN, BY_CAR],
    ids=lambda view: view.to_address(),
)
def test_a_view_asks_again_what_was_kept_of_it(view):
    asked = question(view)
    assert question(posed(asked)) == asked


def test_a_scenario_opened_is_what_was_supposed():
    view = View.from_store({**OWN.to_store(), "tried": "114.100000,22.500000", "closed": "4,9"})
    kept = tuple(changes(view))
    assert kept == (Open(kind="clinic", at=PLACE), Close(facility=4), Close(facility=9))
    there = opened(View(mode="coverage"), scenario(question(view), *kept))
    assert changes(there) == list(kept)
    assert question(there) == question(view)
    both = View.from_store({**view.to_store(), "resized": "4:300", "proposal": 8})
    kept = tuple(changes(both))
    assert kept[-2:] == (Resize(facility=4, capacity=300), Redraw(order=8))
    there = opened(View(mode="coverage"), scenario(question(view), *kept))
    assert changes(there) == list(kept)


def test_a_scenario_of_streets_and_people_is_opened_whole():
    kept = (
        Move(facility=4, at=PLACE), AddPath(line=(PLACE, (114.2, 22.5), (114.3, 22.6))),
        AddPath(line=(PLACE, (114.2, 22.5)), drive_kmh=30), CloseRoad(road=7),
        Grow(unit=3, percent=-12.5), Grow(unit=1, percent=1000),
    )  # fmt: skip
    there = opened(View(mode="coverage"), scenario(question(OWN), *kept))
    assert changes(there) == list(kept)
    assert View.from_address(there.to_address()) == there
    # Of what a view has no room for it shows the rest.
    long = AddPath(line=tuple((114 + n / 100, 22.5) for n in range(30)))
    assert changes(opened(OWN, scenario(question(OWN), long, CloseRoad(road=7)))) == [
        CloseRoad(road=7)
    ]


def test_a_facility_is_closed_and_opened_by_the_same_button(db):
    view = View(mode="coverage")
    for number, closed in ((4, "4"), (9, "4,9"), (4, "9"), (9, "")):
        view = after(view, "ask", f"closing:{number}", db)
        assert view.closed == closed
        assert View.from_address(view.to_address()).closed == closed
    for n in range(1, 30):
        view = after(view, "ask", f"closing:{n}", db)
    assert len(supposed.closed(view)) == 20
    # Those of another kind are not meant.
    assert after(view, "ask", "indicator:park_5000", db).closed == ""


@pytest.mark.parametrize(
    ("event", "stays"),
    [
        (("ask", "going:older"), False),
        (("ask", "circle:5"), False),
        (("ask", "closing:3"), False),
        (("ask", "scenario:"), False),
        (("site", {"at": [114.0, 22.5]}), False),
        (("ask", "growing:3=5"), False),
        (("ask", "placing:path"), True),
        (("set", ["kinds", ["clinic"]]), False),
        (("ask", "trying:"), True),
        (("set", ["language", "en"]), True),
        (("clear", None), True),
    ],
)
def test_a_comparison_ends_when_something_else_is_asked(db, event, stays):
    view = after(View(mode="coverage", scenario=7), *event, db)
    assert (view.scenario == 7) is stays


def test_what_a_scenario_is_compared_with_is_chosen_and_goes_with_the_comparison(db):
    view = after(View(mode="coverage", scenario=7), "ask", "against:9", db)
    assert (view.scenario, view.against) == (7, 9)
    assert View.from_address(view.to_address()) == view
    assert after(view, "ask", "against:", db).against is None
    for event in ("scenario:", "going:older", "closing:3"):
        ended = after(view, "ask", event, db)
        assert (ended.scenario, ended.against) == (None, None)
    # With itself, or where none is compared, there is nothing to compare.
    assert after(view, "ask", "against:7", db) == view
    assert after(View(mode="coverage"), "ask", "against:9", db).against is None
    assert View.from_address("mode=coverage&scenario=7&against=7").against is None
    assert View.from_address("mode=coverage&against=7").against is None


@pytest.mark.parametrize("said", ["scenario:x", "opened:-1", "closing:99999999999999", "closing:²"])
def test_what_names_nothing_does_nothing(db, said):
    view = View(mode="coverage")
    assert after(view, "ask", said, db) == view


def test_a_capacity_is_supposed_and_taken_back(db):
    view = View(mode="coverage", facility=4)
    for said, resized in (("4=300", "4:300"), ("9=0", "4:300,9:0"), ("4=", "9:0"), ("9=x", "")):
        view = after(view, "ask", f"resizing:{said}", db)
        assert view.resized == resized
        assert View.from_address(view.to_address()).resized == resized
    assert after(view, "ask", "resizing:0=5", db) == view
    assert after(view, "ask", "choosing:4", db).facility == 4


def test_who_may_not_plan_opens_nothing(db):
    # Nobody in particular looks: not even asked whether there is one.
    assert after(View(mode="coverage"), "ask", "opened:1", db) == View(mode="coverage")


def test_a_facility_clicked_is_let_go_by_the_next_click(db):
    view = after(View(mode="coverage", pick=None), "map", {"layer": "serving", "id": 5}, db)
    assert view.facility == 5
    assert after(view, "clear", None, db).facility is None
    assert after(view, "map", {"layer": None}, db).facility is None
    assert after(view, "mode", "overview", db).facility is None


@pytest.mark.parametrize("value", ["0", "1,", ",1", "1;2", "x", "1234567890", "-1", ","])
def test_an_address_that_names_no_facilities_closes_none(value):
    assert View.from_address(f"?mode=coverage&closed={value}").closed == ""
