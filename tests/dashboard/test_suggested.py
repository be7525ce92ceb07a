"""Places suggested for new facilities, against every place tried one by one."""

from __future__ import annotations

import datetime as dt
import itertools
import operator
from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import insert, select, text

from dashboard.actions import after
from dashboard.coverage.wishes import wish
from dashboard.scene import Scene
from dashboard.view import View
from gis import places, tables
from gis.access.viewer import NOBODY, act_as
from gis.database import Role, Server
from gis.errors import CityGridError
from gis.siting.exact import prove
from gis.siting.plan import Ended
from gis.siting.question import Aim
from layers.coverage.asking import asked
from layers.coverage.candidates import Kind, Source
from layers.coverage.changed import Changed
from layers.coverage.changes import Close
from layers.coverage.ground import Ground
from layers.coverage.lists import CandidateList, Entry, Verdict
from layers.coverage.reach import Question
from layers.coverage.sites import brought
from layers.coverage.suggested import suggested
from layers.coverage.wishes import Wish
from tests.builders import at
from tests.dashboard.town import road, town

ASKED = Question(("clinic",), metres=900)
POINTS = [at(*place) for place in ((0.3, 0.5), (2.3, 1.5), (3.3, 2.5), (40.0, 40.0))]
PLOTS = [
    {"id": n, "key": f"L{n}", "name": name, "area_m2": area_m2, "cost": cost,
     "geom": f"SRID=4326;POINT({point[0]} {point[1]})"}
    for n, (point, name, area_m2, cost) in enumerate(zip(
        POINTS, ("西地块", None, "北地块", "远地块"), (3000.0, 900.0, None, 9000.0),
        (90.0, 40.0, None, 10.0), strict=True,
    ), 1)
]  # fmt: skip


@pytest.fixture(scope="module")
def engine(server):
    with town(server) as owner:
        with owner.begin() as db:
            ends = [[(-0.5, y), (4.5, y)] for y in (0.4, 1.4, 2.4)]
            ways = [*ends, [(-0.5, 0.4), (-0.5, 1.4), (-0.5, 2.4)]]
            db.execute(insert(tables.road), [road(900 + n, *way) for n, way in enumerate(ways)])
            db.execute(text("DELETE FROM citygrid.facility WHERE id > 1"))
            # Walls stand where homes do, too.
            db.execute(text("DELETE FROM citygrid.barrier"))
            db.execute(text("DELETE FROM citygrid.land"))
            db.execute(insert(tables.land), PLOTS)
        engine = Server(owner.url, is_private=True).engine(Role.APP)
        yield engine
        engine.dispose()


@pytest.fixture
def db(engine):
    with engine.connect() as db:
        act_as(db, NOBODY)
        yield db


@pytest.fixture
def ground(db):
    return Ground(places.city(db))


def test_one_place_for_most_people_is_the_best_of_all_tried_one_by_one(db, ground):
    posed = asked(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, 1))
    each = [
        brought(db, ground, ASKED, [(float(lon), float(lat))]).in_all["people"]
        for lon, lat in posed.places
    ]
    found = suggested(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, 1))
    assert found.plan.value == pytest.approx(max(each))
    assert found.plan.value > 0
    assert brought(db, ground, ASKED, found.places).in_all["people"] == pytest.approx(max(each))


def test_more_places_reach_no_fewer_people_and_proof_finds_nothing_above_the_bound(db, ground):
    values = []
    for count in (1, 2, 3):
        posed = asked(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, count))
        found = suggested(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, count)).plan
        best = prove(posed.siting, found, time_limit_s=20)
        assert best.ended is Ended.PROVEN
        assert found.value <= best.value + 1e-6 <= found.bound + 1e-3
        values.append(best.value)
    assert values == sorted(values)


def test_places_for_everyone_leave_nobody_who_could_be_reached(db, ground):
    found = suggested(db, ground, ASKED, Wish(Aim.EVERYONE))
    done = brought(db, ground, ASKED, found.places)
    reached = ground.found(db, ASKED).reach.is_reached | done.is_new
    homes = ground.released(db).by_group["people"].doors > 0
    # Every home hangs on a street, and a facility could stand at its own door.
    assert not (homes & ~reached & ground.found(db, ASKED).hung.is_on).any()


