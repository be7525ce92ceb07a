"""The same reported again: who reports is added to the incident that is there, and hears of it."""

import threading

import pytest

from gis.database import Role
from gis.errors import CityGridError, ForbiddenError, NotFoundError
from layers.handling import again, attached, following, reported_by, talk, uploads
from layers.handling.again import Offer, Repeat
from layers.handling.drafts import Reporter
from layers.handling.settings import Handling
from layers.handling.stages import ActError, Outcome, Stage
from tests.layers.handling.handling_town import NOW, TO_CLOSE, TO_HANDLE
from tests.layers.handling.handling_town import town as town
from tests.layers.handling.pictures import jpeg

WANG = Reporter("王一", "13800000001", is_subscribed=True)
LI = Reporter("李二", "13800000002", is_subscribed=True)


def repeat(town, login, one, *, now=NOW, **more):
    with town.acting(login) as (db, viewer):
        return again.report_again(db, viewer, town.city, one.id, Repeat(**more), now=now)


def offered(town, login, one):
    with town.acting(login, Role.APP) as (db, viewer):
        return again.offered(db, viewer, one.id, NOW)


def reporters(town, one, login="intake"):
    with town.acting(login, Role.APP) as (db, _):
        return [(each["name"], each["phone"]) for each in reported_by.reporters(db, one.id)]


def subscribers(town, one):
    with town.engine(Role.ENGINE).connect() as db:
        return following.subscribers(db, one.id)


def acts(town, one):
    return [step.act for step in town.steps(one.id)]


def test_who_reports_the_same_is_added_and_told_like_the_first(town):
    one = town.handled(reporter=WANG)
    assert offered(town, "intake", one) is Offer.ADD
    found = repeat(town, "intake", one, reporter=LI, said="Water is coming out now")
    # Nobody is held up who acts on what he saw.
    assert (found.id, found.version, found.stage) == (one.id, one.version, Stage.HANDLE)
    assert reporters(town, one) == [("王*", "138****0001"), ("李*", "138****0002")]
    assert subscribers(town, one) == 2
    step = town.steps(one.id)[-1]
    assert (step.act, step.before, step.after, step.name) == (
        "report_again", "handle", "handle", "Intake"
    )  # fmt: skip
    # Neither the history nor the audit says who it was.
    audit = (
        "SELECT details::text || reason FROM audit WHERE subject = :s AND details ->> 'act' = :a"
    )
    told = town.scalar(audit, s=f"incident/{one.id}", a="report_again")
    assert told
    assert "李" not in told + step.note + str(step.details)
    with town.acting("roads", Role.APP) as (db, _):
        assert [each["text"] for each in talk.comments(db, one.id)] == ["Water is coming out now"]
    town.act("roads", one, "feed_back")
    town.assert_counted()


def test_who_calls_twice_is_one_reporter_of_two_calls(town):
    one = town.report(reporter=Reporter("", WANG.phone))
    repeat(town, "intake", one, reporter=WANG)
    assert reporters(town, one) == [("王*", "138****0001")]
    assert subscribers(town, one) == 1
    assert acts(town, one) == ["report", "report_again"]


def test_without_a_name_whose_account_it_is_follows_it_once(town):
    one = town.report()
    for _ in range(2):
        repeat(town, "neighbour", one)
    assert subscribers(town, one) == 1
    assert reporters(town, one) == []
    with town.acting("neighbour") as (db, viewer):
        assert following.hears(db, viewer, one.id)


def test_the_same_sent_twice_is_once_and_another_with_its_key_is_refused(town):
    one, other = town.report(), town.report()
    for _ in range(2):
        assert repeat(town, "intake", one, reporter=WANG, said="x", key="call-1").id == one.id
    assert acts(town, one) == ["report", "report_again"]
    for wrong in (
        lambda: repeat(town, "intake", one, reporter=LI, said="x", key="call-1"),
        lambda: repeat(town, "intake", other, reporter=WANG, said="x", key="call-1"),
        lambda: town.report(key="call-1"),
    ):
        with pytest.raises(CityGridError, match="given to another report"):
            wrong()
    # A report that was sent is no call.
    town.report(key="report-1")
    with pytest.raises(CityGridError, match="given to another report"):
        repeat(town, "intake", one, key="report-1")


