"""Incidents from the report to the end, with numbers, clocks, rows and two who act at once."""

import datetime as dt
import threading

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from gis.access.viewer import act_as
from gis.database import Role
from gis.errors import CityGridError, ForbiddenError, NotFoundError
from layers.handling import cases, following, reported_by, reports, talk
from layers.handling.calendar import calendar_of
from layers.handling.clock import clock_of
from layers.handling.drafts import Draft, Reporter
from layers.handling.stages import Act, ActError, Outcome, OvertakenError, Stage
from tests.layers.handling.handling_town import HERE, NOW, ROADS, THERE, TO_CLOSE, TO_HANDLE, WATER
from tests.layers.handling.handling_town import town as town

HOUR = dt.timedelta(hours=1)


def test_a_report_has_its_unit_duty_limit_and_numbers(town):
    one = town.report(title="pothole", address="1 Road", placed_by="address", placed_score=0.9)
    assert (one.unit_id, one.stage, one.version) == (3, Stage.REPORT, 0)
    assert (one.big, one.condition, one.placed_by) == ("01", 1, "address")
    # Monday 10:00, eight working hours: two to noon, four to 18:00, two of the next morning.
    assert one.due_at == dt.datetime(2026, 3, 3, 2, tzinfo=dt.UTC)
    assert one.key == f"SJ20260302-{one.id}"
    assert [(s.act, s.before, s.after, s.name) for s in town.steps(one.id)] == [
        ("report", "", "report", "Intake")
    ]
    beat = "SELECT unit_id FROM feature_unit WHERE layer = 'incidents' AND feature_id = :id"
    assert town.scalar(beat, id=one.id) is not None
    subject = "SELECT login FROM audit WHERE subject = :s AND details ->> 'act' = 'report'"
    assert town.scalar(subject, s=f"incident/{one.id}") == "intake"


def test_a_case_goes_all_the_way_and_every_number_follows(town):
    one = town.report()
    closed = town.along(one, *TO_HANDLE, *TO_CLOSE)
    assert (closed.stage, closed.outcome, closed.body_id) == (Stage.CLOSED, Outcome.DONE, ROADS)
    assert closed.version == 6
    then = "SELECT unit_then_id FROM incident WHERE id = :id"
    assert town.scalar(then, id=one.id) == 3
    judged = town.act("checker", closed, "evaluate", grade=4)
    assert judged.grade == 4
    acts = [step.act for step in town.steps(one.id)]
    assert acts == [
        "report", "register", "dispatch", "accept", "feed_back", "check", "close", "evaluate"
    ]  # fmt: skip


def test_the_second_of_two_handlers_is_told_who_did_what(town):
    one = town.report()
    town.act("intake", one, "register")
    with pytest.raises(OvertakenError, match=r"Intake did something .* register") as told:
        town.act("intake", one, "refuse", reason="no such thing")
    assert told.value.values["author"] == "Intake"
    assert town.read(one.id).stage is Stage.REGISTER


