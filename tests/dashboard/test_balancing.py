"""Balancing over HTTP: suggested, drawn as one step, undone; hints; what is refused."""

import re

import pytest
from sqlalchemy import text

from dashboard.editing import balancing
from gis.orders import orders
from tests.dashboard.editing_town import Town, at
from tests.dashboard.test_cli import run
from tests.town import built


@pytest.fixture(scope="module")
def town(server):
    with built(Town, server) as town:
        yield town


def asked(desk, **other):
    # The town's four quarters have four squares each, their households differ.
    sent = {"scope": 1, "tolerance": 0.03, "seconds": 5, **other}
    return desk.post("balance", **sent)


def test_a_suggestion_is_drawn_as_one_step_and_undone(town):
    desk = town.desk("chief", 1)
    before = dict(desk.units)
    found = desk.took(asked(desk))
    told = found["balance"]
    assert told["moves"]
    assert told["deviation"]["after"] <= told["deviation"]["before"]
    assert told["households_moved"] == told["load_moved"]
    assert {group["unit"] for group in told["groups"]} == {2, 7, 12, 17}
    for move in told["moves"]:
        assert desk.units[move["unit"]]["parent"] == move["to"]
        assert before[move["unit"]]["parent"] == move["from"]
    # The editor's own numbers say the same.
    rows = {row["unit"]: row["values"]["households"] for row in found["numbers"]["rows"]}
    for group in told["groups"]:
        if group["unit"] in rows:
            assert rows[group["unit"]]["before"] == group["before"]["load"]
            assert rows[group["unit"]]["after"] == group["after"]["load"]
    assert found["done"] == 1
    desk.undo()
    assert desk.units == before


def test_looking_only_changes_nothing(town):
    desk = town.desk("chief", 1)
    answer = asked(desk, keep=False).json()
    assert answer["balance"]["moves"]
    assert answer["revision"] == desk.revision
    assert desk.load()["steps"] == 0


def test_a_draft_is_balanced_as_it_is_drawn(town):
    desk = town.desk("chief", 1)
    desk.do("hand_over", units=[4], parent=7)
    desk.do("hand_over_area", area=[at(0.5, 1), at(1, 1), at(1, 2), at(0.5, 2)], to=6)
    told = desk.took(asked(desk))["balance"]
    rows = {row["unit"]: row for row in desk.load(level=2)["numbers"]["rows"]}
    for group in told["groups"]:
        if group["unit"] in rows:
            after = rows[group["unit"]]["values"]["households"]["after"]
            assert after == group["after"]["load"]


def test_locked_units_stay_and_other_loads_are_weighed(town):
    desk = town.desk("chief", 1)
    told = asked(desk, keep=False, locked=[17], load={"people": 2, "floor_area": 1}).json()[
        "balance"
    ]
    assert {group["unit"] for group in told["groups"]} == {2, 7, 12}
    assert told["households_moved"] is not None
    open_ones = asked(desk, keep=False, load="open_incidents").json()["balance"]
    assert open_ones["deviation"]["after"] <= open_ones["deviation"]["before"]


def test_hints_follow_what_is_drawn(town):
    desk = town.desk("chief", 1)

    def hints(unit):
        answer = town.client("chief").get(f"{desk.path}/hints", params={"unit": unit})
        assert answer.status_code == 200, answer.text
        return answer.json()["hints"]

    desk.do("hand_over", units=[4], parent=7)
    found = hints(7)
    assert 0 < len(found) <= 5
    for hint in found:
        assert 7 in (hint["from"], hint["to"])
        was, will = (
            sum(hint[side][when]["deviation"] ** 2 for side in ("giver", "taker"))
            for when in ("before", "after")
        )
        assert will < was
    best = found[0]
    assert [hint["unit"] for hint in hints(best["unit"])].count(best["unit"]) > 0
    desk.do("hand_over", units=[best["unit"]], parent=best["to"])
    assert (best["unit"], best["to"]) not in [(h["unit"], h["to"]) for h in hints(best["to"])]


def test_hints_for_a_scope_are_of_any_of_its_units(town):
    desk = town.desk("chief", 1)
    desk.do("hand_over", units=[4], parent=7)

    def best(unit):
        answer = town.client("chief").get(f"{desk.path}/hints", params={"unit": unit})
        return answer.json()["hints"][0]

    first = best(1)
    assert first in [best(first["from"]), best(first["to"])]


def test_stopping_takes_what_has_been_found(town, monkeypatch):
    desk = town.desk("chief", 1)
    client = town.client("chief")

    def stopped():
        return client.post(f"{desk.path}/balance/stop").json()["is_stopped"]

    assert not stopped()
    looked_for = balancing.suggest

    def stopping(problem, is_stopped):
        assert not is_stopped()
        assert not town.client("west").post(f"{desk.path}/balance/stop").json()["is_stopped"]
        assert stopped()
        assert is_stopped()
        return looked_for(problem, is_stopped)

    monkeypatch.setattr(balancing, "suggest", stopping)
    found = desk.took(asked(desk, seconds=20, tolerance=0.001))
    assert found["balance"]["seconds"] < 10
    assert found["done"] == (1 if found["balance"]["moves"] else 0)
    assert not stopped()


def test_who_may_not_redraw_the_scope_is_refused(town):
    west = town.desk("west", 2)
    assert asked(west).status_code == 403
    answer = town.client("west").get(f"{west.path}/hints", params={"unit": 2})
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [
        ({"load": "wealth"}, 400, "Choose households"),
        ({"load": {"people": 0}}, 400, "Choose what is to be balanced"),
        ({"scope": 3}, 400, "nothing to balance"),
        ({"scope": 99_999}, 403, ""),
        ({"seconds": 21}, 422, ""),
        ({"tolerance": 1.5}, 422, ""),
        ({"revision": 77}, 409, "changed elsewhere"),
    ],
)
def test_what_cannot_be_is_said(town, sent, status, said):
    answer = asked(town.desk("chief", 1), **sent)
    assert answer.status_code == status, answer.text
    assert said in answer.json()["error"]


def test_the_command_looks_or_draws_a_draft(town):
    url = town.owner.url.render_as_string(hide_password=False)

    def command(*words):
        return run("balance", *words, CITYGRID_DATABASE_URL=url)

    with town.owner.connect() as db:
        code = db.scalar(text("SELECT code FROM citygrid.unit_version WHERE unit_id = 1"))
    looked = command(code, "--tolerance", "3", "--dry-run")
    assert looked.exit_code == 0, looked.output
    assert re.search(r"\d+ hand-overs.*largest deviation", looked.output)
    assert "Drawn as" not in looked.output
    drawn = command(code, "--tolerance", "3", "--login", "chief")
    assert drawn.exit_code == 0, drawn.output
    number = re.search(r"Drawn as (\S+)\.", drawn.output)[1]
    with town.acting("chief") as (db, viewer):
        found = [order for order in orders.listed(db, viewer) if order.number == number]
    assert found[0].steps == 1
    ground = town.desk("chief", order=found[0].id)
    assert any(unit["changed"] for unit in ground.units.values())
    assert "--dry-run" in command(code).output
    assert "No unit has the code" in command("nowhere", "--dry-run").output
