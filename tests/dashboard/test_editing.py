"""The editor over HTTP: every operation, undone and done again, judged by other means."""

import datetime as dt
import re

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from gis.orders import orders
from layers import statistics
from layers.taking_effect import take_effect
from tests.dashboard.editing_town import Drawing, Town, at
from tests.town import built

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def town(server):
    with built(Town, server) as town:
        yield town


def test_the_ground_shows_arcs_units_and_numbers(town):
    ground = town.desk("west", 2).ground
    assert ground["editable"]
    assert ground["numbers"]["rows"][0]["side"] == "same"
    assert ground["remarks"] == []
    units = {unit["id"]: unit for unit in ground["units"]}
    assert units[3]["mine"]
    assert not units[8]["mine"]
    between = [a for a in ground["arcs"] if {a["left"], a["right"]} == {3, 4}]
    assert len(between) == 1
    assert sorted(between[0]["line"]) == [at(1, 0), at(1, 1)]


OPERATIONS = [
    ("insert", {"start": at(1, 0), "end": at(1, 1), "at": at(1.1, 0.5)}),
    ("move", {"moves": [[at(1, 1), at(1.1, 1.1)]]}),
    ("reshape", {"line": [at(1, 0.3), at(1.3, 0.5), at(1, 0.7)]}),
    ("split", {"unit": 6, "lines": [[at(1, 1.4), at(2, 1.4)]]}),
    ("split", {"unit": 6, "lines": [[at(1, 1.4), at(2, 1.4)], [at(1, 1.7), at(2, 1.7)]]}),
    ("divide", {"unit": 6, "lines": [[at(1, 1.4), at(2, 1.4)]], "level": 4}),
    ("merge", {"units": [3, 4], "into": 3}),
    ("merge", {"units": [2, 7], "into": 2}),
    ("hand_over", {"units": [4], "parent": 7}),
    ("hand_over_area", {"area": [at(0.8, 0.3), at(1.1, 0.3), at(1.1, 0.7), at(0.8, 0.7)], "to": 4}),
    ("hand_over_area", {"area": [at(0.9, -1), at(2, -1), at(2, 1), at(0.9, 1)], "to": 7}),
    ("hand_over_buildings", {"buildings": [2], "to": 4}),
    ("hand_over_buildings", {"buildings": [7], "to": 7}),
    ("hand_over_estate", {"estate": 1, "to": 4}),
    ("create", {"level": 2, "parent": 1, "children": [3, 4], "title": {"code": "C9"}}),
    ("rename", {"unit": 3, "title": {"code": "C19", "names": {"zh": "新区", "en": "New"}}}),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fields"), OPERATIONS)
def test_every_operation_is_done_undone_and_done_again(town, kind, fields):
    desk = town.desk("chief", 2, 7)
    arcs, units = dict(desk.arcs), dict(desk.units)
    tried = desk.trying(kind, **fields)
    assert tried["n"] == 7
    assert tried["refused"] is None
    assert desk.load()["numbers"]["rows"]
    assert (desk.arcs, desk.units) == (arcs, units)
    found = desk.do(kind, **fields)
    assert found["said"]
    assert found["numbers"] == tried["numbers"]
    assert found["moved"] == tried["moved"]
    after = (dict(desk.arcs), dict(desk.units))
    assert after != (arcs, units)
    # What the browser put together from answers is what is there.
    desk.load()
    assert (desk.arcs, desk.units) == after
    desk.undo()
    assert (desk.arcs, desk.units) == (arcs, units)
    desk.redo()
    assert (desk.arcs, desk.units) == after


def test_handing_a_building_over_is_two_clicks(town):
    desk = town.desk("west", 2)
    found = desk.do("hand_over_buildings", buildings=[7], to=7)
    # Building 7 stands in square 4, which is of quarter 2; square 8 is what 7 has beside it.
    sides = {row["unit"]: row["side"] for row in found["numbers"]["rows"]}
    assert sides == {2: "loses", 7: "gains"}
    assert found["moved"]["features"][0]["properties"] == {"from": 2, "to": 7}
    row = desk.row(7, found["numbers"])
    assert row["values"]["buildings"] == {"before": 20, "after": 21, "is_exact": True}


REFUSED = [
    ("move", {"moves": [[at(0, 0), at(0.1, 0.1)]]}, "locked", "外边界"),
    ("move", {"moves": [[at(0.5, 0.5), at(0.1, 0.1)]]}, "no corner", "没有界点"),
    ("delete", {"at": at(1, 1)}, "Several borders", "不能删"),
    ("split", {"unit": 6, "lines": [[at(1.2, 1.2), at(1.5, 1.5)]]}, "right across", "分成两块"),
    ("reshape", {"line": [at(1.4, 1.4), at(1.5, 1.5)]}, "on a border", "落在界线上"),
    ("merge", {"units": [3, 6], "into": 3}, "only neighbours", "不相邻"),
    ("hand_over_buildings", {"buildings": [1], "to": 3}, "already", "已在"),
    ("hand_over_buildings", {"buildings": [999], "to": 3}, "no such building", "没有这栋楼"),
    ("hand_over_estate", {"estate": 77, "to": 3}, "no such estate", "没有这个小区"),
    ("retire", {"unit": 3}, "merge it", "并入相邻单元"),
    ("split", {"unit": 999, "lines": [[at(0, 0), at(1, 1)]]}, "not part of", "不在本调整单"),
    ("fly", {}, "cannot be read", "操作内容有误"),
    ("move", {"moves": [[[200, 1], at(0, 0)]]}, "cannot be read", "操作内容有误"),
    ("merge", {"units": [3], "into": 3, "more": 1}, "cannot be read", "操作内容有误"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "fields", "english", "chinese"), REFUSED)
def test_what_cannot_be_done_is_refused_in_both_languages(town, kind, fields, english, chinese):
    desk = town.desk("chief", 2, 7)
    assert english in desk.refused(kind, "en", **fields)
    said = desk.refused(kind, "zh", **fields)
    assert chinese in said
    assert said.endswith("。")
    # Nothing was done, and the draft goes on.
    assert desk.load()["steps"] == 0
    desk.do("move", moves=[[at(1, 1), at(1.1, 1.1)]])


def recounted(db, unit_shapes):
    """What lies in shapes, by brute force over every row there is."""
    found = {}
    people = "SELECT count AS n, ST_AsText(geom) AS at FROM citygrid.people"
    for name, sql in {
        "buildings": "SELECT 1 AS n, ST_AsText(centre) AS at FROM citygrid.building",
        "floor_area": "SELECT floor_area_m2 AS n, ST_AsText(centre) AS at FROM citygrid.building",
        "households": "SELECT count AS n, ST_AsText(geom) AS at FROM citygrid.household",
        "people": people,
        "people_60": f"{people} WHERE age_band >= 12",
        "care": f"{people} WHERE care <> 0",
        "open_incidents": (
            "SELECT 1 AS n, ST_AsText(geom) AS at FROM citygrid.incident WHERE stage <> 'closed'"
        ),
    }.items():
        rows = db.execute(text(sql)).all()
        points = shapely.from_wkt([row.at for row in rows])
        n = np.array([row.n for row in rows])
        for unit, area in unit_shapes.items():
            inside = shapely.intersects(area, points)
            found.setdefault(unit, {})[name] = int(n[inside].sum())
    return found


def drawn(ground):
    """The faces as polygons, put together from the arcs alone."""
    lines = {}
    for arc in ground["arcs"]:
        for side in (arc["left"], arc["right"]):
            if side is not None:
                lines.setdefault(side, []).append(shapely.LineString(arc["line"]))
    return {
        unit: shapely.union_all(shapely.get_parts(shapely.polygonize(some)))
        for unit, some in lines.items()
    }


def test_live_numbers_are_what_a_recount_finds(town):
    desk = town.desk("chief", 2, 7)
    steps = [
        ("reshape", {"line": [at(1, 0.1), at(1.6, 0.3), at(1.3, 0.6), at(1, 0.9)]}),
        ("move", {"moves": [[at(2, 1), at(2.3, 1.3)]]}),
        ("split", {"unit": 6, "lines": [[at(0.9, 1.6), at(2.5, 1.6)]]}),
        ("hand_over_buildings", {"buildings": [7], "to": 7}),
        ("hand_over", {"units": [5], "parent": 7}),
        ("merge", {"units": [9, 11], "into": 9}),
    ]
    for kind, fields in steps:
        tried = desk.trying(kind, **fields)
        assert tried["refused"] is None, tried
        found = desk.do(kind, **fields)
        assert found["numbers"] == tried["numbers"]
    for level in (2, 3):
        ground = desk.load(level=level)
        faces = drawn(ground)
        units = {unit["id"]: unit for unit in ground["units"]}
        assert ground["numbers"]["level"] == level
        shown = [row["unit"] for row in ground["numbers"]["rows"] if row["unit"] in units]
        shapes = {
            unit: faces[unit]
            if units[unit]["face"]
            else shapely.union_all([faces[n] for n in faces if units[n]["parent"] == unit])
            for unit in shown
        }
        with town.owner.connect() as db:
            truth = recounted(db, shapes)
        for unit in shown:
            values = desk.row(unit)["values"]
            assert {key: values[key]["after"] for key in truth[unit]} == truth[unit], unit
            assert all(values[key]["is_exact"] for key in truth[unit])
        # What one side loses the others gain.
        for key in ground["numbers"]["columns"]:
            sides = [row["values"][key] for row in ground["numbers"]["rows"]]
            before, after = (sum(side[end] for side in sides) for end in ("before", "after"))
            assert before == pytest.approx(after, rel=1e-6), key


def test_what_takes_effect_has_the_numbers_that_were_shown(town):
    desk = town.desk("chief", 2, 7)
    desk.do("reshape", line=[at(1, 0.1), at(1.6, 0.3), at(1.3, 0.6), at(1, 0.9)])
    found = desk.do("hand_over_buildings", buildings=[7], to=7)
    with town.owner.connect() as db, db.begin() as transaction:
        take_effect(db, orders.delta(db, desk.order), at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
        for row in found["numbers"]["rows"]:
            asked = {
                "people": "people", "households": "households", "buildings": "buildings",
                "floor_area": "buildings.floor_area_m2", "people_60": "people.age_group.60",
                "open_incidents": "incidents.status.open",
            }  # fmt: skip
            stored = statistics.numbers(db, row["unit"], list(asked.values()))
            for key, name in asked.items():
                assert row["values"][key]["after"] == stored[name], (row["unit"], key)
            area = db.scalar(
                text(
                    "SELECT area_m2 FROM citygrid.unit_version "
                    "WHERE unit_id = :unit AND upper_inf(valid)"
                ),
                {"unit": row["unit"]},
            )
            assert row["values"]["area_m2"]["after"] == pytest.approx(area, abs=1)
        transaction.rollback()


def test_who_does_not_hold_both_sides_is_told_tens_and_nothing_of_care(town):
    border = [at(2, 0.1), at(2.6, 0.3), at(2.3, 0.6), at(2, 0.9)]
    desk = town.desk("west", 2)
    chief = town.desk("chief", 2)
    found = desk.do("reshape", line=border)
    exact = chief.do("reshape", line=border)
    assert {row["unit"] for row in found["numbers"]["rows"]} == {2, 7}
    assert "care" in exact["numbers"]["columns"]
    assert "care" not in found["numbers"]["columns"]
    for unit in (2, 7):
        mine, true = desk.row(unit, found["numbers"]), desk.row(unit, exact["numbers"])
        for key in ("people", "people_60", "households"):
            value = mine["values"][key]
            assert not value["is_exact"]
            assert value["before"] % 10 == value["after"] % 10 == 0
            assert abs(value["before"] - true["values"][key]["before"]) <= 5
            assert true["values"][key]["is_exact"]
        for key in ("buildings", "floor_area", "area_m2"):
            assert mine["values"][key] == true["values"][key]
    for key in ("people", "households"):
        rows = [row["values"][key] for row in found["numbers"]["rows"]]
        assert sum(v["before"] for v in rows) == sum(v["after"] for v in rows)


def test_no_position_of_a_border_tells_more_than_the_release(town):
    """Whoever lives there: the numbers told to an outsider follow from what all may see."""
    line = [[at(2, 0.1), at(2 + k / 20, 0.25), at(2, 0.9)] for k in range(1, 18, 3)]
    desk = town.desk("west", 2)
    told = [desk.trying("reshape", line=one)["numbers"] for one in line]
    with town.owner.begin() as db:
        # Somebody moves from one end of the neighbour's square to the other.
        db.execute(text("UPDATE citygrid.people SET count = count + 9 WHERE id = 41"))
        db.execute(text("UPDATE citygrid.people SET count = count - 9 WHERE id = 42"))
    try:
        again = town.desk("west", 2)
        assert [again.trying("reshape", line=one)["numbers"] for one in line] == told
    finally:
        with town.owner.begin() as db:
            db.execute(text("UPDATE citygrid.people SET count = count - 9 WHERE id = 41"))
            db.execute(text("UPDATE citygrid.people SET count = count + 9 WHERE id = 42"))


def test_one_s_own_units_have_exact_numbers(town):
    desk = town.desk("west", 2)
    found = desk.do("reshape", line=[at(1, 0.1), at(1.6, 0.3), at(1, 0.9)])
    rows = {row["unit"]: row for row in found["numbers"]["rows"]}
    assert all(value["is_exact"] for row in (rows[3], rows[4]) for value in row["values"].values())
    assert "care" in rows[3]["values"]


def test_the_mean_is_that_of_units_where_people_are_meant_to_live(town):
    desk = town.desk("west", 2)
    title = {"code": "E01", "names": {"zh": "园", "en": "Park"}, "kind": "exclusive"}
    desk.do("rename", unit=3, title=title)
    area = [at(0.8, 0.3), at(1.1, 0.3), at(1.1, 0.7), at(0.8, 0.7)]
    rows = desk.do("hand_over_area", area=area, to=4)["numbers"]["rows"]
    whole = desk.row(2, desk.load(level=2)["numbers"])["values"]["households"]["before"]
    four = next(row for row in rows if row["unit"] == 4)
    for when, units in (("before", 4), ("after", 3)):
        homes = four["values"]["households"][when]
        assert four["deviation"][when] == pytest.approx(homes / (whole / units) - 1, abs=1e-4)
    park = next((row for row in rows if row["unit"] == 3), None)
    assert park is None or park["deviation"] is None


def test_a_hundred_steps_are_undone_and_done_again(town):
    desk = town.desk("chief", 2)
    start = (dict(desk.arcs), dict(desk.units))
    seen = []
    for k in range(100):
        desk.do("move", moves=[[at(1 + 0.001 * k, 1), at(1 + 0.001 * (k + 1), 1)]])
        seen.append(set(desk.arcs))
    end = (dict(desk.arcs), dict(desk.units))
    for k in range(99, -1, -1):
        assert set(desk.arcs) == seen[k]
        desk.undo()
    assert (desk.arcs, desk.units) == start
    assert desk.post("undo").status_code == 400
    for _ in range(100):
        desk.redo()
    assert (desk.arcs, desk.units) == end
    assert desk.post("redo", "zh").json()["error"] == "没有可恢复的操作。"
    desk.load()
    assert (desk.arcs, desk.units) == end


def test_a_new_step_takes_the_place_of_those_undone(town):
    desk = town.desk("chief", 2)
    desk.do("move", moves=[[at(1, 1), at(1.1, 1)]])
    desk.undo()
    found = desk.do("move", moves=[[at(1, 1), at(1, 1.1)]])
    assert (found["done"], found["steps"]) == (1, 1)
    assert desk.post("redo").status_code == 400


def test_a_draft_that_was_written_elsewhere_is_not_overwritten(town):
    desk = town.desk("chief", 2)
    other = town.desk("chief", order=desk.order)
    other.do("move", moves=[[at(1, 1), at(1.1, 1)]])
    answer = desk.post("do", "zh", operation={"do": "move", "moves": [[at(1, 1), at(1, 1.1)]]})
    assert answer.status_code == 409
    assert "已在别处修改" in answer.json()["error"]
    assert desk.post("try", operation={"do": "delete", "at": at(1, 1)}).status_code == 409
    desk.load()
    assert desk.arcs == other.arcs
    # Another process writes past this one's memory.
    with town.acting("chief") as (db, viewer):
        orders.set_done(db, viewer, desk.order, seen=desk.revision, done=0)
    assert desk.post("undo").status_code == 409
    assert desk.load()["done"] == 0
    assert desk.redo()["done"] == 1


def test_only_who_drew_a_draft_draws_on_and_others_may_look(town):
    desk = town.desk("west", 2)
    desk.do("move", moves=[[at(1, 1), at(1.1, 1.1)]])
    for login, status in (("east", 200), ("leader", 200), ("worker", 403)):
        answer = town.client(login).get(f"{desk.path}/ground?language=zh")
        assert answer.status_code == status
        if status == 200:
            assert not answer.json()["editable"]
    east = Drawing(town.client("east"), desk.order)
    assert "只有起草人" in east.refused("delete", "zh", at=at(1, 1))
    assert "do not let you" in Drawing.refused(
        _Blind(town.client("worker"), desk), "delete", "en", at=at(1, 1)
    )


class _Blind(Drawing):
    """Somebody who posts without having looked."""

    def __init__(self, client, desk):
        self.client, self.path, self.revision = client, desk.path, desk.revision


def test_what_is_anothers_is_not_ones_own_to_draw_or_rename(town):
    desk = town.desk("west", 2)
    assert "None of these units" in desk.refused(
        "insert", start=at(2, 1), end=at(3, 1), at=at(2.5, 1.1)
    )  # fmt: skip
    assert "None of these units" in desk.refused("rename", unit=8, title={"code": "X"})
    # A border that is shared with a neighbour may be drawn; he is asked later.
    desk.do("reshape", line=[at(2, 0.2), at(2.2, 0.5), at(2, 0.8)])
    # And ground of his may be asked for.
    desk.do("hand_over", units=[10], parent=2)


def test_remarks_say_what_is_wrong_and_put_it_right(town):
    desk = town.desk("chief", 2, 7)
    found = desk.do("hand_over_area", area=[at(1.3, 0.3), at(1.7, 0.3), at(1.7, 0.7), at(1.3, 0.7)],
                    to=3)  # fmt: skip
    apart = [r for r in found["remarks"] if r["rule"] == "in_pieces"]
    assert len(apart) == 1
    assert apart[0]["has_remedy"]
    assert apart[0]["is_hard"]
    assert "not in one piece" in apart[0]["sentence"]
    assert CHINESE.search(desk.load("zh")["remarks"][0]["sentence"])
    assert desk.row(3, found["numbers"])["pieces"] == 2
    found = desk.took(desk.post("remedy", key=apart[0]["key"]))
    assert [r for r in found["remarks"] if r["rule"] == "in_pieces"] == []
    assert desk.post("remedy", key="nothing").status_code == 404


def test_a_border_follows_a_road(town):
    desk = town.desk("chief", 2)
    roads = town.client("chief").get(
        f"{desk.path}/roads", params={"bounds": "114.005,22.5,114.03,22.51"}
    )
    features = roads.json()["features"]
    assert {f["properties"]["kind"] for f in features} == {"road"}
    road = next(f for f in features if f["geometry"]["coordinates"][0] == at(1.3, 0.35))
    found = desk.do(
        "follow", road=road["properties"]["id"], start=at(1, 0.2), end=at(1, 0.6)
    )  # fmt: skip
    assert at(1.3, 0.35) in [v for arc in found["arcs"]["new"] for v in arc["line"]]
    answer = town.client("chief").get(f"{desk.path}/roads", params={"bounds": "1,2,3"})
    assert answer.status_code == 400


def test_the_form_lists_the_buildings_of_a_unit_as_it_is_drawn(town):
    desk = town.desk("west", 2)

    def listed(unit):
        answer = town.client("west").get(f"{desk.path}/buildings", params={"unit": unit})
        return {one["id"]: one for one in answer.json()["buildings"]}

    assert sorted(listed(4)) == [6, 7, 8, 9, 10]
    assert len(listed(2)) == 20
    assert listed(4)[7]["households"] > 0
    assert listed(8)[11]["households"] is None
    desk.do("hand_over_buildings", buildings=[7], to=7)
    assert sorted(listed(4)) == [6, 8, 9, 10]
    assert 7 in listed(8)


def test_a_chosen_measure_is_counted_beside_the_others(town):
    desk = town.desk("chief", 2)
    sent = {"revision": desk.revision, "operation": {"do": "hand_over", "units": [4], "parent": 7}}
    answer = desk.client.post(f"{desk.path}/do?measure=people.sex.female", json=sent).json()
    row = desk.row(2, answer["numbers"])
    assert row["values"]["people.sex.female"] == row["values"]["people"]
    assert desk.client.get(f"{desk.path}/ground?measure=nonsense").status_code == 404
