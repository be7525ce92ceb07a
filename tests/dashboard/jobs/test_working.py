"""Jobs are done beside the page: each by a process, cancelled by ending it, two at once."""

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest
from sqlalchemy import text

from dashboard.app import create_app
from dashboard.jobs import worker
from dashboard.jobs.kinds import KINDS
from dashboard.jobs.working import KeepWorking
from dashboard.jobs.works import WORKS
from dashboard.text import speaker
from gis.access import accounts, holdings
from gis.access.viewer import act_as, viewer_of
from gis.city import LANGUAGES
from gis.database import Role
from gis.jobs import jobs
from gis.jobs.jobs import ENDED, State
from layers.coverage import by_day
from layers.coverage.indicators import INDICATORS
from tests.dashboard import signing

WITHIN_S = 90


@contextlib.contextmanager
def acting(city, login):
    """A transaction of the server's, for somebody."""
    porter, app = city.engine(Role.PORTER), city.engine(Role.APP)
    with porter.begin() as db:
        viewer = viewer_of(db, accounts.by_login(db, login).id, signing.now())
    with app.begin() as db:
        act_as(db, viewer)
        yield db, viewer
    porter.dispose()
    app.dispose()


def begin(city, login):
    with acting(city, login) as (db, viewer):
        return jobs.begin(db, viewer, "indicators", {})


def read(city, login, number):
    with acting(city, login) as (db, _):
        return jobs.read(db, number)


def cancel(city, login, number):
    with acting(city, login) as (db, viewer):
        return jobs.cancel(db, viewer, number)


def until(city, login, number, *states):
    deadline = time.monotonic() + WITHIN_S
    while (found := read(city, login, number)).state not in states:
        assert time.monotonic() < deadline, found
        time.sleep(0.03)
    return found