def test_sent_twice_at_once_it_is_once(town):
    one, begin = town.report(), threading.Barrier(4)

    def go():
        begin.wait()
        repeat(town, "intake", one, reporter=LI, key="at once")

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert acts(town, one) == ["report", "report_again"]
    assert len(reporters(town, one)) == 1


def test_what_is_closed_is_taken_up_again_by_who_may_and_with_a_reason(town):
    closed = town.along(town.report(), *TO_HANDLE, *TO_CLOSE)
    assert offered(town, "intake", closed) is Offer.REOPEN
    with pytest.raises(ActError, match="taken up again"):
        repeat(town, "intake", closed, reporter=WANG)
    # The neighbour reports it anew.
    assert offered(town, "neighbour", closed) is None
    with pytest.raises(ForbiddenError):
        repeat(town, "neighbour", closed, reporter=WANG, reopens="it is back")
    assert reporters(town, closed) == []
    assert acts(town, closed)[-1] == "close"
    open_ = repeat(town, "intake", closed, reporter=WANG, reopens="it is back")
    assert (open_.stage, open_.outcome) == (Stage.REGISTER, None)
    assert acts(town, closed)[-2:] == ["reopen", "report_again"]
    assert town.steps(closed.id)[-2].reason == "it is back"
    assert subscribers(town, closed) == 1
    town.assert_counted()


def test_what_says_the_same_of_a_duplicate_is_added_to_the_incident_that_is_worked_on(town):
    first, second, third = town.report(), town.report(), town.report()
    second = town.act("intake", second, "duplicate", other_id=first.id)
    assert second.outcome is Outcome.DUPLICATE
    assert offered(town, "neighbour", second) is Offer.ADD
    assert repeat(town, "neighbour", second, reporter=WANG).id == first.id
    # To the last one of a chain.
    town.act("intake", town.read(first.id), "duplicate", other_id=third.id)
    assert repeat(town, "intake", second, reporter=LI).id == third.id
    assert subscribers(town, third) == 2
    assert town.read(second.id).stage is Stage.CLOSED


def test_what_one_may_not_see_or_report_one_is_not_added_to(town):
    one = town.report(is_personal=True)
    for login in ("planner", "mayor", "roads", "checker"):
        assert offered(town, login, one) is None
        with pytest.raises(ForbiddenError):
            repeat(town, login, one, reporter=WANG)
    with pytest.raises(NotFoundError):
        repeat(town, "neighbour", one, reporter=WANG)
    # Of what repeats it, neither.
    again_ = town.act("intake", town.report(), "duplicate", other_id=one.id)
    assert offered(town, "neighbour", again_) is None
    with pytest.raises(NotFoundError):
        repeat(town, "neighbour", again_, reporter=WANG)
    assert reporters(town, one) == []
    assert repeat(town, "head", one, reporter=WANG).id == one.id
    assert reporters(town, one, "neighbour") == []


def test_photos_go_with_it_each_once(town):
    one = town.report()
    photo = uploads.prepare("lamp.jpg", jpeg(), Handling())
    repeat(town, "neighbour", one, files=(photo,))
    repeat(town, "neighbour", one, files=(photo,))
    with town.engine(Role.ENGINE).connect() as db:
        assert [each.file for each in attached.listed(db, one.id)] == ["lamp.jpg"]
    assert acts(town, one) == ["report", "report_again", "attach", "report_again"]


@pytest.mark.parametrize(
    "wrong", [{"reporter": Reporter("x" * 61)}, {"reporter": Reporter(phone="1" * 41)},
              {"said": "x" * 4_001}, {"reporter": Reporter("a\0")}]
)  # fmt: skip
def test_what_is_too_long_adds_nothing(town, wrong):
    one = town.report()
    with pytest.raises(CityGridError, match="at most"):
        repeat(town, "intake", one, **wrong)
    assert acts(town, one) == ["report"]
