"""API tokens: what they may do, for how long, and what is kept of them."""

import datetime as dt

import pytest
from sqlalchemy import select

from gis.access import accounts, holdings, sessions, tokens
from gis.access.accounts import AccountError
from gis.access.answers import Actor, Visit
from gis.access.holdings import Term
from gis.access.posts import Post, Right
from gis.access.rules import DEFAULT, MLPS3
from gis.access.tables import api_token, audit
from gis.errors import ForbiddenError, NotFoundError
from tests import builders

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
BY = Actor(None, "machine:root", "10.0.0.1")


@pytest.fixture
def clerk(db):
    builders.load(db)
    made = accounts.make(db, "importer", "导入", by=BY, now=NOW)
    holdings.grant(db, made, Post.CLERK, Term(NOW), unit_id=1, by=BY, rules=DEFAULT)
    return made


def make(db, account_id, *scopes, days=30, name="nightly import", rules=DEFAULT):
    return tokens.make(
        db, account_id, name, frozenset(scopes), NOW + days * DAY, by=BY, now=NOW, rules=rules
    )  # fmt: skip


def test_a_token_stands_for_its_account_and_scopes(db, clerk):
    made = make(db, clerk, Right.IMPORT)
    found = tokens.find(db, made.token, now=NOW)
    assert (found.id, found.account_id, found.login) == (made.id, clerk, "importer")
    assert found.scopes == {Right.IMPORT}
    assert made.token.startswith("citygrid_")
    assert made.token not in repr(made)


def test_a_token_is_kept_as_a_hash_and_not_in_the_audit(db, clerk):
    made = make(db, clerk)
    row = db.execute(select(api_token)).one()
    assert bytes(row.hash) == sessions.hash_of(made.token)
    assert made.token not in str(row)
    logged = db.execute(select(audit).where(audit.c.act == "token_made")).one()
    assert logged.details["name"] == "nightly import"
    assert made.token not in str(logged)


def test_a_token_may_do_no_more_than_its_account(db, clerk):
    with pytest.raises(ForbiddenError, match="'importer' may not cases, persons: the account has"):
        make(db, clerk, Right.IMPORT, Right.PERSONS, Right.CASES)


@pytest.mark.parametrize("right", sorted(tokens.NEVER))
def test_some_acts_are_a_persons_own(db, clerk, right):
    holdings.grant(db, clerk, Post.SYSTEM_ADMIN, Term(NOW), by=BY, rules=DEFAULT)
    holdings.grant(db, clerk, Post.SECURITY_ADMIN, Term(NOW), by=BY, rules=DEFAULT)
    holdings.grant(db, clerk, Post.GRID_HEAD, Term(NOW), unit_id=1, by=BY, rules=DEFAULT)
    with pytest.raises(ForbiddenError, match=f"No token may {right.value}"):
        make(db, clerk, right)


def test_a_token_ends_when_it_was_said_to(db, clerk):
    made = make(db, clerk, days=30)
    assert tokens.find(db, made.token, now=NOW + 30 * DAY - dt.timedelta(seconds=1))
    assert tokens.find(db, made.token, now=NOW + 30 * DAY) is None


@pytest.mark.parametrize(("rules", "most"), [(DEFAULT, 365), (MLPS3, 90)])
def test_a_token_lasts_no_longer_than_the_rules_say(db, clerk, rules, most):
    make(db, clerk, days=most, rules=rules)
    for days in (most + 1, 0, -1):
        with pytest.raises(AccountError, match=f"lasts {most} days at most"):
            make(db, clerk, days=days, rules=rules)


@pytest.mark.parametrize("name", ["", "   ", "x" * 81])
def test_a_token_has_a_name(db, clerk, name):
    with pytest.raises(AccountError, match="Name the token"):
        make(db, clerk, name=name)


def test_a_disabled_account_has_no_tokens(db, clerk):
    made = make(db, clerk)
    accounts.disable(db, clerk, by=BY, now=NOW)
    assert tokens.find(db, made.token, now=NOW) is None
    with pytest.raises(AccountError, match="is disabled"):
        make(db, clerk)


def test_a_token_is_ended_by_its_owner_or_an_administrator(db, clerk):
    first, second = make(db, clerk), make(db, clerk)
    other = accounts.make(db, "li", "李娜", by=BY, now=NOW)
    with pytest.raises(NotFoundError, match="There is no token"):
        tokens.end(db, first.id, by=Actor(other, "li"), now=NOW, of=other)
    tokens.end(db, first.id, by=Actor(clerk, "importer"), now=NOW, of=clerk)
    tokens.end(db, second.id, by=BY, now=NOW)
    tokens.end(db, second.id, by=BY, now=NOW + DAY)
    assert tokens.find(db, first.token, now=NOW) is None
    assert tokens.find(db, second.token, now=NOW) is None
    assert [each.ended_at for each in tokens.listed(db, clerk)] == [NOW, NOW]


def test_use_is_written_at_most_once_a_minute(db, clerk):
    made = make(db, clerk)

    def used(now):
        tokens.touch(db, tokens.find(db, made.token, now=now), now=now)
        return tokens.listed(db, clerk)[0].used_at

    minute = sessions.TOUCH_EVERY
    assert used(NOW) == NOW
    assert used(NOW + minute / 2) == NOW
    assert used(NOW + minute) == NOW + minute


@pytest.mark.parametrize("token", ["", "citygrid_", "citygrid_x", "x", "\0", "citygrid_\ud800"])
def test_any_other_text_is_no_token(db, clerk, token):
    make(db, clerk)
    assert tokens.find(db, token, now=NOW) is None


def test_a_session_is_no_token_and_a_token_no_session(db, clerk):
    session = sessions.open_session(db, clerk, Visit(NOW), is_full=True)
    made = make(db, clerk)
    assert tokens.find(db, session, now=NOW) is None
    assert sessions.find(db, made.token, now=NOW, rules=DEFAULT) is None


def test_tokens_are_listed_newest_first(db, clerk):
    make(db, clerk, name="first")
    make(db, clerk, name="second")
    other = accounts.make(db, "li", "李娜", by=BY, now=NOW)
    make(db, other, name="third")
    assert [each.name for each in tokens.listed(db, clerk)] == ["second", "first"]
    assert [each.name for each in tokens.listed(db)] == ["third", "second", "first"]
