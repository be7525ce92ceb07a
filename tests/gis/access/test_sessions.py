"""Sessions: hashed, timed out, ended; found by one question."""

import datetime as dt

import pytest
from sqlalchemy import event, select, text

from gis.access import accounts, sessions
from gis.access.answers import Actor, Visit
from gis.access.rules import DEFAULT
from gis.access.tables import session

NOW = dt.datetime(2026, 3, 1, 9, tzinfo=dt.UTC)
BY = Actor(None, "machine:root")
SECOND = dt.timedelta(seconds=1)
IDLE = dt.timedelta(seconds=DEFAULT.idle_s) + sessions.TOUCH_EVERY
ABSOLUTE = dt.timedelta(seconds=DEFAULT.absolute_s)


@pytest.fixture
def member(db):
    return accounts.make(db, "zhang", "张伟", by=BY, now=NOW)


def opened(db, member, now=NOW, **values):
    return sessions.open_session(
        db, member, Visit(now, "10.0.0.7", "browser"), is_full=True, **values
    )  # fmt: skip


def found(db, token, now=NOW):
    return sessions.find(db, token, now=now, rules=DEFAULT)


def test_tokens_are_long_and_never_the_same(db, member):
    tokens = {opened(db, member) for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(token) == 43 for token in tokens)


def test_only_a_hash_is_kept(db, member):
    token = opened(db, member)
    row = db.execute(select(session)).one()
    assert len(row.id) == 32
    assert token.encode() not in bytes(row.id)


@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "x" * 10_000])
def test_any_other_token_finds_nothing(db, member, token):
    opened(db, member)
    assert found(db, token) is None


def test_a_session_left_alone_times_out(db, member):
    token = opened(db, member)
    assert found(db, token, NOW + IDLE - SECOND)
    assert found(db, token, NOW + IDLE) is None


def test_a_session_in_use_lasts_as_long_as_the_rules_allow_and_no_longer(db, member):
    token, now = opened(db, member), NOW
    while now < NOW + ABSOLUTE - IDLE:
        now += IDLE / 2
        sessions.touch(db, found(db, token, now), now=now)
    assert found(db, token, NOW + ABSOLUTE - SECOND)
    assert found(db, token, NOW + ABSOLUTE) is None


def test_a_session_is_written_at_most_once_a_minute(db, member):
    token = opened(db, member)
    minute = sessions.TOUCH_EVERY
    first = found(db, token, NOW)
    sessions.touch(db, first, now=NOW + minute - SECOND)
    assert found(db, token).seen_at == NOW
    sessions.touch(db, first, now=NOW + minute)
    assert found(db, token).seen_at == NOW + minute
    # Found before that, at the same time.
    sessions.touch(db, first, now=NOW + minute + SECOND)
    assert found(db, token).seen_at == NOW + minute


def test_a_session_ends_once(db, member):
    token, other = opened(db, member), opened(db, member)
    sessions.end(db, sessions.hash_of(token), now=NOW)
    sessions.end(db, sessions.hash_of(token), now=NOW + SECOND)
    assert found(db, token) is None
    assert found(db, other)
    ended = select(session.c.ended_at).where(session.c.id == sessions.hash_of(token))
    assert db.scalar(ended) == NOW


def test_all_sessions_end_but_the_one_in_hand(db, member):
    others = [opened(db, member) for _ in range(3)]
    token = opened(db, member)
    assert sessions.end_all(db, member, now=NOW, but=sessions.hash_of(token)) == 3
    assert found(db, token)
    assert not any(found(db, other) for other in others)


def test_the_sessions_of_a_person_are_listed_and_nobody_elses(db, member):
    other = accounts.make(db, "li", "李娜", by=BY, now=NOW)
    opened(db, other)
    first, second = opened(db, member), opened(db, member, NOW + SECOND)
    sessions.end(db, sessions.hash_of(opened(db, member)), now=NOW)
    listed = sessions.of(db, member, now=NOW + SECOND, rules=DEFAULT)
    assert [each.id for each in listed] == [sessions.hash_of(second), sessions.hash_of(first)]
    assert (listed[0].address, listed[0].agent) == ("10.0.0.7", "browser")


def test_a_step_up_leaves_the_old_token_behind_and_lasts_no_longer(db, member):
    token = opened(db, member)
    later = NOW + dt.timedelta(minutes=30)
    risen = sessions.rise(db, found(db, token), Visit(later))
    assert risen != token
    assert found(db, token, later) is None
    assert found(db, risen, later).created_at == NOW


def test_what_a_browser_calls_itself_may_be_anything(db, member):
    visit = Visit(NOW, "nowhere", "x\0\ud800" * 1000)
    token = sessions.open_session(db, member, visit, is_full=True)
    assert found(db, token).agent.startswith("x??")
    assert found(db, token).address is None


def test_sessions_long_over_are_forgotten_with_the_next_one(db, member):
    other = accounts.make(db, "li", "李娜", by=BY, now=NOW)
    for account_id in (member, member, other):
        opened(db, account_id)
    opened(db, member, NOW + dt.timedelta(days=31))
    kept = db.scalars(select(session.c.account_id).order_by(session.c.account_id)).all()
    assert kept == [member, other]


def test_a_session_is_found_by_one_question_with_an_index(db, member):
    tokens = [opened(db, member) for _ in range(200)]
    db.execute(text("ANALYZE citygrid.session"))
    asked = []

    def remember(_db, _cursor, statement, parameters, _context, _many):
        asked.append((statement, parameters))

    event.listen(db, "before_cursor_execute", remember)
    assert found(db, tokens[7])
    event.remove(db, "before_cursor_execute", remember)
    assert len(asked) == 1
    statement, parameters = asked[0]
    plan = "\n".join(
        row[0] for row in db.exec_driver_sql(f"EXPLAIN (COSTS OFF) {statement}", parameters)
    )
    assert "Index Scan using pk_session" in plan, plan
