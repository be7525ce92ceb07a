"""Facilities tried on the map: what they bring is what they would bring if they stood there."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import insert, text

from dashboard.actions import after
from dashboard.view import View
from gis import places, tables
from gis.access.viewer import NOBODY, act_as
from gis.database import Role, Server
from gis.errors import CityGridError
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.sites import brought
from tests import builders
from tests.dashboard import signing
from tests.dashboard.test_coverage_told import road
from tests.dashboard.town import page_of, town

ASKED = Question(("clinic",), metres=900)
HERE, THERE, FAR = builders.at(2.5, 1.4), builders.at(2.6, 1.4), builders.at(60, 60)


@pytest.fixture(scope="module")
def owner(server):
    with town(server) as engine:
        with engine.begin() as db:
            ends = [[(-0.5, y), (4.5, y)] for y in (0.4, 1.4, 2.4)]
            ways = [*ends, [(-0.5, 0.4), (-0.5, 1.4), (-0.5, 2.4)]]
            db.execute(insert(tables.road), [road(900 + n, *way) for n, way in enumerate(ways)])
            db.execute(text("DELETE FROM citygrid.facility WHERE id > 1"))
            # Walls stand where homes do, too.
            db.execute(text("DELETE FROM citygrid.barrier"))
        yield engine


@pytest.fixture
def db(owner):
    engine = Server(owner.url, is_private=True).engine(Role.APP)
    with engine.connect() as db:
        act_as(db, NOBODY)
        yield db
    engine.dispose()


def ground_of(db):
    return Ground(places.city(db))


def test_a_place_brings_what_a_facility_there_would(db, owner):
    ground = ground_of(db)
    before = ground.found(db, ASKED).reach.is_reached
    found = brought(db, ground, ASKED, [HERE])
    assert found.is_new.any()
    with owner.connect() as writing:
        point = f"SRID=4326;POINT({HERE[0]} {HERE[1]})"
        writing.execute(
            text(
                "INSERT INTO citygrid.facility (id, key, kind, name, state, geom)"
                " SELECT 4000, 'tried', 'clinic', 'tried', 'open', CAST(:point AS geometry)"
            ),
            {"point": point},
        )
        after_ = ground_of(writing).found(writing, ASKED).reach.is_reached
        writing.rollback()
    assert np.array_equal(before | found.is_new, after_)
    assert not (before & found.is_new).any()


def test_the_order_of_places_does_not_change_what_all_bring(db):
    ground = ground_of(db)
    one, other = (brought(db, ground, ASKED, some) for some in ([HERE, THERE], [THERE, HERE]))
    assert one.in_all == pytest.approx(other.in_all)
    assert np.array_equal(one.is_new, other.is_new)
    # The second of two neighbours brings less than it would alone.
    alone = brought(db, ground, ASKED, [THERE])
    assert one.by_place[1]["people"] < alone.by_place[0]["people"]


def test_units_share_out_what_the_city_is_brought(db):
    ground = ground_of(db)
    tree = ground.tree(db)
    quarters = tree.ids[tree.levels == 2].tolist()
    parts = [brought(db, ground, ASKED, [HERE], unit).in_all for unit in quarters]
    whole = brought(db, ground, ASKED, [HERE]).in_all
    for group, n in whole.items():
        assert sum(part[group] for part in parts) == pytest.approx(n), group
    assert brought(db, ground, ASKED, [HERE], 999_999).in_all["people"] == 0


def test_a_place_far_from_any_street_brings_nothing(db):
    found = brought(db, ground_of(db), ASKED, [FAR])
    assert found.is_off.tolist() == [True]
    assert not found.is_new.any()


def test_without_released_numbers_nobody_can_be_counted(owner):
    with owner.connect() as db:
        for table in ("release_count", "release"):
            db.execute(text(f"TRUNCATE citygrid.{table} CASCADE"))
        with pytest.raises(CityGridError, match="released yet"):
            brought(db, ground_of(db), ASKED, [HERE])
        db.rollback()


def test_the_page_says_it_beside_what_is_tried_elsewhere(owner):
    door = signing.door_of(owner)
    at = "{:.6f},{:.6f}"
    with page_of(owner, door) as app, signing.client_of(app, door, "planner") as client:
        asked = "/coverage/site?kinds=clinic&metres=900&language=en"
        alone = client.get(f"{asked}&at={at.format(*HERE)}").json()["said"]
        tried = f"&tried={at.format(*HERE)}"
        again = client.get(f"{asked}{tried}&at={at.format(*HERE)}").json()["said"]
        moved = client.get(f"{asked}{tried}&but=0&at={at.format(*HERE)}").json()["said"]
        assert "people" in alone
        assert again == "Reaches nobody new"
        assert moved == alone
        assert client.get(f"{asked}&at={at.format(*FAR)}").json()["said"].startswith("Too far")
        for nonsense in ("", "1", "a,b", "1,2;3,4", "999,99"):
            assert client.get(f"{asked}&at={nonsense}").status_code in (200, 404, 422)
        assert client.get(f"{asked}&at=a,b").status_code == 404
    door.close()


def test_what_is_tried_stands_in_the_address(db):
    view = View(mode="coverage")
    for event, tried in (
        (("ask", "trying:"), ""),
        (("site", {"at": [114.0, 22.5]}), "114.000000,22.500000"),
        (("site", {"at": [114.1, 22.6]}), "114.000000,22.500000;114.100000,22.600000"),
        (("site", {"at": [114.2, 22.5], "from": 0}), "114.200000,22.500000;114.100000,22.600000"),
        (("site", {"from": 0, "drop": True}), "114.100000,22.600000"),
        (("site", {"from": 7, "drop": True}), "114.100000,22.600000"),
        (("site", {"at": ["x", None]}), "114.100000,22.600000"),
        (("site", "nonsense"), "114.100000,22.600000"),
        (("ask", "tried:"), ""),
    ):
        view = after(view, *event, db)
        assert view.tried == tried, event
        assert View.from_address(view.to_address()).tried == tried
    for _ in range(12):
        view = after(view, "site", {"at": [114.0, 22.5]}, db)
    assert len(view.tried.split(";")) == 10


def test_escape_ends_the_trying(db):
    asking = after(View(mode="coverage"), "ask", "trying:", db)
    assert asking.trying
    assert not after(asking, "site", {}, db).trying
    assert not after(asking, "mode", "overview", db).trying


@pytest.mark.parametrize("value", ["1", "181", "114.1,22.5;", ";", "114.1,22.5;1", "a,b"])
def test_an_address_that_names_no_places_tries_none(value):
    assert View.from_address(f"?mode=coverage&tried={value}").tried == ""
