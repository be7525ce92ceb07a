"""The impact sheet says before a change what it does, and to nobody more than he may know."""

import datetime as dt
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import text

from gis.access.posts import Post
from gis.access.viewer import act_as, everything
from gis.database import Role, Server
from gis.division.cutting import Split, Title
from gis.division.delta import Delta
from gis.division.joining import HandOver, Merge, Rename
from gis.division.moves import InsertVertex, MoveVertices
from gis.division.reshape import redraw
from gis.division.stored import open_division
from gis.errors import BoundaryError
from layers import impact_past, impact_sheet, releases
from layers.impact_sheet import Fate
from layers.taking_effect import take_effect
from tests.conftest import clone, drop
from tests.gis.division.board import Editor
from tests.layers.impact_city import (
    AT,
    BEYOND,
    BOTH,
    EAST,
    HOMES,
    NAME,
    ONE,
    OTHER,
    OUTSIDER,
    PEOPLE,
    PHONE,
    QUARTER,
    ROOT,
    WEST,
    fill,
    viewer_of,
)
from tests.layers.test_one_change import at
from tests.layers.test_taking_effect import some_units

MEASURES = {
    "buildings": "buildings",
    "buildings.floor_area_m2": "floor_area_m2",
    "facilities": "facilities",
    "incidents.status.open": "open_incidents",
    "households": "households",
    "people": "people",
}


@pytest.fixture(scope="module")
def town(server):
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        fill(db)
    with owner.connect() as db:
        db.execution_options(isolation_level="REPEATABLE READ")
        releases.make(db)
        db.commit()
    yield copy
    owner.dispose()
    drop(copy)


@pytest.fixture(scope="module")
def owner(town):
    engine = town.engine(Role.OWNER)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def app(town):
    engine = town.engine(Role.APP)
    yield engine
    engine.dispose()


@contextmanager
def seen_by(engine, viewer):
    with engine.connect() as db, db.begin() as transaction:
        act_as(db, viewer)
        yield db
        transaction.rollback()


def drawn(engine, *operations, within=(ROOT,)):
    with engine.connect() as db:
        return open_division(db, list(within)).do(*operations)


@pytest.fixture(scope="module")
def moved_edge(app):
    """The edge between the two squares goes west, past two of the spots."""
    return drawn(app, *redraw([at(1, 0.1), at(0.8, 0.5), at(1, 0.9)]))


def told(engine, viewer, delta):
    with seen_by(engine, viewer) as db:
        return impact_sheet.sheet(db, viewer, delta)


def pair(sheet, giver, taker):
    [found] = [p for p in sheet.pairs if (p.step.giver, p.step.taker) == (giver, taker)]
    return found


def counted(db, numbers):
    """What is stored of units: measure → unit → number, and their areas."""
    rows = db.execute(
        text(
            "SELECT m.name, c.unit_id, c.n FROM citygrid.unit_count c JOIN citygrid.measure m"
            " ON m.id = c.measure_id WHERE c.unit_id = ANY(:units)"
        ),
        {"units": numbers},
    )
    found = {name: {} for name in MEASURES}
    for name, unit, n in rows:
        if name in found:
            found[name][unit] = n
    areas = db.execute(
        text(
            "SELECT unit_id, area_m2 FROM citygrid.unit_version"
            " WHERE upper_inf(valid) AND unit_id = ANY(:units)"
        ),
        {"units": numbers},
    )
    return found, dict(tuple(row) for row in areas)


def refuse_differences(db, sheet, delta):
    """What the sheet says of every unit is what is stored, before the change and after it."""
    lines = {line.id: line for line in sheet.lines}
    before, areas = counted(db, [n for n in lines if n > 0])
    for number, line in lines.items():
        if line.before:
            assert line.before.area_m2 == areas[number]
            for measure, name in MEASURES.items():
                assert getattr(line.before, name) == before[measure].get(number, 0), (number, name)
    took = take_effect(db, delta, at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC))
    drafts = sorted((n for n in delta.new if n < 0), reverse=True)
    fresh = sorted(took.new.keys() - took.old.keys() - {n for n in delta.new if n > 0})
    names = dict(zip(drafts, fresh, strict=True))
    after, areas = counted(db, [names.get(n, n) for n in lines])
    for draft, line in lines.items():
        number = names.get(draft, draft)
        if line.after is None:
            assert number not in areas
            continue
        assert line.after.is_exact
        assert line.after.area_m2 == pytest.approx(areas[number], rel=1e-5)
        for measure, name in MEASURES.items():
            assert getattr(line.after, name) == after[measure].get(number, 0), (number, name)
    return names


