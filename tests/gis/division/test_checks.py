"""Remarks about units being edited: rule, place, size, and a remedy that works."""

from dataclasses import replace

import pytest
import shapely

from gis.city import Level
from gis.division.checks import Ground, Rule, Rules, check
from gis.division.cutting import Split, Take, Title
from gis.division.joining import Create, HandOver, Rename
from gis.division.moves import MoveVertices
from gis.division.reshape import redraw
from tests.builders import CITY
from tests.gis.division.board import at, board, box, refuse_wrong

LEVELS = (
    Level(1, "city", {}), Level(2, "quarter", {}), Level(4, "grid", {}, r"[A-Z]\w+"),
)  # fmt: skip
LIMITS = {
    "sliver_m2": 50.0, "sliver_m": 2.0, "grid_households_least": 200.0,
    "grid_households_most": 800.0, "building_share": 0.02, "building_cut_is_hard": 1.0,
}  # fmt: skip
# A square of the board is some ten metres wide.
RULES = Rules(replace(CITY, limits=LIMITS), replace(CITY.main, levels=LEVELS))


def found(division, delta, ground=None, rules=RULES):
    return {remark.rule: remark for remark in check(division, delta, rules, ground)}


def test_an_ordinary_move_calls_for_no_remark():
    division = board()
    delta = division.do(MoveVertices({at(1, 1): at(1.1, 1.1)}))
    assert found(division, delta) == {}


def test_a_sliver_can_be_merged_away():
    division = board()
    delta = division.do(Split(15, [[at(1.9, 0), at(1.9, 3)]], [Title("NEW")]))
    remark = found(division, delta)[Rule.SLIVER]
    assert remark.is_hard
    assert remark.size == pytest.approx(11, rel=0.2)
    assert remark.place == pytest.approx((at(1.95, 1.5)[0] / 1e7, at(1.95, 1.5)[1] / 1e7))
    division.do(remark.remedy)
    assert not {u for u in division.units if u < 0}
    refuse_wrong(division, 16e6)


def test_a_unit_in_pieces_can_give_the_smaller_away():
    division = board()
    delta = division.do(Take(14, box(2.1, 1.1, 3, 1.95)))
    remark = found(division, delta)[Rule.IN_PIECES]
    assert remark.units == (14,)
    assert remark.is_hard
    after = division.do(remark.remedy)
    assert Rule.IN_PIECES not in found(division, after)


def test_an_enclave_is_a_soft_remark():
    division = board()
    ring = [at(1.1, 1.1), at(1.9, 1.1), at(1.9, 1.9), at(1.1, 1.9), at(1.1, 1.1)]
    delta = division.do(Split(15, [ring], [Title("NEW")]))
    remark = found(division, delta)[Rule.ENCLAVE]
    assert not remark.is_hard
    division.do(remark.remedy)
    refuse_wrong(division, 16e6)


def test_a_building_that_is_cut_can_be_gone_around():
    division = board()
    building = shapely.box(*at(1.8, 1.4), *at(2.1, 1.6))
    delta = division.do(MoveVertices({at(1, 1): at(1.1, 1.1)}))
    ground = Ground(buildings=[building, shapely.box(*at(1.2, 1.2), *at(1.4, 1.4))])
    remark = found(division, delta, ground)[Rule.BUILDING_CUT]
    assert remark.units == (15, 16)
    assert remark.is_hard
    after = division.do(remark.remedy)
    assert Rule.BUILDING_CUT not in found(division, after, ground)


@pytest.mark.parametrize(
    ("households", "rule"), [(10, Rule.TOO_SMALL), (900, Rule.TOO_BIG), (300, None)]
)
def test_sizes_are_told_by_the_numbers_of_the_city(households, rule):
    division = board()
    delta = division.do(Rename(10, Title("F00b")))
    assert set(found(division, delta, Ground(households={10: households}))) == {rule} - {None}


def test_a_unit_where_nobody_lives_is_told():
    division = board()
    delta = division.do(Rename(10, Title("F00b")))
    assert set(found(division, delta, Ground(people={10: 0, 11: 0}))) == {Rule.NOBODY}


def test_of_an_exclusive_unit_nobody_need_live_there():
    division = board()
    delta = division.do(Rename(10, Title("F00b", kind="exclusive")))
    assert found(division, delta, Ground(households={10: 0}, people={10: 0})) == {}


@pytest.mark.parametrize("code", ["", "f-1"])
def test_a_code_that_does_not_fit_its_level_is_hard(code):
    division = board()
    delta = division.do(Rename(10, Title(code)))
    assert found(division, delta)[Rule.CODE].is_hard


def test_a_code_follows_the_parent_where_the_city_says_so():
    division = board()
    rules = replace(RULES, city=replace(RULES.city, codes_follow_parent=True))
    delta = division.do(HandOver([10], 3, {10: "C1X"}))
    assert found(division, delta, rules=rules) == {}
    delta = division.do(HandOver([14], 3))
    assert found(division, delta, rules=rules)[Rule.CODE].units == (14,)


def test_the_border_of_a_locked_level_may_not_move():
    rules = replace(RULES, locked_levels=frozenset({2}))
    division = board()
    inside = division.do(*redraw([at(1, 1), at(1.3, 1.5), at(1, 2)]))
    assert found(division, inside, rules=rules) == {}
    across = division.do(*redraw([at(2, 1), at(2.3, 1.5), at(2, 2)]))
    remark = found(division, across, rules=rules)[Rule.OUTSIDE_PARENT]
    assert remark.is_hard
    assert Rule.OUTSIDE_PARENT in found(division, division.do(HandOver([10], 3)), rules=rules)


def test_a_unit_above_the_faces_may_not_leave_a_locked_one():
    division = board()
    division.do(Create(Title("M"), 3, 2, [10, 14]))
    middle = min(division.units)
    rules = replace(RULES, locked_levels=frozenset({2}))
    delta = division.do(HandOver([middle], 3))
    assert found(division, delta, rules=rules)[Rule.OUTSIDE_PARENT].units == (middle, 2, 3)
