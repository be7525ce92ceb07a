"""The same done with several cases: a verdict for each, and nothing of another's work is lost."""

import datetime as dt
import threading

import pytest

from gis.errors import CityGridError, ForbiddenError, NotFoundError
from layers.handling import several
from layers.handling.effects import NOTHING, Said
from layers.handling.several import Seen
from layers.handling.stages import Act, ActError, OvertakenError, Stage
from tests.layers.handling.handling_town import NOW, ROADS, TO_HANDLE
from tests.layers.handling.handling_town import town as town


def seen(*some):
    return [Seen(one.key, one.version) for one in some]


def together(town, login, act, chosen, said=NOTHING):
    with town.acting(login) as (db, viewer):
        return several.act_all(
            db, viewer, town.city, chosen, Act(act), said, now=NOW, faces=town.faces
        )


def registered(town, **more):
    return town.along(town.report(**more), TO_HANDLE[0])


def test_each_of_several_has_its_own_verdict_step_and_entry(town):
    ready = [registered(town) for _ in range(3)]
    report, old = town.report(), registered(town)
    town.act("dispatcher", old, "suspend", reason="x")
    chosen = [*seen(*ready, report, old), Seen("SJ-none", 0)]
    found = together(town, "dispatcher", "dispatch", chosen, Said(body_id=ROADS))
    assert [one.key for one in found] == [one.key for one in chosen]
    assert [one.case.stage for one in found[:3]] == [Stage.DISPATCH] * 3
    assert [one.case.body_id for one in found[:3]] == [ROADS] * 3
    faults = [type(one.fault) for one in found[3:]]
    assert faults == [ActError, OvertakenError, NotFoundError]
    # What was done with some was not undone by the others.
    assert [town.read(one.id).stage for one in ready] == [Stage.DISPATCH] * 3
    assert town.read(report.id).stage is Stage.REPORT
    for one in ready:
        assert [step.act for step in town.steps(one.id)] == ["report", "register", "dispatch"]
        entries = "SELECT count(*) FROM audit WHERE subject = :s AND details ->> 'act' = 'dispatch'"
        assert town.scalar(entries, s=f"incident/{one.id}") == 1
    town.assert_counted()


def test_whose_it_is_not_is_told_so_for_each(town):
    mine, others = town.handled(), town.along(town.report(small="0102"), TO_HANDLE[0])
    found = together(town, "roads", "feed_back", seen(mine, others))
    assert found[0].case.stage is Stage.FEED_BACK
    assert isinstance(found[1].fault, ActError | ForbiddenError)
    personal = town.report(is_personal=True)
    found = together(town, "mayor", "supervise", seen(personal), Said(
        note="x", until=NOW + dt.timedelta(days=1)
    ))  # fmt: skip
    # The same as of one that there is not, and no number of it.
    assert isinstance(found[0].fault, NotFoundError)
    assert found[0].fault.values == {"case": personal.key}


def test_leaders_ask_about_several_at_once(town):
    some = [town.handled(), town.handled()]
    said = Said(note="Why?", until=NOW + dt.timedelta(days=1))
    found = together(town, "mayor", "supervise", seen(*some), said)
    assert all(one.case.is_supervised for one in found)


def test_something_is_said_about_several(town):
    some = [town.handled(), town.handled()]
    with town.acting("roads") as (db, viewer):
        chosen = [*seen(*some), Seen("SJ-none", 0)]
        found = several.comment_all(db, viewer, chosen, "Rain stopped us", now=NOW)
    assert [one.fault is None for one in found] == [True, True, False]
    said = "SELECT count(*) FROM incident_comment WHERE text = 'Rain stopped us'"
    assert town.scalar(said) == 2
    entry = "SELECT login FROM audit WHERE subject = :s AND details ->> 'act' = 'comment'"
    assert town.scalar(entry, s=f"incident/{some[0].id}") == "roads"


def test_not_everything_is_done_with_several_and_not_with_too_many(town):
    one = town.report()
    for act in ("amend", "split", "duplicate", "postpone", "attach", "detach"):
        with pytest.raises(ActError, match="one case at a time"):
            together(town, "intake", act, seen(one))
    with pytest.raises(CityGridError, match="twice"):
        together(town, "intake", "register", seen(one, one))
    with pytest.raises(CityGridError, match="At most 200"):
        together(town, "intake", "register", [Seen(f"x{n}", 0) for n in range(201)])
    assert town.read(one.id).stage is Stage.REPORT


def test_two_who_handle_the_same_ones_at_once_lose_nothing_and_do_not_wait_in_a_circle(town):
    some = [registered(town) for _ in range(8)]
    begin, found = threading.Barrier(3), {}

    def go(name, work):
        begin.wait()
        found[name] = work()

    def single():
        done = []
        for one in reversed(some):
            try:
                done.append(town.act("dispatcher", one, "dispatch").id)
            except OvertakenError:
                done.append(None)
        return done

    works = {
        "one way": lambda: together(town, "dispatcher", "dispatch", seen(*some), Said()),
        "back": lambda: together(town, "dispatcher", "dispatch", seen(*reversed(some)), Said()),
        "single": single,
    }
    threads = [threading.Thread(target=go, args=each) for each in works.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set(found) == set(works)
    by_several = [v.key for name in ("one way", "back") for v in found[name] if v.case]
    by_one = [number for number in found["single"] if number is not None]
    assert len(by_several) + len(by_one) == len(some)
    assert {town.read(one.id).version for one in some} == {some[0].version + 1}
    for one in some:
        assert [step.act for step in town.steps(one.id)].count("dispatch") == 1
    town.assert_counted()


def test_what_somebody_did_since_is_not_overwritten(town):
    some = [registered(town), registered(town)]
    chosen = seen(*some)
    town.act("dispatcher", some[0], "dispatch", body_id=ROADS)
    found = together(town, "dispatcher", "return", chosen, Said(reason="no"))
    assert isinstance(found[0].fault, OvertakenError)
    assert found[1].case.stage is Stage.REPORT
    assert town.read(some[0].id).body_id == ROADS
