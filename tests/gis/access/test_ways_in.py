"""Ways into an administrator's account: none for another one alone, kept apart (三员分立)."""

import datetime as dt

import pytest
from sqlalchemy import select

from gis.access import accounts, holdings, tokens, ways_in
from gis.access.answers import Actor
from gis.access.holdings import Term
from gis.access.posts import APART, Post, Right
from gis.access.rules import DEFAULT, MLPS3
from gis.access.tables import audit
from gis.errors import ForbiddenError
from tests import builders

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=1)
BY = Actor(None, "machine:root", "10.0.0.1")
ISSUER = ("https://sso.example", "s")


@pytest.fixture
def office(db):
    """One administrator of each kind, a second for security, and a grid head."""
    builders.load(db)
    logins = {
        "sys": Post.SYSTEM_ADMIN, "sys2": Post.SYSTEM_ADMIN, "sec": Post.SECURITY_ADMIN,
        "sec2": Post.SECURITY_ADMIN, "aud": Post.AUDITOR, "head": Post.GRID_HEAD,
    }  # fmt: skip
    made = {}
    for login, post in logins.items():
        made[login] = accounts.make(db, login, login, by=BY, now=NOW)
        unit = {"unit_id": 3} if post is Post.GRID_HEAD else {}
        holdings.grant(db, made[login], post, Term(NOW), by=BY, rules=MLPS3, **unit)
    return made


def reset(db, number, by, rules):
    ways_in.reset(db, number, by=by, now=LATER, rules=rules)


def remove_code(db, number, by, rules):
    ways_in.remove_code(db, number, by=by, now=LATER, rules=rules)


def link(db, number, by, rules):
    ways_in.link(db, number, ISSUER, by=by, now=LATER, rules=rules)


WAYS = pytest.mark.parametrize("way", [reset, remove_code, link])


@WAYS
@pytest.mark.parametrize("whose", ["sec", "aud", "sys2"])
def test_whoever_makes_a_way_in_finds_no_administrator_there(db, office, way, whose):
    way(db, office[whose], Actor(office["sys"], "sys"), MLPS3)
    assert not holdings.rights(db, office[whose], LATER)
    ended = db.execute(select(audit.c.login, audit.c.subject).where(audit.c.act == "end_grant"))
    assert ended.all() == [("sys", f"account/{office[whose]}")]
    # Who knows the person gives the post back.
    security = Actor(office["sec2"], "sec2")
    post = {"sec": Post.SECURITY_ADMIN, "aud": Post.AUDITOR, "sys2": Post.SYSTEM_ADMIN}[whose]
    holdings.grant(db, office[whose], post, Term(LATER), by=security, rules=MLPS3)
    assert holdings.rights(db, office[whose], LATER)


@WAYS
def test_a_post_that_is_to_begin_is_taken_too(db, office, way):
    term = Term(LATER + dt.timedelta(days=9))
    holdings.grant(db, office["head"], Post.AUDITOR, term, by=BY, rules=MLPS3)
    way(db, office["head"], Actor(office["sys"], "sys"), MLPS3)
    kept = [given.post for given in holdings.listed(db, account_id=office["head"])]
    assert kept == [Post.GRID_HEAD]


@WAYS
def test_somebody_must_be_able_to_give_the_post_back(db, office, way):
    (other,) = [g.id for g in holdings.listed(db, account_id=office["sec2"])]
    holdings.end(db, other, by=BY, now=NOW)
    with pytest.raises(ForbiddenError, match="'sec' is the only security administrator"):
        way(db, office["sec"], Actor(office["sys"], "sys"), MLPS3)
    assert Right.GRANT in holdings.rights(db, office["sec"], LATER)
    # On the machine itself one can do everything anyway.
    way(db, office["sec"], BY, MLPS3)
    assert Right.GRANT in holdings.rights(db, office["sec"], LATER)


@WAYS
def test_others_keep_their_posts_and_so_does_everybody_where_nobody_is_kept_apart(db, office, way):
    way(db, office["head"], Actor(office["sys"], "sys"), MLPS3)
    assert Right.PERSONS in holdings.rights(db, office["head"], LATER)
    if way is not link:
        way(db, office["sec"], Actor(office["sys"], "sys"), DEFAULT)
        assert Right.GRANT in holdings.rights(db, office["sec"], LATER)


def test_the_posts_at_stake_are_known_before(db, office):
    at_stake = {
        login: ways_in.posts_at_stake(db, number, now=LATER, rules=MLPS3)
        for login, number in office.items()
    }
    assert {post for posts in at_stake.values() for post in posts} == set(APART)
    assert at_stake["head"] == ()
    assert ways_in.posts_at_stake(db, office["sec"], now=LATER, rules=DEFAULT) == ()


@pytest.mark.parametrize(
    ("login", "scope"), [("head", Right.PERSONS), ("head", Right.CASES), ("aud", Right.AUDIT)]
)
def test_an_administrator_sees_nothing_by_a_token_of_somebody_else(db, office, login, scope):
    def make(by, rules):
        return tokens.make(
            db, office[login], "x", frozenset({scope}), LATER, by=by, now=NOW, rules=rules
        )

    admin = Actor(office["sys"], "sys")
    with pytest.raises(ForbiddenError, match="makes no token that may"):
        make(admin, MLPS3)
    assert make(BY, MLPS3)
    assert make(admin, DEFAULT)