def test_of_two_who_act_at_once_one_wins_and_nothing_is_lost(town):
    one = town.report()
    found, begin = [], threading.Barrier(6)

    def go(act, said):
        begin.wait()
        try:
            found.append(town.act("intake", one, act, **said))
        except OvertakenError as error:
            found.append(error)

    ways = [("register", {}), ("refuse", {"reason": "none there"})] * 3
    threads = [threading.Thread(target=go, args=way) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert sum(not isinstance(each, OvertakenError) for each in found) == 1
    assert len(town.steps(one.id)) == 2


def test_many_report_at_once_and_each_number_is_right(town):
    before = town.count()
    begin = threading.Barrier(4)

    def go():
        begin.wait()
        for n in range(5):
            town.report(place=(HERE, THERE)[n % 2], small=("0101", "0201")[n % 2])

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert town.count() == before + 20


def test_the_same_report_twice_is_one(town):
    one = town.report(key="hotline-7", title="x")
    again = town.report(key="hotline-7", title="x")
    assert again.id == one.id
    with pytest.raises(CityGridError, match="given to another report"):
        town.report(key="hotline-7", title="y")
    # Somebody else's keys are his own.
    assert town.report("head", key="hotline-7", title="x").id != one.id
    with town.acting("intake") as (db, viewer):
        drafts = [Draft("s", "0101", *HERE, key=key) for key in ("a", "b", "a", "hotline-7")]
        found = reports.report_all(db, viewer, town.city, drafts, now=NOW)
    assert found[0].id == found[2].id != found[1].id
    assert [each.is_new for each in found] == [True, True, False, False]
    assert found[3].fault is not None


def test_the_same_report_sent_twice_at_once_is_one(town):
    found, begin = [], threading.Barrier(5)

    def go():
        begin.wait()
        found.append(town.report(key="twice").id)

    threads = [threading.Thread(target=go) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 5
    assert len(set(found)) == 1


def test_what_cannot_be_is_told_and_the_others_are_reported(town):
    drafts = [
        Draft("s", "0101", *HERE),
        Draft("s", "9999", *HERE),
        Draft("s", "0101", 0.0, 0.0),
        Draft("s", "0101", *HERE, condition=9),
        Draft("s", "0101", *HERE, severity="huge"),
        Draft("s", "0101", *HERE, reported_at=NOW + 24 * HOUR),
        Draft("s", "0101", *HERE, title="x" * 999),
        Draft("s", "0101", *HERE, parent_id=10**8),
        Draft("s", "0102", *HERE),
    ]
    with town.acting("intake") as (db, viewer):
        found = reports.report_all(db, viewer, town.city, drafts, now=NOW)
    assert [each.fault and each.fault.key for each in found] == [
        None, "error.case_no_class", "error.case_outside", "error.case_no_condition",
        "error.case_word", "error.case_to_come", "error.case_long", "error.no_case", None,
    ]  # fmt: skip
    assert (found[0].body_id, found[8].body_id) == (ROADS, WATER)
    with town.acting("planner") as (db, viewer), pytest.raises(ForbiddenError):
        reports.report_all(db, viewer, town.city, drafts, now=NOW)


def test_numbers_go_on_behind_what_files_brought(town):
    one = town.report()
    with town.engine(Role.OWNER).begin() as db:
        db.execute(
            text(
                "INSERT INTO incident (id, key, scheme, big, small, severity, stage, source, "
                "reported_at, geom) SELECT id + 50, 'file-' || id, scheme, big, small, severity, "
                "stage, source, reported_at, geom FROM incident WHERE id = :id"
            ),
            {"id": one.id},
        )
    assert town.report().id == one.id + 51
    with town.engine(Role.OWNER).begin() as db:
        db.execute(text("DELETE FROM incident WHERE key LIKE 'file-%'"))


def due(town, one):
    """When a case is due, counted anew from its pauses."""
    clock = clock_of(calendar_of(town.city))
    return clock.due(one.clock_started_at, one.limit, town.pauses(one.id))


def test_the_clock_stands_still_while_a_case_is_suspended_or_checked(town):
    one = town.handled()
    first = one.due_at
    still = town.act("dispatcher", one, "suspend", now=NOW + HOUR, reason="field check")
    assert (still.due_at, still.is_paused) == (None, True)
    with pytest.raises(ActError, match="resume it first"):
        town.act("roads", still, "feed_back", now=NOW + HOUR)
    on = town.act("dispatcher", still, "resume", now=NOW + 2 * HOUR)
    # From 11:00 to 12:00 it stood still: one working hour later, of the next morning.
    assert on.due_at - first == HOUR
    back = town.act("roads", on, "feed_back", now=NOW + 5 * HOUR)
    looked = town.act("checker", back, "check", now=NOW + 6 * HOUR)
    again = town.act("checker", looked, "rework", now=NOW + 7 * HOUR, reason="still there")
    assert (again.stage, again.returned, again.handled_at) == (Stage.HANDLE, 1, None)
    # From 15:00 to 17:00 somebody looked at it: two working hours later, noon between them.
    assert again.due_at - on.due_at == 4 * HOUR
    assert again.due_at == due(town, again)


def test_more_time_is_granted_or_not(town):
    one = town.handled()
    asked = town.act("roads", one, "postpone", amount=4, note="parts are missing")
    assert asked.asked["amount"] == 4
    assert asked.due_at == one.due_at
    with pytest.raises(ForbiddenError):
        town.act("water", asked, "grant")
    refused = town.act("dispatcher", asked, "deny", reason="no")
    assert refused.asked is None
    asked = town.act("roads", refused, "postpone", amount=2)
    granted = town.act("dispatcher", asked, "grant")
    assert granted.limit.amount == 10
    assert granted.due_at == due(town, granted) > one.due_at
    until = NOW + 26 * HOUR
    resting = town.along(
        granted, ("roads", "defer", {"until": until}), ("dispatcher", "grant")
    )  # fmt: skip
    assert resting.is_paused
    assert resting.due_at == due(town, resting) > granted.due_at
    assert not town.read(one.id, until).is_paused
    done = town.act("roads", town.read(one.id, until), "feed_back", now=until)
    assert (done.paused_at, done.stage) == (None, Stage.FEED_BACK)


def test_a_body_sends_a_case_back_and_its_time_begins_anew(town):
    one = town.handled()
    back = town.act("roads", one, "return", now=NOW + HOUR, reason="not ours")
    assert (back.stage, back.body_id, back.dispatched_at) == (Stage.REGISTER, None, None)
    sent = town.act("dispatcher", back, "dispatch", now=NOW + 2 * HOUR, body_id=WATER)
    assert sent.due_at == due(town, sent)
    assert sent.dispatched_at == NOW + 2 * HOUR
    with pytest.raises(ForbiddenError):
        town.act("roads", sent, "accept")
    with pytest.raises(NotFoundError):
        town.act("dispatcher", town.along(town.report(), TO_HANDLE[0]), "dispatch", body_id=99)
    assert town.act("water", sent, "accept").stage is Stage.HANDLE


def test_a_case_split_off_keeps_the_other_from_closing(town):
    one = town.handled()
    child = town.report("intake", parent_id=one.id)
    one = town.read(one.id)
    assert (child.parent_id, one.open_children) == (one.id, 1)
    with pytest.raises(ActError, match="split off"):
        town.act("roads", one, "feed_back")
    town.act("intake", child, "refuse", reason="none there")
    assert town.act("roads", one, "feed_back").stage is Stage.FEED_BACK
    assert [step.act for step in town.steps(one.id)][-2:] == ["split", "feed_back"]


def test_a_duplicate_closes_and_its_reporters_hear_of_the_other(town):
    first = town.report(reporter=Reporter("王一", "13800000001", True))
    second = town.report("head", reporter=Reporter("李二", "13800000002", True))
    done = town.act("intake", second, "duplicate", other_id=first.id)
    assert (done.outcome, done.duplicate_of) == (Outcome.DUPLICATE, first.id)
    with town.engine(Role.ENGINE).connect() as db:
        assert following.subscribers(db, first.id) == 2
    with pytest.raises(ActError, match="one itself"):
        town.act("intake", first, "duplicate", other_id=second.id)
    again = town.act("checker", done, "reopen", reason="another one")
    assert (again.stage, again.duplicate_of, again.closed_at) == (Stage.REPORT, None, None)
    assert town.scalar("SELECT unit_then_id FROM incident WHERE id = :id", id=second.id) is None


def test_what_is_wrong_is_put_right_and_the_pin_is_moved(town):
    one = town.report()
    right = town.act(
        "intake", one, "amend", changes={"small": "0102", "lon": THERE[0], "lat": THERE[1],
                                         "title": "leak", "severity": "serious"},
    )  # fmt: skip
    assert (right.small, right.unit_id, right.title, right.limit.amount) == ("0102", 8, "leak", 3)
    assert right.due_at == due(town, right)
    for changes in ({"stage": "closed"}, {}, {"lon": 0.0}, {"small": "77"}, {"severity": "x"}):
        with pytest.raises(CityGridError):
            town.act("intake", right, "amend", changes=changes)


def test_how_far_off_a_place_may_be_is_kept_until_the_pin_is_moved(town):
    one = town.report(placed_by="road", placed_score=0.6, placed_within_m=400)
    assert (one.placed_by, one.placed_within_m) == ("road", 400)
    assert town.report(placed_by="").placed_by == "coordinates"
    same = town.act("intake", one, "amend", changes={"title": "x"})
    assert same.placed_within_m == 400
    moved = {"lon": THERE[0], "lat": THERE[1], "placed_by": "pin", "placed_score": 1.0}
    right = town.act("intake", same, "amend", changes=moved)
    assert (right.placed_by, right.placed_score, right.placed_within_m) == ("pin", 1, None)
    # It belongs to what was reported: with another one it is another report.
    town.report(key="far off", placed_within_m=400)
    with pytest.raises(CityGridError, match="given to another report"):
        town.report(key="far off", placed_within_m=30)


def test_how_coordinates_were_read_is_kept_until_the_pin_is_moved(town):
    assert town.report().placed_as is None
    one = town.report(key="pasted", placed_by="coordinates", placed_as="gcj02")
    assert one.placed_as == "gcj02"
    same = town.act("intake", one, "amend", changes={"title": "x"})
    assert same.placed_as == "gcj02"
    moved = {"lon": THERE[0], "lat": THERE[1], "placed_by": "pin"}
    assert town.act("intake", same, "amend", changes=moved).placed_as is None
    with pytest.raises(CityGridError, match="given to another report"):
        town.report(key="pasted", placed_by="coordinates", placed_as="bd09")


def test_a_reopened_case_is_not_overdue_for_the_time_it_was_closed(town):
    closed = town.along(town.report(), *TO_HANDLE, *TO_CLOSE)
    later = NOW + 30 * 24 * HOUR
    again = town.act("checker", closed, "reopen", now=later, reason="it is back")
    assert (again.stage, again.body_id, again.outcome) == (Stage.REGISTER, None, None)
    assert again.due_at == due(town, again) > later


def test_what_an_act_needs_is_asked_for(town):
    one = town.report()
    for login, act, said in (
        ("intake", "refuse", {}), ("intake", "duplicate", {}),
        ("intake", "refuse", {"reason": " "}),
    ):  # fmt: skip
        with pytest.raises(ActError):
            town.act(login, one, act, **said)
    handled = town.handled()
    for act, said in (("postpone", {}), ("postpone", {"amount": -1}), ("defer", {"until": NOW})):
        with pytest.raises(ActError):
            town.act("roads", handled, act, **said)
    for act in ("comment", "split"):
        with pytest.raises((ActError, ForbiddenError)):
            town.act("intake", handled, act)
    assert town.read(one.id).version == 0


def test_who_may_not_see_a_case_about_a_person_is_told_there_is_none(town):
    one = town.report(is_personal=True)
    for login in ("neighbour", "planner", "mayor"):
        with pytest.raises(NotFoundError):
            town.act(login, one, "register")
    with pytest.raises(ForbiddenError):
        town.act("head", one, "register")
    assert town.act("intake", one, "register").stage is Stage.REGISTER


def seen_as(town, login, query, **values):
    with town.acting(login, Role.APP) as (db, _):
        return db.scalars(text(query), values).all()


def test_steps_comments_and_reporters_are_seen_by_whom_they_concern(town):
    one = town.report(is_personal=True, reporter=Reporter("张伟", "13812341234"))
    town.along(one, *TO_HANDLE)
    with town.acting("head") as (db, viewer):
        talk.comment(db, viewer, one.id, "who lives there knows more", now=NOW)
    told = {
        "head": (4, 1, 1), "roads": (4, 1, 1), "intake": (4, 1, 1), "water": (0, 0, 0),
        "neighbour": (0, 0, 0), "mayor": (0, 0, 0), "planner": (0, 0, 0),
    }  # fmt: skip
    for login, expected in told.items():
        found = tuple(
            len(seen_as(town, login, f"SELECT id FROM {table} WHERE incident_id = :id", id=one.id))
            for table in ("incident_step", "incident_comment", "reporter_masked")
        )
        assert found == expected, login
    with town.acting("roads", Role.APP) as (db, _):
        assert reported_by.reporters(db, one.id)[0]["phone"] == "138****1234"
        assert talk.comments(db, one.id)[0]["name"] == "Head"
    for login in ("water", "neighbour", "planner"):
        with town.acting(login) as (db, viewer), pytest.raises(NotFoundError):
            talk.comment(db, viewer, one.id, "x", now=NOW)


def refused(town, what):
    with town.engine(Role.APP).connect() as db, db.begin():
        act_as(db, town.viewer("intake"))
        db.execute(text(what))


def test_the_database_itself_refuses_what_is_not_ones_own(town):
    for what in (
        "UPDATE incident SET stage = 'closed'", "DELETE FROM incident_step",
        "SELECT * FROM incident_reporter", "UPDATE incident_comment SET text = ''",
        "INSERT INTO incident_pause (incident_id, since, why) VALUES (1, now(), 'x')",
        "INSERT INTO incident_comment (incident_id, text) VALUES (1, 'x')",
        "INSERT INTO incident_notice (incident_id, account_id, about) VALUES (1, 1, 'step')",
    ):  # fmt: skip
        with pytest.raises(ProgrammingError, match="permission denied"):
            refused(town, what)


def test_who_reported_is_told_with_a_reason_and_written_down(town):
    one = town.report(reporter=Reporter("张伟", "13812341234"))
    town.along(one, *TO_HANDLE)
    with town.acting("roads", Role.APP) as (db, viewer):
        with pytest.raises(ActError):
            reported_by.reveal_reporters(db, viewer, one.id, "x", now=NOW, most=9)
        found = reported_by.reveal_reporters(db, viewer, one.id, "call back", now=NOW, most=9)
    assert found == [{"name": "张伟", "phone": "13812341234"}]
    with town.acting("water", Role.APP) as (db, viewer), pytest.raises(ForbiddenError):
        reported_by.reveal_reporters(db, viewer, one.id, "call back", now=NOW, most=9)
    with town.acting("roads", Role.APP) as (db, viewer), pytest.raises(ForbiddenError):
        reported_by.reveal_reporters(
            db, viewer, one.id, "call back", now=dt.datetime.now(dt.UTC), most=1
        )
    # Without the audit the function tells nothing.
    assert seen_as(town, "roads", "SELECT name FROM reporter_clear(:id)", id=one.id) == []


def test_subscribing_is_for_who_sees_the_case(town):
    one = town.report()
    with town.acting("head") as (db, viewer):
        cases.subscribe(db, viewer, one.id, on=True, now=NOW)
        cases.subscribe(db, viewer, one.id, on=True, now=NOW)
        assert following.subscribers(db, one.id) == 1
        assert following.hears(db, viewer, one.id)
        cases.subscribe(db, viewer, one.id, on=False, now=NOW)
        assert following.subscribers(db, one.id) == 0
        assert not following.hears(db, viewer, one.id)


def test_who_took_a_report_does_not_follow_for_whoever_reported(town):
    caller = Reporter("王小明", "13800001234", is_subscribed=True)
    one = town.report(reporter=caller)
    with town.acting("intake") as (db, viewer):
        assert not following.hears(db, viewer, one.id)
        cases.subscribe(db, viewer, one.id, on=True, now=NOW)
        cases.subscribe(db, viewer, one.id, on=False, now=NOW)
        assert following.subscribers(db, one.id) == 1


def test_every_act_is_in_the_audit(town):
    one = town.along(town.report(), *TO_HANDLE)
    query = select(text("details ->> 'act'")).select_from(text("audit")).where(
        text("subject = :s")
    )  # fmt: skip
    with town.engine(Role.OWNER).connect() as db:
        found = db.scalars(query.order_by(text("id")), {"s": f"incident/{one.id}"}).all()
    assert found == ["report", Act.REGISTER, Act.DISPATCH, Act.ACCEPT]


def test_after_all_of_this_every_number_is_what_a_recount_finds(town):
    town.assert_counted()
