"""Facilities tried on the map: what they bring is what they would bring if they stood there."""

from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy import text

from dashboard.actions import after
from dashboard.view import View
from gis import places
from gis.errors import CityGridError
from gis.network.pairs import PairSearch
from layers.coverage.ground import Ground
from layers.coverage.reach import Question
from layers.coverage.sites import brought, standing
from tests import builders
from tests.dashboard import signing
from tests.dashboard.town import db as db
from tests.dashboard.town import lay, page_of, town

ASKED = Question(("clinic",), metres=900)
HERE, THERE, FAR = builders.at(2.5, 1.4), builders.at(2.6, 1.4), builders.at(60, 60)


@pytest.fixture(scope="module")
def owner(server):
    with town(server) as engine:
        with engine.begin() as db:
            lay(db)
        yield engine


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


def test_places_one_after_the_other_bring_what_they_bring_together(db):
    ground = ground_of(db)
    together = brought(db, ground, ASKED, [HERE, FAR, THERE])
    there = standing(db, ground, ASKED).beside(db, [HERE]).beside(db, []).beside(db, [FAR, THERE])
    assert there.brought.by_place == together.by_place
    assert there.brought.is_off.tolist() == together.is_off.tolist() == [False, True, False]
    assert np.array_equal(there.brought.is_new, together.is_new)


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


def test_while_a_place_is_dragged_its_own_ways_alone_are_looked_for(owner, monkeypatch):
    looked_for = []
    pairs = PairSearch.pairs

    def counted(self, sources, **given):
        looked_for.append(len(sources.edge))
        return pairs(self, sources, **given)

    monkeypatch.setattr(PairSearch, "pairs", counted)
    door = signing.door_of(owner)
    with page_of(owner, door) as app, signing.client_of(app, door, "planner") as client:
        others = ";".join("{:.6f},{:.6f}".format(*place) for place in (HERE, FAR))
        asked = f"/coverage/site?kinds=clinic&metres=900&language=en&tried={others}"
        for step in range(4):
            assert client.get(f"{asked}&at={THERE[0] + step * 1e-5:.6f},{THERE[1]:.6f}").json()
        # The two that stand, once; then the one that moves.
        assert looked_for == [2, 1, 1, 1, 1]
        # Another of them is dragged: the others stand elsewhere.
        assert client.get(f"{asked}&but=0&at={THERE[0]:.6f},{THERE[1]:.6f}").json()
        assert looked_for[5:] == [1, 1]
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
