"""What a scenario supposes is answered like the city as it is, and changes nothing of it."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import ProgrammingError

from gis import places, tables
from gis.access.viewer import Viewer, act_as
from gis.database import Role
from gis.errors import CityGridError, ForbiddenError, NotFoundError
from layers import counts, releases
from layers.catalog import COUNTED
from layers.coverage import by_day, changes, compared, scenarios
from layers.coverage.changed import Changed
from layers.coverage.changes import AddPath, Close, CloseRoad, Grow, Move, Open
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.scenarios import Draft
from layers.coverage.seen import seen
from layers.coverage.streets import Mode
from tests.builders import at
from tests.layers.coverage.test_reach import clinic, fill

# Six people live in unit 3, at the beginning of the one street; one in unit 21, at its end.
HOME, FAR = 3, 21
WATCHED = "health_centre"
ASKED = Question(("clinic",), metres=1100)


@pytest.fixture
def db(fresh):
    """Streets, clinics and people, and a connection that can become every role."""
    engine = fresh.engine(None)
    with engine.connect() as connection, connection.begin() as transaction:
        connection.execute(text(f"SET LOCAL ROLE {Role.OWNER}"))
        fill(connection)
        releases.make(connection)
        yield connection
        transaction.rollback()
    engine.dispose()


@pytest.fixture
def ground(db):
    return Ground(places.city(db))


def reached(db, ground, *supposed, question=ASKED):
    found = seen(db, Changed(ground, supposed) if supposed else ground, question, ())
    numbers = found.people
    where = [found.place(unit) for unit in (1, HOME, FAR)]
    return [int(n) for n in numbers.reached[where]]


def test_the_city_as_it_is(db, ground):
    assert reached(db, ground) == [6, 6, 0]


def test_a_facility_closed_reaches_nobody_and_the_city_stays(db, ground):
    assert reached(db, ground, Close(facility=1)) == [0, 0, 0]
    assert reached(db, ground) == [6, 6, 0]
    # One of another kind is nothing to the question.
    assert reached(db, ground, Close(facility=99)) == [6, 6, 0]


def test_a_facility_opened_or_moved_reaches_who_lives_there(db, ground):
    there = at(3.5, 3.5)
    assert reached(db, ground, Open(kind="clinic", at=there)) == [7, 6, 1]
    assert reached(db, ground, Open(kind="library", at=there)) == [6, 6, 0]
    assert reached(db, ground, Move(facility=1, at=there)) == [1, 0, 1]
    assert reached(db, ground, Close(facility=1), Open(kind="clinic", at=there)) == [1, 0, 1]


def test_a_new_path_is_a_way_and_a_closed_road_is_none(db, ground):
    question = Question(("clinic",), metres=4500)
    assert reached(db, ground, question=question) == [6, 6, 0]
    path = AddPath(line=(at(1.5, 0.5), at(3.5, 3.5)))
    assert reached(db, ground, path, question=question) == [7, 6, 1]
    # Whoever walks up to a street draws it a little short, and it is joined all the same.
    short = AddPath(line=(at(1.5, 0.502), at(3.5, 3.498)))
    assert reached(db, ground, short, question=question) == [7, 6, 1]
    assert reached(db, ground, CloseRoad(road=1), question=question)[1] == 0


def test_who_drives_does_not_take_a_path_for_walking(db, ground):
    question = Question(("clinic",), minutes=4, mode=Mode.DRIVE)
    there, line = Move(facility=1, at=at(3.9, 2.0)), (at(0.5, 0.5), at(3.9, 2.0))
    on_foot, by_car = AddPath(line=line), AddPath(line=line, drive_kmh=80)
    assert reached(db, ground, there, question=question)[1] == 0
    assert reached(db, ground, there, on_foot, question=question)[1] == 0
    assert reached(db, ground, there, by_car, question=question)[1] == 6


def test_people_grow_where_they_are_supposed_to(db, ground):
    found = seen(db, Changed(ground, [Grow(unit=2, percent=50)]), ASKED, ())
    place = found.place
    assert found.people.all[[place(1), place(2), place(HOME), place(FAR)]].tolist() == [10, 9, 9, 1]
    assert found.people.reached[place(1)] == 9
    # Growth within growth multiplies; other groups grow alike.
    found = seen(
        db, Changed(ground, [Grow(unit=1, percent=100), Grow(unit=HOME, percent=-50)]), ASKED, ()
    )
    assert found.people.all[[place(1), place(HOME), place(FAR)]].tolist() == [8, 6, 2]
    assert found.numbers["households"].all[place(FAR)] == 2


def test_what_grows_is_told_of_the_release_too(db, ground):
    # So many that a release speaks of them.
    db.execute(text("UPDATE people SET count = 50"))
    counts.rebuild(db, *COUNTED)
    releases.make(db)
    supposed = Changed(ground, [Grow(unit=1, percent=100)])
    with app(db):
        before, after = (seen(db, each, ASKED, (), public=True) for each in (ground, supposed))
    assert before.people.all[0] > 0
    told = ~np.isnan(before.people.all) & (before.people.all > 0)
    np.testing.assert_array_equal(
        after.people.all[told], np.round(before.people.all[told] * 2 / 10) * 10
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (AddPath(line=(at(1.5, 1.5), at(3.5, 3.5))), "more than 60 m from any street"),
        (AddPath(line=(at(1.5, 0.5), at(1.5, 0.5))), "from one place to another"),
        (Grow(unit=999, percent=1), "no unit 999"),
    ],
)
def test_what_cannot_be_supposed_is_said(db, ground, change, said):
    with pytest.raises(CityGridError, match=said):
        reached(db, ground, change)


def test_a_scenario_is_compared_with_another_as_both_with_today(db, ground):
    there, elsewhere = at(3.5, 3.5), at(3.4, 3.5)
    closed, moved = (Close(facility=1),), (Close(facility=1), Open(kind="clinic", at=there))

    def compare(base, supposed):
        return compared.compare(db, base, Changed(ground, supposed), ASKED, Viewer())

    one, other = compare(ground, closed), compare(ground, moved)
    both = compare(Changed(ground, closed), moved)
    for group, numbers in both.before.numbers.items():
        np.testing.assert_array_equal(numbers.reached, one.after.numbers[group].reached)
        np.testing.assert_array_equal(both.gained(group), other.gained(group) - one.gained(group))
    assert both.gained("people")[both.before.place(FAR)] == 1
    # With itself it is the same, and so is what both open in one place; in another it is not.
    assert not compare(Changed(ground, moved), moved).gained("people").any()
    same = compare(Changed(ground, (moved[1],)), moved)
    apart = compare(Changed(ground, (Open(kind="clinic", at=elsewhere),)), moved)
    new = compared.number_apart(1)
    assert set(same.charges_before.facility.tolist()) == {1, -2}
    assert set(apart.charges_before.facility.tolist()) == {1, new}
    assert set(apart.charges_after.facility.tolist()) == {-2}


_ENDS = st.floats(0.05, 0.95)


@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(one=_ENDS, other=_ENDS, bend=st.tuples(st.floats(0, 4), st.floats(0, 4)))
def test_a_new_path_never_makes_a_way_longer(db, ground, one, other, bend):
    start, end = at(0.5 + 2 * one, 0.5), at(3.9, 0.5 + 3 * other)
    question = Question(("clinic",), minutes=240)
    before = ground.found(db, question).reach.times.seconds
    after = Changed(ground, [AddPath(line=(start, at(*bend), end))]).found(db, question)
    assert (after.reach.times.seconds[:, 0] <= before[:, 0] + 1e-6).all()
    assert (after.reach.audit.false_in, after.reach.audit.false_out) == (0, 0)


CHANGES = (
    Open(kind="clinic", at=(114.0, 22.5), name="新诊所"), Close(facility=1),
    Move(facility=1, at=(114.0, 22.5)), AddPath(line=((114.0, 22.5), (114.1, 22.5)), drive_kmh=30),
    CloseRoad(road=7), Grow(unit=3, percent=-12.5),
)  # fmt: skip


def test_changes_come_back_from_json():
    assert changes.read(changes.to_json(CHANGES)) == CHANGES


@pytest.mark.parametrize(
    "given",
    [
        [{"do": "burn"}], [{"do": "close"}], [{"do": "close", "facility": 1, "x": 1}], 7,
        [{"do": "open", "kind": "casino", "at": [1, 2]}],
        [{"do": "open", "kind": "clinic", "at": [999, 2]}],
        [{"do": "close", "facility": 1}] * 201,
    ],
)  # fmt: skip
def test_changes_that_say_nothing_are_refused(given):
    with pytest.raises(CityGridError):
        changes.read(given)


# --- kept ---------------------------------------------------------------------------------


class app:  # noqa: N801 - read as a statement
    """Ask as the page's server, for somebody."""

    def __init__(self, db, viewer=None):
        self.db, self.viewer = db, viewer or Viewer()

    def __enter__(self):
        self.db.execute(text(f"SET LOCAL ROLE {Role.APP}"))
        act_as(self.db, self.viewer)

    def __exit__(self, *_):
        self.db.execute(text(f"SET LOCAL ROLE {Role.OWNER}"))


