"""Who asks the same as others at the same time, and sees the same, is answered with them."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import orjson
import pytest
from dash import Dash
from fastapi import FastAPI
from plotly.io.json import to_json_plotly
from sqlalchemy import insert

from dashboard.alike import Alike, sight
from dashboard.callbacks import Screen
from dashboard.ids import Id
from dashboard.panels.all import PANELS
from dashboard.payloads import PATH
from dashboard.scene import Scene
from dashboard.together import Together
from dashboard.view import View
from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis.access.posts import POSTS, Post
from gis.access.viewer import Holding, Viewer, act_as
from gis.cases import incident_notice
from gis.database import Role
from layers.handling import filters
from layers.handling.moment import Moment
from layers.handling.told import About
from tests import loops
from tests.layers.handling.handling_town import NOW, PEOPLE, TO_HANDLE, Town
from tests.town import built


def viewer(account_id: int, post: Post = Post.INTAKE, unit: int = 1) -> Viewer:
    held = Holding(post, unit, None, ((unit, unit),))
    return Viewer(account_id, f"login-{account_id}", rights=POSTS[post].rights, posts=(held,))


def test_who_asks_while_it_waits_is_answered_by_what_is_asked_later():
    asked: list[int] = []

    async def run():
        alike, gate = Alike(), asyncio.Event()

        async def ask():
            asked.append(number := len(asked))
            await gate.wait()
            return number

        first = asyncio.ensure_future(alike.once("q", ask))
        await asyncio.sleep(0.01)
        # It has begun: what was committed since it does not know.
        later = [asyncio.ensure_future(alike.once("q", ask)) for _ in range(5)]
        other = asyncio.ensure_future(alike.once("another", ask))
        await asyncio.sleep(0.01)
        gate.set()
        return await first, await asyncio.gather(*later), await other, alike

    first, later, other, alike = loops.run(run())
    assert (first, later, other) == (0, [2] * 5, 1)
    assert asked == [0, 1, 2]
    # Nothing is kept.
    assert alike == Alike()


def test_who_goes_away_takes_the_answer_from_nobody():
    async def run():
        alike, gate = Alike(), asyncio.Event()

        async def ask():
            await gate.wait()
            return "answer"

        both = [asyncio.ensure_future(alike.once("q", ask)) for _ in range(2)]
        await asyncio.sleep(0.01)
        both[0].cancel()
        gate.set()
        return await both[1]

    assert loops.run(run()) == "answer"


def test_what_fails_fails_for_all_and_is_asked_anew():
    async def run():
        alike, answers = Alike(), iter([ValueError("no"), "yes"])

        async def ask():
            if isinstance(answer := next(answers), ValueError):
                raise answer
            return answer

        both = await asyncio.gather(
            *(alike.once("q", ask) for _ in range(2)), return_exceptions=True
        )
        return both, await alike.once("q", ask)

    both, again = loops.run(run())
    assert [str(each) for each in both] == ["no", "no"]
    assert again == "yes"


def test_those_see_the_same_who_hold_the_same_posts():
    assert sight(viewer(1)) == sight(viewer(2)) != sight(viewer(1, unit=2))
    assert sight(viewer(1)) != sight(viewer(1, Post.DISPATCHER))
    # Who he is, and where he asks from.
    assert sight(replace(viewer(1), name="One", address="::1")) == sight(viewer(2))


@pytest.mark.parametrize("right", ["units", "cases", "care", "reveals"])
def test_what_is_seen_of_units_tells_viewers_apart(right):
    assert sight(viewer(1)) != sight(replace(viewer(1), **{right: ((1, 9),)}))


@pytest.fixture(scope="module")
def town(server):
    with built(Town, server) as town:
        one = town.along(town.report(title="Lamp out"), *TO_HANDLE)
        town.along(town.report(title="about a person", is_personal=True), *TO_HANDLE[:1])
        town.act("mayor", one, "supervise", note="why?", until=NOW + dt.timedelta(days=1))
        for login in PEOPLE:
            with town.acting(login, Role.APP) as (db, viewer):
                filters.keep(db, viewer, f"of {login}", "?cases=mine")
            told = {"incident_id": one.id, "account_id": town.viewer(login).account_id}
            with town.engine(Role.OWNER).begin() as db:
                db.execute(
                    insert(incident_notice),
                    {**told, "about": About.ROUTING.value, "rule": "r", "at": NOW},
                )
        yield town


def panels(engine):
    """What the panels show that are said to be alike for all who hold the same posts."""
    screen = Screen(Dash("panels", server=FastAPI()), Workers(engine, 1))
    for panel in PANELS:
        panel.register(screen)
    return [shown for shown in screen.shown if shown.is_alike]


VIEWS = [
    View(mode="incidents", cases=cases, form=form)
    for cases in ("", "mine", "supervised", "told", "all")
    for form in ("", "board", "time")
] + [View(mode="overview", measure="open"), View(mode="overview", building=1)]


@pytest.mark.parametrize("login", PEOPLE)
def test_what_is_answered_for_several_is_the_same_for_each(town, login):
    alike, seen = panels(town.engine(Role.APP)), town.viewer(login)
    assert {shown.outputs[0].component_id for shown in alike} >= {
        Id.CASES_HEAD,
        Id.CASES_FOUND,
        Id.MEASURED,
    }
    for view in VIEWS:
        for shown in alike:
            if shown.mode not in ("", view.mode) or not shown.is_alike(view):
                continue
            told = [drawn(town, shown, view, who) for who in (seen, sight(seen))]
            assert told[0] == told[1], (shown.outputs, view)


def drawn(town, shown, view, who):
    with town.engine(Role.APP).begin() as db:
        act_as(db, who)
        token = VIEWER.set(who)
        try:
            scene = Scene(view, db)
            scene.__dict__["_looked_at"] = Moment(NOW, is_live=True)
            return to_json_plotly(shown.show(scene))
        finally:
            VIEWER.reset(token)


def test_what_somebody_was_told_of_is_his_own(town):
    (listed,) = [each for each in panels(town.engine(Role.APP))
                 if each.outputs[0].component_id == Id.CASES_FOUND]  # fmt: skip
    view, seen = View(mode="incidents", cases="told"), town.viewer("mayor")
    assert not listed.is_alike(view)
    assert drawn(town, listed, view, seen) != drawn(town, listed, view, sight(seen))


def posted(inputs, output="cases-found.children"):
    """Return what a page sends for a callback of one input."""
    return orjson.dumps({"output": output, "inputs": [{"id": "parts", "value": inputs}]})


async def asked_of(app, body, who, packing="gzip"):
    """Return what is answered to who asks, as the server's own layers hand it on."""
    said, given = [], [{"type": "http.request", "body": body, "more_body": False}]

    async def receive():
        return given.pop()

    async def send(message):
        if "headers" in message:
            message["headers"].append((b"of", who.login.encode()))
        said.append(message)

    token = VIEWER.set(who)
    try:
        headers = [(b"accept-encoding", packing.encode())]
        scope = {"type": "http", "method": "POST", "path": PATH, "headers": headers}
        await app(scope, receive, send)
    finally:
        VIEWER.reset(token)
    return said


