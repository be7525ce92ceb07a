"""Change orders over HTTP, in both languages, and the office that keeps their days."""

import contextlib
import datetime as dt
import time

import pytest

from dashboard.app import create_app
from dashboard.orders.office import Office
from gis.database import Role
from gis.orders import orders
from gis.orders.status import Status
from tests.dashboard import signing
from tests.layers.test_orders import agreed, east, homes, moved, refuse_wrong


class Page:
    """The page of a town, asked as one of its people."""

    def __init__(self, town, office):
        self.door = signing.door_of(town.engine(Role.APP))
        self.app = create_app(town.engine(Role.APP), self.door, office=office)
        self._stack = contextlib.ExitStack()
        self._clients = {}

    def client(self, login):
        if login not in self._clients:
            made = signing.client_of(self.app, self.door, login)
            # The first one starts the server, and ends it.
            self._clients[login] = made if self._clients else self._stack.enter_context(made)
        return self._clients[login]

    def get(self, login, path, status=200):
        answer = self.client(login).get(path)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, login, path, status=200, **sent):
        answer = self.client(login).post(path, json=sent)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def close(self):
        self._stack.close()
        self.door.close()


@pytest.fixture
def page(town):
    page = Page(town, Office(town.engine(Role.ENGINE)))
    yield page
    page.close()


def test_an_order_goes_its_way_over_http_and_back(town, page):
    begun = page.post("wang", "/orders", 201, title="东移边界", within=[3])
    assert begun["status"] == "draft"
    assert begun["can"] == ["submit", "rebase", "withdraw", "comment"]
    number = begun["id"]
    with town.acting(Role.APP, "wang") as (db, wang):
        for seen, step in enumerate(east(db)):
            orders.save_step(db, wang, number, seen=seen, delta=step, said=f"step {seen}")
    assert page.post("wang", f"/orders/{number}/title", title="划给四号")["title"] == "划给四号"
    handed = page.post("wang", f"/orders/{number}/act", act="submit", note="为方便巡查")
    assert handed["status"] == "cosigning"
    assert page.get("li", "/orders?waiting=true")["orders"][0]["number"] == begun["number"]
    assert page.get("zhao", "/orders?waiting=true")["orders"] == []
    notices = page.get("li", "/orders/notices?unseen=true")["notices"]
    assert [(notice["about"], notice["order"]) for notice in notices] == [("asked", number)]
    page.post("li", "/orders/notices/seen", 204, ids=[notices[0]["id"]])
    assert page.get("li", "/orders/notices?unseen=true")["notices"] == []
    # Said with a place, read as GeoJSON.
    page.post("li", f"/orders/{number}/comments", 201, text="树归谁？", at=[114.01, 22.505])
    said = page.get("wang", f"/orders/{number}/comments")
    assert said["features"][0]["geometry"]["coordinates"] == [114.01, 22.505]
    assert said["features"][0]["properties"]["text"] == "树归谁？"
    refused = page.post("zhao", f"/orders/{number}/act?language=zh", 403, act="cosign")
    assert refused["error"].endswith("当前环节的负责人（起草人除外）办理。")
    page.post("li", f"/orders/{number}/act", 403, act="approve")
    refused = page.post("south", f"/orders/{number}/act?language=en", 409, act="approve")
    assert refused["error"] == "That cannot be done with an order in this state: Co-signing."
    for login, act in (("li", "cosign"), ("south", "check"), ("south", "approve")):
        page.post(login, f"/orders/{number}/act", act=act)
    done = page.post("mayor", f"/orders/{number}/act", act="file")
    assert done["status"] == "effective"
    assert homes(town) == {3: 1, 4: 3, 8: 2}
    whole = page.get("wang", f"/orders/{number}")
    assert [event["act"] for event in whole["events"]][-2:] == ["file", "take_effect"]
    assert whole["said"] == ["step 0", "step 1"]
    undoing = page.post("wang", f"/orders/{number}/reverse?language=en", note="the tree")
    assert undoing["title"] == f"Reverses {begun['number']}"
    assert undoing["undoes"] == number
    page.post("wang", f"/orders/{undoing['id']}/act", act="submit")
    for login, act in (("li", "cosign"), ("south", "check"), ("south", "approve")):
        page.post(login, f"/orders/{undoing['id']}/act", act=act)
    assert page.post("mayor", f"/orders/{undoing['id']}/act", act="file")["status"] == "effective"
    assert homes(town) == {3: 2, 4: 2, 8: 2}
    refuse_wrong(town)
    again = page.post("wang", f"/orders/{number}/reverse?language=zh", 409)
    assert again["error"] == f"{begun['number']} 的调整已全部回退。"


