"""Moves, paths, closed roads and growth: placed by clicks, kept in the link, taken back, drawn."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from dashboard.actions import after
from dashboard.coverage import shapes, supposed
from dashboard.coverage.desk import Desk
from dashboard.coverage.routes import _buildings
from dashboard.panels.coverage import changing, said
from dashboard.scene import Scene
from dashboard.view import View
from gis.errors import NotFoundError
from layers.coverage.changes import AddPath, CloseRoad, Grow, Move
from tests import builders
from tests.dashboard import signing
from tests.dashboard.town import db as db
from tests.dashboard.town import lay, page_of, town

SEEN = View(mode="coverage", kinds="clinic", metres=900, language="en")
# Far from all streets, and at two of them, two kilometres from each other.
NOWHERE, SOUTH, NORTH = (list(builders.at(*xy)) for xy in ((2.0, 30.0), (2.0, 0.4), (2.0, 2.4)))


@pytest.fixture(scope="module")
def owner(server):
    with town(server) as engine:
        with engine.begin() as db:
            lay(db, [[(-0.5, y), (4.5, y)] for y in (0.4, 2.4)])
            db.execute(text("UPDATE citygrid.road SET name = 'South Street' WHERE id = 900"))
        yield engine


def clicked(view, db, *places):
    for place in places:
        view = after(view, "site", {"at": place}, db)
    return view


def asked(view, db, *said):
    for each in said:
        view = after(view, "ask", each, db)
    return view


def linked(view):
    assert View.from_address(view.to_address()) == view
    return view


def test_a_facility_is_moved_by_the_next_click_and_moved_back(db):
    view = asked(SEEN, db, "choosing:1", "placing:move")
    assert view.supposing == "move"
    view = linked(clicked(view, db, NORTH))
    assert (view.supposing, view.facility, view.tried) == ("", None, "")
    assert supposed.changes(view, Scene(view, db).city) == [
        Move(facility=1, at=tuple(round(x, 6) for x in NORTH))
    ]
    # Of another kind of facility it says nothing.
    assert asked(view, db, "indicator:park_5000").moved == ""
    assert asked(view, db, "unmoving:1").moved == ""
    # Escape, and the button once more.
    assert after(asked(SEEN, db, "choosing:1", "placing:move"), "site", {}, db).supposing == ""
    assert asked(SEEN, db, "placing:move", "placing:move").supposing == ""


def test_only_one_thing_is_asked_of_the_next_click(db):
    assert not asked(SEEN, db, "trying:", "placing:road").trying
    assert asked(SEEN, db, "placing:road", "trying:").supposing == ""
    assert after(asked(SEEN, db, "placing:path"), "mode", "overview", db).supposing == ""
    assert asked(SEEN, db, "placing:x").supposing == ""


def test_a_path_is_drawn_from_street_to_street_and_taken_back(db):
    middle = list(builders.at(2.0, 1.4))
    view = clicked(asked(SEEN, db, "placing:path"), db, SOUTH, SOUTH, middle)
    assert view.corners.count("~") == 1
    # Where no street is, it does not end; nothing is lost by that.
    with pytest.raises(NotFoundError, match="more than 60 m from any street"):
        asked(view, db, "path:end")
    assert asked(view, db, "path:undo", "path:undo").corners == ""
    linked(view)
    view = linked(asked(clicked(view, db, NORTH), db, "path:end"))
    (path,) = supposed.changes(view, Scene(view, db).city)
    assert (len(path.line), path.drive_kmh, view.supposing) == (3, None, "")
    by_car = linked(asked(view, db, "driving:0"))
    assert supposed.changes(by_car, Scene(view, db).city)[0].drive_kmh == 30
    assert asked(by_car, db, "driving:0") == view
    assert asked(view, db, "unpath:0").paths == ""
    assert asked(view, db, "unpath:1") == view


def test_a_path_begins_at_a_street(db):
    view = asked(SEEN, db, "placing:path")
    with pytest.raises(NotFoundError, match="more than 60 m from any street"):
        clicked(view, db, NOWHERE)
    assert asked(clicked(view, db, SOUTH), db, "path:end").paths == ""


def test_the_street_clicked_is_closed_and_opened_again(db):
    view = asked(SEEN, db, "placing:road")
    near = list(builders.at(1.0, 0.42))
    view = linked(clicked(view, db, near))
    assert (view.roads, view.supposing) == ("900", "")
    assert said.sentences(Scene(view, db), [CloseRoad(road=900)]) == ["Road closed: South Street"]
    with pytest.raises(NotFoundError, match="no street within 60 m"):
        clicked(asked(view, db, "placing:road"), db, NOWHERE)
    assert asked(view, db, "reopening:900").roads == ""


def test_people_of_a_unit_grow_and_stay(db):
    view = linked(asked(SEEN, db, "growing:3=20", "growing:2=-5.5"))
    assert view.grown == "3:20,2:-5.5"
    assert asked(view, db, "growing:3=").grown == "2:-5.5"
    assert asked(view, db, "growing:2=0").grown == "3:20"
    for wrong in ("growing:3=1001", "growing:3=x", "growing:3=-101"):
        assert asked(view, db, wrong).grown == "2:-5.5"
    assert asked(view, db, "growing:x=5") == view


def test_houses_on_the_map_are_those_of_the_streets_supposed(db):
    desk = Desk()

    def uncovered(view):
        found = _buildings(Scene(view, db), desk)
        return {int(n) for n, v in zip(found["ids"], found["values"], strict=True) if v == 2}

    far = View.from_store({**SEEN.to_store(), "metres": 6000})
    now = uncovered(far)
    assert now < uncovered(clicked(asked(far, db, "placing:road"), db, SOUTH))
    drawn = clicked(asked(far, db, "placing:path"), db, SOUTH, NORTH)
    assert uncovered(asked(drawn, db, "path:end")) < now
    assert uncovered(clicked(asked(far, db, "choosing:1", "placing:move"), db, NORTH)) != now
    # Who grows moves nobody.
    assert uncovered(asked(far, db, "growing:1=50")) == now


def test_what_is_supposed_is_drawn_and_listed(owner, db):
    view = clicked(asked(SEEN, db, "choosing:1", "placing:move"), db, NORTH)
    view = clicked(asked(view, db, "placing:road"), db, SOUTH)
    view = asked(clicked(asked(view, db, "placing:path"), db, SOUTH, NORTH), db, "path:end")
    view = clicked(asked(view, db, "growing:1=10", "placing:path"), db, SOUTH, NORTH)
    drawn = shapes.supposed(Scene(view, db), None)["features"]
    assert [each["properties"]["part"] for each in drawn] == [
        "path", "road", "moved", "place", "drawing", "corner", "corner",
    ]  # fmt: skip
    told = str(changing.draw(Scene(view, db)))
    for text_ in ("Moved by", "on foot", "South Street", "people +10%", "End the path", "m so far"):
        assert text_ in told
    door = signing.door_of(owner)
    with page_of(owner, door) as app, signing.client_of(app, door, "planner") as client:
        answer = client.get(f"/coverage/supposed{view.to_address()}")
    door.close()
    assert answer.json()["features"] == drawn


def test_a_link_to_a_path_without_streets_says_so(db):
    view = View.from_store({**SEEN.to_store(), "paths": "0,0~0.1,0.1"})
    assert "more than 60 m from any street" in str(changing.draw(Scene(view, db)))


def test_each_change_is_a_sentence_even_of_what_is_gone(db):
    some = [Move(facility=99, at=tuple(NORTH)), CloseRoad(road=77), Grow(unit=555, percent=-3.5),
            AddPath(line=(tuple(SOUTH), tuple(NORTH)), drive_kmh=30)]  # fmt: skip
    moved, road_, grown, path = said.sentences(Scene(SEEN, db), some)
    assert (moved, road_) == ("Moved: 99", "Road closed: a road without a name (number 77)")
    assert grown == "555: people −3.5%"
    assert "for cars too (30 km/h)" in path


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("moved", "1:200,5"), ("moved", "0:1,1"), ("moved", "1,1"), ("paths", "1,1"),
        ("paths", "4:1,1~2,2"), ("paths", "1,1~2,91"), ("paths", ";".join(["1,1~2,2"] * 6)),
        ("paths", "~".join(["1,1"] * 21)), ("corners", "1,1~"), ("corners", "181,0"),
        ("grown", "1:1001"), ("grown", "1:-100.5"), ("grown", "1:"), ("grown", "1:5.55"),
        ("roads", "0"), ("tried", "999,1"), ("supposing", "fly"),
    ],
)  # fmt: skip
def test_an_address_that_says_what_cannot_be_supposes_nothing(field, value):
    assert getattr(View.from_address(f"?mode=coverage&{field}={value}"), field) == ""
