"""Jobs are his who asked for them, and the server reaches the queue by two functions alone."""

import datetime as dt

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gis.access.viewer import Viewer, act_as
from gis.database import Role
from gis.errors import CityGridError, ForbiddenError, NotFoundError
from gis.jobs import jobs, keeping, queue
from gis.jobs.jobs import State
from tests.gis.access.conftest import acting

NOW = dt.datetime(2026, 11, 29, tzinfo=dt.UTC)


@pytest.fixture
def people(login):
    """Two who are signed in."""
    numbers = login.scalars(
        text(
            "INSERT INTO citygrid.account (login, name) VALUES ('li', '李'), ('wu', '吴') "
            "RETURNING id"
        )
    )
    return [Viewer(number, f"planner{number}", rights=frozenset({"plan"})) for number in numbers]


def waiting(login):
    return login.execute(
        text(
            "SELECT id, status::text, lock, args FROM citygrid_queue.procrastinate_jobs ORDER BY id"
        )
    ).all()


def become(login, role, viewer=None):
    login.execute(text(f"SET LOCAL ROLE {role}"))
    if viewer:
        act_as(login, viewer)
    return login


def begun(login, viewer, kind="indicators"):
    number = jobs.begin(become(login, Role.APP, viewer), viewer, kind, {"a": 1})
    login.execute(text("RESET ROLE"))
    return number


def test_a_job_that_is_begun_waits_in_the_queue(login, people):
    number = begun(login, people[0])
    found = jobs.read(become(login, Role.APP, people[0]), number)
    assert (found.state, found.kind, found.arguments) == (State.WAITING, "indicators", {"a": 1})
    assert found.rights == ("plan",)
    login.execute(text("RESET ROLE"))
    (row,) = waiting(login)
    assert row == (
        found.queue_id, "todo", f"account/{people[0].account_id}/indicators", {"number": number},
    )  # fmt: skip


def test_nobody_sees_or_cancels_the_job_of_another(login, people):
    mine, other = people
    number = begun(login, mine)
    db = become(login, Role.APP, other)
    assert jobs.listed(db) == []
    with pytest.raises(NotFoundError):
        jobs.read(db, number)
    with pytest.raises(NotFoundError):
        jobs.cancel(db, other, number)
    # Not by asking the function itself, either.
    assert db.scalar(text("SELECT citygrid.cancel_job(:n)"), {"n": number}) is False
    login.execute(text("RESET ROLE"))
    assert [row.status for row in waiting(login)] == ["todo"]
    assert [job.id for job in jobs.listed(become(login, Role.APP, mine))] == [number]


def test_a_waiting_job_is_cancelled_at_once_and_only_once(login, people):
    number = begun(login, people[0])
    db = become(login, Role.APP, people[0])
    assert jobs.cancel(db, people[0], number).state is State.CANCELLED
    assert jobs.cancel(db, people[0], number).state is State.CANCELLED
    login.execute(text("RESET ROLE"))
    assert [row.status for row in waiting(login)] == ["cancelled"]


def test_who_is_not_signed_in_begins_nothing(login):
    with pytest.raises(ForbiddenError), acting(login, Role.APP, Viewer()) as db:
        jobs.begin(db, Viewer(), "indicators", {})


