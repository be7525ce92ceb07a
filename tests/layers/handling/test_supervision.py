"""督办: a leader asks, whoever has the case answers; nobody else does either."""

import datetime as dt

import pytest
from sqlalchemy import text

from gis.database import Role
from gis.errors import ForbiddenError, NotFoundError
from layers.handling import lists
from layers.handling.lists import Asked, Listing
from layers.handling.stages import ActError, OvertakenError, Stage, Supervised
from tests.layers.handling.handling_town import NOW, ROADS, TO_CLOSE
from tests.layers.handling.handling_town import town as town

CITY = 1
HOUR = dt.timedelta(hours=1)
ASKED = {"note": "Why does it take so long?", "until": NOW + 24 * HOUR}


def supervised(town, login, now=NOW):
    with town.acting(login, Role.APP) as (db, viewer):
        asked = Asked(CITY, Listing.SUPERVISED)
        found = lists.listed(db, viewer, asked, now=now)
        return found, lists.lengths(db, viewer, asked, now=now).get(Listing.SUPERVISED)


def test_it_is_asked_answered_asked_again_and_accepted(town):
    one = town.act("mayor", town.handled(), "supervise", **ASKED)
    assert (one.stage, one.supervised) == (Stage.HANDLE, Supervised.ASKED)
    assert one.supervision["body"] == ROADS
    assert one.answer_by == ASKED["until"]
    assert not one.is_answer_overdue
    assert town.read(one.id, NOW + 25 * HOUR).is_answer_overdue
    one = town.act("roads", one, "answer", note="The part is on its way.")
    assert (one.supervised, one.answer_by) == (Supervised.ANSWERED, None)
    later = NOW + 48 * HOUR
    one = town.act("mayor", one, "ask_again", note="And now?", until=later)
    assert (one.supervised, one.answer_by) == (Supervised.ASKED, later)
    assert "answer" not in one.supervision
    one = town.act("roads", one, "answer", note="Done today.")
    one = town.act("mayor", one, "accept_answer")
    assert (one.supervised, one.is_supervised) == (Supervised.ACCEPTED, False)
    # All of it is in the history and in the audit, with who did it.
    told = [(s.act, s.name, s.note) for s in town.steps(one.id)][4:]
    assert [(act, name) for act, name, _ in told] == [
        ("supervise", "Mayor"), ("answer", "Roads"), ("ask_again", "Mayor"), ("answer", "Roads"),
        ("accept_answer", "Mayor"),
    ]  # fmt: skip
    assert told[0][2] == ASKED["note"]
    acts = text(
        "SELECT details ->> 'act' FROM audit WHERE subject = :s AND login IN ('mayor', 'roads') "
        "ORDER BY id"
    )
    with town.engine(Role.OWNER).connect() as db:
        found = db.scalars(acts, {"s": f"incident/{one.id}"}).all()
    assert found == ["accept", *(act for act, _, _ in told)]
    # Another one may begin.
    assert town.act("mayor", one, "supervise", **ASKED).supervised is Supervised.ASKED


def test_only_who_stands_above_asks_and_only_who_has_it_answers(town):
    one = town.handled()
    for login in ("planner", "roads", "dispatcher", "head"):
        with pytest.raises(ForbiddenError):
            town.act(login, one, "supervise", **ASKED)
    one = town.act("mayor", one, "supervise", **ASKED)
    for login in ("mayor", "water", "dispatcher", "head", "planner"):
        with pytest.raises(ForbiddenError):
            town.act(login, one, "answer", note="x")
    with pytest.raises(ForbiddenError):
        town.act("roads", town.act("roads", one, "answer", note="x"), "accept_answer")


def test_a_leader_does_not_ask_about_what_he_may_not_see(town):
    with pytest.raises(NotFoundError):
        town.act("mayor", town.report(is_personal=True), "supervise", **ASKED)


def test_a_supervision_has_words_a_day_and_comes_once(town):
    one = town.handled()
    for said in ({"note": " ", "until": NOW + HOUR}, {"note": "x"}, {"note": "x", "until": NOW}):
        with pytest.raises(ActError):
            town.act("mayor", one, "supervise", **said)
    with pytest.raises(ActError, match="does not fit"):
        town.act("roads", one, "answer", note="x")
    asked = town.act("mayor", one, "supervise", **ASKED)
    with pytest.raises(ActError, match="does not fit"):
        town.act("mayor", asked, "supervise", **ASKED)
    with pytest.raises(OvertakenError, match="supervise"):
        town.act("roads", one, "feed_back")


def test_it_is_listed_for_whom_it_concerns_until_the_answer_is_accepted(town):
    one = town.act("mayor", town.handled(title="slow"), "supervise", **ASKED)
    for login in ("mayor", "roads", "dispatcher", "checker", "head"):
        found, length = supervised(town, login)
        assert one.id in {each.id for each in found}, login
        assert length == len(found)
    for login in ("water", "neighbour"):
        assert one.id not in {each.id for each in supervised(town, login)[0]}
    assert supervised(town, "planner") == ([], None)
    # It outlives the closing of the case.
    one = town.along(one, *TO_CLOSE)
    assert one.id in {each.id for each in supervised(town, "mayor")[0]}
    one = town.act("checker", one, "answer", note="It was the frost.")
    town.act("mayor", one, "accept_answer")
    assert one.id not in {each.id for each in supervised(town, "mayor")[0]}


def test_what_was_answered_waits_for_the_leader(town):
    one = town.act("mayor", town.handled(), "supervise", **ASKED)

    def mine():
        with town.acting("mayor", Role.APP) as (db, viewer):
            return {each.id for each in lists.listed(
                db, viewer, Asked(CITY, Listing.MINE), now=NOW
            )}  # fmt: skip

    assert one.id not in mine()
    town.act("roads", one, "answer", note="x")
    assert one.id in mine()
