"""What people do, and the view it leads to, on the tiny city of squares."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from dashboard.actions import ACTIONS, after, hears
from dashboard.events import read
from dashboard.view import View
from gis.errors import NotFoundError
from layers import catalog
from tests import builders

# Of `builders.unit_frame`: the city, its first quarter with two squares, its second quarter.
CITY, QUARTER, SQUARE, SQUARE_BESIDE, QUARTER_BESIDE = 1, 2, 3, 4, 7
STRIP = 22

Do = Callable[..., View]


@pytest.fixture
def do(db: Connection) -> Do:
    units = builders.load(db)
    builders.add(db, catalog.get("buildings"), units, builders.rows("buildings", (0.5, 0.5)))
    builders.add(db, catalog.get("facilities"), units, builders.rows("facilities", (1.5, 0.5)))
    return lambda view, what, value=None: after(view, what, value, db)


def click(unit: int | None, *, layer: str | None = "units", double: bool = False) -> dict[str, Any]:
    return {"layer": layer, "id": unit, "double": double}


def test_a_click_picks_and_a_second_one_goes_down(do: Do) -> None:
    picked = do(View(), "map", click(QUARTER))
    assert (picked.unit, picked.pick) == (None, QUARTER)
    down = do(picked, "map", click(QUARTER))
    assert (down.unit, down.pick) == (QUARTER, None)


def test_a_double_click_goes_down_once(do: Do) -> None:
    once = do(View(), "map", click(QUARTER, double=True))
    twice = do(once, "map", click(QUARTER, double=True))
    assert once == twice == View(unit=QUARTER)


def test_a_click_beside_goes_sideways(do: Do) -> None:
    inside = View(unit=QUARTER)
    beside = do(inside, "map", click(QUARTER_BESIDE + 1))
    assert (beside.unit, beside.pick) == (QUARTER_BESIDE, QUARTER_BESIDE + 1)


def test_from_a_face_a_click_beside_goes_to_that_face(do: Do) -> None:
    beside = do(View(unit=SQUARE), "map", click(SQUARE_BESIDE))
    assert (beside.unit, beside.pick) == (SQUARE_BESIDE, None)


def test_a_click_on_nothing_lets_go(do: Do) -> None:
    assert do(View(unit=QUARTER, pick=SQUARE, building=1), "map", click(None, layer=None)) == View(
        unit=QUARTER
    )


def test_a_building_opens_its_card_and_stays_where_it_is(do: Do) -> None:
    assert do(View(unit=SQUARE), "map", click(1, layer="buildings")) == View(
        unit=SQUARE, building=1
    )


def test_the_number_of_a_worst_unit_lists_its_incidents(do: Do) -> None:
    shown = View(part="big:s/01", start=date(2026, 1, 1), end=date(2026, 1, 2))
    listed = View(mode="incidents", unit=SQUARE, cases="overdue")
    assert do(shown, "cases-of", f"{SQUARE}:overdue") == listed
    assert do(View(), "cases-of", f"{SQUARE}:") == View(mode="incidents", unit=SQUARE)
    assert do(View(), "cases-of", "x") == View()


def test_a_number_lists_its_cases_until_something_else_is_asked(do: Do) -> None:
    table = View(mode="incidents", by="body", sheet=True, case=4, pin="114.0,22.5")
    there = do(table, "ask", "counted:overdue:n:1")
    assert there == replace(table, counted="overdue:n:1", sheet=False, case=None, pin="")
    assert View.from_address(there.to_address(), language="zh").counted == "overdue:n:1"
    assert do(there, "case", "7").counted == "overdue:n:1"
    for what, value in (("pick", "unit:2"), ("ask", "cases:"), ("drop", "counted"),
                        ("set", ["part", "big:gb/01"]), ("set-period", "7")):  # fmt: skip
        assert do(there, what, value).counted == ""
    back = do(there, "ask", "by:body")
    assert (back.counted, back.sheet, back.by) == ("", True, "body")
    assert do(there, "ask", "counted:no such:x").counted == ""


def test_a_mark_of_the_worst_leads_to_its_unit(do: Do) -> None:
    assert do(View(), "map", click(SQUARE, layer="worst")) == View(unit=SQUARE)


def test_up_goes_back_one_step_at_a_time(do: Do) -> None:
    view = View(unit=SQUARE, pick=SQUARE, building=1)
    steps = [view]
    while (view := do(view, "up")) != steps[-1]:
        steps.append(view)
    assert [(s.unit, s.pick, s.building) for s in steps] == [
        (SQUARE, SQUARE, 1),
        (SQUARE, SQUARE, None),
        (SQUARE, None, None),
        (QUARTER, None, None),
        (None, None, None),
    ]


def test_what_was_found_is_shown_where_it_stands(do: Do) -> None:
    assert do(View(), "go", "building:1") == View(unit=SQUARE, building=1)
    found = do(View(), "go", "facility:1")
    assert (found.unit, found.mark) == (SQUARE_BESIDE, "facility:1")
    assert found.layers["facilities"] > 0
    assert do(View(unit=SQUARE), "go", "") == View()
    assert do(View(unit=SQUARE), "go", f"unit:{CITY}") == View()


def test_a_unit_of_another_zoning_is_picked_not_entered(do: Do) -> None:
    view = View(zoning="beats")
    assert do(view, "map", click(STRIP, double=True)) == replace(view, pick=STRIP)


def test_who_goes_to_a_unit_of_another_zoning_looks_at_that_zoning_until_he_goes_elsewhere(
    do: Do,
) -> None:
    beat = View(zoning="beats", pick=STRIP)
    assert do(View(unit=SQUARE, level=3), "go", f"unit:{STRIP}") == beat
    assert do(View(), "address", {"search": f"?pick={STRIP}", "language": "zh"}) == beat
    assert do(beat, "go", f"unit:{SQUARE}") == View(unit=SQUARE)
    assert do(beat, "go", "building:1") == View(unit=SQUARE, building=1)
    assert do(beat, "go", f"unit:{CITY}") == View(zoning="beats")
    assert do(beat, "up") == View(zoning="beats")
    # A link may name both, and one that is no more.
    assert do(View(), "address", {"search": "?pick=4711", "language": "zh"}) == View(pick=4711)
    wrong = {"search": f"?zoning=beats&pick={SQUARE}", "language": "zh"}
    assert do(View(), "address", wrong) == View(pick=SQUARE)
    drawing = View(mode="boundaries", order=1, unit=SQUARE)
    beside = replace(drawing, pick=STRIP)
    assert do(drawing, "go", f"unit:{STRIP}") == beside
    assert do(beside, "mode", "overview") == replace(beat, order=1)
    # What is of the units of duty alone is let go.
    asked = View(mode="coverage", indicator="clinic", aim="most", drawn="areas")
    found = do(asked, "go", f"unit:{STRIP}")
    assert found == replace(asked, aim="", drawn="", zoning="beats", pick=STRIP)


def test_what_does_not_exist_is_a_sentence(do: Do) -> None:
    with pytest.raises(NotFoundError, match="No unit has the number 4711"):
        do(View(), "go", "unit:4711")
    with pytest.raises(NotFoundError, match="No building has the number 4711"):
        do(View(), "go", "building:4711")


def test_another_measure_lets_go_of_the_part_and_of_what_does_not_divide_it(do: Do) -> None:
    view = View(measure="incidents", part="big:gb/01", per="people")
    assert do(view, "set", ["measure", "people"]) == View(measure="people")
    assert do(view, "set", ["measure", "open"]) == View(measure="open", per="people")


def test_only_named_fields_can_be_set(do: Do) -> None:
    assert do(View(), "set", ["unit", 5]) == View()
    assert do(View(), "set", ["language", "fr"]) == View()


def test_a_period_goes_on_by_its_own_length(do: Do) -> None:
    week = do(View(), "period", ["2026-01-01", "2026-01-07"])
    assert week.period == (date(2026, 1, 1), date(2026, 1, 7))
    assert do(week, "set-period", "later").period == (date(2026, 1, 8), date(2026, 1, 14))
    assert do(week, "set-period", "earlier").period == (date(2025, 12, 25), date(2025, 12, 31))
    assert do(week, "set-period", "all").period is None


def test_the_usual_periods_end_with_the_data(do: Do, db: Connection) -> None:
    db.execute(
        text(
            "INSERT INTO citygrid.layer_state (layer, rows, as_of) "
            "VALUES ('incidents', 0, '2026-03-31 20:00+00')"
        )
    )
    # In Shanghai that is the first of April.
    assert do(View(), "set-period", "7").period == (date(2026, 3, 26), date(2026, 4, 1))


def test_a_layer_keeps_its_opacity_while_it_is_off(do: Do) -> None:
    fainter = do(View(), "layer-opacity", ["buildings", 40])
    off = do(fainter, "layer-on", ["buildings", False])
    assert off.layers["buildings"] == -40
    assert do(off, "layer-on", ["buildings", True]).layers["buildings"] == 40


def test_each_filter_is_let_go_by_itself(do: Do) -> None:
    view = View(start=date(2026, 1, 1), end=date(2026, 1, 2), part="sex:male", pick=QUARTER)
    assert do(view, "drop", "period").period is None
    assert do(view, "drop", "part").part == ""
    assert do(view, "drop", "pick").pick is None
    assert do(view, "drop", "nonsense") == view


def test_the_first_view_is_the_citys_language_unless_told(do: Do) -> None:
    assert do(View(), "address", {"search": ""}).language == "zh"
    assert do(View(), "address", {"search": "", "language": "en"}).language == "en"
    assert do(View(), "address", {"search": "?language=en", "language": "zh"}).language == "en"


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(what=st.sampled_from([*ACTIONS, "nonsense"]), value=anything)
def test_whatever_a_browser_sends_leads_to_a_view_or_a_sentence(
    do: Do, what: str, value: object
) -> None:
    try:
        view = do(View(unit=QUARTER), what, value)
    except NotFoundError:
        return
    assert View.from_store(view.to_store()) == view


@given(anything)
def test_whatever_a_browser_sends_is_read_as_events_in_order(data: object) -> None:
    numbers = [event.n for event in read(data)]
    assert numbers == sorted(numbers)


def test_events_are_read_in_the_order_they_happened() -> None:
    told = [{"n": 2, "what": "up"}, {"n": 1, "what": "go", "value": ""}, {"what": "up"}, 7]
    assert [event.what for event in read(told)] == ["go", "up"]


def hear(view: View, topic: str) -> View:
    """Count news as the page does."""
    stored = {**view.to_store(), "hears": hears(view)}
    return View.from_store({**stored, **{one: stored[one] + 1 for one in stored["hears"][topic]}})


@pytest.mark.parametrize(
    ("mode", "measure", "counts", "measures"),
    [
        ("overview", "people", 1, 0),
        ("overview", "open", 1, 1),
        ("incidents", "people", 1, 0),
        ("boundaries", "overdue", 0, 1),
        ("coverage", "open", 0, 0),
    ],
)
def test_news_of_incidents_is_heard_by_what_counts_them_there(
    do: Do, mode: str, measure: str, counts: int, measures: int
) -> None:
    view = View.from_store({"mode": mode, "measure": measure})
    heard = hear(view, "incidents")
    assert (heard.case_news, heard.count_news, heard.measure_news) == (1, counts, measures)
    # Who comes back to the overview learns what he missed.
    back = do(heard, "mode", "overview")
    assert back.count_news == 1


def test_of_many_news_numbers_hear_less_often_than_incidents(do: Do) -> None:
    view = View.from_store({"mode": "overview", "measure": "open"})
    many = hear(hear(view, "incidents"), "cases")
    assert (many.case_news, many.count_news, many.measure_news) == (2, 1, 1)
    assert do(many, "mode", "incidents").count_news == 1
    assert hear(many, "incidents").count_news == 2
    assert hear(many, "boundaries").count_news == 2


def test_escape_lets_go_of_what_lies_on_top_first(do: Do) -> None:
    opened = View(mode="incidents", pick=SQUARE, case=7)
    closed = do(opened, "clear")
    assert (closed.case, closed.pick) == (None, SQUARE)
    assert do(closed, "clear").pick is None
    # A place that is asked for on the map is asked for no longer; the case stays.
    asking = do(replace(opened, trying=True), "clear")
    assert (asking.case, asking.trying) == (7, False)
