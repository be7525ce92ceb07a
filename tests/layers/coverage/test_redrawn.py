"""What a change order would do to coverage, to room and to whose is whose, if it were in force."""
# ruff: noqa: F811 - fixtures are named as what they give

import datetime as dt

import numpy as np
import pytest
from sqlalchemy import insert, text

from gis import places, tables
from gis.access.viewer import Viewer, act_as
from gis.division.delta import Delta
from gis.division.joining import HandOver
from gis.division.stored import open_division
from gis.errors import CityGridError, ForbiddenError
from gis.orders import orders
from layers import counts, releases
from layers.catalog import COUNTED
from layers.coverage import compared, scenarios
from layers.coverage.changed import Changed
from layers.coverage.changes import Close, Open, Redraw, Resize
from layers.coverage.charges import handed_over
from layers.coverage.ground import Ground
from layers.coverage.laid_room import public
from layers.coverage.reach import Question
from layers.coverage.scenarios import Draft
from layers.coverage.seen import seen
from layers.taking_effect import take_effect
from tests.builders import at
from tests.gis.division.board import Editor
from tests.layers.coverage.test_reach import clinic
from tests.layers.coverage.test_scenarios import (  # noqa: F401 - fixtures among them
    ASKED,
    HOME,
    app,
    db,
    ground,
    planners,
)
from tests.layers.whole_city import some_units
from tests.town import moved

EAST = 4
NOW = dt.datetime(2031, 1, 1, tzinfo=dt.UTC)
BOSS = Viewer(None, "", "", rights=frozenset({"redraw"}), units=((1, 2**31 - 1),))
BY_AREA = Question(("health_centre",), minutes=15, metres=1000)


def drawn(db, *steps, within, author=None):
    """Keep steps as a draft of somebody's; as the owner, who is bound by no policy."""
    number = db.scalar(
        text(
            "INSERT INTO change_order (year, serial, title, status, zoning_id, within, author_id,"
            " author, steps, done)"
            " VALUES (2031, 7, 'x', 'draft', 1, :within, :author, 'Li', :n, :n)"
            " RETURNING id"
        ),
        {"within": list(within), "author": author, "n": len(steps)},
    )
    for n, step in enumerate(steps, 1):
        db.execute(
            insert(orders.order_step).values(
                order_id=number, n=n, delta=step.to_json(), units=[], said=""
            )
        )
    return number


def by_unit(found):
    return {
        group: dict(zip(found.tree.ids.tolist(), zip(n.all, n.reached, strict=True), strict=True))
        for group, n in found.numbers.items()
    }


@pytest.mark.parametrize("seed", [1, 4])
def test_supposed_is_what_comes_of_it(demo, seed):
    with demo.connect() as db, db.begin() as transaction:
        division = open_division(db, some_units(db, seed, 4, 6))
        editor = Editor(division, seed, codes=lambda *_: str(editor.rng.integers(10**16, 10**17)))
        total = Delta()
        while len(total.units) < 8:
            total += editor.step() or Delta()
        order = drawn(db, total, within=some_units(db, seed, 4, 1))
        base = Ground(places.city(db))
        supposed = Changed(base, [Redraw(order=order)])
        before, then = seen(db, base, BY_AREA, ()), seen(db, supposed, BY_AREA, ())
        take_effect(db, total, at=NOW)
        after = seen(db, Ground(base.city), BY_AREA, ())
        assert sorted(after.tree.levels.tolist()) == sorted(then.tree.levels.tolist())
        known = set(before.tree.ids.tolist())
        for group, numbers in by_unit(then).items():
            real = by_unit(after)[group]
            assert {n: v for n, v in numbers.items() if n in known} == {
                n: v for n, v in real.items() if n in known
            }
            assert sorted(v for n, v in numbers.items() if n not in known) == sorted(
                v for n, v in real.items() if n not in known
            )
        assert by_unit(then)["buildings"] != by_unit(before)["buildings"]
        transaction.rollback()


def test_of_ground_that_another_gives_nobody_is_told_more(db, ground):
    # The home in the east of unit 3 goes to unit 4.
    order = drawn(db, *moved(db, 1, 0, (0.3, 0.5)), within=[HOME])
    supposed = Changed(ground, [Redraw(order=order)])
    with app(db):
        tree = supposed.tree(db)
        at_ = {n: int(tree.places(np.array([n]))[0]) for n in (HOME, EAST)}
        everything = supposed.held(db, ((1, 99),))
        one = supposed.held(db, ((EAST, EAST),))
    assert everything.all()
    assert not one[at_[EAST]]
    assert not ground.held(db, ((HOME, HOME),))[at_[EAST]]
    # It keeps ground of its own alone, and is told of as before.
    with app(db):
        assert supposed.held(db, ((HOME, HOME),))[at_[HOME]]


