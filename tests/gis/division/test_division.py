"""A division takes exact changes only, follows shared vertices, and undoes everything."""

import hypothesis.strategies as st
import pytest
import shapely
from hypothesis import given, settings

from gis.division.cutting import Divide, Split, Take, Title
from gis.division.delta import Delta, Unit
from gis.division.division import MOST_STEPS, Division
from gis.division.joining import Create, HandOver, Merge, Rename, Retire
from gis.division.moves import DeleteVertex, InsertVertex, MoveVertices
from gis.division.reshape import Touch, along, redraw
from gis.division.rings import chain, ordered, shape
from gis.errors import BoundaryError, NotFoundError
from tests.gis.division.board import FACE, Editor, at, board, box, faces, refuse_wrong
from tests.proof import TIMES


@given(seed=st.integers(0, 2**32))
@settings(max_examples=8 * TIMES)
def test_no_edit_leaves_a_gap_or_an_overlap_and_all_can_be_undone(seed):
    division = board(5)
    start = dict(division.units)
    area = sum(x.area for x in faces(division).values())
    editor = Editor(division, seed)
    total, steps = Delta(), []
    for _ in range(40):
        delta = editor.step()
        if delta:
            total += delta
            steps.append(dict(division.units))
            refuse_wrong(division, area)
    end = dict(division.units)
    assert editor.done > 5
    for expected in [*reversed(steps[:-1]), start]:
        division.undo()
        assert dict(division.units) == expected
    assert division.undo() is None
    while division.redo():
        pass
    assert dict(division.units) == end
    # The whole way as one change, there and back.
    assert dict(Delta.from_json(total.to_json()).new) == dict(total.new)
    division.apply(~total)
    assert dict(division.units) == start
    division.apply(total)
    assert dict(division.units) == end


def test_a_vertex_of_two_faces_moves_for_both():
    division = board()
    division.do(InsertVertex(at(1, 1), at(1, 2), at(1, 1.5)))
    delta = division.do(MoveVertices({at(1, 1.5): at(1.3, 1.5)}))
    assert sorted(delta.new) == [14, 15]
    assert all(at(1.3, 1.5) in unit.rings[0] for unit in delta.new.values())


def test_a_node_moves_for_every_face_that_meets_there():
    delta = board().do(MoveVertices({at(1, 1): at(1.2, 1.1)}))
    assert sorted(delta.new) == [10, 11, 14, 15]


