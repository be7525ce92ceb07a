"""Places suggested for new facilities, against every place tried one by one."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import insert, text

from dashboard.actions import after
from dashboard.coverage import tried
from dashboard.view import View
from gis import places, tables
from gis.access.viewer import NOBODY, act_as
from gis.database import Role, Server
from gis.siting.exact import prove
from gis.siting.plan import Ended
from gis.siting.question import Aim
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.sites import brought
from layers.coverage.suggested import Wish, asked, suggested
from tests.dashboard.test_coverage_told import road
from tests.dashboard.town import town

ASKED = Question(("clinic",), metres=900)


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
        place = tree.places(homes.unit_ids)[homes.building[posed.doors]]
        assert ((place >= at) & (place < tree.ends[at])).all()
        assert len(posed.doors)


@pytest.mark.parametrize(("aim", "count"), [(Aim.LEAST_TIME, 2), (Aim.LEAST_WORST, 5)])
def test_aims_of_time_make_it_shorter(db, ground, aim, count):
    found = suggested(db, ground, ASKED, Wish(aim, count))
    assert 1 <= len(found.places) <= count
    assert found.after_s < found.before_s


def test_what_is_aimed_at_stands_in_the_address(db):
    view = after(View(mode="coverage"), "ask", "aim:everyone", db)
    view = after(view, "ask", "sites:5", db)
    assert (view.aim, view.sites) == ("everyone", 5)
    assert View.from_address(view.to_address()).aim == "everyone"
    assert tried.wish(view) == Wish(Aim.EVERYONE, 5)
    # Once more: not aimed at any more; another indicator: not meant of it.
    assert after(view, "ask", "aim:everyone", db).aim == ""
    assert after(view, "ask", "indicator:park", db).aim == ""
    assert after(view, "ask", "sites:99", db).sites is None
    taken = after(view, "ask", "tried:114.000000,22.500000", db)
    assert (taken.aim, taken.tried) == ("", "114.000000,22.500000")
