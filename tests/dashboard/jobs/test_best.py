"""Places shared out for the best of all: in the background where that is not quick, and kept."""

import json
import re

import pytest
from sqlalchemy import insert, text

from dashboard.app import create_app
from dashboard.coverage import best
from dashboard.coverage.desk import Desk
from dashboard.coverage.tried import rounded, rounded_to
from dashboard.jobs.working import KeepWorking
from dashboard.scene import Scene
from dashboard.view import View
from gis import tables
from gis.access.posts import Post
from gis.database import Role
from gis.jobs import jobs
from gis.jobs.jobs import ENDED, State
from tests.builders import at
from tests.dashboard import signing
from tests.dashboard.jobs.conftest import TOP
from tests.dashboard.jobs.test_working import acting, until
from tests.dashboard.test_callbacks import graph, outputs
from tests.dashboard.test_matrix_told import called

ASKED = {"mode": "coverage", "kinds": "emergency_shelter", "metres": 900, "language": "en",
         "best": True, "unit": TOP}  # fmt: skip
LINE = re.compile(r"Best of all: ([\d,]+) have a place, ([\d,]+) within reach")


@pytest.fixture(scope="module")
def page(city):
    owner = city.engine(Role.OWNER)
    with owner.begin() as db:
        places = [at(0.3, 0.4), at(2.3, 2.4)]
        db.execute(
            insert(tables.facility),
            [{"id": 700 + n, "key": f"shelter-{n}", "kind": "emergency_shelter", "name": f"S{n}",
              "state": "open", "capacity": 100 * n + 50, "unit_id": TOP,
              "geom": f"SRID=4326;POINT({lon} {lat})"} for n, (lon, lat) in enumerate(places)],
        )  # fmt: skip
        signing.hire(db, "sun", Post.COMMUNITY_HEAD, unit_id=TOP)
    owner.dispose()
    engine = city.engine(Role.APP, pool_size=4)
    door = signing.door_of(engine)
    app = create_app(engine, door)
    yield lambda login: signing.client_of(app, door, login)
    door.close()
    engine.dispose()


@pytest.fixture(scope="module")
def equity(page):
    with page("li") as client:
        found = {outputs(each)[0][0]: each for each in graph(client)}["equity"]

    def told(login, **view):
        with page(login) as client:
            answer = called(client, found, {**ASKED, **view})
        assert answer.status_code == 200, answer.text
        return json.dumps(answer.json(), ensure_ascii=False)

    return told


@pytest.fixture
def large(monkeypatch):
    """As if the city were so large that it takes long."""
    monkeypatch.setattr(best, "QUICK_WAYS", 0)


def test_what_is_quick_is_told_at_once(equity):
    told = equity("li")
    assert LINE.search(told)
    assert "data-part" not in told.split("Best of all: as many")[1]


def asked_of(told):
    """What the box says the job is asked; None where there is no box."""
    found = re.search(r'"data-asked": "(\{.*?\})"', told)
    return json.loads(found[1].replace('\\"', '"')) if found else None


def test_what_is_not_is_worked_out_by_a_job_kept_and_told_until_the_data_change(
    city, page, equity, large
):
    waiting = equity("li")
    assert not LINE.search(waiting)
    assert '"data-begins"' in waiting
    arguments = asked_of(waiting)
    # In either language it is the same job.
    assert asked_of(equity("li", language="zh")) == arguments
    with page("li") as client:
        number = client.post("/jobs", json={"kind": "best", "arguments": arguments}).json()["id"]
    # Asked for while nobody works: whoever works next does it.
    assert not LINE.search(equity("li"))
    keeper = KeepWorking(city, begin_after_s=0)
    keeper.start()
    try:
        found = until(city, "li", number, *ENDED)
    finally:
        keeper.stop()
    assert (found.state, found.failure) == (State.DONE, None)
    told = equity("li")
    served, over = (int(n.replace(",", "")) for n in LINE.search(told).groups())
    assert asked_of(told) is None
    with acting(city, "li") as (db, _):
        scene = Scene(View.from_store(ASKED), db)
        room, to = Desk().room(scene, is_best=True), rounded_to(scene)
        place = Desk().seen(scene).place(TOP)
    assert (served, over) == tuple(rounded(float(n[place]), to) for n in (room.served, room.over))
    # Of nobody else's units, and no more of them than the page tells.
    is_told = room.is_told & ~room.is_withheld
    assert len(found.result["units"]) == int(is_told.sum())
    assert all(n % to == 0 for each in found.result["units"].values() for n in each)
    # Another planner has none of his own, and the question is another one.
    assert not LINE.search(equity("wu"))
    assert not LINE.search(equity("li", metres=700))

    owner = city.engine(Role.OWNER)
    with owner.begin() as db:
        db.execute(text("UPDATE citygrid.facility SET capacity = capacity + 10 WHERE id = 700"))
    owner.dispose()
    stale = equity("li")
    assert not LINE.search(stale)
    assert "The data have changed since" in stale
    assert '"data-begins"' not in stale
    assert asked_of(stale) != arguments


def test_it_is_cancelled_before_it_begins(city, page, equity, large):
    arguments = asked_of(equity("wu"))
    with page("wu") as client:
        number = client.post("/jobs", json={"kind": "best", "arguments": arguments}).json()["id"]
        assert client.post(f"/jobs/{number}/cancel").json()["state"] == "cancelled"
    with acting(city, "wu") as (db, _):
        assert jobs.read(db, number).state is State.CANCELLED
    assert not LINE.search(equity("wu"))


def test_who_does_not_plan_is_told_who_does(page, equity, large):
    told = equity("sun")
    assert "those who plan have the best of all worked out" in told
    assert asked_of(told) is None
    with page("sun") as client:
        given = {"kind": "best", "arguments": {"asked": "?kinds=clinic", "state": ""}}
        assert client.post("/jobs", json=given).status_code == 403


def test_of_facilities_without_places_it_is_said_why_nothing_came_of_it(city, page):
    with page("li") as client:
        given = {"kind": "best", "arguments": {"asked": "?kinds=bus_stop", "state": "x"}}
        number = client.post("/jobs", json=given).json()["id"]
    keeper = KeepWorking(city, begin_after_s=0)
    keeper.start()
    try:
        found = until(city, "li", number, *ENDED)
    finally:
        keeper.stop()
    assert found.state is State.FAILED
    assert found.failure["en"] == "No facility of that kind says how many places it has."
