"""Open pages hear what changed: those it concerns, in order, and what they missed."""

from __future__ import annotations

import asyncio
import datetime as dt
import time

import psycopg
import pytest
from sqlalchemy import event, text
from starlette.websockets import WebSocketDisconnect

from dashboard import live
from dashboard.above import Above
from dashboard.app import create_app
from dashboard.live import Relay, concerns
from gis import news
from gis.access import sessions
from gis.access.posts import POSTS, Post, Right
from gis.access.viewer import Holding, Viewer
from gis.news import News, Topic
from tests import loops
from tests.dashboard import signing

HERE = {"host": "127.0.0.1"}
ORDER = News(Topic.ORDERS, 7, account_ids=(1,), unit_ids=(5,))


def holder(account_id: int, post: Post, unit: int) -> Viewer:
    rights = POSTS[post].rights
    held = (Holding(post, unit, None, ((unit, unit),)),)
    return Viewer(account_id, rights=rights, posts=held)


@pytest.fixture
def page(squares, door):
    with signing.client_of(create_app(squares, door), door, signing.SEER) as client:
        yield client


def tell(engine, *told):
    for one in told:
        with engine.begin() as db:
            news.tell(db, one)


def test_news_comes_back_from_its_notification(squares):
    arguments, options = squares.dialect.create_connect_args(squares.url)
    with psycopg.connect(*arguments, **options, autocommit=True) as listening:
        listening.execute(f"LISTEN {news.CHANNEL}")
        tell(squares, ORDER, News(Topic.BOUNDARIES))
        heard = list(listening.notifies(timeout=10, stop_after=2))
    assert [news.read(each.payload) for each in heard] == [ORDER, News(Topic.BOUNDARIES)]


def test_news_of_very_many_units_fits_into_a_notification(db):
    news.tell(db, News(Topic.ORDERS, 1, unit_ids=tuple(range(1_000_000, 1_005_000))))
    assert db.scalar(text("SELECT 1")) == 1


def test_an_order_is_news_for_those_it_concerns():
    author, approver = holder(1, Post.LEADER, 9), holder(2, Post.COMMUNITY_HEAD, 5)
    elsewhere, reader = holder(3, Post.COMMUNITY_HEAD, 6), holder(4, Post.LEADER, 5)
    assert [concerns(ORDER, who) for who in (author, approver, elsewhere, reader)] == [
        True, True, False, False,
    ]  # fmt: skip
    everywhere = News(Topic.ORDERS, 7)
    assert concerns(everywhere, elsewhere)
    assert not concerns(everywhere, reader)
    assert Right.REDRAW not in reader.rights
    assert concerns(News(Topic.BOUNDARIES), reader)


def test_a_page_hears_what_was_committed_and_in_which_order(page, squares):
    with page.websocket_connect("/live", headers=HERE) as socket:
        hello = socket.receive_json()
        assert hello["quiet_s"] is None
        era = hello["at"].partition(":")[0]
        with squares.connect() as db:
            news.tell(db, News(Topic.BOUNDARIES))
            db.rollback()
        tell(squares, News(Topic.ORDERS, 3), News(Topic.BOUNDARIES))
        assert socket.receive_json() == {"at": f"{era}:1", "topic": "orders", "order": 3}
        assert socket.receive_json() == {"at": f"{era}:2", "topic": "boundaries", "order": None}


def test_of_incidents_it_is_told_in_which_units_they_are(page, squares):
    def heard(*units):
        tell(squares, News(Topic.INCIDENTS, unit_ids=units, incident_ids=(1,)))
        return socket.receive_json().get("within")

    with page.websocket_connect("/live", headers=HERE) as socket:
        socket.receive_json()
        assert heard(4) == [1, 2, 4]
        assert heard(4, 9) == [1, 2, 4, 7, 9]
        # Of somewhere, and of a place that is no more, everybody may want to know.
        assert heard() is None
        assert heard(4, 4_000) is None


def test_what_units_lie_in_is_asked_for_once_and_anew_when_boundaries_moved(squares):
    asked = []

    def hear(_db, _cursor, statement, *_):
        asked.append(statement)

    above, told = Above(squares), News(Topic.INCIDENTS, unit_ids=(4,))
    event.listen(squares, "before_cursor_execute", hear)
    try:
        found = [above.of(told) for _ in range(3)]
        assert (found, len(asked)) == ([{1, 2, 4}] * 3, 1)
        assert above.of(News(Topic.BOUNDARIES)) is None
        assert (above.of(told), len(asked)) == ({1, 2, 4}, 2)
    finally:
        event.remove(squares, "before_cursor_execute", hear)