@pytest.fixture
def planners(db):
    numbers = db.scalars(
        text("INSERT INTO account (login, name) VALUES ('li', '李'), ('wu', '吴') RETURNING id")
    )
    return [Viewer(number, rights=frozenset({"plan"})) for number in numbers]


def draft(name="if the clinic closes", shared=False):
    return Draft(name, ASKED, (Close(facility=1),), shared)


def test_a_scenario_is_kept_and_read_back(db, planners):
    with app(db, planners[0]):
        made = scenarios.make(db, planners[0], draft())
        assert scenarios.listed(db) == [made]
    assert (made.question, made.changes, made.result) == (ASKED, (Close(facility=1),), None)


def test_others_see_it_when_it_is_shared_and_never_write_it(db, planners):
    mine, other = planners
    with app(db, mine):
        own, open_ = (scenarios.make(db, mine, draft(shared=shared)) for shared in (False, True))
    with app(db, other):
        assert scenarios.listed(db) == [open_]
        with pytest.raises(NotFoundError):
            scenarios.read(db, own.id)
        for act in (
            scenarios.delete,
            lambda db, n: scenarios.write(db, other, n, draft("mine now")),
        ):
            with pytest.raises(ForbiddenError):
                act(db, open_.id)
    with app(db, mine):
        assert scenarios.write(db, mine, own.id, draft("again")).name == "again"
        scenarios.delete(db, own.id)
        assert [each.id for each in scenarios.listed(db)] == [open_.id]