def test_places_tried_are_taken_for_built(db, ground):
    first = suggested(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, 1))
    next_ = suggested(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, 1), first.places)
    assert next_.places != first.places
    assert next_.plan.value < first.plan.value


def test_places_lie_in_the_unit_that_is_looked_at(db, ground):
    tree, homes = ground.tree(db), ground.homes(db)
    for unit in tree.ids[tree.levels == 2].tolist():
        posed = asked(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, 1), (), unit)
        at = int(tree.places(np.array([unit]))[0])
        place = tree.places(homes.unit_ids)[homes.building[posed.candidates.doors]]
        assert ((place >= at) & (place < tree.ends[at])).all()
        assert len(posed.candidates)


@pytest.mark.parametrize(("aim", "count"), [(Aim.LEAST_TIME, 2), (Aim.LEAST_WORST, 5)])
def test_aims_of_time_make_it_shorter(db, ground, aim, count):
    found = suggested(db, ground, ASKED, Wish(aim, count))
    assert 1 <= len(found.places) <= count
    assert found.after_s < found.before_s


def worth(db, ground, places):
    return brought(db, ground, ASKED, places).in_all["people"]


def test_points_that_are_drawn_are_all_there_is_to_choose_from(db, ground):
    some = [tuple(map(float, place)) for place in asked(
        db, ground, ASKED, Wish(Aim.MOST_PEOPLE, 1)
    ).places[::3]]  # fmt: skip
    wish = Wish(Aim.MOST_PEOPLE, 1, Source(Kind.DRAWN, drawn=tuple(some)))
    found = suggested(db, ground, ASKED, wish, some)
    assert found.candidates == len(some)
    assert worth(db, ground, found.places) == pytest.approx(
        max(worth(db, ground, [place]) for place in some)
    )


def on_land(db, ground, question=ASKED, within=None, **given):
    wish = Wish(Aim.MOST_PEOPLE, source=Source(Kind.LAND), **given)
    return suggested(db, ground, question, wish, within=within)


def test_public_land_is_all_there_is_to_choose_from(db, ground):
    found = on_land(db, ground, count=1)
    # One lies at no street.
    assert (found.candidates, found.of, found.off, found.small) == (3, 4, 1, 0)
    plots = dict(zip([row["name"] or row["key"] for row in PLOTS], POINTS, strict=True))
    assert found.places == (plots[found.names[0]],)
    assert worth(db, ground, found.places) == pytest.approx(
        max(worth(db, ground, [place]) for place in POINTS[:3])
    )


def test_a_plot_costs_what_is_said_of_it(db, ground):
    found = on_land(db, ground, count=3, budget=100, cost=60)
    assert sum(found.cost) <= 100
    prices = {"西地块": 90, "L2": 40, "北地块": 60}
    assert [prices[name] for name in found.names] == list(found.cost)


def test_plots_too_small_or_of_unknown_size_are_left_out_and_counted(db, ground):
    parks = Question(("park",), metres=900)
    found = on_land(db, ground, parks, count=1)
    assert (found.candidates, found.of, found.off, found.small) == (1, 2, 1, 2)
    assert found.names == ("西地块",)
    with pytest.raises(CityGridError, match="None of the 4 plots"):
        on_land(db, ground, replace(parks, least_area_m2=10_000), count=1)


def test_plots_are_those_of_the_unit_that_is_looked_at(db, ground):
    here = db.scalar(
        text("SELECT unit_id FROM citygrid.unit_version WHERE level = 2 AND upper_inf(valid) "
             "AND zoning_id = 1 AND ST_Covers(geom, ST_SetSRID(ST_Point(:x, :y), 4326))"),
        {"x": POINTS[0][0], "y": POINTS[0][1]},
    )  # fmt: skip
    found = on_land(db, ground, within=here, count=1)
    in_it = db.scalar(
        text("SELECT count(*) FROM citygrid.land l JOIN citygrid.unit_version v "
             "ON ST_Covers(v.geom, l.geom) WHERE v.unit_id = :u AND upper_inf(v.valid)"),
        {"u": here},
    )  # fmt: skip
    assert found.of == in_it < len(PLOTS) - 1


