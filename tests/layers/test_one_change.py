"""What one change does to a tiny city: rows, counts, lineage, tiles, and what it refuses."""

import datetime as dt

import pytest
from sqlalchemy import select, text

from gis import lineage
from gis.division.cutting import Divide, Split, Title
from gis.division.delta import Delta, Unit
from gis.division.joining import Create, HandOver, Merge, Rename
from gis.division.moves import InsertVertex, MoveVertices
from gis.division.reshape import redraw
from gis.division.stored import open_division
from gis.errors import BoundaryError
from gis.tables import unit_version
from layers import counts, tile_cache, tiles
from layers.catalog import HOUSEHOLDS, PEOPLE
from layers.taking_effect import take_effect
from tests import builders

AT = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)
ROOT, QUARTER, OTHER = 1, 2, 7
# Squares 3 and 4 lie side by side in the first quarter, 8 beside 4 in the second.
WEST_SQUARE, EAST_SQUARE, BEYOND = 3, 4, 8


def at(x, y):
    lon, lat = builders.at(x, y)
    return round(lon * 1e7), round(lat * 1e7)


@pytest.fixture
def units(db):
    found = builders.load(db)
    # As loading makes them: with the vertices that their children meet in.
    for level in (2, 1):
        db.execute(
            text(
                "UPDATE citygrid.unit_version p SET geom = (SELECT ST_Multi(ST_Union(geom))"
                " FROM citygrid.unit_version WHERE parent_id = p.unit_id)"
                " WHERE zoning_id = 1 AND level = :level"
            ),
            {"level": level},
        )
    people = builders.rows("people", (0.5, 0.5), (0.9, 0.5), (1.0, 0.5), (1.5, 0.5), (2.0, 0.5))
    builders.add(db, PEOPLE, found, people)
    builders.add(db, HOUSEHOLDS, found, builders.rows("households", (0.9, 0.5), (1.5, 0.5)))
    for layer in (PEOPLE, HOUSEHOLDS):
        db.execute(
            text(
                "INSERT INTO citygrid.layer_state (layer, rows, as_of)"
                " VALUES (:layer, 0, '2026-05-15')"
            ),
            {"layer": layer.id},
        )
    counts.rebuild(db, PEOPLE, HOUSEHOLDS)
    return found


def counted(db, measure="people"):
    rows = db.execute(
        text(
            "SELECT unit_id, n FROM citygrid.unit_count c JOIN citygrid.measure m"
            " ON m.id = c.measure_id WHERE m.name = :name AND unit_id <= 21"
        ),
        {"name": measure},
    )
    return dict(tuple(row) for row in rows)


def unit_of_people(db):
    return list(db.scalars(text("SELECT unit_id FROM citygrid.people ORDER BY id")))


def moved_edge(division):
    """The edge between squares 3 and 4, a tenth to the west in its middle."""
    return division.do(*redraw([at(1, 0.1), at(0.8, 0.5), at(1, 0.9)]))


def test_rows_go_where_their_ground_goes_and_counts_follow(db, units):
    assert unit_of_people(db) == [3, 3, 3, 4, 4]
    take_effect(db, moved_edge(open_division(db, [QUARTER])), at=AT)
    assert unit_of_people(db) == [3, 4, 4, 4, 4]
    assert counted(db) == {ROOT: 5, QUARTER: 5, WEST_SQUARE: 1, EAST_SQUARE: 4}
    assert counted(db, "households") == {ROOT: 2, QUARTER: 2, EAST_SQUARE: 2}


def test_a_row_on_the_border_of_a_unit_that_ends_goes_to_the_smaller_number(db, units):
    """Square 8 takes 4 in: who stood on the edge between the two, or on 3's, keeps a unit."""
    take_effect(db, open_division(db, [ROOT]).do(Merge([EAST_SQUARE, BEYOND], BEYOND)), at=AT)
    assert unit_of_people(db) == [3, 3, 3, 8, 8]
    assert counted(db) == {ROOT: 5, QUARTER: 3, OTHER: 2, WEST_SQUARE: 3, BEYOND: 2}


def test_only_what_changes_gets_a_new_version(db, units):
    take_effect(db, moved_edge(open_division(db, [QUARTER])), at=AT)
    began = select(unit_version.c.unit_id).where(
        text("lower(valid) = :at"), text("upper_inf(valid)")
    )
    assert sorted(db.scalars(began, {"at": AT})) == [WEST_SQUARE, EAST_SQUARE]


