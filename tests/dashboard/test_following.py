"""Boundaries that follow areas of responsibility: whole units, counted honestly, as a draft."""

from __future__ import annotations

import contextlib

import numpy as np
import pytest
from sqlalchemy import delete, select, text, update

from dashboard.app import create_app
from dashboard.orders.office import Office
from gis import places
from gis.access.posts import Post
from gis.access.tables import account, post_holding
from gis.access.viewer import NOBODY, act_as
from gis.database import Role, Server
from gis.division.balance.problem import Adjacency, Problem
from gis.errors import BalanceError
from gis.orders import orders
from gis.orders.tables import (
    change_order,
    order_ask,
    order_event,
    order_notice,
    order_step,
)
from layers.coverage.changed import Changed
from layers.coverage.changes import Redraw
from layers.coverage.charges import charges
from layers.coverage.followed import ELSEWHERE, follow, followed
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.sites import demand
from layers.tree import Tree
from tests.dashboard import signing

BUSES = Question(("bus_stop",), metres=500)
ASKED = "kinds=bus_stop&metres=500&language=en"


def row_of(count, groups, locked=()):
    """Units in a row, each a group's."""
    pairs = np.array([(n, n + 1) for n in range(count - 1)], np.int64)
    border = Adjacency(pairs, np.ones(count - 1), np.zeros(count - 1, np.bool_))
    return Problem(
        tuple(range(10, 10 + count)), np.ones(count), tuple(groups),
        dict.fromkeys(set(groups), 1), border, np.isin(np.arange(count), locked),
        np.zeros(count, np.bool_),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wants", "locked", "becomes"),
    [
        # The second goes only once the first, which touches, has gone.
        ([0, 0, 1, 0, 0, 1], (), [0, 0, 1, 1, 1, 1]),
        ([0, 0, 0, 0, 0, 1], (), [0, 0, 0, 0, 0, 1]),
        ([0, 0, 0, 0, 0, 1], (3,), [0, 0, 0, 1, 1, 1]),
        # Nobody leaves his group empty, or in two.
        ([0, 0, 0, 0, 0, 0], (), [0, 0, 0, 0, 0, 1]),
        ([0, 1, 0, 1, 1, 1], (), [0, 0, 0, 1, 1, 1]),
        ([0, ELSEWHERE, 0, ELSEWHERE, 1, 1], (), [0, 0, 0, 1, 1, 1]),
    ],
)
def test_units_go_over_whole_where_nothing_is_torn(wants, locked, becomes):
    before = np.array([0, 0, 0, 1, 1, 1])
    problem = row_of(6, (2, 2, 2, 3, 3, 3), locked)
    people = np.arange(6, 0, -1).astype(float)
    assert follow(problem, before, np.array(wants), people).tolist() == becomes


@pytest.fixture(scope="module")
def quarter(demo):
    """A subdistrict of the demo in which something can go over, and who heads it."""
    with demo.connect() as db:
        act_as(db, NOBODY)
        city = places.city(db)
        ground = Ground(city)
        tree = ground.tree(db)
        for at in np.flatnonzero(tree.levels == 2).tolist():
            unit = int(tree.ids[at])
            # Some hold a single community, between which nothing goes over.
            with contextlib.suppress(BalanceError):
                if followed(db, ground, city, BUSES, unit, 3).moves:
                    break
    with demo.begin() as db:
        numbers = [
            signing.hire(db, "head", Post.COMMUNITY_HEAD, unit_id=unit),
            signing.hire(db, "plans", Post.PLANNER, unit_id=unit),
        ]
    yield unit
    with demo.begin() as db:
        for table in (order_step, order_event, order_ask, order_notice):
            db.execute(delete(table).where(table.c.order_id.in_(select(change_order.c.id))))
        db.execute(delete(change_order))
        db.execute(delete(post_holding).where(post_holding.c.account_id.in_(numbers)))
        db.execute(delete(account).where(account.c.id.in_(numbers)))


@pytest.fixture(scope="module")
def app(demo):
    door = signing.door_of(demo)
    engine = Server(demo.url, is_private=True).engine(Role.APP, pool_size=3)
    office = Server(demo.url, is_private=True).engine(Role.ENGINE, pool_size=2)
    yield create_app(engine, door, office=Office(office)), door
    engine.dispose()
    office.dispose()
    door.close()


def test_who_may_not_redraw_the_unit_draws_nothing(app, quarter):
    page, door = app
    for login in ("plans", None):
        with signing.client_of(page, door, login) as client:
            client.follow_redirects = False
            answer = client.post(f"/coverage/areas/draft?{ASKED}&unit={quarter}", json={})
            assert answer.status_code in (401, 403)
    with signing.client_of(page, door, "head") as client:
        # The whole city is not his.
        assert client.post(f"/coverage/areas/draft?{ASKED}", json={}).status_code == 403