def test_who_lost_the_line_is_told_what_came_meanwhile(page, squares):
    with page.websocket_connect("/live", headers=HERE) as socket:
        at = socket.receive_json()["at"]
        tell(squares, News(Topic.ORDERS, 4), News(Topic.BOUNDARIES))
        first = socket.receive_json()["at"]
        socket.receive_json()
    with page.websocket_connect(f"/live?after={first}", headers=HERE) as socket:
        assert socket.receive_json()["at"] == first
        assert socket.receive_json()["topic"] == "boundaries"
    with page.websocket_connect(f"/live?after={at}x", headers=HERE) as socket:
        socket.receive_json()
        assert socket.receive_json()["missed"]


def test_who_was_away_too_long_is_told_that_something_was_missed(squares, monkeypatch):
    monkeypatch.setattr(live, "REMEMBERED", 2)
    relay = Relay(squares)
    start = relay.at
    for n in range(3):
        relay.publish(News(Topic.ORDERS, n))
    era = start.partition(":")[0]
    assert [one.news is None for one in relay.after(start)] == [True]
    assert [one.news.order_id for one in relay.after(f"{era}:1")] == [1, 2]
    assert relay.after(f"{era}:3") == []
    assert [one.news for one in relay.after(f"{era}:9")] == [None]
    # The listener lost its own line: nobody knows what happened meanwhile.
    relay.publish(None)
    assert [one.news for one in relay.after(f"{era}:3")] == [None]


def test_much_news_does_not_hide_that_a_session_ended(page, squares, door, monkeypatch):
    monkeypatch.setattr(live, "HELD_S", 0.5)
    token = signing.token_for(door, signing.SEER)
    other = signing.client_of_token(page, door, token)
    with other.websocket_connect("/live", headers=HERE) as socket:
        socket.receive_json()
        now = dt.datetime.now(dt.UTC)
        with door._porter.begin() as db:
            found = sessions.find(db, token, now=now, rules=door.rules)
            sessions.end(db, found.id, now=now)

        def hear_of_another(_: int) -> None:
            tell(squares, News(Topic.BOUNDARIES))
            socket.receive_json()

        with pytest.raises(WebSocketDisconnect) as ended:
            list(map(hear_of_another, range(1_000)))
        assert ended.value.code == live.SESSION_ENDED


def test_a_socket_ends_with_its_session(page, squares, door, monkeypatch):
    monkeypatch.setattr(live, "PULSE_S", 0.2)
    token = signing.token_for(door, signing.SEER)
    other = signing.client_of_token(page, door, token)
    with other.websocket_connect("/live", headers=HERE) as socket:
        socket.receive_json()
        assert socket.receive_json() == {}
        with door._porter.begin() as db:
            found = sessions.find(db, token, now=dt.datetime.now(dt.UTC), rules=door.rules)
            sessions.end(db, found.id, now=dt.datetime.now(dt.UTC))
        with pytest.raises(WebSocketDisconnect) as ended:
            all(socket.receive_json() == {} for _ in range(100))
        assert ended.value.code == live.SESSION_ENDED


def test_a_browser_that_takes_nothing_is_let_go(squares):
    relay = Relay(squares)

    async def stuck() -> int:
        with relay.subscribed() as queue:
            for n in range(live.MOST_WAITING + 50):
                relay.publish(News(Topic.ORDERS, n))
            return queue.qsize()

    assert loops.run(stuck()) == live.MOST_WAITING + 1


def test_a_page_is_served_once_news_is_heard(squares, door, monkeypatch):
    listen = Relay._hear

    def late(self, *args, **named):
        time.sleep(0.3)
        listen(self, *args, **named)

    monkeypatch.setattr(Relay, "_hear", late)
    with signing.client_of(create_app(squares, door), door, signing.SEER) as client:
        tell(squares, News(Topic.BOUNDARIES))
        with client.websocket_connect("/live", headers=HERE) as socket:
            hello = socket.receive_json()
            if hello["at"].endswith(":0"):
                assert socket.receive_json()["topic"] == "boundaries"


def test_news_after_the_end_goes_nowhere(squares):
    relay = Relay(squares)

    async def short() -> asyncio.AbstractEventLoop:
        loop = asyncio.get_running_loop()
        relay.stop()
        return loop

    ended = loops.run(short())
    assert ended.is_closed()
    relay._hand(ended, ORDER)
    assert relay.quiet_s is None
