"""How fast a city's streets are driven along: by class, by hours, and after which delay."""

import datetime as dt

import pytest

from gis.errors import NotFoundError, SettingsError
from layers.coverage import settings

MORNING = {
    "key": "morning",
    "names": {"zh": "早高峰", "en": "Morning peak"},
    "from": "07:30",
    "to": "09:30",
    "factors": {"primary": 0.5, "otherwise": 0.8},
}


def test_without_settings_the_design_speeds_hold_and_the_fire_service_takes_a_minute():
    found = settings.read({})
    assert found.speeds_kmh["primary"] == 40
    assert found.turnout_s["fire_station"] == 60
    assert (found.walk_ms, found.older_walk_ms, found.join_within_m) == (1.2, 0.8, 2)
    assert found.speed_kmh("moonway") == found.speed_kmh("otherwise") == 10
    assert not found.bands


def test_a_city_says_its_own_speeds_hours_and_delays():
    said = {
        "speeds_kmh": {"primary": 50}, "turnout_s": {"hospital": 90}, "bands": [MORNING],
        "walk_ms": 1, "older_walk_ms": 0.7, "join_within_m": 0,
    }  # fmt: skip
    found = settings.read(said)
    assert (found.speeds_kmh["primary"], found.speeds_kmh["secondary"]) == (50, 30)
    assert (found.walk_ms, found.older_walk_ms, found.join_within_m) == (1, 0.7, 0)
    assert (found.turnout_s["hospital"], found.turnout_s["fire_station"]) == (90, 60)
    band = found.band("morning")
    assert (band.begin, band.end) == (dt.time(7, 30), dt.time(9, 30))
    assert [band.factor(kind) for kind in ("primary", "service")] == [0.5, 0.8]
    with pytest.raises(NotFoundError, match=r"no time band 'noon'\. There are: morning"):
        found.band("noon")


def test_what_is_near_ends_at_thirds_of_the_limit_unless_a_city_says_otherwise():
    found = settings.read({})
    assert (found.zones, found.weights) == ((1 / 3, 2 / 3, 1), (1, 0.68, 0.22))
    found = settings.read({"zones": [0.5, 1], "weights": [1, 0.4]})
    assert (found.zones, found.weights) == ((0.5, 1), (1, 0.4))


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"speed": 1}, "'speed' is no setting"),
        ({"speeds_kmh": {"alley": 5}}, "speeds_kmh.alley is not known; there are motorway"),
        ({"speeds_kmh": {"primary": 0}}, "speeds_kmh.primary must be 1 to 130, found 0"),
        ({"speeds_kmh": 40}, "speeds_kmh must be a table"),
        ({"turnout_s": {"moon": 5}}, "turnout_s.moon is not known"),
        ({"turnout_s": {"hospital": True}}, "must be a number, found True"),
        ({"meet_where_they_cross": 1}, "must be true or false, found 1"),
        ({"walk_ms": 12}, "walk_ms must be 0.3 to 2.5, found 12"),
        ({"older_walk_ms": "slow"}, "older_walk_ms must be a number, found 'slow'"),
        ({"join_within_m": -1}, "join_within_m must be 0 to 20, found -1"),
        ({"zones": 1}, "zones must be numbers above 0 and up to 1, found 1"),
        ({"zones": [0.5, 2]}, "zones must be numbers above 0"),
        ({"zones": [0.7, 0.3, 1]}, r"zones must ascend and end with 1, found \[0.7, 0.3, 1.0\]"),
        ({"zones": [0.2, 0.5, 0.9]}, "zones must ascend and end with 1"),
        ({"zones": [0.5, 1]}, "there are 2 zones and 3 weights"),
        ({"weights": [1, True, 0.2]}, "weights must be numbers above 0"),
        ({"bands": ["x"]}, r"bands\[1\] must be a table"),
        ({"bands": [{**MORNING, "key": ""}]}, r"bands\[1\].key must be a text"),
        ({"bands": [{**MORNING, "names": 3}]}, r"bands\[1\].names must give"),
        ({"bands": [{**MORNING, "to": "24:30"}]}, r"bands\[1\].to must be a time like '07:30'"),
        ({"bands": [{**MORNING, "to": "07:30"}]}, r"bands\[1\] ends when it begins"),
        ({"bands": [{**MORNING, "factors": {"path": 9}}]}, "factors.path must be 0.05 to 2"),
        ({"bands": [{**MORNING, "days": 5}]}, r"bands\[1\].days is no setting"),
        ({"bands": [MORNING, MORNING]}, r"bands\[2\].key 'morning' was used before"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named(said, fault):
    with pytest.raises(SettingsError, match=fault):
        settings.read(said)