def test_a_callback_of_many_pages_is_answered_once():
    asked = []

    async def answer(scope, receive, send):
        body = (await receive())["body"]
        asked.append(orjson.loads(body)["inputs"][0]["value"])
        await asyncio.sleep(0.01)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"n", b"1")]})
        await send({"type": "http.response.body", "body": b"%d" % len(asked)})

    app = Together(answer, {(("cases-found", "children"),): lambda view: view.cases != "told"})
    one, other = replace(viewer(1), login="one"), replace(viewer(2), login="other")
    leader = replace(viewer(3, Post.DISPATCHER), login="leader")

    async def run(*questions):
        return await asyncio.gather(*(asked_of(app, *each) for each in questions))

    # The same, but that each page counts its own news.
    mine = [posted({"cases": "mine", "case_news": n}) for n in (1, 2)]
    first, second = loops.run(run((mine[0], one), (mine[1], other)))
    assert len(asked) == 1
    assert first[1] == second[1]
    # Each with the headers that are his own.
    assert first[0]["headers"] == [(b"n", b"1"), (b"of", b"one")]
    assert second[0]["headers"] == [(b"n", b"1"), (b"of", b"other")]
    # Another question, another sight, another packing, another callback: each by itself.
    for different in (
        (posted({"cases": "all"}), other),
        (mine[0], leader),
        (mine[0], other, "identity"),
        (posted({"cases": "mine"}, "case.children"), other),
    ):
        asked.clear()
        loops.run(run((mine[0], one), different))
        assert len(asked) == 2
    # What is one's own.
    told = posted({"cases": "told"})
    asked.clear()
    loops.run(run((told, one), (told, other)))
    assert len(asked) == 2


def test_what_is_no_callback_is_passed_on_unread(client):
    for body in (b"", b"{"):
        assert client.request("GET", PATH, content=body).status_code in (404, 405)