CHANGES = {
    "an edge": lambda: redraw([at(1, 0.1), at(0.8, 0.5), at(1, 0.9)]),
    "an edge of two quarters": lambda: (
        InsertVertex(at(2, 0), at(2, 1), at(2, 0.5)),
        MoveVertices({at(2, 0.5): at(1.4, 0.5)}),
    ),
    "a split": lambda: [Split(WEST, [[at(0.7, -1), at(0.7, 2)]], [Title("C1X")])],
    "a merge": lambda: [Merge([EAST, BEYOND], BEYOND)],
    "another parent": lambda: [HandOver([EAST], OTHER)],
    "another parent and another edge": lambda: [
        *redraw([at(1, 0.1), at(0.8, 0.5), at(1, 0.9)]),
        HandOver([EAST], OTHER),
    ],
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_sheet_is_the_difference_of_the_counts(app, owner, change):
    delta = drawn(app, *change())
    with owner.connect() as db:
        viewer = everything(db)
    sheet = told(app, viewer, delta)
    with owner.connect() as db, db.begin() as transaction:
        refuse_differences(db, sheet, delta)
        transaction.rollback()
    # No list says otherwise than its number.
    for each in (one for one in sheet.pairs if one.step.level == 3):
        assert sum(b.step == each.step for b in sheet.buildings) == each.numbers.buildings
        assert sum(f.step == each.step for f in sheet.facilities) == each.numbers.facilities
        homes = sum(b.households for b in sheet.buildings if b.step == each.step)
        assert homes == each.numbers.households


def essence(sheet, names):
    """What a sheet says, new units by the numbers they got."""

    def known(step):
        return step.level, names.get(step.giver, step.giver), names.get(step.taker, step.taker)

    return {
        "pairs": {known(p.step): (replace(p.numbers, area_m2=0), p.persons) for p in sheet.pairs},
        "lines": {
            names.get(x.id, x.id): (
                x.fates,
                x.before and replace(x.before, area_m2=0),
                x.after and replace(x.after, area_m2=0),
            )
            for x in sheet.lines
        },
        "buildings": sorted((b.id, known(b.step), b.households) for b in sheet.buildings),
        "estates": sorted((e.id, known(e.step), e.buildings) for e in sheet.estates),
        "incidents": sorted((i.id, known(i.step)) for i in sheet.incidents),
    }


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_sheet_is_the_same_after_the_change(server, change):
    copy = clone(server, "citygrid_template")
    made, app = copy.engine(Role.OWNER), copy.engine(Role.APP)
    with made.begin() as db:
        fill(db)
        viewer = everything(db)
    delta = drawn(app, *change())
    before = told(app, viewer, delta)
    with made.begin() as db:
        took = take_effect(db, delta, at=AT)
        viewer = everything(db)
    with seen_by(app, viewer) as db:
        after = impact_past.sheet(db, viewer, took)
    made.dispose()
    app.dispose()
    drop(copy)
    drafts = sorted((n for n in delta.new if n < 0), reverse=True)
    fresh = sorted(took.new.keys() - delta.old.keys() - delta.new.keys())
    assert essence(after, {}) == essence(before, dict(zip(drafts, fresh, strict=True)))


def test_random_edits_of_a_city_conserve_its_numbers(demo):
    app = Server(demo.url, is_private=True).engine(Role.APP)
    with demo.connect() as db, db.begin() as transaction:
        division = open_division(db, some_units(db, 8, 4, 6))
        editor = Editor(division, 8, codes=lambda *_: str(editor.rng.integers(10**16, 10**17)))
        delta = Delta()
        while editor.done < 10:
            delta += editor.step() or Delta()
        sheet = told(app, everything(db), delta)
        assert {line.level for line in sheet.lines} >= {4, 5}
        refuse_differences(db, sheet, delta)
        transaction.rollback()
    app.dispose()


def test_who_holds_both_sides_is_told_exactly(app, moved_edge):
    sheet = told(app, BOTH, moved_edge)
    numbers = pair(sheet, WEST, EAST).numbers
    # Three spots go east, the one that lay on the edge itself among them.
    assert (numbers.people, numbers.households, numbers.is_exact) == (3 * PEOPLE, 3 * HOMES, True)
    persons = pair(sheet, WEST, EAST).persons
    assert persons.age_group == {"0_14": PEOPLE, "15_59": PEOPLE, "60": PEOPLE}
    assert persons.residence == {"registered": 2 * PEOPLE, "migrant": PEOPLE}
    assert persons.care == {"any": PEOPLE, "living_alone": PEOPLE}
    assert [(b.id, b.households) for b in sheet.buildings] == [(2, HOMES), (3, HOMES), (4, HOMES)]
    [estate] = sheet.estates
    assert (estate.buildings, estate.of_buildings) == (2, 3)
    assert [i.id for i in sheet.incidents] == [2, 3, 4]
    assert sheet.hidden_incidents == 0


@pytest.mark.parametrize("viewer", [ONE, OUTSIDER], ids=["one side", "neither side"])
def test_nobody_else_is_told_more_than_the_release_and_the_buildings(app, moved_edge, viewer):
    sheet = told(app, viewer, moved_edge)
    found = pair(sheet, WEST, EAST)
    # Of four buildings alike three go east, and with them as much of 28 people and 12 households.
    assert (found.numbers.people, found.numbers.households) == (20, 10)
    assert not found.numbers.is_exact
    assert found.persons is None
    assert all(building.households is None for building in sheet.buildings)
    # Counts that are nobody's secret are exact.
    assert found.numbers.buildings == 3
    line = next(line for line in sheet.lines if line.id == WEST)
    assert line.after.people % 10 == line.after.households % 10 == 0
    # What changes is what goes: no rounding on one side alone makes up more, or less, of it.
    assert line.before.people - line.after.people == found.numbers.people
    assert line.before.households - line.after.households == found.numbers.households


def test_who_lives_where_does_not_show_in_what_others_are_told(app, owner, moved_edge):
    """However the people of a unit are spread over its homes, the sheet of others is the same."""
    before = told(app, OUTSIDER, moved_edge)
    with owner.begin() as db:
        # All people of the unit into the one building that stays.
        db.execute(
            text(
                "UPDATE citygrid.people SET geom = ST_SetSRID(ST_Point(:x, :y), 4326)"
                " WHERE unit_id = :unit"
            ),
            {"x": at(0.5, 0.5)[0] / 1e7, "y": at(0.5, 0.5)[1] / 1e7, "unit": WEST},
        )
    try:
        assert told(app, OUTSIDER, moved_edge) == before
        assert told(app, BOTH, moved_edge) != before
    finally:
        with owner.begin() as db:
            db.execute(
                text(
                    "UPDATE citygrid.people p SET geom = b.centre FROM citygrid.building b"
                    " WHERE b.id = p.id AND p.unit_id = :unit"
                ),
                {"unit": WEST},
            )


def test_cases_about_persons_are_counted_with_units_as_a_whole_only(app, moved_edge):
    part = told(app, OUTSIDER, moved_edge)
    assert [i.id for i in part.incidents] == [3]
    assert part.hidden_incidents == 0
    whole = told(app, OUTSIDER, drawn(app, HandOver([WEST], OTHER)))
    # Three open ones, of which two are about persons.
    assert [i.id for i in whole.incidents] == [3]
    assert whole.hidden_incidents == 2
    assert pair(whole, QUARTER, OTHER).numbers.open_incidents == 3


def test_care_is_for_who_may_see_it(app, moved_edge):
    head = viewer_of(Post.SUBDISTRICT_HEAD, (ROOT, 21))
    persons = pair(told(app, head, moved_edge), WEST, EAST).persons
    assert persons.care is None
    assert persons.residence


def test_telephones_are_whole_for_who_is_to_call(app, moved_edge):
    known = told(app, BOTH, moved_edge).officials
    assert [(o.unit_id, o.person, o.phone) for o in known] == [
        (WEST, f"{NAME}{WEST}", PHONE), (EAST, f"{NAME}{EAST}", PHONE)
    ]  # fmt: skip
    assert {o.phone for o in told(app, OUTSIDER, moved_edge).officials} == {"138****1111"}


def test_units_begin_end_and_get_other_names(app):
    renamed = drawn(app, Rename(EAST, Title("C1E", {"zh": "东", "en": "East"})))
    [line] = told(app, BOTH, renamed).lines
    assert line.fates == (Fate.RECODED, Fate.RENAMED)
    assert (line.was.code, line.becomes.code) == ("C12", "C1E")
    split = drawn(app, Split(WEST, [[at(0.7, -1), at(0.7, 2)]], [Title("C1X")]))
    fates = {line.id: line.fates for line in told(app, BOTH, split).lines if line.fates}
    assert fates == {WEST: (Fate.REDRAWN,), min(split.new): (Fate.CREATED,)}
    merged = told(app, BOTH, drawn(app, Merge([WEST, EAST], EAST)))
    assert {line.id: line.fates for line in merged.lines if line.fates} == {
        WEST: (Fate.RETIRED,), EAST: (Fate.REDRAWN,)
    }  # fmt: skip


def test_a_unit_handed_over_moves_at_the_level_above_only(app):
    sheet = told(app, OUTSIDER, drawn(app, HandOver([EAST], OTHER)))
    assert [(p.step.giver, p.step.taker) for p in sheet.pairs] == [(QUARTER, OTHER)]
    [(step, ground)] = sheet.moved_4326
    assert (step.giver, step.taker) == (QUARTER, OTHER)
    assert ground.area == pytest.approx(1e-4)


def test_a_stale_change_has_no_sheet(app, owner, moved_edge):
    with owner.connect() as db, db.begin() as transaction:
        take_effect(db, moved_edge, at=AT)
        with pytest.raises(BoundaryError, match="Changed by others meanwhile"):
            impact_sheet.sheet(db, everything(db), moved_edge)
        transaction.rollback()


def test_rounding_goes_to_the_nearest_ten():
    assert [impact_sheet.rounded(n) for n in (-15, -4, 0, 4, 5, 14, 15)] == [
        -20, 0, 0, 0, 10, 10, 20
    ]  # fmt: skip
