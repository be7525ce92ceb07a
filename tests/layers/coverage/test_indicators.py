"""The standards a city goes by: ours, and what it says beside or instead."""

from dataclasses import replace

import pytest

from gis.errors import SettingsError
from layers.coverage import indicators
from layers.coverage.figures import table
from layers.coverage.indicators import AREA, CIRCLES, INDICATORS, MISSING, SERVED, USUAL
from layers.coverage.reach import Question
from layers.coverage.streets import Mode
from tests.builders import CITY

# The standard indicators: minutes, metres, least ground.
ASKED = {
    "health_centre": (15, 1000, None),
    "primary_school": (10, 500, None),
    "middle_school": (15, 1000, None),
    "kindergarten": (5, 300, None),
    "elderly_care": (5, 300, None),
    "culture": (15, 1000, None),
    "sport": (15, 1000, None),
    "food_market": (10, 500, None),
    "park_5000": (None, 500, 5000),
    "park_2000": (None, 300, 2000),
    "metro": (None, 800, None),
    "bus_stop": (None, 500, None),
    "bus_stop_300": (None, 300, None),
    "hospital": (None, 2000, None),
    "emergency_shelter": (None, 500, None),
    "fire_station": (5, None, None),
}


def test_the_standards_are_those_of_the_field():
    found = {key: (each.minutes, each.metres, each.least_area_m2)
             for key, each in INDICATORS.items()}  # fmt: skip
    assert found == ASKED
    assert [key for key, each in INDICATORS.items() if each.mode is Mode.DRIVE] == ["fire_station"]
    assert CIRCLES == {5: 300, 10: 500, 15: 1000}
    assert (SERVED, MISSING) == (0.9, 0.5)
    assert USUAL.duties["fire_station"].most_km2 == 7
    quotas = {key: (each.per_1000, each.measured, each.group) for key, each in USUAL.quotas.items()}
    assert quotas["fixed_shelter"] == (150, "places", "people")
    assert quotas["elderly_care"] == (35, "places", "60")
    assert quotas["park"] == (8000, AREA, "people")


def test_every_number_has_its_source_and_every_indicator_is_named():
    # No standard says how near a hospital is to be.
    assert [key for key, each in USUAL.indicators.items() if not each.source] == ["hospital"]
    others = (*USUAL.quotas.values(), *USUAL.duties.values(), *USUAL.plots.values())
    assert all(each.source for each in others)
    for each in USUAL.indicators.values():
        assert set(each.names) == {"zh", "en"}
        assert each.question == each.question.checked()
    assert set(table("indicators")) == {"judged", "circles", "indicators", "duties", "plots"}


def test_a_number_nobody_compared_with_its_text_says_so_and_what_a_city_says_is_its_own():
    said = {key: each.is_checked for key, each in USUAL.indicators.items() if each.source}
    assert said["fire_station"]
    assert not said["metro"]
    assert not USUAL.quotas["hospital"].is_checked
    own = indicators.read(
        {"indicators": {"metro": {"metres": 600}}, "plots": {"park": {"least_m2": 4}}}
    )
    assert own.indicators["metro"].is_checked
    assert (own.plots["park"].least_m2, own.plots["park"].is_checked) == (4, True)


def test_a_plot_is_as_large_as_what_is_built_on_it_needs():
    large = Question(("park",), metres=500, least_area_m2=5000)
    for question, least in (
        (large, 5000),
        (replace(large, least_area_m2=None), 2000),
        (replace(large, least_area_m2=900), 2000),
        (Question(("clinic",), metres=500), None),
        (Question(("clinic", "fire_station"), minutes=5), 2000),
    ):
        assert USUAL.least_plot_m2(question) == least


def test_a_city_says_its_own_beside_and_instead():
    said = {
        "walk_ms": 1.1,
        "indicators": {
            "metro": {"metres": 600},
            "culture": False,
            "night_school": {
                "names": {"zh": "夜校", "en": "Evening school"}, "kinds": ["school"], "minutes": 20,
            },
            "hospital": {"minutes": 8, "metres": 3000, "drive": True, "source": "医疗规划"},
        },
        "quotas": {"childcare": {"per_1000": 6}, "sport": False, "library": {"per_1000": 1}},
        "duties": {"fire_station": {"most_km2": 4}},
    }  # fmt: skip
    found = indicators.of(replace(CITY, coverage=said))
    assert list(found.indicators)[-1] == "night_school"
    assert "culture" not in found.indicators
    metro = found.indicators["metro"]
    # What is not said otherwise stays; whose standard it was does not.
    assert (metro.question.metres, metro.names["zh"], metro.source) == (600, "地铁", "")
    assert found.indicators["hospital"].question.mode is Mode.DRIVE
    assert found.indicators["hospital"].source == "医疗规划"
    assert found.indicators["sport"].source == USUAL.indicators["sport"].source
    assert {each.speed_ms for each in found.questions.values()} == {1.1}
    assert (found.quotas["childcare"].per_1000, found.quotas["library"].per_1000) == (6, 1)
    assert "sport" not in found.quotas
    assert found.duties["fire_station"].most_km2 == 4


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"indicators": 5}, "indicators must be a table, found 5"),
        ({"indicators": {"metro": 600}}, "indicators.metro must be a table, or false for none"),
        ({"indicators": {"metro": {"meters": 6}}}, "indicators.metro.meters is no setting"),
        ({"indicators": {"metro": {"metres": 0}}}, "indicators.metro.metres must be 1 to 100000"),
        ({"indicators": {"metro": {"metres": "6"}}}, "indicators.metro.metres must be a number"),
        ({"indicators": {"metro": {"kinds": ["moon"]}}}, r"metro.kinds must list kinds .*'moon'"),
        ({"indicators": {"metro": {"kinds": "metro"}}}, "metro.kinds must list kinds"),
        ({"indicators": {"metro": {"drive": True}}}, "indicators.metro needs minutes"),
        ({"indicators": {"metro": {"drive": 1}}}, "metro.drive must be true or false, found 1"),
        ({"indicators": {"metro": {"names": 3}}}, "indicators.metro.names must give a text"),
        ({"indicators": {"metro": {"source": 3}}}, "indicators.metro.source must be a text"),
        ({"indicators": {"Metro": {"names": "x", "kinds": ["metro"], "metres": 5}}},
         "indicators.Metro: call it by small letters"),
        ({"indicators": {"x": {"names": "x", "kinds": ["metro"]}}}, "x needs minutes or metres"),
        ({"indicators": dict.fromkeys(ASKED, False)}, "indicators leaves none at all"),
        ({"quotas": {"moon": {"per_1000": 5}}}, "quotas.moon is no kind of facility; there are"),
        ({"quotas": {"park": {"per_1000": 0}}}, "quotas.park.per_1000 must be 0.001 to 1e"),
        ({"quotas": {"bank": {}}}, "quotas.bank.per_1000 must be a number, found None"),
        ({"quotas": {"park": {"measured": "trees"}}}, "measured must be 'places' or 'area_m2'"),
        ({"quotas": {"park": {"group": "cats"}}}, "park.group must be one of people, 0_14"),
        ({"duties": {"fire_station": {"most_km2": -7}}}, "most_km2 must be 0.01 to 10000"),
        ({"plots": {"park": {"least_m2": 0}}}, "plots.park.least_m2 must be 1 to 1e"),
        ({"walk_ms": 12}, "walk_ms must be 0.3 to 2.5"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(said, fault):
    with pytest.raises(SettingsError, match=fault):
        indicators.read(said)
