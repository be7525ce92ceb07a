"""Scenarios by address: kept, shared, compared as each may know it, answered in the background."""

import datetime as dt
import time

import pytest
from sqlalchemy import insert, text

from dashboard.app import create_app
from dashboard.jobs import stale
from dashboard.jobs.working import KeepWorking
from gis import tables
from gis.database import Role
from layers.coverage import scenarios
from tests.builders import at
from tests.dashboard import signing
from tests.dashboard.jobs.test_working import acting

ASKED = {"kinds": ["clinic"], "metres": 600}
OPENED = {"do": "open", "kind": "clinic", "at": at(2.3, 2.4), "name": "新诊所"}


@pytest.fixture(scope="module")
def page(city):
    engine = city.engine(Role.APP, pool_size=4)
    door = signing.door_of(engine)
    app = create_app(engine, door, working=KeepWorking(city, begin_after_s=0))
    with signing.client_of(app, door, "li") as client:
        yield client, door
    door.close()
    engine.dispose()


@pytest.fixture
def li(page):
    return page[0]


def also(page, login):
    client, door = page
    return signing.client_of_token(client, door, signing.token_for(door, login))


def writing(*changes, **given):
    return {"name": "One more", "question": ASKED, "changes": list(changes or [OPENED]), **given}


def made(client, *changes, **given):
    answer = client.post("/scenarios", json=writing(*changes, **given))
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_a_scenario_is_kept_shown_written_and_put_away(li):
    kept = made(li)
    assert (kept["own"], kept["shared"], kept["stale"], kept["result"]) == (
        True,
        False,
        False,
        None,
    )
    assert kept["changes"] == [{**OPENED, "at": list(OPENED["at"]), "capacity": None}]
    assert kept["id"] in [each["id"] for each in li.get("/scenarios").json()["scenarios"]]
    written = li.post(f"/scenarios/{kept['id']}", json=writing(name="Another"))
    assert written.json()["name"] == "Another"
    assert li.post(f"/scenarios/{kept['id']}/delete").status_code == 204
    assert li.get(f"/scenarios/{kept['id']}").status_code == 404


def test_what_it_comes_to_is_told_as_each_may_know_it(page, li):
    number = made(li, shared=True)["id"]
    exact = li.get(f"/scenarios/{number}").json()["groups"]
    assert exact["people"]["exact"]
    # The twelve rows of `fill`: 100 and the number of the row.
    assert exact["people"]["before"]["all"] == exact["people"]["after"]["all"] == 1278
    zhou = also(page, "zhou")
    told = zhou.get(f"/scenarios/{number}").json()
    assert not told["own"]
    assert not told["groups"]["people"]["exact"]
    assert told["groups"]["buildings"] == exact["buildings"]
    values = zhou.get(f"/scenarios/{number}/values?level=3").json()
    assert len(values["ids"]) == len(values["values"]) == 16


def test_it_is_compared_with_another_one_that_may_be_seen(page, li):
    """As each may know it; one that is not shared with him is none for anybody else."""
    closed = [{"do": "close", "facility": n} for n in (1, 2)]
    one, other = made(li, shared=True)["id"], made(li, *closed, shared=True)["id"]
    own = made(li, *closed)["id"]
    for client in (li, also(page, "zhou")):
        today = client.get(f"/scenarios/{other}").json()["groups"]
        both = client.get(f"/scenarios/{one}?against={other}").json()["groups"]
        assert {key: said["before"] for key, said in both.items()} == {
            key: said["after"] for key, said in today.items()
        }
        values = client.get(f"/scenarios/{one}/values?level=3&against={other}").json()
        assert values["ids"] == client.get(f"/scenarios/{one}/values?level=3").json()["ids"]
        itself = client.get(f"/scenarios/{one}/values?level=3&against={one}").json()
        assert not any(itself["values"])
    zhou = also(page, "zhou")
    for path in (f"/scenarios/{one}?", f"/scenarios/{one}/values?level=3&",
                 f"/coverage/sheet.xlsx?scenario={one}&"):  # fmt: skip
        assert zhou.get(f"{path}against={own}").status_code == 404
        assert li.get(f"{path}against={own}").status_code in (200, 403)


def test_what_is_anothers_is_his(page, li):
    own, shared = made(li)["id"], made(li, shared=True)["id"]
    wu = also(page, "wu")
    assert wu.get(f"/scenarios/{own}").status_code == 404
    assert wu.get(f"/scenarios/{shared}").status_code == 200
    for path, sent in (("", writing(name="Mine now")), ("/delete", None)):
        assert wu.post(f"/scenarios/{own}{path}", json=sent).status_code == 404
        refused = wu.post(f"/scenarios/{shared}{path}?language=en", json=sent)
        assert refused.status_code == 403
        assert "is another's" in refused.json()["error"]
    assert li.get(f"/scenarios/{shared}").json()["name"] == "One more"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"name": " "}, "a name of 1 to 80"),
        ({"changes": []}, "changes something"),
        ({"changes": [{"do": "burn"}]}, "cannot be read"),
        ({"question": {"kinds": ["clinic"]}}, "minutes, metres"),
        ({"question": {"kinds": ["casino"], "metres": 9}}, "no kind of facility"),
    ],
)
def test_what_is_no_scenario_is_refused_with_a_sentence(li, given, said):
    answer = li.post("/scenarios?language=en", json={**writing(), **given})
    assert answer.status_code in (400, 404)
    assert said in answer.json()["error"]


