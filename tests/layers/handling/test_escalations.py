"""Escalation: by the case's own clock, each rule once, seen by whom it concerns."""

import datetime as dt

import pytest

from dashboard.jobs.escalate import escalate_due
from gis.database import Role
from layers.handling import escalations, lists, rule_versions, told
from layers.handling.clock import Limit, Unit
from layers.handling.escalations import Escalation, from_json, to_json
from layers.handling.lists import Asked, Listing
from layers.handling.rule_checks import RuleError
from layers.handling.rule_versions import Draft, Kind
from layers.handling.stages import Stage, Supervised
from tests.layers.handling.handling_town import NOW, THERE
from tests.layers.handling.handling_town import town as town
from tests.layers.handling.test_effects import CLOCK, begun

ROOT = 1
HOUR = dt.timedelta(hours=1)
SOON = Escalation("soon", "Time runs out", share=80, tells=("grid_head", "duty_officer"))
LATE = Escalation("late", "A day late", after_h=24, tells=("leader",), supervises=True, answer_h=48)


def saved(town, *rules):
    with town.acting("dispatcher") as (db, viewer):
        version = rule_versions.in_force(db, Kind.ESCALATION)
        for rule in rules:
            escalations.check(db, rule)
        draft = Draft(
            Kind.ESCALATION, version.id if version else 0, [to_json(rule) for rule in rules]
        )
        rule_versions.save(db, viewer, draft, note="", now=NOW)


@pytest.fixture
def rules(town):
    saved(town, SOON, LATE)
    yield town
    saved(town)


def run(town, now):
    return escalate_due(town.engine(Role.ENGINE), now)


def names(town, number):
    return [s.details["rule"] for s in town.steps(number) if s.act == "escalate"]


def heard(town, number):
    found = set()
    for login in ("mayor", "head", "roads", "water", "neighbour", "dispatcher"):
        with town.acting(login, Role.APP) as (db, viewer):
            if told.unseen(db, viewer, number):
                found.add(login)
    return found


def test_posts_above_hear_each_once_and_who_has_it_is_asked(rules):
    town = rules
    # Two urgent hours, dispatched to the roads' officers; it lies in the head's grid.
    one = town.handled(condition=2)
    assert one.limit == Limit(2, Unit.URGENT_HOURS)
    run(town, NOW + 1.5 * HOUR)
    assert names(town, one.id) == []
    run(town, NOW + 1.6 * HOUR)
    run(town, NOW + 1.7 * HOUR)
    assert names(town, one.id) == ["Time runs out"]
    assert heard(town, one.id) == {"head", "roads"}
    case = town.read(one.id)
    # Nobody who has it open is told that he was overtaken.
    assert (case.is_escalated, case.version, case.is_supervised) == (True, one.version, False)
    run(town, NOW + 25 * HOUR)
    assert names(town, one.id) == ["Time runs out"]
    late = NOW + 26 * HOUR
    run(town, late)
    assert run(town, late + HOUR) == 0
    assert names(town, one.id) == ["Time runs out", "A day late"]
    assert heard(town, one.id) == {"head", "roads", "mayor"}
    case = town.read(one.id, late)
    assert case.supervised is Supervised.ASKED
    assert (case.answer_by, case.version) == (late + 48 * HOUR, one.version + 1)
    with town.acting("mayor", Role.APP) as (db, viewer):
        for listing in (Listing.TOLD, Listing.SUPERVISED):
            found = lists.listed(db, viewer, Asked(ROOT, listing), now=late)
            assert one.id in {each.id for each in found}
    # Its officer answers as he would a leader, who accepts.
    case = town.act("roads", case, "answer", note="On the way", now=late)
    town.act("mayor", case, "accept_answer", now=late)
    who = town.scalar(
        "SELECT string_agg(DISTINCT login, ' ') FROM audit "
        "WHERE subject = :s AND details ->> 'act' = 'escalate'",
        s=f"incident/{one.id}",
    )  # fmt: skip
    assert who == "machine:escalation"
    town.assert_counted()


def test_a_suspension_uses_no_time(rules):
    town = rules
    one = town.handled(condition=2, place=THERE)
    one = town.act("dispatcher", one, "suspend", now=NOW + HOUR, reason="a strike")
    run(town, NOW + 30 * HOUR)
    assert names(town, one.id) == []
    one = town.act("dispatcher", one, "resume", now=NOW + 30 * HOUR)
    run(town, NOW + 30.5 * HOUR)
    assert names(town, one.id) == []
    run(town, NOW + 30.6 * HOUR)
    assert names(town, one.id) == ["Time runs out"]
    # What is fed back is not the body's to hurry.
    town.act("roads", one, "feed_back", now=NOW + 30.7 * HOUR)
    run(town, NOW + 90 * HOUR)
    assert names(town, one.id) == ["Time runs out"]


@pytest.mark.parametrize("limit", [Limit(8, Unit.WORK_HOURS), Limit(2.5, Unit.URGENT_HOURS),
                                   Limit(3, Unit.WORK_DAYS), Limit(5, Unit.DAYS)])  # fmt: skip
@pytest.mark.parametrize("pause_h", [0, 7, 60])
def test_all_of_a_limit_is_used_when_it_is_due_on_every_clock(limit, pause_h):
    case = begun(limit)
    pauses = [(case.reported_at + HOUR, case.reported_at + (1 + pause_h) * HOUR)]
    due = CLOCK.due(case.reported_at, limit, pauses)
    all_of_it, late = (Escalation("x", "x", share=100), Escalation("x", "x", after_h=3))
    later = CLOCK.due(due, Limit(3, escalations._HOURS[limit.unit]), pauses)
    for rule, moment in ((all_of_it, due), (late, later)):
        for seconds, has_come in ((-61, False), (0, True), (61, True)):
            at = moment + dt.timedelta(seconds=seconds)
            seen = begun(limit).__class__(**{**vars(case), "due_at": due, "now": at})
            assert escalations.has_come(rule, seen, pauses, CLOCK) is has_come, (rule, seconds)


def test_of_another_class_or_severity_it_says_nothing():
    case = begun(Limit(1, Unit.URGENT_HOURS))
    case = case.__class__(**{**vars(case), "now": case.reported_at + 9 * HOUR})
    for more, has_come in (
        ({}, True), ({"scheme": "s", "code": "0101"}, True), ({"scheme": "s", "code": "01"}, True),
        ({"scheme": "s", "code": "02"}, False), ({"scheme": "t", "code": "01"}, False),
        ({"severities": ("serious",)}, False), ({"severities": ("ordinary",)}, True),
    ):  # fmt: skip
        rule = Escalation("x", "x", share=50, **more)
        assert escalations.has_come(rule, case, (), CLOCK) is has_come, more
    closed = case.__class__(**{**vars(case), "stage": Stage.CLOSED})
    assert not escalations.has_come(Escalation("x", "x", share=50), closed, (), CLOCK)


@pytest.mark.parametrize(
    "wrong",
    [{"share": None}, {"share": 80, "after_h": 1}, {"share": 0}, {"share": 501},
     {"share": None, "after_h": -1}, {"tells": ("auditor",)}, {"severities": ("none",)},
     {"scheme": "s", "code": "09"}, {"answer_h": 0}, {"name": ""}],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_refused(town, wrong):
    rule = Escalation(**{"uid": "x", "name": "x", "share": 80, **wrong})
    with town.engine(Role.ENGINE).connect() as db, pytest.raises(RuleError):
        escalations.check(db, rule)


def test_a_rule_that_was_kept_is_the_same():
    for rule in (SOON, LATE):
        assert from_json(to_json(rule)) == rule
