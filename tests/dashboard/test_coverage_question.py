"""What a view asks of coverage, and how the page says it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.actions import after
from dashboard.coverage import question as asks
from dashboard.coverage import supposed
from dashboard.coverage.question import address
from dashboard.view import View
from layers.catalog import LAYERS
from layers.coverage.indicators import INDICATORS
from layers.coverage.reach import Question
from layers.coverage.streets import OLDER_WALK_MS, Mode
from tests import builders
from tests.builders import CITY

HERE = View(mode="coverage")
question = partial(asks.question, city=CITY)
going = partial(asks.going, city=CITY)
posed = partial(supposed.posed, city=CITY)


def test_a_view_asks_the_standard_first():
    assert question(HERE) == INDICATORS["health_centre"]
    assert question(View(indicator="nothing of ours")) == INDICATORS["health_centre"]


def test_a_circle_is_minutes_and_the_metres_that_go_with_them():
    view = after(HERE, "ask", "circle:15", None)
    assert (view.minutes, view.metres) == (15, 1000)
    assert question(view) == Question(("health_centre",), 15, 1000)
    back = after(view, "ask", "circle:", None)
    assert (back.minutes, back.metres) == (None, None)
    assert after(HERE, "ask", "circle:7", None) == HERE


def test_another_indicator_is_asked_as_its_own_standard_says():
    view = after(View(mode="coverage", minutes=5, kinds="park", going="car"), "ask",
                 "indicator:primary_school", None)  # fmt: skip
    assert question(view) == INDICATORS["primary_school"]


def test_an_older_person_is_slower_and_a_car_needs_minutes():
    older = question(after(HERE, "ask", "going:older", None))
    assert (older.speed_ms, older.binds, going(older)) == (OLDER_WALK_MS, "minutes", "older")
    park = question(View(indicator="park_5000", going="car"))
    assert (park.mode, park.minutes, going(park)) == (Mode.DRIVE, 5, "car")
    # What drives by itself, walks when asked to.
    assert question(View(indicator="fire_station", going="adult")).mode is Mode.WALK


def test_hours_are_asked_of_who_drives_and_kept_in_the_address():
    fire = after(View(mode="coverage", indicator="fire_station"), "ask", "band:morning", None)
    assert question(View.from_address(address(fire))).band == "morning"
    # Who walks is as fast at any hour.
    assert question(after(fire, "ask", "going:adult", None)).band is None
    assert after(fire, "ask", "indicator:park_5000", None).band == ""
    assert after(fire, "ask", "band:", None).band == ""


def test_kinds_of_ones_own_go_before_the_indicator():
    view = after(HERE, "set", ["kinds", ["clinic", "pharmacy"]], None)
    assert question(view).kinds == ("clinic", "pharmacy")
    assert question(View(kinds="clinic,nothing", minutes=10)) == Question(("clinic",), 10)


def test_an_operator_is_asked_about_until_another_indicator_is():
    run = after(HERE, "set", ["operator", "街道办事处"], None)
    assert question(View.from_address(address(run))).operators == ("街道办事处",)
    assert posed(question(run)).operator == "街道办事处"
    assert question(after(run, "set", ["operator", None], None)).operators == ()
    assert question(after(run, "ask", "indicator:park_5000", None)).operators == ()
    assert View.from_store({"operator": "a\nb"}).operator == ""


def test_what_is_no_question_changes_nothing():
    for value in ("", "circle", "measure:people", "indicator:Robert'); --", None, 7, ["states"]):
        assert question(after(HERE, "ask", value, None)) == question(HERE)


@given(
    st.builds(
        View,
        mode=st.just("coverage"),
        indicator=st.sampled_from([*INDICATORS, "nowhere"]),
        kinds=st.sampled_from(("", "clinic", "clinic,park", "unknown")),
        minutes=st.none() | st.integers(1, 120),
        metres=st.none() | st.integers(1, 20_000),
        going=st.sampled_from(("", "adult", "older", "car")),
        band=st.sampled_from(("", "morning")),
        states=st.sampled_from(("open", "planned")),
        operator=st.sampled_from(("", "某公司", "A & B; C, D")),
    )
)
def test_every_view_asks_something_and_its_address_asks_the_same(view):
    asked = question(view)
    assert asked.limit_s > 0
    assert question(View.from_address(address(view))) == asked


@pytest.mark.parametrize("key", INDICATORS)
def test_every_indicator_is_a_question(key):
    assert question(View(indicator=key)) == INDICATORS[key].checked()


def test_a_city_asks_by_its_own_standards_and_walks_as_fast_as_it_says():
    own = {
        "walk_ms": 1.0,
        "older_walk_ms": 0.6,
        "indicators": {
            "metro": {"metres": 600},
            "health_centre": False,
            "lesson": {"names": "夜校", "kinds": ["school"], "minutes": 20},
        },
    }
    city = replace(CITY, coverage=own)
    ask = partial(asks.question, city=city)
    assert (ask(View(indicator="metro")).metres, ask(View(indicator="metro")).speed_ms) == (600, 1)
    assert (ask(View(indicator="lesson")).kinds, ask(View(indicator="lesson")).minutes) == (
        ("school",), 20,
    )  # fmt: skip
    # What the city does without is asked no more; the first it has stands in.
    assert asks.indicator(View(indicator="health_centre"), city) == "primary_school"
    slow = ask(View(indicator="metro", going="older"))
    assert (slow.speed_ms, asks.going(slow, city)) == (0.6, "older")
    assert ask(View(kinds="clinic")).speed_ms == 1
    for view in (View(mode="coverage", indicator="lesson"), View(mode="coverage", going="older")):
        assert ask(supposed.posed(ask(view), city)) == ask(view)


def test_two_standards_of_one_facility_are_told_from_each_other():
    for key in ("park_5000", "park_2000", "bus_stop", "bus_stop_300"):
        assert posed(INDICATORS[key]).indicator == key
    # Limits of one's own keep how large it is to be.
    nearer = question(View(indicator="park_2000", metres=200))
    assert (posed(nearer).indicator, posed(nearer).metres) == ("park_2000", 200)


def test_who_asks_for_nothing_is_asked_about_what_the_city_has(db):
    """The first of the city's list that has facilities, where our first has none."""
    units = builders.load(db)
    assert after(HERE, "mode", "coverage", db).indicator == ""
    there = (("metro", "metro"), ("primary_school", "primary_school"), ("health_centre", ""))
    for number, (kind, begins) in enumerate(there, 1):
        rows = builders.rows("facilities", (1.5, 1.5), start=number, kind=kind)
        builders.add(db, LAYERS["facilities"], units, rows)
        for event in (("mode", "coverage"), ("address", {"search": "?mode=coverage"})):
            assert after(View(), *event, db).indicator == begins
    # Who names something is asked about that, and so is who lets go of his own kinds.
    named = {"search": "?mode=coverage&indicator=culture"}
    assert after(View(), "address", named, db).indicator == "culture"
    assert after(View(), "address", {"search": "?mode=coverage&kinds=park"}, db).indicator == ""
    assert after(View(), "address", {"search": "?mode=overview"}, db).indicator == ""
