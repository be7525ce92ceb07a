"""Alarms over HTTP: the first makes an incident, the next ones are answered with it."""

from tests.dashboard.test_hotline import intake as intake
from tests.dashboard.test_hotline import page as page
from tests.dashboard.test_hotline import town as town
from tests.layers.handling.handling_town import HERE


def test_the_second_alarm_is_answered_with_the_first_and_counted(town, intake):
    sent = {
        "scheme": "s", "small": "0101", "lon": HERE[0], "lat": HERE[1], "source": "device",
        "device": "cam-7", "signal": "smoke",
    }  # fmt: skip
    made, again = (intake.post("/incidents", json=sent) for _ in range(2))
    assert (made.status_code, again.status_code) == (201, 200)
    assert made.json()["key"] == again.json()["key"]
    several = intake.post("/incidents", json={"incidents": [sent, {**sent, "signal": "heat"}]})
    one, other = several.json()["received"]
    assert (one["key"], one["is_new"], other["is_new"]) == (made.json()["key"], False, True)
    found = intake.get(f"/incidents/{one['key']}").json()["alarms"]
    assert [(each["device"], each["signal"], each["count"]) for each in found] == [
        ("cam-7", "smoke", 3)
    ]
    assert intake.post("/incidents", json={**sent, "device": "x" * 101}).status_code == 422
    town.assert_counted()