def test_what_is_kept_of_an_answer_is_public(db, ground, planners):
    seeing = Viewer(planners[0].account_id, rights=frozenset({"plan", "persons"}), units=((1, 99),))
    with app(db, seeing):
        made = scenarios.make(db, seeing, draft(shared=True))
        kept = scenarios.keep(db, made, scenarios.answer(db, ground, made))
        exact = compared.compare(db, ground, Changed(ground, made.changes), ASKED, seeing)
    assert exact.gained("people")[0] == -6
    with app(db):
        public = seen(db, Ground(places.city(db)), ASKED, (), public=True).people
    assert kept.result["before"]["people"]["all"] == _told(public.all[0])
    assert kept.result["before"]["people"]["reached"] == _told(public.reached[0])
    assert kept.result["after"]["buildings"]["reached"] == 0


def _told(n):
    return None if np.isnan(n) else round(float(n))


def test_an_answer_grows_stale_with_what_it_hangs_on_and_with_nothing_else(db, ground, planners):
    with app(db, planners[0]):
        made = scenarios.make(db, planners[0], draft())
        assert not scenarios.is_stale(db, made)
        made = scenarios.keep(db, made, scenarios.answer(db, ground, made))
        assert not scenarios.is_stale(db, made)
    db.execute(insert(tables.facility), {**clinic(7, 2.5, 2.5), "kind": "library"})
    with app(db, planners[0]):
        assert not scenarios.is_stale(db, made)
    # Other people change what is said of them with the next release.
    for layer in ("people", "households", "incidents"):
        touched(db, layer)
    with app(db, planners[0]):
        assert not scenarios.is_stale(db, made)
        assert scenarios.answer(db, Ground(places.city(db)), made) == {
            **(made.result or {}), "version": made.version
        }  # fmt: skip
    db.execute(insert(tables.facility), clinic(8, 2.5, 2.5))
    with app(db, planners[0]):
        assert scenarios.is_stale(db, made)


@pytest.mark.parametrize("layer", ["roads", "barriers", "buildings"])
def test_an_answer_grows_stale_with_the_streets_and_the_doors(db, ground, planners, layer):
    with app(db, planners[0]):
        made = scenarios.make(db, planners[0], draft())
        made = scenarios.keep(db, made, scenarios.answer(db, ground, made))
    touched(db, layer)
    with app(db, planners[0]):
        assert scenarios.is_stale(db, made)


def touched(db, layer):
    """Note that a layer has changed, as loading it does."""
    values = {"layer": layer, "rows": 1, "changed_at": dt.datetime(2099, 1, 1, tzinfo=dt.UTC)}
    db.execute(
        upsert(tables.layer_state)
        .values(values)
        .on_conflict_do_update(index_elements=["layer"], set_=values)
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [(Draft(" ", ASKED, (Close(facility=1),)), "name"), (Draft("x", ASKED, ()), "changes")],
)
def test_what_is_no_scenario_is_not_kept(db, planners, wrong, said):
    with app(db, planners[0]), pytest.raises(CityGridError, match=said):
        scenarios.make(db, planners[0], wrong)


def test_indicators_are_kept_day_after_day_by_public_numbers(db, ground, planners):
    days = [dt.date(2026, 10, 31), dt.date(2026, 11, 30)]
    seeing = Viewer(planners[0].account_id, rights=frozenset({"plan", "persons"}), units=((1, 99),))
    with app(db, seeing):
        for _ in range(2):
            by_day.keep(db, WATCHED, days[0], by_day.answer(db, ground, WATCHED))
    db.execute(insert(tables.facility), {**clinic(9, 0.5, 0.5), "kind": "health_centre"})
    with app(db, seeing):
        rows = by_day.answer(db, Ground(ground.city), WATCHED)
        by_day.keep(db, WATCHED, days[1], rows)
        found = by_day.history(db, WATCHED, 1)
        public = seen(db, ground, ASKED, (), public=True).people.all[0]
    assert [each.day for each in found] == days
    assert [each.buildings_reached for each in found] == [0, 1]
    assert found[1].buildings == rows[0]["buildings"] == 2
    assert found[0].people == _told(public)
    with (
        app(db),
        pytest.raises(ProgrammingError, match="row-level security"),
        db.begin_nested(),
    ):
        by_day.keep(db, WATCHED, days[1], rows)
