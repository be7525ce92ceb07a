"""Whoever follows an incident hears of each stage, comment and closing, once, while he may know."""

import datetime as dt

import pytest
from sqlalchemy import update

from gis.access.viewer import Viewer, act_as
from gis.database import Role
from gis.tables import incident
from layers.handling import cases, following, lists, several, talk, told
from layers.handling.drafts import Reporter
from layers.handling.lists import Asked, Listing
from layers.handling.several import Seen
from tests.layers.handling.handling_town import NOW, ROADS, TO_CLOSE, TO_HANDLE
from tests.layers.handling.handling_town import town as town


def follow(town, login, one, *, on=True):
    with town.acting(login) as (db, viewer):
        cases.subscribe(db, viewer, one.id, on=on, now=NOW)


def heard(town, login, one):
    """What somebody is told of an incident, the first thing first: who and what."""
    with town.acting(login, Role.APP) as (db, viewer):
        found = [(each.name, each.act or each.about.value) for each in
                 told.unseen(db, viewer, one.id)]  # fmt: skip
        listed = lists.listed(db, viewer, Asked(1, Listing.TOLD), now=NOW)
        assert (one.id in {each.id for each in listed}) is bool(found)
    return found[::-1]


def say(town, login, one, words="x"):
    with town.acting(login) as (db, viewer):
        talk.comment(db, viewer, one.id, words, now=NOW)


def test_followers_hear_of_every_stage_comment_and_closing_once(town):
    one = town.report()
    for login in ("head", "head", "mayor", "roads"):
        follow(town, login, one)
    town.along(one, *TO_HANDLE)
    say(town, "dispatcher", one)
    closed = town.along(town.read(one.id), *TO_CLOSE)
    everything = [
        ("Intake", "register"), ("Dispatcher", "dispatch"), ("Roads", "accept"),
        ("Dispatcher", "comment"), ("Roads", "feed_back"), ("Checker", "check"),
        ("Checker", "close"),
    ]  # fmt: skip
    assert heard(town, "head", one) == everything
    # Nobody hears of what he did himself.
    assert heard(town, "roads", one) == [each for each in everything if each[0] != "Roads"]
    # What is said of a case is for those who work on it: the leader may not read it.
    assert heard(town, "mayor", one) == [each for each in everything if each[1] != "comment"]
    for login in ("neighbour", "intake", "checker"):
        assert heard(town, login, one) == []
    # A grade is no stage.
    town.act("checker", closed, "evaluate", grade=4)
    assert len(heard(town, "head", one)) == 7
    with town.acting("head", Role.APP) as (db, viewer):
        told.seen(db, viewer, one.id)
    assert heard(town, "head", one) == []


def test_who_stops_following_hears_no_more(town):
    one = town.report()
    follow(town, "head", one)
    one = town.act("intake", one, "register")
    assert heard(town, "head", one) == [("Intake", "register")]
    follow(town, "head", one, on=False)
    assert heard(town, "head", one) == []
    town.act("dispatcher", one, "dispatch", body_id=ROADS)
    assert heard(town, "head", one) == []


def test_who_reported_a_duplicate_hears_of_the_incident_it_repeats(town):
    first = town.report("head", is_followed=True)
    second = town.report("neighbour", is_followed=True)
    third = town.report("intake", reporter=Reporter("王一", "13800000001", is_subscribed=True))
    follow(town, "head", second)
    for again in (second, third):
        town.act("intake", again, "duplicate", other_id=first.id)
    assert heard(town, "neighbour", second) == [("Intake", "duplicate")]
    town.act("dispatcher", town.act("intake", first, "register"), "dispatch", body_id=ROADS)
    expected = [("Intake", "register"), ("Dispatcher", "dispatch")]
    # Once, though he follows both.
    assert heard(town, "head", first) == expected
    assert heard(town, "neighbour", first) == expected
    # Who took a call does not follow for whoever called.
    assert heard(town, "intake", first) == []
    with town.acting("neighbour") as (db, viewer):
        assert following.hears(db, viewer, first.id)
        assert following.subscribers(db, first.id) == 4
    follow(town, "neighbour", first, on=False)
    assert heard(town, "neighbour", first) == []
    town.act("roads", town.read(first.id), "accept")
    assert heard(town, "neighbour", first) == []


def test_what_repeats_a_duplicate_is_followed_to_the_last_incident(town):
    first, second = town.report(), town.report()
    third = town.report("neighbour", is_followed=True)
    town.act("intake", third, "duplicate", other_id=second.id)
    town.act("intake", second, "duplicate", other_id=first.id)
    town.act("intake", first, "register")
    assert heard(town, "neighbour", first) == [("Intake", "register")]


def test_nobody_is_told_of_what_he_may_no_longer_see(town):
    one = town.report(is_followed=True)
    for login in ("head", "neighbour", "mayor"):
        follow(town, login, one)
    one = town.act("intake", one, "register")
    say(town, "dispatcher", one)
    assert heard(town, "neighbour", one) == [("Intake", "register")]
    # It turns out to be about a person: not for those who only saw it on the map.
    with town.engine(Role.OWNER).begin() as db:
        db.execute(update(incident).where(incident.c.id == one.id).values(is_personal=True))
    one = town.act("dispatcher", one, "dispatch", body_id=ROADS)
    for login in ("neighbour", "mayor"):
        assert heard(town, login, one) == []
    assert len(heard(town, "head", one)) == 3
    # Nor is whoever lost his posts.
    gone = Viewer(account_id=town.numbers["head"], login="head", name="Head")
    with town.engine(Role.APP).begin() as db:
        act_as(db, gone)
        assert told.unseen(db, gone, one.id) == []


def test_several_at_once_are_several_notices(town):
    some = [town.report(), town.report()]
    for one in some:
        follow(town, "head", one)
    with town.acting("dispatcher") as (db, viewer):
        chosen = [Seen(one.key, one.version) for one in some]
        several.comment_all(db, viewer, chosen, "Rain", now=NOW + dt.timedelta(hours=1))
    for one in some:
        assert heard(town, "head", one) == [("Dispatcher", "comment")]


@pytest.mark.parametrize("is_followed", [True, False])
def test_whether_a_report_is_followed_makes_it_no_other_report(town, is_followed):
    key = "the same report"
    one = town.report("head", key=key, is_followed=is_followed, now=NOW)
    assert town.report("head", key=key, is_followed=not is_followed, now=NOW).id == one.id