def test_a_conflict_is_told_with_both_versions(town, page):
    mine = town.draw("li", lambda db: moved(db, 1, 0, (1.3, 0.5)), [4])
    first = town.draw("wang", east, [3])
    agreed(town, first, now=signing.now())
    answer = page.post("li", f"/orders/{mine}/act?language=zh", act="submit")
    assert answer["status"] == "conflicted"
    told = answer["failure"]
    assert told["sentence"].startswith("C11, C12 已由 TZ-")
    assert {unit["unit"] for unit in told["units"]} == {3, 4}
    assert told["units"][0]["mine"]["type"] == told["units"][0]["theirs"]["type"] == "MultiPolygon"
    # The same edge once more: what stands against reversing is said.
    third = page.post("li", f"/orders/{mine}/act", act="revise")
    assert third["status"] == "draft"
    answer = page.get("li", f"/orders/{mine}")
    assert answer["events"][-1]["details"]["left_out"] == ["step 0", "step 1"]


def test_words_that_cannot_be_are_refused(town, page):
    order = town.draw("wang", east, [3])
    page.post("wang", f"/orders/{order}/act", 422, act="dance")
    page.post("wang", f"/orders/{order}/act", 422, act="submit", effective_on="soon")
    said = page.post(
        "wang", f"/orders/{order}/act?language=zh", 409, act="submit", effective_on="2020-01-01"
    )
    assert said["error"] == "生效日期 2020-01-01 已过，请选择今天或以后。"
    page.post("wang", f"/orders/{order}/comments", 422, text="x", at=[500, 0])
    page.post("wang", f"/orders/{order}/comments", 409, text="  ")
    page.post("wang", "/orders", 422, title="x", within=[])
    page.post("wang", "/orders", 404, title="x", within=[999])
    page.post("wang", "/orders", 403, title="x", within=[4])
    page.get("wang", "/orders/999", 404)
    page.post("planner", f"/orders/{order}/comments", 403, text="x")


def test_a_server_without_an_office_only_shows_orders(town):
    page = Page(town, None)
    order = town.draw("wang", east, [3])
    assert page.get("wang", f"/orders/{order}")["status"] == "draft"
    told = page.post("wang", f"/orders/{order}/act?language=en", 503, act="submit")
    assert told["error"].startswith("This server only shows orders")
    page.close()


def test_the_office_lets_orders_take_effect_at_the_next_start(town):
    order = town.draw("wang", east, [3])
    today = signing.now().astimezone(dt.timezone(dt.timedelta(hours=8))).date()
    day = today + dt.timedelta(days=1)
    scheduled = agreed(town, order, now=signing.now(), effective_on=day)
    assert scheduled.status is Status.SCHEDULED
    with town.engine(Role.OWNER).begin() as db:
        # Its day came while the program was not running.
        db.exec_driver_sql(f"UPDATE change_order SET effective_on = '{today}'")
    office = Office(town.server.engine(Role.ENGINE, pool_size=2), every_s=0.1)
    office.start()
    deadline = time.monotonic() + 60
    while homes(town) != {3: 1, 4: 3, 8: 2} and time.monotonic() < deadline:
        time.sleep(0.1)
    office.stop()
    assert homes(town) == {3: 1, 4: 3, 8: 2}
    with town.engine(Role.OWNER).connect() as db:
        assert orders.read(db, order).status is Status.EFFECTIVE
    refuse_wrong(town)


def test_an_order_that_breaks_the_program_keeps_no_other_from_its_day(town, caplog):
    first = town.draw("wang", east, [3])
    agreed(town, first, now=signing.now(), effective_on=dt.date(2099, 1, 1))
    with town.engine(Role.OWNER).begin() as db:
        # As no program writes it: a bug.
        db.exec_driver_sql("UPDATE order_step SET delta = '{}'")
    second = town.draw("li", lambda db: moved(db, 1, 1, (0.7, 1.5), [5]), [4])
    office = Office(town.engine(Role.ENGINE))
    with town.engine(Role.OWNER).begin() as db:
        db.exec_driver_sql(
            "UPDATE change_order SET status = 'scheduled', touched = '{5,6}', round = 1 "
            f"WHERE id = {second}"
        )
    found = office.apply_due(dt.datetime(2099, 1, 2, tzinfo=dt.UTC))
    assert [order.id for order in found] == [second]
    assert found[0].status is Status.EFFECTIVE, found[0].failure
    assert "could not take effect and is tried again" in caplog.text


def test_boundaries_of_then_are_told_over_http(town, page):
    agreed(town, town.draw("wang", east, [3]), now=signing.now())
    yesterday = (signing.now() - dt.timedelta(days=2)).date()
    found = page.get("wang", f"/history?at={yesterday}&language=en")
    assert {f["id"]: f["properties"]["kinds"] for f in found["features"]} == {
        3: ["redrawn"], 4: ["redrawn"],
    }  # fmt: skip
    first = found["features"][0]
    assert first["geometry"] != first["properties"]["was"]
    told = page.get("wang", f"/history/numbers?at={yesterday}&within=2")
    by_unit = {f["id"]: f["properties"] for f in told["features"]}
    assert by_unit[3]["buildings"] == 2
    assert by_unit[3]["people"] is None
    family = page.get("planner", "/history/unit/3")
    assert [unit["unit"] for unit in family["units"]] == [3]
    page.get("wang", "/history/unit/999", 404)
    page.get("wang", "/history?at=soon", 422)
    said = page.get("wang", f"/history/numbers?at={yesterday}&within=999&language=zh", 404)
    assert said["error"] == f"{yesterday} 当天没有这个单元。"