def test_every_other_door_is_half_of_them(db, ground):
    all_ = suggested(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, 1))
    half = suggested(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, 1, Source(every=2)))
    assert half.candidates == -(-all_.candidates // 2)
    assert half.of == all_.of


def test_buildings_of_a_use_are_one_place_each(db, ground):
    homes = ground.homes(db)
    uses = dict(db.execute(select(tables.building.c.id, tables.building.c.use)).all())
    use = next(iter(uses.values()))
    posed = asked(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, 1, Source(Kind.USE, use=use)))
    ids = homes.ids[homes.building[posed.candidates.doors]].tolist()
    assert len(ids) == len(set(ids))
    assert {uses[number] for number in ids} == {use}
    with pytest.raises(CityGridError, match="no place of this kind"):
        asked(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, 1, Source(Kind.USE, use="nothing")))


def listed(*rows):
    entries = tuple(Entry(k, f"no. {k}", Verdict.USED, "", *row) for k, row in enumerate(rows, 2))
    return CandidateList(1, "x", None, False, "x.csv", entries, dt.datetime.now(dt.UTC))


def of_list(db, ground, aim, rows, **given):
    return suggested(db, ground, ASKED, Wish(aim, source=Source(Kind.LIST, listed=listed(*rows)),
                                             **given))  # fmt: skip


def spots(db, ground, n=5):
    places_ = asked(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, 1)).places
    return [tuple(map(float, places_[k])) for k in np.linspace(0, len(places_) - 1, n).astype(int)]


def test_a_budget_is_kept_and_the_choice_is_the_best_it_pays_for(db, ground):
    rows = [(*spot, float(cost), None) for spot, cost in zip(spots(db, ground), (3, 1, 4, 1, 5),
                                                             strict=True)]  # fmt: skip
    found = of_list(db, ground, Aim.MOST_PEOPLE, rows, count=None, budget=5.0)
    assert sum(found.cost) <= 5
    best = max(
        worth(db, ground, [row[:2] for row in some])
        for n in range(1, 5)
        for some in itertools.combinations(rows, n)
        if sum(row[2] for row in some) <= 5
    )
    assert found.plan.value <= best + 1e-6 <= found.plan.bound + 1e-3
    assert found.plan.value == pytest.approx(worth(db, ground, found.places))
    with pytest.raises(CityGridError, match="needs the cost"):
        of_list(db, ground, Aim.MOST_PEOPLE, [(*spots(db, ground)[0], None, None)], budget=5.0)


def test_new_places_serve_no_more_than_they_have_room_for(db, ground):
    rows = [(*spot, None, room) for spot, room in zip(spots(db, ground), (9, 4, 70, 2, 5),
                                                      strict=True)]  # fmt: skip
    for aim in (Aim.MOST_PEOPLE, Aim.LEAST_TIME):
        found = of_list(db, ground, aim, rows, count=2)
        assert len(found.served) == len(found.places) <= 2
        assert all(n <= room for n, room in zip(found.served, found.room, strict=True))
    everyone = of_list(db, ground, Aim.EVERYONE, rows)
    assert not everyone.plan.is_met or all(map(operator.le, everyone.served, everyone.room))
    # Of some places nothing is said: for how many they have room must be.
    with pytest.raises(CityGridError, match="for how many they have room"):
        of_list(db, ground, Aim.MOST_PEOPLE, [*rows[1:], (*rows[0][:2], None, None)])
    with pytest.raises(CityGridError, match="does not go together"):
        of_list(db, ground, Aim.MOST_PEOPLE, rows, backup=True)