def test_nobody_fills_the_queue(login, people):
    for _ in range(jobs.MOST_WAITING):
        begun(login, people[0])
    with pytest.raises(CityGridError, match="wait already"):
        begun(login, people[0])
    login.execute(text("RESET ROLE"))
    assert begun(login, people[1])


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.OWNER])
@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM citygrid_queue.procrastinate_jobs",
        "INSERT INTO citygrid_queue.procrastinate_jobs (queue_name, task_name) VALUES ('q', 't')",
        "SELECT citygrid.begin_job('x', '{}')",
        "INSERT INTO citygrid.job (kind) VALUES ('x')",
        "SELECT * FROM citygrid.people",
        "SELECT * FROM citygrid.account",
        "SELECT * FROM citygrid.building",
    ],
)
def test_only_the_worker_reads_the_queue_and_it_reads_nothing_else(login, role, statement):
    allowed = {
        ("citygrid_queue.procrastinate_jobs", Role.WORKER),
        ("citygrid.people", Role.ENGINE), ("citygrid.people", Role.MASKER),
        ("citygrid.account", Role.PORTER),
        ("citygrid.building", Role.ENGINE), ("citygrid.building", Role.MASKER),
        ("citygrid.building", Role.APP),
    }  # fmt: skip
    words = statement.split()
    may_read = words[0] == "SELECT" and (words[-1], role) in allowed
    # Of people the server reads some columns, under the row policy.
    # What is done by the clock the worker puts there itself; what it does for people it cannot.
    may_put = role is Role.WORKER and statement.startswith("INSERT INTO citygrid_queue")
    if may_read or may_put:
        with acting(login, role) as db:
            db.execute(text("SET LOCAL search_path = citygrid_queue, citygrid, public"))
            db.execute(text(statement))
        return
    with acting(login, role) as db, pytest.raises(Exception, match=r"permission denied|null value"):
        db.execute(text(statement))


def test_the_server_begins_only_for_whom_it_serves(login):
    with acting(login, Role.APP) as db, pytest.raises(Exception, match="null value"):
        db.execute(text("SELECT citygrid.begin_job('x', '{}')"))
    with acting(login, Role.PORTER) as db, pytest.raises(ProgrammingError, match="denied"):
        db.execute(text("SELECT citygrid.cancel_job(1)"))


def test_an_attempt_that_was_given_up_writes_nothing_any_more(login, people):
    number = begun(login, people[0])
    db = become(login, Role.WORKER)
    (row,) = keeping_rows(login, number)
    first = keeping.taken(db, number, row.queue_id)
    second = keeping.taken(db, number, row.queue_id)
    assert (first.attempt, second.attempt) == (1, 2)
    keeping.progressed(db, first, 5, 9)
    assert not keeping.ended(db, first, State.DONE, result={"who": "first"})
    keeping.progressed(db, second, 3, 9)
    assert keeping.current(db, number, 1) is None
    assert keeping.current(db, number, 2).done == 3
    assert keeping.ended(db, second, State.DONE, result={"who": "second"})
    assert not keeping.ended(db, second, State.FAILED, failure={"en": "x"})
    found = jobs.read(db, number)
    assert (found.state, found.result, found.is_ended) == (State.DONE, {"who": "second"}, True)
    # What has ended is not begun again.
    assert keeping.taken(db, number, row.queue_id) is None


def keeping_rows(login, number):
    return login.execute(text("SELECT queue_id FROM citygrid.job WHERE id = :n"), {"n": number})


def test_a_job_of_another_place_in_the_queue_is_not_taken(login, people):
    number = begun(login, people[0])
    (row,) = keeping_rows(login, number)
    assert keeping.taken(become(login, Role.WORKER), number, row.queue_id + 1) is None


def test_jobs_that_ended_long_ago_go(login, people):
    old, new = begun(login, people[0]), begun(login, people[0])
    db = become(login, Role.WORKER)
    for number in (old, new):
        (row,) = keeping_rows(login, number)
        keeping.ended(db, keeping.taken(db, number, row.queue_id), State.DONE, result={})
    db.execute(
        text("UPDATE citygrid.job SET ended_at = :at WHERE id = :n"),
        {"at": NOW - keeping.KEPT_FOR - dt.timedelta(days=1), "n": old},
    )
    assert keeping.clear(db, NOW) == 1
    assert [job.id for job in jobs.listed(db)] == [new]


def test_the_queue_is_in_a_schema_of_its_own_that_nobody_but_the_owner_changes(login):
    owners = login.scalars(
        text(
            "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class "
            "WHERE relnamespace = to_regnamespace(:s)"
        ),
        {"s": queue.SCHEMA},
    )
    assert set(owners) == {Role.OWNER}
    may = login.scalars(
        text("SELECT r FROM unnest(CAST(:roles AS text[])) r "
             "WHERE has_schema_privilege(r, :s, 'USAGE')"),
        {"roles": [role.value for role in Role], "s": queue.SCHEMA},
    )  # fmt: skip
    assert set(may) == {Role.OWNER, Role.WORKER}
