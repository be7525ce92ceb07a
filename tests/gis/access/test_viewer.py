"""A viewer is what an account's posts of the moment make him, for one transaction."""

import datetime as dt

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.dialects.postgresql import Range

from gis.access.posts import POSTS, Held, Post, Right
from gis.access.tables import account, post_holding
from gis.access.viewer import (
    NOBODY,
    Viewer,
    act_as,
    everything,
    merged,
    multirange,
    viewer_of,
)
from gis.errors import ForbiddenError
from gis.tables import duty_body
from tests import builders

NOON = dt.datetime(2026, 6, 1, 4, tzinfo=dt.UTC)
YEAR = Range(dt.datetime(2026, 1, 1, tzinfo=dt.UTC), dt.datetime(2027, 1, 1, tzinfo=dt.UTC))


@pytest.fixture
def city(db):
    """Squares: the city is unit 1, its quarters 2, 7, 12 and 17, five units each."""
    builders.load(db)
    db.execute(insert(duty_body), {"id": 3, "key": "roads", "names": {"zh": "路", "en": "Roads"}})
    return db


def hold(db, *posts, login="wang"):
    """An account with posts: (post, unit, body, period)."""
    made = insert(account).values(login=login, name="王").returning(account.c.id)
    number = db.scalar(made)
    for post, unit_id, body_id, valid in posts:
        db.execute(
            insert(post_holding).values(
                account_id=number, post=post, unit_id=unit_id, body_id=body_id, valid=valid
            )
        )
    return number


def test_a_grid_head_sees_the_persons_and_cases_of_his_subtree(city):
    viewer = viewer_of(city, hold(city, (Post.GRID_HEAD, 7, None, YEAR)), NOON)
    assert viewer.units == viewer.cases == viewer.care == viewer.reveals == ((7, 11),)
    assert viewer.may(Right.REVEAL, 9)
    assert not viewer.may(Right.REVEAL, 12)


def test_neighbouring_subtrees_become_one_range_and_others_stay_apart(city):
    posts = [(Post.GRID_HEAD, unit, None, YEAR) for unit in (2, 7, 18, 20)]
    assert viewer_of(city, hold(city, *posts), NOON).units == ((2, 11), (18, 18), (20, 20))


def test_a_right_of_one_place_is_not_a_right_of_another(city):
    number = hold(city, (Post.SUBDISTRICT_HEAD, 2, None, YEAR), (Post.GRID_WORKER, 12, None, YEAR))
    viewer = viewer_of(city, number, NOON)
    assert viewer.units == ((2, 6), (12, 16))
    assert viewer.care == ((12, 16),)
    assert viewer.may(Right.CARE)
    assert not viewer.may(Right.CARE, 3)


def test_a_leader_has_no_persons_and_a_duty_officer_only_the_cases_of_his_body(city):
    leader = viewer_of(city, hold(city, (Post.LEADER, 1, None, YEAR)), NOON)
    assert (leader.units, leader.cases, leader.bodies) == ((), (), ())
    officer = viewer_of(city, hold(city, (Post.DUTY_OFFICER, None, 3, YEAR), login="li"), NOON)
    assert (officer.units, officer.cases, officer.bodies) == ((), (), (3,))
    assert officer.may(Right.HANDLE)


def test_a_post_counts_in_its_period_only(city):
    number = hold(city, (Post.GRID_HEAD, 7, None, YEAR))
    for at in (NOON.replace(year=2025), NOON.replace(year=2027)):
        viewer = viewer_of(city, number, at)
        assert (viewer.login, viewer.rights, viewer.units) == ("wang", frozenset(), ())


def test_a_post_whose_unit_is_gone_allows_nothing(city):
    viewer = viewer_of(city, hold(city, (Post.GRID_HEAD, None, None, YEAR)), NOON)
    assert viewer.rights == frozenset()
    assert viewer.units == ()


def test_an_account_that_ended_or_never_was_is_nobody(city):
    number = hold(city, (Post.GRID_HEAD, 7, None, YEAR))
    city.execute(update(account).values(disabled_at=NOON))
    assert viewer_of(city, number, NOON) is NOBODY
    assert viewer_of(city, number + 1, NOON) is NOBODY


@pytest.mark.parametrize("right", Right)
def test_a_missing_right_is_refused_in_a_sentence(city, right):
    with pytest.raises(ForbiddenError, match="Who is not signed in has no right"):
        NOBODY.require(right)
    holders = [post for post, duty in POSTS.items() if right in duty.rights]
    assert holders
    everybody = everything(city)
    if POSTS[holders[0]].held_on is Held.UNITS:
        everybody.require(right, 5)


def test_a_right_missing_on_a_unit_is_refused_with_the_unit(city):
    viewer = viewer_of(city, hold(city, (Post.GRID_HEAD, 7, None, YEAR)), NOON)
    viewer.require(Right.REVEAL, 7)
    with pytest.raises(ForbiddenError, match="'wang' has no right 'reveal' on unit 2"):
        viewer.require(Right.REVEAL, 2)


def test_the_database_is_told_and_forgets_with_the_transaction(engine):
    viewer = Viewer(
        7, "wang's", "王", rights=frozenset({Right.CARE, Right.PERSONS}), units=((1, 5), (9, 9)),
        bodies=(2, 3), address="10.0.0.7",
    )  # fmt: skip
    setting = func.current_setting
    with engine.connect() as db:
        act_as(db, viewer)
        told = db.execute(
            select(*(setting(f"citygrid.{k}") for k in ("units", "bodies", "rights", "login")))
        ).one()
        assert tuple(told) == ("{[1,5],[9,9]}", "{2,3}", "{care,persons}", "wang's")
        seen = text("SELECT 5 <@ current_setting('citygrid.units')::int4multirange")
        assert db.scalar(seen)
        db.commit()
        assert db.scalar(select(setting("citygrid.units", True))) in ("", None)


def test_ranges_that_touch_are_one():
    assert merged([(5, 6), (1, 2), (3, 3), (6, 9)]) == ((1, 3), (5, 9))
    assert multirange(()) == "{}"