def children(number):
    """The processes that do a job."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = file.read_bytes().split(b"\0")
            if b"dashboard.jobs.child" in words and str(number).encode() in words:
                found.append(int(file.parent.name))
    return found


def is_gone(number):
    deadline = time.monotonic() + 10
    while children(number):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def working(city):
    keeper = KeepWorking(city, begin_after_s=0)
    keeper.start()
    yield keeper
    keeper.stop()


def test_every_kind_has_its_work_and_is_called_something():
    assert set(KINDS) == set(WORKS)
    for kind in KINDS:
        for language in LANGUAGES:
            assert speaker(language)(f"job_kind.{kind}")
            assert speaker(language)(f"scenarios.job_{kind}")


def test_a_job_is_done_as_its_viewer_may_know_it(city, working):
    # One sees every person of the city, the other none: what is kept for all is public.
    seeing, blind = begin(city, "li"), begin(city, "zhou")
    found = until(city, "li", seeing, *ENDED)
    assert (found.state, found.failure) == (State.DONE, None)
    assert (found.done, found.total) == (len(INDICATORS), len(INDICATORS))
    assert {each["buildings"] for each in found.result["indicators"].values()} == {12}
    assert until(city, "zhou", blind, *ENDED).result == found.result
    with acting(city, "zhou") as (db, _):
        kept = by_day.history(db, "health_centre", 1)
    assert [each.day.isoformat() for each in kept] == [found.result["day"]]


def test_a_job_under_way_is_cancelled_with_its_process(city, working):
    number = begin(city, "li")
    until(city, "li", number, State.RUNNING)
    deadline = time.monotonic() + WITHIN_S
    while not children(number):
        assert time.monotonic() < deadline
    asked = time.monotonic()
    assert cancel(city, "li", number).state is State.RUNNING
    found = until(city, "li", number, *ENDED)
    assert found.state is State.CANCELLED
    assert is_gone(number)
    # At once, and not when it is asked about anyway.
    assert time.monotonic() - asked < worker.DEAD_AFTER_S / 2
    # The worker goes on.
    assert until(city, "li", begin(city, "li"), *ENDED).state is State.DONE


def test_two_planners_do_not_wait_for_each_other_and_one_waits_for_himself(city, working):
    first, second, other = begin(city, "li"), begin(city, "li"), begin(city, "wu")
    first, second, other = (
        until(city, who, number, *ENDED)
        for who, number in (("li", first), ("li", second), ("wu", other))
    )
    assert {each.state for each in (first, second, other)} == {State.DONE}
    assert other.started_at < first.ended_at
    assert first.started_at < other.ended_at
    assert second.started_at >= first.ended_at


def test_what_was_under_way_when_the_page_stopped_is_begun_anew(city):
    keeper = KeepWorking(city, begin_after_s=0)
    keeper.start()
    number = begin(city, "li")
    until(city, "li", number, State.RUNNING)
    keeper.stop()
    assert read(city, "li", number).state is State.WAITING
    assert is_gone(number)
    keeper.start()
    found = until(city, "li", number, *ENDED)
    keeper.stop()
    assert (found.state, found.attempt) == (State.DONE, 2)


def test_a_process_that_dies_fails_its_job_and_no_other(city, working):
    number, other = begin(city, "li"), begin(city, "wu")
    until(city, "li", number, State.RUNNING)
    deadline = time.monotonic() + WITHIN_S
    while not (pids := children(number)):
        assert time.monotonic() < deadline
    os.kill(pids[0], signal.SIGKILL)
    found = until(city, "li", number, *ENDED)
    assert found.state is State.FAILED
    assert "ended before it was done" in found.failure["en"]
    assert "中途退出" in found.failure["zh"]
    assert until(city, "wu", other, *ENDED).state is State.DONE


def test_a_right_lost_meanwhile_is_lost(city):
    number = begin(city, "qian")
    porter = city.engine(Role.PORTER)
    with porter.begin() as db:
        account = accounts.by_login(db, "qian").id
        held = db.scalar(text("SELECT id FROM post_holding WHERE account_id = :a"), {"a": account})
        holdings.end(db, held, by=signing.MACHINE, now=signing.now())
    porter.dispose()
    keeper = KeepWorking(city, begin_after_s=0)
    keeper.start()
    found = until(city, "qian", number, *ENDED)
    keeper.stop()
    assert found.state is State.FAILED
    assert "do not let you analyse coverage" in found.failure["en"]


def test_a_job_whose_worker_died_again_and_again_is_told_as_failed(city):
    number = begin(city, "li")
    login = city.engine(None)
    with login.begin() as db:
        # As a worker leaves it that was killed for the third time, and struck off the list.
        db.execute(text("SET LOCAL search_path = citygrid_queue"))
        db.execute(
            text(
                "UPDATE citygrid_queue.procrastinate_jobs SET status = 'doing', attempts = 2 "
                "WHERE id = (SELECT queue_id FROM citygrid.job WHERE id = :n)"
            ),
            {"n": number},
        )
    login.dispose()
    keeper = KeepWorking(city, begin_after_s=0)
    keeper.start()
    found = until(city, "li", number, *ENDED)
    keeper.stop()
    assert found.state is State.FAILED
    assert "begun 3 times" in found.failure["en"]


# --- by address ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(city):
    engine = city.engine(Role.APP, pool_size=4)
    door = signing.door_of(engine)
    app = create_app(engine, door, working=KeepWorking(city, begin_after_s=0))
    yield app, door
    door.close()
    engine.dispose()


def test_a_page_asks_hears_how_far_it_is_and_gets_what_came_of_it(page):
    app, door = page
    with signing.client_of(app, door, "li") as client:
        other = signing.client_of_token(client, door, signing.token_for(door, "wu"))
        with client.websocket_connect("/live", headers={"host": "127.0.0.1"}) as socket:
            socket.receive_json()
            begun = client.post("/jobs", json={"kind": "indicators"})
            assert begun.status_code == 201
            number = begun.json()["id"]
            # Begun, taken, so many of so many, done; the row policy is asked each time anew.
            while client.get(f"/jobs/{number}").json()["state"] not in ENDED:
                told = socket.receive_json()
                assert (told["topic"], told["job"]) == ("jobs", number)
        found = client.get(f"/jobs/{number}").json()
        assert (found["state"], found["done"], found["attempt"]) == ("done", found["total"], 1)
        assert set(found["result"]["indicators"]) == set(INDICATORS)
        assert number in [each["id"] for each in client.get("/jobs").json()["jobs"]]
        assert other.get(f"/jobs/{number}").status_code == 404
        assert other.post(f"/jobs/{number}/cancel").status_code == 404
        assert number not in [each["id"] for each in other.get("/jobs").json()["jobs"]]
        # What has ended stays as it is.
        assert client.post(f"/jobs/{number}/cancel").json()["state"] == "done"


def test_what_cannot_be_begun_is_said(page):
    app, door = page
    with signing.client_of(app, door, "li") as client:
        assert client.post("/jobs", json={"kind": "mining"}).status_code == 422
        said = client.post("/jobs?language=en", json={"kind": "indicators", "arguments": {"x": 1}})
        assert said.status_code == 400
        assert said.json() == {"error": "The job cannot be begun like that: x = '1'."}
