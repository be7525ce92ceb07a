"""The editor over HTTP: every operation, undone and done again, judged by other means."""

import re

import pytest

from tests.conftest import clone, drop
from tests.dashboard.editing_town import Town, at

CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def town(server):
    copy = clone(server, "citygrid_template")
    town = Town(copy)
    yield town
    town.close()
    drop(copy)


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
