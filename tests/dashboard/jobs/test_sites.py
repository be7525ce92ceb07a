"""Better places for new facilities, looked for in the background."""

import time

import pytest

from dashboard.app import create_app
from dashboard.coverage import tried
from dashboard.jobs.working import KeepWorking
from dashboard.view import View
from gis.database import Role
from tests.dashboard import signing

ASKED = "?mode=coverage&kinds=clinic&metres=600&aim=most_people&sites=1&language=en"


@pytest.fixture(scope="module")
def li(city):
    engine = city.engine(Role.APP, pool_size=4)
    door = signing.door_of(engine)
    app = create_app(engine, door, working=KeepWorking(city, begin_after_s=0))
    with signing.client_of(app, door, "li") as client:
        yield client
    door.close()
    engine.dispose()


def begun(client, asked):
    return client.post("/jobs?language=en", json={"kind": "sites", "arguments": {"asked": asked}})


def test_they_are_looked_for_and_told_with_how_good_they_are(li):
    job = begun(li, ASKED).json()
    until = time.monotonic() + 120
    while job["state"] in ("waiting", "running") and time.monotonic() < until:
        time.sleep(0.3)
        job = li.get(f"/jobs/{job['id']}").json()
    assert job["state"] == "done", job
    found = job["result"]
    # So few candidates: nothing is left open.
    assert found["is_proven"]
    assert found["gap"] == 0
    places = tried.places(View.from_store({"tried": found["places"]}))
    assert len(places) == found["count"] <= 1


@pytest.mark.parametrize("asked", ["", "?mode=coverage", "?aim=anything", "?aim="])
def test_who_aims_at_nothing_is_told_so(li, asked):
    answer = begun(li, asked)
    assert answer.status_code == 400
    assert "cannot be begun like that" in answer.json()["error"]
