"""What a view asks of coverage, and how the page says it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.actions import after
from dashboard.coverage.question import address, going, question
from dashboard.coverage.supposed import posed
from dashboard.view import View
from layers.coverage.indicators import INDICATORS
from layers.coverage.reach import Question
from layers.coverage.streets import OLDER_WALK_MS, Mode

HERE = View(mode="coverage")


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
    park = question(View(indicator="park", going="car"))
    assert (park.mode, park.minutes, going(park)) == (Mode.DRIVE, 5, "car")
    # What drives by itself, walks when asked to.
    assert question(View(indicator="fire_station", going="adult")).mode is Mode.WALK


def test_hours_are_asked_of_who_drives_and_kept_in_the_address():
    fire = after(View(mode="coverage", indicator="fire_station"), "ask", "band:morning", None)
    assert question(View.from_address(address(fire))).band == "morning"
    # Who walks is as fast at any hour.
    assert question(after(fire, "ask", "going:adult", None)).band is None
    assert after(fire, "ask", "indicator:park", None).band == ""
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
    assert question(after(run, "ask", "indicator:park", None)).operators == ()
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
