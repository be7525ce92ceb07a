"""Coverage of a city as viewers are told: exact for holders, near the truth for others."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from gis import places
from gis.access.viewer import NOBODY, act_as
from gis.projecting import between
from gis.tables import STORED_CRS
from layers.catalog.people import CARE
from layers.coverage.answers import Answers
from layers.coverage.doors import Doors
from layers.coverage.ground import state
from layers.coverage.indicators import INDICATORS
from layers.coverage.kept import Kept
from layers.coverage.reach import Question, reach
from layers.coverage.released import AGE_GROUPS, CARE_GROUPS, GROUPS
from layers.coverage.seen import BUILDINGS, FLOOR_AREA, seen
from layers.coverage.standards import stock
from layers.coverage.streets import Mode
from layers.coverage.why import LONGEST_LINK_M, why

CLINICS = INDICATORS["health_centre"]


@pytest.fixture
def db(engine):
    with engine.connect() as db, db.begin():
        yield db


def test_who_holds_all_units_is_told_what_the_engine_counts(demo, db, ground, holder):
    act_as(db, holder)
    told = seen(db, ground, CLINICS, holder.units)
    with demo.connect() as owner:
        counted = Answers(owner, places.city(owner)).to(CLINICS)
    for group in ("people", *AGE_GROUPS):
        mine = told.numbers[group]
        assert mine.is_exact.all()
        assert mine.all.tolist() == counted.all[group].tolist()
        assert mine.reached.tolist() == counted.reached[group].tolist()
        assert mine.official.tolist() == counted.official[group].tolist()


def test_who_is_in_care_is_counted_for_who_sees_it_and_released_for_others(
    demo, db, ground, holder
):
    act_as(db, holder)
    told = seen(db, ground, CLINICS, holder.units, holder.care)
    sums = [f"sum(count) FILTER (WHERE care & {1 << bit} <> 0)" for bit in range(len(CARE))]
    with demo.connect() as owner:
        counted = owner.execute(text(f"SELECT {', '.join(sums)} FROM citygrid.people")).one()
        plain = seen(owner, ground, CLINICS, ())
    for group, n in zip(CARE_GROUPS, counted, strict=True):
        mine = told.numbers[group]
        assert mine.is_exact.all()
        assert mine.all[0] == n > 0
        assert plain.numbers[group].reached.tolist() == mine.reached.tolist()
    # Of older people no more live alone than there are, wherever they live.
    alone, older = told.numbers["care_living_alone"], told.numbers["60"]
    assert (alone.all <= older.all).all()
    assert (alone.uncovered <= older.uncovered).all()
    # Who sees persons and not who is in care is told of that what everybody is.
    act_as(db, replace(holder, care=()))
    without = seen(db, ground, CLINICS, holder.units)
    act_as(db, NOBODY)
    public = seen(db, ground, CLINICS, ())
    finest = told.tree.levels > told.tree.depth - 2
    for group in CARE_GROUPS:
        one, other = without.numbers[group], public.numbers[group]
        assert np.array_equal(one.all, other.all, equal_nan=True)
        assert np.array_equal(one.reached, other.reached, equal_nan=True)
        assert not one.is_exact.any()
        # Care ends where the release ends it, and small numbers are not told.
        assert np.isnan(other.all[finest]).all()
        known = np.isfinite(other.all)
        assert ((other.all[known] == 0) | (other.all[known] >= 10)).all()
    assert without.people.is_exact.all()


def test_others_are_told_numbers_near_the_truth(db, ground, holder):
    act_as(db, NOBODY)
    told = seen(db, ground, CLINICS, ())
    act_as(db, holder)
    exact = seen(db, ground, CLINICS, holder.units)
    communities = told.tree.levels == 3
    apart = np.abs(told.people.share_uncovered - exact.people.share_uncovered)[communities]
    assert apart.max() < 0.02
    # The whole is what was published, and every part of it is told.
    assert told.people.all[0] == exact.people.all[0]
    assert not told.people.is_exact.any()


def test_of_every_group_what_is_covered_and_what_is_not_is_all(db, ground):
    act_as(db, NOBODY)
    told = seen(db, ground, CLINICS, ())
    for group in (*GROUPS, *CARE_GROUPS, BUILDINGS, FLOOR_AREA):
        each = told.numbers[group]
        known = np.isfinite(each.all)
        assert (each.reached[known] + each.uncovered[known] == each.all[known]).all()
        assert (each.reached[known] >= 0).all()
        # A number is told, withheld, or of a level that is not released: never two of them.
        assert not (known & each.is_withheld).any()
    # Ages end where the release ends them: one level above the finest.
    finest = told.tree.levels == told.tree.depth
    assert np.isnan(told.numbers["60"].all[finest]).all()
    assert np.isfinite(told.people.all[finest]).any()


def test_where_nothing_is_reached_nobody_is_covered_by_rounding(db, ground):
    act_as(db, NOBODY)
    told = seen(db, ground, INDICATORS["hospital"], ())
    assert len(told.found.facilities.ids) == 0
    for group in GROUPS:
        each = told.numbers[group]
        known = np.isfinite(each.all)
        assert not each.reached[known].any()


def test_buildings_are_counted_where_they_stand(demo, db, ground):
    act_as(db, NOBODY)
    told = seen(db, ground, CLINICS, ()).numbers[BUILDINGS]
    with demo.connect() as owner:
        n, metres = owner.execute(
            text(
                "SELECT count(*), sum(floor_area_m2) FROM citygrid.building "
                "WHERE unit_id IS NOT NULL"
            )
        ).one()
    assert told.all[0] == n
    assert seen(db, ground, CLINICS, ()).numbers[FLOOR_AREA].all[0] == metres


def test_a_house_that_is_not_covered_is_told_why(db, ground):
    homes, found = ground.homes(db), ground.found(db, CLINICS)
    share = homes.share(found.reach.is_reached)
    rng = np.random.default_rng(5)
    links = 0
    # Of who is walled in `test_barred` tells.
    is_open = np.ones(len(share), np.bool_)
    is_open[homes.building[found.hung.is_walled]] = False
    for at in rng.choice(np.flatnonzero((share < 1) & is_open), 25, replace=False).tolist():
        said = why(db, ground, CLINICS, int(homes.ids[at]))
        assert not said.is_reached
        assert said.nearest.seconds > CLINICS.limit_s
        assert said.nearest.metres >= said.nearest.straight_m - 1e-6
        assert said.straight.straight_m <= said.nearest.straight_m
        assert said.beyond.length > 0
        if said.link is not None:
            links += 1
            assert said.link.seconds <= CLINICS.limit_s
            assert said.link.line_m.length <= LONGEST_LINK_M
    for at in rng.choice(np.flatnonzero(share == 1), 10, replace=False).tolist():
        said = why(db, ground, CLINICS, int(homes.ids[at]))
        assert said.is_reached
        assert said.nearest.seconds <= CLINICS.limit_s
        assert (said.beyond, said.link) == (None, None)
    # The river is crossed at one place: over it a bridge is missing.
    assert links


def test_the_outline_is_a_picture_that_says_how_wrong_it_is(db, ground):
    drawn, homes = ground.outline(db, CLINICS), ground.homes(db)
    reach = ground.found(db, CLINICS).reach
    assert drawn.shape.is_valid
    # Most doors lie in it that are reached, and few others.
    assert 0 <= drawn.wrong.false_in < 0.1
    assert 0 <= drawn.wrong.false_out < 0.1
    back = between(STORED_CRS, ground.city.metric_crs)
    metric = shapely.transform(drawn.shape, lambda xy: np.column_stack(back.transform(*xy.T)))
    claimed = shapely.contains_xy(metric, *homes.points_m.T)
    assert abs((claimed & ~reach.is_reached).mean() - drawn.wrong.false_in) < 0.005
    assert ground.outline(db, CLINICS) is drawn


def test_the_second_nearest_is_no_nearer(db, ground):
    question = Question(("bus_stop",), metres=500)
    homes = ground.homes(db)
    for at in (0, 100, 400, 700):
        said = why(db, ground, question, int(homes.ids[at]))
        assert said.second.id != said.nearest.id
        assert said.second.seconds >= said.nearest.seconds


def test_by_car_no_straight_line_and_no_link_is_told(db, ground):
    question = INDICATORS["fire_station"]
    act_as(db, NOBODY)
    told = seen(db, ground, question, ())
    assert told.people.official is None
    slow = replace(question, minutes=0.2)
    homes = ground.homes(db)
    far = homes.ids[homes.share(ground.found(db, slow).reach.is_reached) == 0]
    assert why(db, ground, slow, int(far[0])).link is None
    assert question.mode is Mode.DRIVE


def test_facilities_are_counted_where_they_lie(demo, db, ground):
    tree = ground.tree(db)
    found = stock(db, tree, ("bus_stop",))
    with demo.connect() as owner:
        n = owner.scalar(
            text("SELECT count(*) FROM citygrid.facility WHERE kind = 'bus_stop' "
                 "AND state = 'open' AND unit_id IS NOT NULL")
        )  # fmt: skip
    assert found.count[0] == n > 0
    assert (found.places[0], found.area_m2[0]) == (0, 0)
    parks = stock(db, tree, ("park",))
    with demo.connect() as owner:
        size = owner.scalar(
            text(
                "SELECT sum(area_m2) FROM citygrid.facility WHERE kind = 'park' AND state = 'open'"
            )
        )
    assert parks.area_m2[0] == pytest.approx(size)
    assert size > 0


def test_doors_of_buildings_and_others_are_answered_as_if_asked_for_themselves(db, ground):
    homes, ways = ground.homes(db).points_m, ground.ways(db, CLINICS)
    elsewhere = homes[:40] + np.array([3.0, -2.0])
    # Mixed, and some of them twice: several households leave by one door.
    mixed = np.random.default_rng(7).permutation(np.vstack([homes[::3], elsewhere, homes[:5]]))
    for key, points_m in (("mixed", mixed), ("none known", elsewhere), ("known", homes[::-1])):
        told = ground.found_at(db, CLINICS, key, points_m)
        here = Doors(points_m, np.zeros(len(points_m), np.int64), {})
        hung = ways.hung(points_m)
        alone = reach(CLINICS, ways, told.facilities, told.facilities_hung, here, hung)
        assert told.hung.edge.tolist() == hung.edge.tolist()
        assert np.array_equal(told.reach.times.seconds, alone.times.seconds)
        assert told.reach.times.source.tolist() == alone.times.source.tolist()
        assert told.reach.straight_m.tolist() == alone.straight_m.tolist()
        for mine, other in (
            (told.reach.is_reached, alone.is_reached), (told.reach.is_official, alone.is_official),
            (told.reach.is_off, alone.is_off), (told.reach.is_walled, alone.is_walled),
        ):  # fmt: skip
            assert mine.tolist() == other.tolist()
        assert told.reach.is_reached.any()
        assert told.reach.audit == ground.found(db, CLINICS).reach.audit


def test_another_state_of_the_data_is_told_from_the_one_before(demo, db):
    before = state(db)
    assert state(db) == before
    with demo.connect() as owner, owner.begin() as change:
        owner.execute(
            text("UPDATE citygrid.layer_state SET changed_at = now() WHERE layer = 'facilities'")
        )
        assert state(owner) != before
        change.rollback()


def test_what_many_ask_for_at_once_is_made_once_and_nobody_else_waits():
    kept, made = Kept[str](2), []
    begun, go_on = threading.Event(), threading.Event()

    def slow():
        made.append("slow")
        begun.set()
        assert go_on.wait(20)
        return "slow"

    found = []
    waiting = [
        threading.Thread(target=lambda: found.append(kept.get("one", slow))) for _ in range(3)
    ]
    waiting[0].start()
    assert begun.wait(20)
    for each in waiting[1:]:
        each.start()
    # While that is being made, something else is at hand.
    assert kept.get("other", lambda: "quick") == "quick"
    go_on.set()
    for each in waiting:
        each.join(20)
    assert (made, found) == (["slow"], ["slow"] * 3)


def test_what_could_not_be_made_is_tried_again():
    kept = Kept[int](1)
    with pytest.raises(ZeroDivisionError):
        kept.get("key", lambda: 1 // 0)
    assert kept.get("key", lambda: 1) == 1
    assert kept.get("key", lambda: 2) == 1
    kept.get("another", lambda: 3)
    assert kept.get("key", lambda: 4) == 4