def test_it_is_answered_in_the_background_and_the_answer_kept(page, li):
    number = made(li, shared=True)["id"]
    found = ended(li, li.post(f"/scenarios/{number}/answer").json()["id"])
    assert (found["state"], found["failure"]) == ("done", None)
    shown = li.get(f"/scenarios/{number}").json()
    assert shown["result"] == {name: found["result"][name] for name in ("before", "after")}
    # He sees every person exactly; what is kept is what those see who see none.
    told = also(page, "zhou").get(f"/scenarios/{number}").json()["groups"]
    for when in ("before", "after"):
        assert shown["result"][when] == {group: told[group][when] for group in told}
    assert not shown["stale"]


def test_what_grew_stale_is_answered_anew_and_nothing_else(city, li):
    of_clinics, of_parks = made(li)["id"], made(li, question={"kinds": ["park"], "metres": 9})["id"]
    fresh = made(li)["id"]
    for number in (of_clinics, of_parks):
        assert ended(li, li.post(f"/scenarios/{number}/answer").json()["id"])["state"] == "done"
    lon, lat = at(1.2, 1.2)
    owner = city.engine(Role.OWNER)
    with owner.begin() as db:
        db.execute(
            insert(tables.facility),
            {"id": 900, "key": "N", "kind": "clinic", "name": "N", "state": "open",
             "geom": f"SRID=4326;POINT({lon} {lat})"},
        )  # fmt: skip
    owner.dispose()
    stale = {
        each["id"] for each in li.get("/scenarios").json()["scenarios"]
        if each["stale"] and each["own"]
    }  # fmt: skip
    assert of_clinics in stale
    assert not stale & {of_parks, fresh}
    before = li.get(f"/scenarios/{of_parks}").json()["answered_at"]
    found = ended(li, li.post("/jobs", json={"kind": "stale_scenarios"}).json()["id"])
    assert (found["state"], found["failure"]) == ("done", None)
    assert set(found["result"]["answered"]) == stale
    assert (found["done"], found["total"]) == (len(stale), len(stale))
    assert not li.get(f"/scenarios/{of_clinics}").json()["stale"]
    assert li.get(f"/scenarios/{of_parks}").json()["answered_at"] == before


def test_what_grew_stale_is_answered_anew_though_nobody_asks(city, li):
    """After what people wait for, one at a time, once for the same data, and for its owner."""
    number = made(li)["id"]
    ended(li, li.post(f"/scenarios/{number}/answer").json()["id"])
    later = signing.now() + dt.timedelta(hours=1)
    owner = city.engine(Role.OWNER)

    def changed(facility):
        lon, lat = at(1.3, 1.3)
        with owner.begin() as db:
            db.execute(
                insert(tables.facility),
                {"id": facility, "key": f"N{facility}", "kind": "clinic", "name": "N",
                 "state": "open", "geom": f"SRID=4326;POINT({lon} {lat})"},
            )  # fmt: skip

    try:
        changed(901)
        # The last answer is shown, and that it is old.
        shown = next(s for s in li.get("/scenarios").json()["scenarios"] if s["id"] == number)
        assert shown["stale"]
        assert shown["result"] is not None
        with owner.begin() as db:
            state = db.execute(
                text("SELECT max(changed_at) FROM citygrid.layer_state")
            ).scalar_one_or_none()
        if state is not None:
            # While data come in, nothing is begun.
            assert stale.begin(city, state + dt.timedelta(seconds=5)) == []
        (begun,) = stale.begin(city, later)
        with owner.connect() as db:
            priority, lock = db.execute(
                text(
                    "SELECT q.priority, q.lock FROM citygrid.job j JOIN "
                    "citygrid_queue.procrastinate_jobs q ON q.id = j.queue_id WHERE j.id = :n"
                ),
                {"n": begun},
            ).one()
        assert (priority, lock) == (-10, "quiet")
        found = ended(li, begun)
        assert (found["state"], found["failure"]) == ("done", None)
        assert number in found["result"]["answered"]
        assert not li.get(f"/scenarios/{number}").json()["stale"]
        # There is nothing left to do, and what was cancelled is not begun again for the same data.
        assert stale.begin(city, later) == []
        changed(902)
        with acting(city, "li") as (db, viewer):
            known = [each for each in scenarios.listed(db) if each.account_id == viewer.account_id]
            old = [each for each in known if scenarios.is_stale(db, each)]
            assert number in {each.id for each in old}
        (again,) = stale.begin(city, later)
        li.post(f"/jobs/{again}/cancel")
        assert ended(li, again)["state"] in ("cancelled", "done")
        assert stale.begin(city, later) == []
    finally:
        owner.dispose()


def ended(client, job):
    deadline = time.monotonic() + 90
    while (found := client.get(f"/jobs/{job}").json())["state"] not in (
        "done",
        "failed",
        "cancelled",
    ):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return found