def test_an_edge_of_two_quarters_redraws_both_and_not_the_city(db, units):
    division = open_division(db, [ROOT])
    delta = division.do(
        InsertVertex(at(2, 0), at(2, 1), at(2, 0.5)), MoveVertices({at(2, 0.5): at(1.8, 0.5)})
    )
    before = counted(db)
    took = take_effect(db, delta, at=AT)
    began = select(unit_version.c.unit_id).where(
        text("lower(valid) = :at"), text("upper_inf(valid)")
    )
    assert sorted(db.scalars(began, {"at": AT})) == [QUARTER, EAST_SQUARE, OTHER, BEYOND]
    union = db.scalar(
        text(
            "SELECT ST_Equals(p.geom, (SELECT ST_Union(geom) FROM citygrid.unit_version"
            " WHERE parent_id = 2 AND upper_inf(valid))) FROM citygrid.unit_version p"
            " WHERE unit_id = 2 AND upper_inf(valid)"
        )
    )
    assert union
    assert counted(db) == {**before, QUARTER: 4, EAST_SQUARE: 1, OTHER: 1, BEYOND: 1}
    take_effect(db, ~took, at=AT + dt.timedelta(days=1))
    assert counted(db) == before


def test_a_unit_handed_over_takes_what_is_counted_of_it_along(db, units):
    take_effect(db, open_division(db, [ROOT]).do(HandOver([EAST_SQUARE], OTHER)), at=AT)
    assert unit_of_people(db) == [3, 3, 3, 4, 4]
    assert counted(db) == {ROOT: 5, QUARTER: 3, OTHER: 2, WEST_SQUARE: 3, EAST_SQUARE: 2}


def drawn(db, unit_id):
    """The shapes of a unit for the map, and whether its version is today's."""
    return db.execute(
        text(
            "SELECT zoom_from, upper_inf(valid), ST_AsText(s.geom) FROM citygrid.unit_shape s"
            " JOIN citygrid.unit_version v ON v.id = unit_version_id"
            " WHERE s.unit_id = :unit ORDER BY zoom_from"
        ),
        {"unit": unit_id},
    ).all()


def test_who_keeps_an_outline_is_not_drawn_anew(db, units):
    """A unit handed over goes on with its shapes; one whose neighbour is redrawn does not."""
    mark = "MULTIPOLYGON(((0 0,1 0,0 1,0 0)))"
    db.execute(
        text("UPDATE citygrid.unit_shape SET geom = ST_GeomFromText(:mark, 3857)"), {"mark": mark}
    )
    bands = len(drawn(db, EAST_SQUARE))
    took = take_effect(db, open_division(db, [ROOT]).do(HandOver([EAST_SQUARE], OTHER)), at=AT)
    assert [(row[1], row[2]) for row in drawn(db, EAST_SQUARE)] == [(True, mark)] * bands
    assert mark not in {row[2] for row in drawn(db, QUARTER)}
    # A version of the same moment never was: its shapes are made again.
    take_effect(db, ~took, at=AT)
    assert mark not in {row[2] for row in drawn(db, EAST_SQUARE)}
    assert {row[1] for row in drawn(db, EAST_SQUARE)} == {True}


def test_a_split_says_what_came_of_what(db, units):
    division = open_division(db, [QUARTER])
    delta = division.do(Split(WEST_SQUARE, [[at(0.7, -1), at(0.7, 2)]], [Title("C1X")]))
    took = take_effect(db, delta, at=AT, reason="too many households")
    new = max(took.new)
    assert lineage.successors(db, WEST_SQUARE) == [new]
    assert lineage.sources(db, new) == [WEST_SQUARE]
    assert unit_of_people(db) == [3, new, 4, 4, 4]


def test_a_created_unit_stands_in_the_tree_and_counts(db, units):
    delta = open_division(db, [ROOT]).do(Create(Title("C9"), 2, ROOT, [WEST_SQUARE, EAST_SQUARE]))
    new = max(take_effect(db, delta, at=AT).new)
    assert {**counted(db), new: 5} == {ROOT: 5, new: 5, WEST_SQUARE: 3, EAST_SQUARE: 2}


@pytest.fixture
def last_quarter(db):
    """An undivided quarter beside divided ones; its number."""
    builders.load(db, uneven=True)
    return db.scalar(text("SELECT unit_id FROM citygrid.unit_version WHERE code = 'C4'"))


def divided(db, number):
    """Divide the last quarter from corner to corner, so that no neighbour gets a vertex."""
    titles = [Title(f"C4{k}") for k in range(2)]
    return open_division(db, [ROOT]).do(Divide(number, [[at(2, 2), at(4, 4)]], 3, titles))


def test_a_divided_unit_can_be_one_face_again(db, last_quarter):
    today = select(unit_version.c.is_face).where(
        unit_version.c.unit_id == last_quarter, text("upper_inf(valid)")
    )
    took = take_effect(db, divided(db, last_quarter), at=AT)
    assert not db.scalar(today)
    take_effect(db, ~took, at=AT + dt.timedelta(days=1))
    assert db.scalar(today)


def test_new_units_where_none_of_their_level_were_have_their_neighbours_drawn_anew(
    db, last_quarter
):
    """Else an edge would be simplified in one piece on one side, in two on the other."""
    take_effect(db, divided(db, last_quarter), at=AT)
    drawn = text(
        "SELECT code FROM citygrid.unit_shape s JOIN citygrid.unit_version v"
        " ON v.id = unit_version_id WHERE s.level = 3 GROUP BY code HAVING count(*) > 1"
    )
    assert sorted(db.scalars(drawn)) == ["C14", "C23", "C24", "C32", "C34", "C40", "C41"]


