"""Statistics on then's boundaries: where a case was closed, whatever became of the place since."""

import datetime as dt
from dataclasses import replace

import pytest
from sqlalchemy import ClauseElement, Executable, select, text, update
from sqlalchemy.ext.compiler import compiles

from gis.access.viewer import Viewer, everything
from gis.access.views import seen_incident
from gis.database import Role
from gis.division.cutting import Title
from gis.division.joining import HandOver, Merge, Rename
from gis.division.moves import InsertVertex, MoveVertices
from gis.division.stored import open_division
from gis.errors import CityGridError
from gis.tables import incident
from layers import catalog, counts
from layers.handling import boundaries, lists, tallies
from layers.handling.asked import Asked, By
from layers.handling.boundaries import On
from layers.handling.chosen import Chosen
from layers.handling.formulas import Count
from layers.handling.lists import Listing
from layers.handling.measures import cases, measured
from layers.handling.patterns import questions
from layers.handling.patterns.questions import Question
from layers.series import Span
from layers.taking_effect import take_effect
from tests import builders
from tests.gis.access.conftest import acting

INCIDENTS = catalog.get("incidents")
CITY = builders.CITY
ROOT, QUARTER, OTHER = 1, 2, 7
# Squares 3 and 4 lie side by side in the first quarter, 8 beside 4 in the second.
WEST, EAST, BEYOND = 3, 4, 8
BEGIN = dt.datetime(2026, 3, 1, 4, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SPAN = Span(dt.date(2026, 3, 1), dt.date(2026, 4, 30))
NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
ASKED = Asked(Chosen(ROOT, on=On.THEN), SPAN, NOW, By.UNIT)
TODAY = replace(ASKED, chosen=Chosen(ROOT))


class Course:
    """Months of a city: what is closed in each unit, and how boundaries change in between."""

    def __init__(self, db):
        self.db, self.at, self.number = db, BEGIN, 0
        self.units = builders.load(db)
        for level in (2, 1):
            db.execute(
                text(
                    "UPDATE citygrid.unit_version p SET geom = (SELECT ST_Multi(ST_Union(geom))"
                    " FROM citygrid.unit_version WHERE parent_id = p.unit_id)"
                    " WHERE zoning_id = 1 AND level = :level"
                ),
                {"level": level},
            )
        counts.rebuild(db, INCIDENTS)
        # Of each case the units it lay in when it was closed; None: it is open.
        self.lay = {}

    def happen(self, *, closed=True):
        """Let something happen in the middle of every square, and be closed at once."""
        middles = [(x + 0.5, y + 0.5) for x in range(4) for y in range(2)]
        items = builders.rows("incidents", *middles, start=self.number + 1, key=None)
        parents = dict(
            self.db.execute(
                text("SELECT unit_id, parent_id FROM citygrid.unit_version WHERE upper_inf(valid)")
            ).all()
        )
        for item in items:
            self.number += 1
            point = builders.at(*item["at"])
            unit = self.db.scalar(
                text(
                    "SELECT unit_id FROM citygrid.unit_version WHERE upper_inf(valid) AND is_face"
                    " AND zoning_id = 1 AND ST_Covers(geom, ST_SetSRID(ST_Point(:x, :y), 4326))"
                    " ORDER BY unit_id LIMIT 1"
                ),
                {"x": point[0], "y": point[1]},
            )
            values = {"unit_id": unit, "key": f"i-{self.number}", "reported_at": self.at,
                      "registered_at": self.at, "stage": "handle"}  # fmt: skip
            if closed:
                values |= {"stage": "closed", "closed_at": self.at, "handled_at": self.at,
                           "unit_then_id": unit}  # fmt: skip
            builders.add(self.db, INCIDENTS, self.units, [{**item, **values}])
            path = [unit]
            while parents[path[-1]] is not None:
                path.append(parents[path[-1]])
            self.lay[item["id"]] = path if closed else None
        self.at += DAY

    def change(self, *edits):
        take_effect(self.db, open_division(self.db, [ROOT]).do(*edits), at=self.at)
        self.at += DAY


@pytest.fixture
def course(db):
    """A hand-over there and back, a border moved, a name, a merge; open cases at the end."""
    course = Course(db)
    course.happen()
    course.change(HandOver([EAST], OTHER))
    course.happen()
    middle = [round(degrees * 1e7) for degrees in builders.at(1, 0.5)]
    ends = [tuple(round(d * 1e7) for d in builders.at(1, y)) for y in (0, 1)]
    course.change(
        InsertVertex(*ends, tuple(middle)),
        MoveVertices({tuple(middle): tuple(round(d * 1e7) for d in builders.at(0.9, 0.5))}),
    )
    course.happen()
    course.change(HandOver([EAST], QUARTER))
    course.happen()
    course.change(Merge([EAST, BEYOND], BEYOND))
    course.happen()
    course.happen(closed=False)
    return course


def reported(db, asked):
    """How many were reported, by group that has any."""
    found = measured(db, CITY, asked)
    told = {g.key: g.figures["registered_rate"].denominator for g in found.groups}
    return {key: n for key, n in told.items() if n}


def test_a_closed_case_is_of_its_old_quarter_then_and_of_its_new_one_today(db):
    course = Course(db)
    course.happen()
    course.change(HandOver([EAST], OTHER))
    assert reported(db, ASKED) == {QUARTER: 4, OTHER: 4}
    assert reported(db, TODAY) == {QUARTER: 3, OTHER: 5}
    # What is closed from then on is of the new one, on both.
    course.happen()
    assert reported(db, ASKED) == {QUARTER: 4 + 3, OTHER: 4 + 5}
    # Seen from below: the old quarter keeps what was its own, and says until when.
    squares = replace(ASKED, chosen=Chosen(QUARTER, on=On.THEN))
    assert reported(db, squares) == {WEST: 2, EAST: 1, 5: 2, 6: 2}
    until = {g.key: g.until for g in measured(db, CITY, squares).groups}
    assert until == {WEST: None, 5: None, 6: None, EAST: BEGIN + DAY}
    assert EAST not in reported(db, replace(squares, chosen=Chosen(QUARTER)))


def test_each_case_counts_where_it_lay_when_it_was_closed(db, course):
    today = dict(db.execute(text("SELECT id, unit_id FROM citygrid.incident")).all())
    parents = dict(
        db.execute(
            text("SELECT unit_id, parent_id FROM citygrid.unit_version WHERE upper_inf(valid)")
        ).all()
    )
    paths = {
        number: path or [today[number], parents[today[number]], ROOT]
        for number, path in course.lay.items()
    }
    assert len(set(map(tuple, paths.values()))) > 8
    for level, within in ((2, ROOT), (3, ROOT), (3, QUARTER), (3, OTHER)):
        asked = replace(ASKED, chosen=Chosen(within, on=On.THEN), level=level)
        plain = {}
        for number, path in paths.items():
            if within in path:
                plain.setdefault(path[3 - level], set()).add(number)
        assert reported(db, asked) == {key: len(some) for key, some in plain.items()}
        for key, some in plain.items():
            assert set(db.scalars(cases(db, CITY, asked, Count.REPORTED, key))) == some
        everything = set().union(*plain.values())
        assert set(db.scalars(cases(db, CITY, asked, Count.REPORTED))) == everything


def test_a_list_has_those_that_were_closed_in_the_unit(db, course):
    viewer = everything(db)
    open_ = {number for number, path in course.lay.items() if path is None}
    today = dict(db.execute(text("SELECT id, unit_id FROM citygrid.incident")).all())
    parents = dict(
        db.execute(
            text("SELECT unit_id, parent_id FROM citygrid.unit_version WHERE upper_inf(valid)")
        ).all()
    )
    lay, moved = boundaries.read(db, 1), 0
    for unit in (ROOT, QUARTER, OTHER, WEST, BEYOND):
        closed = {n for n, path in course.lay.items() if path and unit in path}
        lie = {n for n in open_ if unit in (today[n], parents[today[n]], ROOT)}
        for listing, wanted in (
            (Listing.CLOSED, closed), (Listing.ALL, closed | lie), (Listing.OPEN, lie),
        ):  # fmt: skip
            asked = lists.Asked(unit, listing, on=On.THEN)
            found = lists.listed(db, viewer, asked, now=NOW)
            assert {one.id for one in found} == wanted
            # Each is told of the unit it lay in, and of what that lay in then.
            for one in found:
                path = course.lay[one.id] or [today[one.id]]
                assert one.unit_on(On.THEN) == path[0]
                assert one.unit_on(On.TODAY) == today[one.id]
                if one.unit_then_id in lay.lying:
                    assert lay.above(path[0], one.closed_or_due_at) == path[1]
                elif one.unit_then_id is not None:
                    assert parents[path[0]] == path[1]
            assert lists.length(db, viewer, asked, now=NOW) == len(wanted)
            assert sum(tallies.by_stage(db, viewer, asked, now=NOW).values()) == len(wanted)
        # As many as the measures count, and others than on today's boundaries.
        chosen = replace(ASKED, chosen=Chosen(unit, on=On.THEN), by=By.ALL)
        total = measured(db, CITY, chosen).total.figures["registered_rate"]
        assert total.denominator == len(closed | lie)
        now = lists.listed(db, viewer, lists.Asked(unit, Listing.CLOSED), now=NOW)
        moved += {one.id for one in now} != closed
    assert moved == 3
    with pytest.raises(CityGridError, match="the main zoning only"):
        lists.listed(db, viewer, lists.Asked(22, Listing.ALL, on=On.THEN), now=NOW)


def test_who_is_bound_finds_what_was_closed_in_a_unit_by_an_index(fresh):
    """No condition of the list may wait for the row policy: it would read every incident."""
    engine = fresh.engine(None)
    with engine.connect() as db, db.begin() as transaction:
        course = Course(db)
        course.happen()
        course.change(HandOver([EAST], OTHER))
        course.happen()
        db.execute(text("SET LOCAL enable_seqscan = off"))
        # Without those that serve an order: the place has to be what is found by.
        for name in ("closed_at", "big", "small"):
            db.execute(text(f"DROP INDEX citygrid.ix_incident_{name}"))
        viewer = Viewer(7, "wang", units=((WEST, WEST),), cases=((WEST, WEST),))
        for listing in (Listing.CLOSED, Listing.ALL):
            with acting(db, Role.APP, viewer) as mine:
                asked = lists.Asked(QUARTER, listing, on=On.THEN)
                here = lists.where(mine, viewer, asked, NOW)
                query = select(seen_incident.c.id).where(here)
                plan = "\n".join(mine.scalars(Explained(query)))
            assert "ix_incident_unit_then_id" in plan, plan
            assert "Seq Scan on incident" not in plan, plan
        transaction.rollback()
    engine.dispose()


class Explained(Executable, ClauseElement):
    """EXPLAIN of a query, with its parameters."""

    inherit_cache = False

    def __init__(self, query):
        self.query = query


@compiles(Explained)
def _explained(element, compiler, **more):
    return f"EXPLAIN {compiler.process(element.query, **more)}"


def test_a_unit_that_is_no_more_has_its_name_and_the_day_it_ended(db, course):
    asked = replace(ASKED, chosen=Chosen(ROOT, on=On.THEN), level=3)
    groups = {group.key: group for group in measured(db, CITY, asked).groups}
    assert groups[EAST].names["en"] == "Unit C12"
    assert groups[EAST].until == db.scalar(
        text("SELECT max(upper(valid)) FROM citygrid.unit_version WHERE unit_id = :n"), {"n": EAST}
    )
    assert EAST not in {
        g.key for g in measured(db, CITY, replace(asked, chosen=TODAY.chosen)).groups
    }
    assert groups[BEYOND].until is None


def test_a_name_and_a_moved_border_are_no_other_place(db):
    course = Course(db)
    course.happen()
    course.change(Rename(EAST, Title("C12", {"zh": "新", "en": "New"})))
    lay = boundaries.read(db, 1)
    assert lay.changes == []
    assert reported(db, ASKED) == reported(db, TODAY) == {QUARTER: 4, OTHER: 4}


def test_patterns_have_the_places_there_were(db, course):
    asked = Question(Chosen(ROOT, on=On.THEN), SPAN, 3)
    found = questions.hot_spots(db, CITY, asked)
    counted = dict(zip(found.ground.ids.tolist(), found.counts.tolist(), strict=True))
    assert counted[EAST] == 4
    assert found.outside == 0
    today = questions.hot_spots(db, CITY, replace(asked, chosen=Chosen(ROOT)))
    assert EAST not in today.ground.ids
    assert today.counts.sum() == found.counts.sum() == course.number


def test_boundaries_of_then_are_those_of_the_main_zoning(db, course):
    for asked in (replace(ASKED, zoning_id=2), replace(ASKED, chosen=Chosen(22, on=On.THEN))):
        with pytest.raises(CityGridError, match="the main zoning only"):
            measured(db, CITY, asked)


def test_what_was_closed_before_any_boundary_is_known_is_of_the_first(db):
    course = Course(db)
    course.happen()
    course.change(HandOver([EAST], OTHER))
    db.execute(update(incident).values(closed_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC)))
    assert reported(db, ASKED) == {QUARTER: 4, OTHER: 4}
