"""The view survives its own address and store, and whatever a browser may send instead."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.view import TOLD, View
from dashboard.view_fields import (
    EARLIEST,
    LARGEST_ID,
    LATEST,
    MEASURES,
    MOST_METRES,
    MOST_MINUTES,
    SHOWN_AT_FIRST,
    Drawing,
    FacilityState,
    Going,
    Mode,
    Per,
    Profile,
    Scheme,
    Step,
    Theme,
)

ids = st.none() | st.integers(0, LARGEST_ID)
periods = st.none() | st.tuples(
    st.dates(EARLIEST, LATEST - timedelta(days=400)), st.integers(0, 400)
)


@st.composite
def views(draw: Any) -> View:
    period = draw(periods)
    start, end = (period[0], period[0] + timedelta(days=period[1])) if period else (None, None)
    opacity = st.integers(1, 100).flatmap(lambda n: st.sampled_from((n, -n)))
    mode = draw(st.sampled_from(get_args(Mode)))
    # What of coverage is told of the units of duty alone is looked at by those.
    zonings = ("main",) if mode == "coverage" else ("main", "police_beats")
    return View(
        mode=mode,
        order=draw(ids),
        sheet=draw(st.booleans()),
        listed=draw(ids),
        streets=draw(st.booleans()),
        on=draw(
            st.sampled_from(("", "2026-03-01", "2026-03-01T08:00:05Z", "2026-03-01T08:00:05.25Z"))
        ),
        city_news=draw(st.integers(0, 99)),
        order_news=draw(st.integers(0, 99)),
        case_news=draw(st.integers(0, 99)),
        number_news=draw(st.integers(0, 99)),
        count_news=draw(st.integers(0, 99)),
        measure_news=draw(st.integers(0, 99)),
        best_news=draw(st.integers(0, 99)),
        unit=draw(ids),
        pick=draw(ids),
        building=draw(ids),
        mark=draw(st.sampled_from(("", "facility:7", "estate:123", "spot:114.05,22.5"))),
        level=draw(st.none() | st.integers(1, 20)),
        indicator=draw(st.sampled_from(("health_centre", "park_5000"))),
        kinds=draw(st.sampled_from(("", "clinic", "clinic,health_centre"))),
        minutes=draw(st.none() | st.integers(1, MOST_MINUTES)),
        metres=draw(st.none() | st.integers(1, MOST_METRES)),
        going=draw(st.sampled_from(get_args(Going))),
        states=draw(st.sampled_from(get_args(FacilityState))),
        drawn=draw(st.sampled_from(get_args(Drawing))),
        zoning=draw(st.sampled_from(zonings)),
        measure=draw(st.sampled_from(MEASURES)),
        part=draw(st.sampled_from(("", "age:12", "big:GB/T 30428.2/01", "kind:健身点"))),
        per=draw(st.sampled_from(get_args(Per))),
        start=start,
        end=end,
        step=draw(st.sampled_from(get_args(Step))),
        profile=draw(st.sampled_from(get_args(Profile))),
        layers={key: draw(opacity) for key in SHOWN_AT_FIRST},
        language=draw(st.sampled_from(("zh", "en"))),
        theme=draw(st.sampled_from(get_args(Theme))),
        system=draw(st.sampled_from(get_args(Scheme))),
    )


@given(views())
def test_a_view_comes_back_from_its_store(view: View) -> None:
    assert View.from_store(view.to_store()) == view


@given(views())
def test_a_view_comes_back_from_its_address(view: View) -> None:
    told = {field: getattr(view, field) for field in TOLD}
    assert View.from_address(view.to_address(), **told) == view


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(list(View().to_store())), json) | json)
def test_any_store_is_read_as_some_view(data: object) -> None:
    view = View.from_store(data)
    assert View.from_store(view.to_store()) == view


@given(st.text(max_size=300))
def test_any_address_is_read_as_some_view(search: str) -> None:
    view = View.from_address(search)
    assert View.from_address(view.to_address(), system=view.system) == view


def test_a_bad_field_costs_only_itself() -> None:
    view = View.from_address("?unit=12&level=999&measure=; drop table&per=people&language=en")
    assert view == View(unit=12, per="people", language="en")


@pytest.mark.parametrize("more", ["aim=most_people", "sheet=True", "scenario=3", "drawn=areas"])
def test_what_of_coverage_is_of_duties_is_told_of_the_main_zoning_alone(more: str) -> None:
    view = View.from_address("?mode=coverage&zoning=police&level=2&indicator=park_5000")
    assert (view.zoning, view.level) == ("police", 2)
    view = View.from_address(f"?mode=coverage&zoning=police&level=2&{more}")
    assert view == View.from_address(f"?mode=coverage&{more}")


def test_an_address_with_more_than_a_page_asks_for_is_read_all_the_same() -> None:
    view = View.from_address("?" + "x=1&" * 200 + "unit=12&language=en")
    assert view == View(unit=12, language="en")


def test_half_a_period_is_none() -> None:
    assert View.from_address("?start=2026-01-01").period is None


def test_a_period_written_backwards_is_turned_round() -> None:
    view = View.from_address("?start=2026-02-01&end=2026-01-01")
    assert view.period == (date(2026, 1, 1), date(2026, 2, 1))


def test_only_what_differs_goes_into_the_address() -> None:
    assert View().to_address() == "?language=zh"


def test_the_address_says_what_was_asked_for_over_what_is_remembered() -> None:
    view = View.from_address("?language=en", language="zh", theme="dark", system="light")
    assert (view.language, view.theme) == ("en", "dark")


def test_a_new_place_lets_go_of_what_belonged_to_the_old_one() -> None:
    view = View(unit=1, pick=2, building=3, level=4, measure="open", start=date(2026, 1, 1))
    moved = view.at(9)
    assert (moved.unit, moved.pick, moved.building, moved.level) == (9, None, None, None)
    assert moved.measure == "open"