def test_a_draft_leaves_as_many_on_the_wrong_side_as_it_says(demo, app, quarter):
    page, door = app
    with signing.client_of(page, door, "head") as client:
        answer = client.post(f"/coverage/areas/draft?{ASKED}&unit={quarter}", json={})
        assert answer.status_code == 201, answer.text
        number = answer.json()["order"]
        drawn = client.get(f"/boundaries/{number}/ground?language=en").json()
    assert (drawn["done"], drawn["editable"], drawn["stale"]) == (1, True, None)
    with demo.connect() as db:
        act_as(db, NOBODY)
        ground = Ground(places.city(db))
        found = followed(db, ground, ground.city, BUSES, quarter, 3)
        steps, _ = orders.steps(db, number)
        people = demand(db, ground)["people"]
        nearest = charges(db, ground, BUSES).facility
        kind = text("SELECT id, unit_id FROM citygrid.facility WHERE kind = 'bus_stop'")
        stands = dict(db.execute(kind).all())
        supposed = Changed(ground, [Redraw(order=number)])
        wrong = []
        for each in (ground, supposed):
            tree, homes = each.tree(db), each.homes(db)
            lives = part_of(tree, homes.unit_ids)[homes.building]
            inside = within(tree, homes.unit_ids, quarter)[homes.building]
            # A stop stands where it stands; the quarter around it may be handed over.
            other = part_of(ground.tree(db), np.array([stands.get(n, -1) for n in nearest]))
            wrong.append(float(people[inside & (lives != other)].sum()))
    assert {move.unit for move in found.moves} <= set(steps[0].new)
    assert wrong == [pytest.approx(found.wrong_before), pytest.approx(found.wrong_after)]
    assert found.wrong_after < found.wrong_before
    assert found.wrong_after == pytest.approx(found.elsewhere + found.kept + found.divided)


def can(client, number):
    return set(client.get(f"/orders/{number}").json()["can"])


def test_who_plans_proposes_and_who_heads_the_units_decides(app, quarter):
    """Nothing takes effect by the planner's hand: a head makes it his draft, or turns it down."""
    page, door = app

    def as_(login):
        return signing.client_of(page, door, login)

    with as_("plans") as planner, as_("head") as head:
        assert planner.post(f"/coverage/areas/proposal?{ASKED}", json={}).status_code == 403
        assert head.post(
            f"/coverage/areas/proposal?{ASKED}&unit={quarter}", json={}
        ).status_code == 403  # fmt: skip
        sent = [
            planner.post(f"/coverage/areas/proposal?{ASKED}&unit={quarter}", json={})
            for _ in range(2)
        ]
        assert [each.status_code for each in sent] == [201, 201], sent[0].text
        first, second = (each.json()["order"] for each in sent)
        assert planner.get(f"/orders/{first}").json()["status"] == "proposed"
        # Who proposed it takes it back at most; it is no draft that he could draw on or hand in.
        assert can(planner, first) == {"withdraw", "comment"}
        for act in ("submit", "adopt", "reject"):
            answer = planner.post(f"/orders/{first}/act", json={"act": act, "note": "x"})
            assert answer.status_code in (403, 409, 422), (act, answer.text)
        # The head is told, finds it waiting for him, and sees on the map what it would change.
        told = head.get("/orders/notices?unseen=true").json()["notices"]
        assert {(n["order"], n["about"]) for n in told} >= {(first, "proposed")}
        waiting = head.get("/orders?waiting=true").json()["orders"]
        assert {first, second} <= {each["id"] for each in waiting}
        drawn = head.get(f"/boundaries/{first}/ground?language=en").json()
        assert (drawn["done"], drawn["editable"]) == (1, False)
        assert can(head, first) == {"adopt", "reject", "comment"}
        # Turned down with a reason, it is over.
        assert head.post(f"/orders/{second}/act", json={"act": "reject"}).status_code == 409
        done = head.post(f"/orders/{second}/act", json={"act": "reject", "note": "too far"})
        assert done.json()["status"] == "rejected"
        # Taken up, it is the head's own draft.
        taken = head.post(f"/orders/{first}/act", json={"act": "adopt"})
        assert taken.status_code == 200, taken.text
        assert (taken.json()["status"], taken.json()["is_mine"]) == ("draft", True)
        assert head.get(f"/boundaries/{first}/ground?language=en").json()["editable"] is True
        assert can(planner, first) == {"comment"}
        told = planner.get("/orders/notices?unseen=true").json()["notices"]
        assert {(n["order"], n["about"]) for n in told} == {
            (first, "adopted"), (second, "rejected")
        }  # fmt: skip
        events = planner.get(f"/orders/{first}").json()["events"]
        assert [each["act"] for each in events] == ["create", "propose", "adopt"]


def test_what_nobody_could_take_up_is_not_proposed(demo, app, quarter):
    page, door = app
    with demo.begin() as db:
        heads = [
            row.id for row in db.execute(
                select(post_holding.c.id).where(
                    post_holding.c.post.in_(("community_head", "grid_head"))
                )
            )
        ]  # fmt: skip
        was = dict(
            db.execute(
                select(post_holding.c.id, post_holding.c.valid).where(
                    post_holding.c.id.in_(heads)
                )
            ).all()
        )  # fmt: skip
        db.execute(
            update(post_holding)
            .where(post_holding.c.id.in_(heads))
            .values(valid=text("tstzrange(NULL, '2000-01-01')"))
        )
    try:
        with signing.client_of(page, door, "plans") as planner:
            answer = planner.post(f"/coverage/areas/proposal?{ASKED}&unit={quarter}", json={})
            assert answer.status_code == 409
            assert "Nobody heads a unit" in answer.text
    finally:
        with demo.begin() as db:
            for number, valid in was.items():
                db.execute(
                    update(post_holding).where(post_holding.c.id == number).values(valid=valid)
                )


def part_of(tree: Tree, unit_ids):
    """The community that each unit lies in."""
    place = tree.places(unit_ids)
    at = np.where(place >= 0, tree.at_level(3)[place], -1)
    return np.where(at >= 0, tree.ids[at], -1)


def within(tree: Tree, unit_ids, unit):
    place, at = tree.places(unit_ids), int(tree.places(np.array([unit]))[0])
    return (place >= at) & (place < tree.ends[at])
