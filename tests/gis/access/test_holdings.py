"""Posts: on what they are held, for how long, and by whom they may be given."""

import datetime as dt
import threading

import pytest
from sqlalchemy import insert, select

from gis.access import accounts, holdings
from gis.access.accounts import AccountError
from gis.access.answers import Actor
from gis.access.holdings import Term
from gis.access.posts import APART, POSTS, Held, Post, Right
from gis.access.rules import DEFAULT, MLPS3
from gis.access.tables import audit
from gis.access.viewer import viewer_of
from gis.errors import ForbiddenError, NotFoundError
from gis.tables import duty_body
from tests import builders

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
BY = Actor(None, "machine:root", "10.0.0.1")
QUARTER, SQUARE, BEAT = 2, 3, 22


@pytest.fixture
def member(db):
    builders.load(db)
    db.execute(insert(duty_body).values(id=1, key="water", names={"zh": "水务局", "en": "Water"}))
    return accounts.make(db, "zhang", "张伟", by=BY, now=NOW)


def grant(db, account_id, post, term=None, *, by=BY, rules=DEFAULT, **place):
    return holdings.grant(
        db, account_id, post, term or Term(NOW), by=by, rules=rules, **place
    )  # fmt: skip


def place_of(post):
    return {Held.UNITS: {"unit_id": QUARTER}, Held.BODY: {"body_id": 1}, Held.CITY: {}}[
        POSTS[post].held_on
    ]


@pytest.mark.parametrize("post", Post)
def test_every_post_can_be_held_and_gives_its_rights(db, member, post):
    grant(db, member, post, **place_of(post))
    assert holdings.rights(db, member, NOW) == POSTS[post].rights
    assert viewer_of(db, member, NOW).rights == POSTS[post].rights


@pytest.mark.parametrize("post", Post)
def test_a_post_is_held_on_what_it_is_for(db, member, post):
    right = place_of(post)
    for wrong in ({}, {"unit_id": QUARTER}, {"body_id": 1}, {"unit_id": QUARTER, "body_id": 1}):
        if wrong != right:
            with pytest.raises(AccountError, match=f"The post {post.value} is held on "):
                grant(db, member, post, **wrong)


def test_a_post_lasts_from_then_to_then(db, member):
    grant(db, member, Post.GRID_HEAD, Term(NOW + DAY, NOW + 2 * DAY), unit_id=SQUARE)
    has = [bool(holdings.rights(db, member, NOW + n * DAY / 2)) for n in range(6)]
    assert has == [False, False, True, True, False, False]


def test_a_term_ends_after_it_begins(db, member):
    with pytest.raises(AccountError, match="before it begins"):
        grant(db, member, Post.GRID_HEAD, Term(NOW, NOW), unit_id=SQUARE)


def test_a_post_is_given_once_for_a_time(db, member):
    grant(db, member, Post.GRID_HEAD, Term(NOW, NOW + DAY), unit_id=SQUARE)
    with pytest.raises(AccountError, match="holds the post grid_head there in that time already"):
        grant(db, member, Post.GRID_HEAD, unit_id=SQUARE)
    grant(db, member, Post.GRID_HEAD, Term(NOW + DAY), unit_id=SQUARE)
    grant(db, member, Post.GRID_HEAD, unit_id=QUARTER)


def test_what_is_not_there_cannot_be_held(db, member):
    with pytest.raises(NotFoundError, match="No unit 4711 is in force"):
        grant(db, member, Post.LEADER, unit_id=4711)
    with pytest.raises(NotFoundError, match="No unit 22 is in force"):
        grant(db, member, Post.LEADER, unit_id=BEAT)
    with pytest.raises(NotFoundError, match="There is no duty body 9"):
        grant(db, member, Post.DUTY_OFFICER, body_id=9)
    with pytest.raises(NotFoundError, match="There is no account 4711"):
        grant(db, 4711, Post.LEADER, unit_id=QUARTER)


def test_an_ended_post_stays_known(db, member):
    made = grant(db, member, Post.GRID_HEAD, unit_id=SQUARE)
    holdings.end(db, made, by=BY, now=NOW + DAY)
    holdings.end(db, made, by=BY, now=NOW + 2 * DAY)
    assert holdings.rights(db, member, NOW + DAY) == frozenset()
    assert holdings.listed(db, at=NOW + DAY) == []
    [given] = holdings.listed(db, account_id=member)
    assert (given.since, given.until) == (NOW, NOW + DAY)


