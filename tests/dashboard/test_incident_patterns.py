"""Measures and patterns over HTTP: what comes back, and of whose cases."""

import datetime as dt

import pytest

from dashboard.incidents import asking, finding
from dashboard.panels import trend
from dashboard.panels.incidents import pattern_found
from dashboard.scene import Scene
from dashboard.view import View
from gis.access.posts import Post
from layers import series
from layers.handling.calendar import FIRST_DAY, LAST_DAY
from layers.handling.formulas import newest
from layers.handling.patterns.questions import PatternKind
from tests.dashboard import signing
from tests.dashboard.conftest import seeing
from tests.dashboard.town import OTHER, OWN, town
from tests.dashboard.town import app as app
from tests.dashboard.town import door as door

DECEMBER = "start=2025-12-01&end=2025-12-28&language=en"


@pytest.fixture(scope="module")
def owner(server):
    with town(server) as owner:
        yield owner


@pytest.mark.parametrize(
    ("post", "seen"),
    [
        (Post.GRID_HEAD, {OWN: 1, OTHER: 0}),
        (Post.PLANNER, {OWN: 0, OTHER: 0}),
        (Post.DUTY_OFFICER, {OWN: 0, OTHER: 1}),
    ],
)
def test_cases_about_persons_count_for_who_may_see_them(app, door, post, seen):
    with signing.client_of(app, door, post.value) as client:
        for unit, n in seen.items():
            at = f"within={unit}&{DECEMBER}"
            found = client.get(f"/incidents/measures?{at}").json()
            assert found["total"]["now"]["overdue"]["denominator"] == n
            cases = client.get(f"/incidents/measures/cases?{at}&count=open").json()
            assert (cases["n"], len(cases["ids"])) == (n, n)
            # Charts need a past, which this town has not.
            for kind in set(PatternKind) - {PatternKind.CONTROL}:
                answer = client.get(f"/incidents/patterns/{kind}?{at}&level=3&least=2").json()
                assert answer["incidents"] == n


def test_an_answer_says_its_formulas_and_what_may_not_be_concluded(app, door):
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        found = client.get(f"/incidents/measures?by=unit&{DECEMBER}").json()
        assert [row["key"] for row in found["groups"]] == [2, 7, 12, 17]
        assert [each["id"] for each in found["formulas"]] == [each.id for each in newest()]
        assert found["before"] == {"first": "2025-11-03", "last": "2025-11-30"}
        months = client.get("/incidents/measures?by=period&step=month&start=2025-11-01").json()
        assert months["groups"][1]["key"] == "2025-12-01"
        spots = client.get(f"/incidents/patterns/hot_spots?per=people&level=3&{DECEMBER}").json()
        assert spots["places"] == len(spots["values"]) == 16
        assert "nothing of the people who live there" in spots["may_not"]
        assert "For 1,000 residents" in spots["denominator"]
        assert spots["on"] == found["on"] == "then"
        beats = client.get(f"/incidents/measures?by=unit&zoning=beats&{DECEMBER}").json()
        assert beats["on"] == "today"
        cells = client.get(f"/incidents/patterns/hot_spots?cells=8&{DECEMBER}").json()
        assert sum(value for value in cells["values"]) == cells["incidents"] > 0
        assert cells["outside"] == 0


def test_a_class_that_is_none_is_refused_before_the_database_is_asked(app, door):
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        for of_class in ("gb", "gb/0101%00", "/0101"):
            assert client.get(f"/incidents/measures?of_class={of_class}").status_code == 422
        assert client.get("/incidents/measures?of_class=gb/0101").status_code == 200


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("patterns/control?start=2026-01-01&end=2026-01-03", "choose from seven days"),
        (f"patterns/control?{DECEMBER}", "What is usual is not known"),
        ("patterns/rhythm?start=2026-01-09&end=2026-01-03", "is after the last"),
        ("patterns/hot_spots?cells=3", "H3 cells have resolutions 7 to 11"),
        ("patterns/hot_spots?per=day", "how many people are there by day"),
        ("patterns/hot_spots?within=99", "No unit has the number 99"),
        ("measures?by=period&start=2025-01-01&end=2025-12-31", "365 periods are more than"),
        ("measures/cases?count=due&by=unit&key=x", "No unit or duty body has the number 'x'"),
        ("measures?version=overdue:9", "'overdue' has no such version"),
        ("measures?on=then&by=unit&zoning=beats", "the main zoning only"),
        ("measures?zoning=x", "No zoning is called 'x'"),
        ("measures/cases?count=due&by=period&key=x", "No period of this table begins on 'x'"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(app, door, asked, told):
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        answer = client.get(f"/incidents/{asked}")
        assert answer.status_code in (400, 404)
        assert told in answer.json()["error"]


def test_a_map_draws_nothing_of_what_cannot_be_answered(app, door):
    with signing.client_of(app, door, Post.PLANNER.value) as client:
        asked = "/incidents/patterns/control?start=2026-01-01&end=2026-01-03"
        assert client.get(asked).status_code == 400
        drawn = client.get(f"{asked}&drawn=true")
        assert (drawn.status_code, drawn.json()["features"]) == (200, [])


def test_places_that_stand_out_are_told_apart_and_say_why(owner):
    found = {
        "found": {"emerging": 2}, "compared": 16, "places": 16, "incidents": 12, "by_chance": 0.1,
        "denominator": "", "may": "", "may_not": "", "personal": "",
        "features": [
            {"properties": {"place": unit, "state": "emerging", "count": 0, "around": 7}}
            for unit in (OWN, OTHER)
        ],
    }  # fmt: skip
    with seeing(owner) as db:
        scene = Scene(View(mode="incidents", pattern="hot_spots", language="en"), db)
        called = asking.places_of(scene, [OWN, OTHER])
        drawn = str(pattern_found.draw(scene, PatternKind.HOT_SPOTS, found))
    # Each with what it lies in, because units of many communities are called the same.
    assert len(set(called.values())) == 2
    assert all(" · " in name and name in drawn for name in called.values())
    assert drawn.count("emerging · 7 with those around it") == 2


def test_a_period_of_centuries_is_looked_into_as_far_as_anything_is_known(owner):
    ages = (dt.date(1900, 1, 1), dt.date(2199, 12, 31))
    today = dt.date(2026, 1, 31)
    with seeing(owner) as db:
        scene = Scene(View(mode="incidents", start=ages[0], end=ages[1]), db)
        # Two years, as without a period: all there is happened in them.
        assert trend.first_shown(scene, today) == dt.date(2024, 2, 2)
        assert trend.first_shown(scene, dt.date(2040, 1, 1)) == series.first_day(db, "incidents")
        found = finding.span(scene.view, scene.city, scene.now)
        assert (found.first, found.last) == (FIRST_DAY, LAST_DAY)
        past = View(mode="incidents", start=dt.date(1950, 1, 1), end=dt.date(1951, 1, 1))
        found = finding.span(past, scene.city, scene.now)
        assert (found.first, found.last) == (FIRST_DAY, FIRST_DAY)