def test_released_numbers_go_with_the_homes(db, ground):
    db.execute(text("UPDATE people SET count = 50"))
    counts.rebuild(db, *COUNTED)
    releases.make(db)
    order = drawn(db, *moved(db, 1, 0, (0.3, 0.5)), within=[HOME])
    both = {}
    with app(db):
        for name, each in (("is", ground), ("would be", Changed(ground, [Redraw(order=order)]))):
            found = seen(db, each, ASKED, (), public=True)
            both[name] = [float(found.people.all[found.place(n)]) for n in (1, HOME, EAST)]
    assert both["is"][1] > 0
    assert both["would be"] == [both["is"][0], 0, both["is"][1]]


def test_a_quarter_handed_over_takes_its_people_along(db, ground):
    parent = 17
    step = open_division(db, [2, parent]).do(HandOver([HOME], parent, {HOME: "newcode"}))
    order = drawn(db, step, within=[HOME])
    found = compared.compare(
        db, ground, Changed(ground, [Redraw(order=order), Close(facility=1)]), ASKED, Viewer()
    )
    at_ = found.before.place
    assert found.after.tree is found.before.tree
    assert [int(found.after.people.all[at_(n)]) for n in (1, 2, HOME, parent)] == [7, 0, 6, 7]
    assert found.gained("people")[at_(1)] == -6
    # Beside another scenario it is told of today's units just so, whichever redraws them.
    redrawn, closed = Changed(ground, [Redraw(order=order)]), Changed(ground, [Close(facility=1)])
    for base, supposed, quarters in (
        (closed, redrawn, [[6, 1], [0, 7]]), (redrawn, closed, [[0, 7], [6, 1]]),
    ):  # fmt: skip
        both = compared.compare(db, base, supposed, ASKED, Viewer())
        all_ = [side.people.all[[at_(2), at_(parent)]] for side in (both.before, both.after)]
        assert np.array(all_, int).tolist() == quarters


@pytest.mark.parametrize(
    ("columns", "said"),
    [("status = 'effective'", "settled"), ("done = 0", "changes nothing")],
)
def test_an_order_that_is_none_cannot_be_supposed(db, ground, columns, said):
    order = drawn(db, *moved(db, 1, 0, (0.3, 0.5)), within=[HOME])
    db.execute(text(f"UPDATE change_order SET {columns} WHERE id = :n"), {"n": order})
    with pytest.raises(CityGridError, match=said):
        Changed(ground, [Redraw(order=order)]).tree(db)


def test_only_ones_own_drafts_are_supposed_and_go_stale(db, ground, planners):
    mine, other = planners
    order = drawn(db, *moved(db, 1, 0, (0.3, 0.5)), within=[HOME], author=mine.account_id)
    draft = Draft("x", ASKED, (Redraw(order=order),), is_shared=True)
    with app(db, other), pytest.raises(ForbiddenError, match="draft"):
        scenarios.make(db, other, draft)
    with app(db, mine):
        made = scenarios.make(db, mine, draft)
        made = scenarios.keep(db, made, scenarios.answer(db, ground, made))
        assert not scenarios.is_stale(db, made)
    db.execute(text("UPDATE change_order SET revision = revision + 1"))
    with app(db, mine):
        assert scenarios.is_stale(db, made)


def test_room_and_whose_is_whose_follow_what_is_supposed(db, ground):
    db.execute(text("UPDATE people SET count = 50, age_band = 1"))
    counts.rebuild(db, *COUNTED)
    releases.make(db)
    school = {**clinic(5, 1.5, 0.5), "kind": "primary_school", "capacity": 20}
    db.execute(insert(tables.facility), school)
    asked = Question(("primary_school",), metres=1500)
    beside = Open(kind="primary_school", at=at(0.6, 0.5), capacity=30)
    with app(db):
        act_as(db, Viewer())
        over = {}
        for name, supposed in {
            "is": (), "larger": (Resize(facility=5, capacity=1000),),
            "smaller": (Resize(facility=5, capacity=0),), "one more": (beside,),
        }.items():  # fmt: skip
            found = public(db, Changed(ground, supposed), asked)
            over[name] = float(found.over[0]), float(found.served[0])
        found = compared.compare(db, ground, Changed(ground, [beside]), asked, Viewer())
    all_ = sum(over["is"])
    assert over["is"][1] == 20
    assert over["larger"] == (0, all_)
    assert over["smaller"] == (all_, 0)
    assert over["one more"][1] == 50
    assert handed_over(found.charges_before, found.charges_after) > 0
    ids = found.charges_after.facility
    assert set(ids.tolist()) >= {-1}
    assert found.charges_after.by_facility(np.array([5, -1])).sum() == pytest.approx(
        found.charges_before.by_facility(np.array([5])).sum()
    )