def test_a_post_that_has_not_begun_is_taken_back(db, member):
    made = grant(db, member, Post.GRID_HEAD, Term(NOW + DAY), unit_id=SQUARE)
    holdings.end(db, made, by=BY, now=NOW)
    assert holdings.listed(db) == []
    assert holdings.rights(db, member, NOW + 2 * DAY) == frozenset()
    grant(db, member, Post.GRID_HEAD, Term(NOW + DAY), unit_id=SQUARE)


def test_ending_what_is_not_there_is_said(db):
    with pytest.raises(NotFoundError, match="There is no holding 4711"):
        holdings.end(db, 4711, by=BY, now=NOW)


def test_holdings_are_listed_with_their_places(db, member):
    other = accounts.make(db, "li", "李娜", by=BY, now=NOW)
    grant(db, member, Post.GRID_HEAD, unit_id=SQUARE)
    grant(db, other, Post.DUTY_OFFICER, body_id=1)
    grant(db, other, Post.AUDITOR)
    shown = [(g.login, g.post, g.place.get("en"), g.unit_code) for g in holdings.listed(db)]
    assert shown == [
        ("li", Post.AUDITOR, None, None),
        ("li", Post.DUTY_OFFICER, "Water", None),
        ("zhang", Post.GRID_HEAD, "Unit C11", "C11"),
    ]


def test_units_and_bodies_are_found_by_what_people_call_them(db, member):
    assert holdings.unit_called(db, "C11") == SQUARE
    assert holdings.body_called(db, "water") == 1
    with pytest.raises(NotFoundError, match="No unit has the code 'S1' today"):
        holdings.unit_called(db, "S1")
    with pytest.raises(NotFoundError, match="There are: water"):
        holdings.body_called(db, "fire")


# --- administrators kept apart --------------------------------------------------------------


@pytest.mark.parametrize("first", APART)
@pytest.mark.parametrize("second", APART)
def test_nobody_is_two_administrators_under_mlps3(db, member, first, second):
    grant(db, member, first, rules=MLPS3)
    if first is second:
        return
    with pytest.raises(ForbiddenError, match="三员分立"):
        grant(db, member, second, rules=MLPS3)
    # Another time, or elsewhere without the rule.
    grant(db, member, second, Term(NOW - 2 * DAY, NOW), rules=MLPS3)
    grant(db, member, second, rules=DEFAULT)


def test_other_posts_go_with_one_administrators(db, member):
    grant(db, member, Post.AUDITOR, rules=MLPS3)
    grant(db, member, Post.PLANNER, unit_id=QUARTER, rules=MLPS3)


@pytest.mark.parametrize("post", [Post.AUDITOR, Post.LEADER])
def test_nobody_gives_himself_a_post_under_mlps3(db, member, post):
    himself = Actor(member, "zhang")
    with pytest.raises(ForbiddenError, match="Nobody gives himself a post"):
        grant(db, member, post, by=himself, rules=MLPS3, **place_of(post))
    grant(db, member, post, by=himself, **place_of(post))


def test_two_grants_at_once_do_not_make_two_administrators_of_one(engine):
    with engine.begin() as db:
        made = accounts.make(db, "zhang", "张伟", by=BY, now=NOW)
    said = []

    def give(post):
        try:
            with engine.begin() as db:
                said.append(grant(db, made, post, rules=MLPS3))
        except ForbiddenError:
            said.append(None)

    threads = [threading.Thread(target=give, args=(post,)) for post in APART]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert said.count(None) == 2
    assert len(said) == 3


def test_grants_are_in_the_audit(db, member):
    made = grant(db, member, Post.GRID_HEAD, unit_id=SQUARE)
    holdings.end(db, made, by=BY, now=NOW + DAY)
    given, ended = db.execute(
        select(audit).where(audit.c.act.in_(["grant", "end_grant"])).order_by(audit.c.id)
    ).all()
    assert (given.login, given.subject) == ("machine:root", f"account/{member}")
    assert given.details["place"] == "unit/C11"
    assert ended.details == {"holding": made, "post": "grid_head", "unit": SQUARE, "body": None}


def test_the_rights_of_posts_add_up(db, member):
    grant(db, member, Post.PLANNER, unit_id=QUARTER)
    grant(db, member, Post.AUDITOR)
    assert holdings.rights(db, member, NOW) == {
        Right.PLAN,
        Right.PROPOSE,
        Right.EXPORT,
        Right.AUDIT,
    }