def test_a_whole_edge_moves():
    division = board()
    delta = division.do(MoveVertices({at(1, 1): at(1.2, 1), at(1, 2): at(1.2, 2)}))
    assert sorted(delta.new) == [10, 11, 14, 15, 18, 19]
    assert shape(division.face(14)).area == pytest.approx(1.2e6)


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (MoveVertices({at(0, 1): at(-1, 1)}), "city's border"),
        (MoveVertices({at(1, 1): at(3.5, 1)}), "wrong way"),
        (MoveVertices({at(1, 1): at(1, 2)}), "meet|cross"),
        (MoveVertices({at(9, 9): at(1, 2)}), "No outline has a vertex"),
        (InsertVertex(at(0, 0), at(1, 0), at(0.5, 0)), "city's border"),
        (InsertVertex(at(1, 1), at(2, 2), at(1.5, 1.5)), "No edge"),
        (InsertVertex(at(1, 1), at(1, 2), at(2, 2)), "already is a vertex"),
        (DeleteVertex(at(1, 1)), "Several edges"),
        (DeleteVertex(at(0, 1)), "city's border"),
        (Touch(at(1.5, 1.5)), "end on a border"),
        (Split(15, [[at(1.2, 1.2), at(1.5, 1.5)]]), "right across"),
        (Take(14, box(1, 1, 2, 2)), "merge the two"),
        (Take(14, box(0.2, 1.2, 0.5, 1.5)), "Nothing within"),
        (Merge([10, 15], 10), "does not touch"),
        (Merge([10], 10), "two units"),
        (Merge([10, 2], 2), "not of one kind"),
        (HandOver([1], 2), "cannot be handed over"),
        (HandOver([10], 11), "level"),
        (HandOver([2], 3), "level"),
        (HandOver([*range(10, 26)], 3), "nothing in it"),
        (Retire(10), "merge it"),
        (Retire(2), "without a parent"),
        (Create(Title("X"), 2, 1, []), "something to lie in it"),
        (Split(2, [[at(0, 0), at(1, 1)]]), "divided"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused_in_one_sentence(operation, words):
    division = board()
    before = dict(division.units)
    with pytest.raises(BoundaryError, match=words) as refusal:
        division.do(operation)
    assert str(refusal.value).endswith(".")
    assert dict(division.units) == before
    assert division.undo() is None


def test_a_division_is_not_taken_back_under_a_unit_that_came_into_it_since():
    """Even where that one is not loaded, and only known of by number."""
    divided = board().do(
        Divide(10, [[at(0.5, -1), at(0.5, 2)]], FACE + 1, [Title("A"), Title("B")])
    )
    division = board()
    division.apply(divided)
    division.apply(~divided)
    division.apply(divided)
    here = Division(division.units, {10: 3})
    with pytest.raises(BoundaryError, match="there are still units in it"):
        here.apply(~divided)
    assert dict(here.units) == dict(division.units)


def test_a_unit_that_is_not_loaded_is_not_found():
    with pytest.raises(NotFoundError, match="No unit 99"):
        board().do(Merge([99, 10], 10))


def test_several_operations_are_one_step_all_or_none():
    division = board()
    before = dict(division.units)
    with pytest.raises(BoundaryError):
        division.do(MoveVertices({at(1, 1): at(1.2, 1)}), MoveVertices({at(0, 0): at(1, 1)}))
    assert dict(division.units) == before
    division.do(MoveVertices({at(1, 1): at(1.2, 1)}), MoveVertices({at(1.2, 1): at(1, 1)}))
    assert division.undo() is None


def test_a_line_gives_the_border_between_two_faces_a_new_course():
    division = board()
    line = [at(1, 1.2), at(1.4, 1.5), at(1, 1.8)]
    delta = division.do(*redraw(line))
    assert sorted(delta.new) == [14, 15]
    assert line[1] in division.face(14)[0]
    assert shape(division.face(14)).area == pytest.approx(1.12e6)


def test_a_line_follows_a_road_from_border_to_border():
    road = shapely.LineString([at(0.8, 0.9), at(1.3, 1.2), at(1.3, 1.8), at(0.7, 2.1)])
    line = along(road, at(1, 1), at(1, 2))
    assert line[0] == at(1, 1)
    assert at(1.3, 1.2) in line
    division = board()
    division.do(*redraw(line))
    assert at(1.3, 1.8) in division.face(14)[0]


def test_a_reshape_that_runs_into_a_third_face_is_refused():
    with pytest.raises(BoundaryError, match="cross"):
        board().do(*redraw([at(1, 1), at(2.5, 1.5), at(1, 2)]))


def test_a_split_keeps_the_largest_part_and_puts_vertices_into_the_neighbours():
    division = board()
    line = [at(1.3, 0.5), at(1.3, 2.5)]
    delta = division.do(Split(15, [line], [Title("NEW", {"zh": "新"})]))
    new = next(iter(delta.new.keys() - delta.old.keys()))
    assert division.unit(new).code == "NEW"
    assert division.unit(new).parent == 2
    assert shape(division.face(15)).area == pytest.approx(0.7e6)
    assert at(1.3, 1) in division.face(11)[0]
    assert sorted(delta.old) == [11, 15, 19]
    refuse_wrong(division, 16e6)


def test_several_lines_split_into_several_units():
    division = board()
    delta = division.do(
        Split(15, [[at(1.3, 0), at(1.3, 3)], [at(0, 1.6), at(3, 1.6)], [at(1.3, 1.3), at(4, 1.3)]])
    )
    assert len(delta.new.keys() - delta.old.keys()) == 4
    refuse_wrong(division, 16e6)


def test_a_closed_line_makes_an_enclave_and_merging_fills_it():
    division = board()
    before = dict(division.units)
    ring = [at(1.3, 1.3), at(1.7, 1.3), at(1.7, 1.7), at(1.3, 1.7), at(1.3, 1.3)]
    delta = division.do(Split(15, [ring]))
    new = next(iter(delta.new.keys() - delta.old.keys()))
    assert len(division.face(15)) == 2
    assert division.neighbours(new) == {15}
    division.do(MoveVertices({at(1.3, 1.3): at(1.2, 1.2)}))
    division.do(*redraw([at(1.7, 1.3), at(1.8, 1.5), at(1.7, 1.7)]))
    refuse_wrong(division, 16e6)
    division.do(Merge([15, new], 15))
    assert dict(division.units) == before


def test_a_face_may_have_islands_and_keeps_them_when_it_is_split():
    division = board()
    # The corner of 16 goes to 14, which does not touch it.
    division.do(Take(14, box(2.5, 1.5, 3, 2)))
    assert len(division.face(14)) == 2
    division.do(Split(14, [[at(0.3, 0), at(0.3, 3)]]))
    assert len(division.face(14)) == 2
    refuse_wrong(division, 16e6)


def test_a_drawn_area_is_taken_from_all_it_touches_and_the_outside_from_nobody():
    division = board()
    delta = division.do(Take(14, box(0.5, -1, 1.5, 1.5)))
    assert sorted(delta.new) == [10, 11, 14, 15]
    refuse_wrong(division, 16e6)


def test_only_named_givers_give():
    division = board()
    division.do(Take(14, box(0.5, 0.5, 1.5, 1.5), givers=[15]))
    assert shape(division.face(10)).area == 1e6
    assert shape(division.face(14)).area == 1.25e6


def test_a_face_is_divided_into_units_below_it():
    division = board()
    delta = division.do(Divide(15, [[at(1.5, 0), at(1.5, 3)]], 5))
    assert division.unit(15).rings is None
    assert len(division.children(15)) == 2
    division.apply(~delta)
    assert division.unit(15).rings is not None


def test_units_above_the_faces_are_merged_and_split_as_sets():
    division = board()
    before = dict(division.units)
    merged = division.do(Merge([2, 3], 2))
    assert 3 not in division.units
    assert len(division.children(2)) == 16
    division.do(Create(Title("NEW"), 2, 1, division.children(2)[:5]))
    new = min(division.units)
    assert len(division.children(new)) == 5
    division.do(Merge([2, new], 2))
    division.apply(~merged)
    assert dict(division.units) == before


def test_a_unit_is_renamed():
    division = board()
    delta = division.do(Rename(10, Title("R", {"zh": "改"}, "exclusive")))
    assert (division.unit(10).code, division.unit(10).kind) == ("R", "exclusive")
    assert delta.redrawn == frozenset()


def test_a_change_of_what_has_changed_meanwhile_is_refused():
    division, other = board(), board()
    delta = other.do(MoveVertices({at(1, 1): at(1.2, 1)}))
    division.do(MoveVertices({at(1, 1): at(1.1, 1)}))
    with pytest.raises(BoundaryError, match="meanwhile"):
        division.apply(delta)


def test_a_hundred_steps_can_be_undone():
    division = board()
    for k in range(MOST_STEPS + 10):
        division.do(Rename(10, Title(f"R{k}")))
    undone = 0
    while division.undo():
        undone += 1
    assert undone == MOST_STEPS
    assert division.unit(10).code == "R9"


def test_faces_that_overlap_are_no_division():
    units = {1: Unit(1, None, "C"), 2: Unit(2, 1, "A", rings=box(0, 0, 1, 1))}
    with pytest.raises(BoundaryError, match="overlap"):
        Division({**units, 3: Unit(2, 1, "B", rings=ordered([[at(0, 0), at(1, 0), at(0, 2)]]))})


def test_an_outer_chain_is_what_a_change_must_keep():
    division = board()
    assert chain([division.face(14), division.face(15)]) == chain([box_with_nodes()])


def box_with_nodes():
    return ordered([[at(0, 1), at(1, 1), at(2, 1), at(2, 2), at(1, 2), at(0, 2)]])
