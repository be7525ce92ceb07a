"""Rebasing: what one side changed is taken, what both changed is a conflict, nothing is lost."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.division.cutting import Title
from gis.division.delta import Delta
from gis.division.division import Division
from gis.division.joining import HandOver, Merge, Rename
from gis.division.moves import InsertVertex, MoveVertices
from gis.division.rings import shape
from gis.errors import BoundaryError
from gis.orders.merging import (
    Conflict,
    ConflictError,
    is_stale,
    rebase,
    rebase_steps,
    stands_against,
)
from tests.gis.division.board import Editor, at, board, faces, refuse_wrong

AREA = 16 * 1000 * 1000


def bent(division, x, y, dx):
    """Push the middle of the edge between (x, y) and (x, y + 1)."""
    middle = at(x, y + 0.5)
    return division.do(
        InsertVertex(at(x, y), at(x, y + 1), middle), MoveVertices({middle: at(x + dx, y + 0.5)})
    )


def after(*deltas):
    """The board's units after some changes."""
    division = board()
    for delta in deltas:
        division.apply(delta)
    return dict(division.units)


def conflict(delta, today):
    with pytest.raises(ConflictError) as refused:
        rebase(delta, today)
    return refused.value.conflict


def test_edges_of_one_unit_that_each_side_changed_are_merged():
    mine, theirs = bent(board(), 1, 0, 0.3), bent(board(), 2, 0, 0.2)
    today = after(theirs)
    assert is_stale(mine, today)
    moved = rebase(mine, today)
    assert not is_stale(moved, today)
    division = Division(today)
    division.apply(moved)
    refuse_wrong(division, AREA)
    # In whichever order.
    other = board()
    other.apply(mine)
    other.apply(rebase(theirs, dict(other.units)))
    assert dict(other.units) == dict(division.units)


def test_an_edge_that_both_changed_is_a_conflict_with_both_versions():
    mine, theirs = bent(board(), 1, 0, 0.3), bent(board(), 1, 0, -0.2)
    found = conflict(mine, after(theirs))
    assert found.units == (10, 11)
    assert {clash.about for clash in found.clashes} == {("outline",)}
    assert found.clashes[0].edges == ((at(1, 0), at(1, 1)),)
    drawn = found.to_json()["units"][0]
    assert drawn["mine"] != drawn["theirs"] != drawn["base"]
    assert drawn["edges"]["coordinates"] == [[[x / 1e7, y / 1e7] for x, y in (at(1, 0), at(1, 1))]]
    assert stands_against(theirs, found)
    assert not stands_against(bent(board(), 2, 0, 0.2), found)


def test_what_both_did_alike_is_no_conflict():
    mine = bent(board(), 1, 0, 0.3)
    assert not rebase(mine, after(mine))


def test_lines_of_both_that_cross_are_a_conflict():
    mine, theirs = bent(board(), 1, 0, 0.7), bent(board(), 2, 0, -0.7)
    found = conflict(mine, after(theirs))
    assert found.units == (11,)
    assert found.clashes[0].edges


def title(code="N", zh="新"):
    return Title(code, {"zh": zh, "en": "New"})


def test_fields_are_merged_one_by_one():
    renamed = board().do(Rename(10, title("F00", "甲")))
    drawn, handed = bent(board(), 1, 0, 0.3), board().do(HandOver([10], 3))
    today = after(renamed)
    both = rebase(drawn, today).new[10]
    assert (both.names["zh"], both.rings) == ("甲", drawn.new[10].rings)
    both = rebase(handed, today).new[10]
    assert (both.names["zh"], both.parent) == ("甲", 3)
    other = board().do(Rename(10, title("F00", "乙")))
    assert conflict(other, today).clashes[0].about == ("names",)


def test_a_unit_that_others_retired_cannot_be_changed():
    theirs = board().do(Merge([10, 11], 10))
    mine = bent(board(), 2, 0, 0.2)
    found = conflict(mine, after(theirs))
    assert found.clashes[0].about == ("gone",)
    assert found.units == (11,)
    assert found.clashes[0].theirs is None


def test_a_unit_that_others_redrew_cannot_be_retired():
    mine = board().do(Merge([10, 11], 10))
    theirs = bent(board(), 2, 0, 0.2)
    assert conflict(mine, after(theirs)).units == (11,)
    # Another name is no reason to keep it.
    renamed = board().do(Rename(11, title("F10", "甲")))
    assert rebase(mine, after(renamed)).old[11].names["zh"] == "甲"


def test_nothing_is_laid_into_a_unit_that_is_gone():
    division = board()
    lost = dict(division.units)
    mine = division.do(HandOver([10], 3))
    for number in [n for n, unit in lost.items() if unit.parent == 3 or n == 3]:
        del lost[number]
    assert conflict(mine, lost).clashes[0].about == ("parent",)


def test_steps_are_carried_over_one_on_the_other():
    division = board()
    steps = (bent(division, 1, 0, 0.3), bent(division, 1, 1, 0.3), division.do(Rename(10, title())))
    theirs = bent(board(), 2, 0, 0.2)
    today = after(theirs)
    moved = rebase_steps(steps, today)
    assert len(moved) == 3
    there = Division(today)
    for step in moved:
        there.apply(step)
    refuse_wrong(there, AREA)
    assert there.units[10].names["zh"] == "新"


def test_a_conflict_names_its_units():
    error = ConflictError(Conflict(()), by=["TZ-2027-0001"])
    assert "TZ-2027-0001" in str(error)
    found = conflict(bent(board(), 1, 0, 0.3), after(bent(board(), 1, 0, -0.2)))
    assert "F00, F10" in str(ConflictError(found))


def two_drafts(rng):
    drafts = []
    for turn in range(2):
        editor = Editor(board(), int(rng.integers(2**31)))
        total = Delta()
        for _ in range(int(rng.integers(1, 4))):
            total += editor.step() or Delta()
        # New units of two drafts are not the same.
        drafts.append(total.renumbered({n: n - 1000 * turn for n in total.new if n < 0}))
    return drafts


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=60)
def test_two_editors_of_one_ground_merge_or_conflict_and_never_lose_anything(seed):
    """Whatever two people draw: either the ground is whole and holds both, or it is said."""
    mine, theirs = two_drafts(np.random.default_rng(seed))
    today = after(theirs)
    try:
        moved = rebase(mine, today)
    except ConflictError as error:
        found = error.conflict
    else:
        found = None
    if found is not None:
        assert found.clashes
        assert set(found.units) <= mine.units
        return
    division = Division(today)
    try:
        division.apply(moved)
    except BoundaryError:
        # Both are sound and lie across each other elsewhere than in one unit: refused, not taken.
        assert dict(division.units) == today
        return
    refuse_wrong(division, AREA)
    # What only one side changed is as that side has it.
    for number, unit in theirs.new.items():
        if number not in mine.units:
            assert division.units[number] == unit
    for number, unit in mine.new.items():
        if number not in theirs.units:
            assert division.units[number] == unit
    assert sum(x.area for x in faces(division).values()) == AREA


def test_a_unit_keeps_what_others_drew_when_only_its_name_changes():
    mine = board().do(Rename(11, title("F10")))
    theirs = bent(board(), 2, 0, 0.2)
    moved = rebase(mine, after(theirs))
    assert moved.new[11].rings == theirs.new[11].rings
    assert shape(moved.new[11].rings).area > 1_000_000
    assert moved.new[11] == replace(theirs.new[11], names={"zh": "新", "en": "New"})