def test_a_least_share_of_each_unit_is_kept_or_told_to_be_short(db, ground):
    tree, homes = ground.tree(db), ground.homes(db)
    people = ground.released(db).by_group["people"].doors
    unit = tree.at_level(2)[tree.places(homes.unit_ids)[homes.building]]
    reached = ground.found(db, ASKED).reach.is_reached
    for count in (1, 3):
        wish = Wish(Aim.MOST_PEOPLE, count, floor=0.6, floor_level=2)
        found = suggested(db, ground, ASKED, wish)
        there = reached | brought(db, ground, ASKED, found.places).is_new
        short = sum(
            max(0.6 * people[unit == k].sum() - people[(unit == k) & there].sum(), 0)
            for k in np.unique(unit)
        )
        assert found.plan.short_of_floor == pytest.approx(short, abs=1e-6)


def test_backup_cover_counts_a_second_one_and_everyone_then_has_two(db, ground):
    found = suggested(db, ground, ASKED, Wish(Aim.EVERYONE, backup=True))
    times = ground.found(db, ASKED).reach.times.seconds
    near = asked(db, ground, ASKED, Wish(Aim.EVERYONE, backup=True)).siting
    covers = np.isfinite(times).sum(axis=1)
    for site in found.plan.chosen:
        covers[near.candidates.of(site).target] += 1
    possible = np.isfinite(times).sum(axis=1) + np.bincount(
        near.candidates.target, minlength=len(covers)
    )
    needed = np.minimum(2, possible)
    assert (covers >= needed)[np.asarray(near.demand) > 0].all()
    most = suggested(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, 2, backup=True))
    assert most.gap >= 0
    assert len(most.places) == 2


def test_a_facility_that_is_supposed_closed_serves_nobody(db, ground):
    now = ground.found(db, ASKED)
    closed = Changed(ground, [Close(facility=int(n)) for n in now.facilities.ids])
    found = suggested(db, closed, ASKED, Wish(Aim.MOST_PEOPLE, 1))
    stays = suggested(db, ground, ASKED, Wish(Aim.MOST_PEOPLE, 1))
    assert found.plan.value >= stays.plan.value
    each = [
        brought(db, closed, ASKED, [(float(lon), float(lat))]).in_all["people"]
        for lon, lat in asked(db, closed, ASKED, Wish(Aim.MOST_PEOPLE, 1)).places
    ]
    assert found.plan.value == pytest.approx(max(each))


def test_limits_stand_in_the_address_and_nonsense_is_none(db):
    view = View(mode="coverage", aim="most_people")
    for name, value in (("source", "list:7"), ("every", 4), ("room", 90), ("budget", 12),
                        ("cost", 3), ("floor", 60)):  # fmt: skip
        view = after(view, "set", [name, value], db)
        assert getattr(view, name) == value
    view = after(after(view, "ask", "backup:", db), "ask", "without_closed:", db)
    again = View.from_address(view.to_address())
    assert replace(again, language=view.language) == view
    for name, value in (("source", "list:x"), ("source", "use:'; DROP"), ("floor", 101),
                        ("room", -1), ("budget", "x")):  # fmt: skip
        assert getattr(after(View(), "set", [name, value], db), name) in ("", None)
    # Of each kind something is shown first.
    firsts = {"doors": "", "use": "use:public", "land": "land", "drawn": "drawn"}
    for among, source in firsts.items():
        assert after(view, "ask", f"among:{among}", db).source == source
    assert after(View(), "ask", "among:list", db).source.startswith("list:")
    assert after(view, "ask", "source:use:office", db).source == "use:office"


def test_what_is_aimed_at_stands_in_the_address(db):
    view = after(View(mode="coverage"), "ask", "aim:everyone", db)
    view = after(view, "ask", "sites:5", db)
    assert (view.aim, view.sites) == ("everyone", 5)
    assert View.from_address(view.to_address()).aim == "everyone"
    assert wish(Scene(view, db)) == Wish(Aim.EVERYONE, 5)
    # Once more: not aimed at any more; another indicator: not meant of it.
    assert after(view, "ask", "aim:everyone", db).aim == ""
    assert after(view, "ask", "indicator:park_5000", db).aim == ""
    assert after(view, "ask", "sites:99", db).sites is None
    taken = after(view, "ask", "tried:114.000000,22.500000", db)
    assert (taken.aim, taken.tried) == ("", "114.000000,22.500000")