def test_a_level_that_the_city_does_not_have_is_refused(db, units):
    division = open_division(db, [QUARTER])
    titles = [Title(f"C11{k}") for k in range(2)]
    delta = division.do(Divide(WEST_SQUARE, [[at(0.7, -1), at(0.7, 2)]], 4, titles))
    with pytest.raises(BoundaryError, match=r"of level 4\..*levels 1 to 3"):
        take_effect(db, delta, at=AT)


def test_a_change_of_units_that_others_changed_is_refused(db, units):
    division = open_division(db, [QUARTER])
    delta = moved_edge(division)
    take_effect(db, delta, at=AT)
    with pytest.raises(BoundaryError, match=r"Changed by others meanwhile: C11, C12\."):
        take_effect(db, delta, at=AT + dt.timedelta(days=1))


def test_disjoint_changes_of_two_editors_both_take_effect(db, units):
    one, other = open_division(db, [QUARTER]), open_division(db, [ROOT])
    first = moved_edge(one)
    second = other.do(Rename(BEYOND, Title("C21", {"zh": "东", "en": "East"})))
    take_effect(db, first, at=AT)
    take_effect(db, second, at=AT)


def test_a_change_that_was_tampered_with_is_refused(db, units):
    delta = moved_edge(open_division(db, [QUARTER]))
    worse = Delta(delta.old, {WEST_SQUARE: delta.new[WEST_SQUARE]})
    with pytest.raises(BoundaryError):
        take_effect(db, worse, at=AT)


def test_a_code_is_never_given_twice(db, units):
    for at_day, (old, new) in enumerate([("C11", "C1Z"), ("C12", "C11")]):
        division = open_division(db, [QUARTER])
        number = next(n for n, unit in division.units.items() if unit.code == old)
        delta = division.do(Rename(number, Title(new, {"zh": "新", "en": "New"})))
        if new == "C11":
            with pytest.raises(BoundaryError, match="never given twice"):
                take_effect(db, delta, at=AT + dt.timedelta(days=at_day))
        else:
            take_effect(db, delta, at=AT + dt.timedelta(days=at_day))


def test_a_draft_without_a_code_is_refused(db, units):
    delta = open_division(db, [QUARTER]).do(Split(WEST_SQUARE, [[at(0.7, -1), at(0.7, 2)]]))
    with pytest.raises(BoundaryError, match="no code yet"):
        take_effect(db, delta, at=AT)


def test_a_change_cannot_begin_before_what_it_changes(db, units):
    delta = moved_edge(open_division(db, [QUARTER]))
    with pytest.raises(BoundaryError, match="Choose a later moment"):
        take_effect(db, delta, at=builders.LOADED_AT - dt.timedelta(days=1))


def test_an_outline_that_is_not_its_parts_is_not_made_worse(db, units):
    db.execute(
        text("UPDATE citygrid.unit_version SET geom = ST_Multi(ST_Envelope(geom)) WHERE level = 2")
    )
    division = open_division(db, [ROOT])
    delta = division.do(
        InsertVertex(at(2, 0), at(2, 1), at(2, 0.5)), MoveVertices({at(2, 0.5): at(1.8, 0.5)})
    )
    with pytest.raises(BoundaryError, match="C1 is not the union of its parts"):
        take_effect(db, delta, at=AT)


def test_a_unit_of_no_zoning_is_refused(db, units):
    ghost = Unit(3, QUARTER, "G", {}, "basic", shape_of_nothing())
    with pytest.raises(BoundaryError):
        take_effect(db, Delta({900: ghost}, {}), at=AT)


def shape_of_nothing():
    return ((at(9, 9), at(10, 9), at(10, 10)),)


def test_only_tiles_where_an_edge_moved_are_dropped(db, units, monkeypatch):
    heard = []
    take_effect(db, moved_edge(open_division(db, [QUARTER])), at=AT)
    # PostgreSQL tells others at commit only, so it is heard where it is said.
    monkeypatch.setattr(tile_cache, "drop", lambda _, *told: heard.append(told))
    delta = open_division(db, [QUARTER]).do(MoveVertices({at(0.8, 0.5): at(0.85, 0.5)}))
    take_effect(db, delta, at=AT + dt.timedelta(days=1))
    [(layer, boxes)] = heard
    assert layer == tiles.UNITS
    west, south, east, north = boxes.T
    assert west.min() >= builders.at(0.79, 0)[0]
    assert east.max() <= builders.at(1.01, 0)[0]
    # From the last node to the next, because low zooms may draw all of that in one line.
    assert south.min() >= builders.at(0, -0.01)[1]
    assert north.max() <= builders.at(0, 1.01)[1]
