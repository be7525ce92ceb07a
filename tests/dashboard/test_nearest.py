"""Areas of responsibility: each door in that of its nearest facility, made once, in the address."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from shapely.geometry import shape
from sqlalchemy import insert, text

from dashboard.actions import after
from dashboard.coverage.desk import Desk
from dashboard.scene import Scene
from dashboard.view import View
from gis import places, tables
from gis.access.viewer import NOBODY, act_as
from gis.database import Role, Server
from gis.network.travel import NEAREST
from layers.coverage.ground import Ground
from layers.coverage.nearest import areas
from layers.coverage.reach import Question
from layers.coverage.streets import metric
from tests import builders
from tests.dashboard import signing
from tests.dashboard.town import lay, page_of, town

ASKED = Question(("clinic",), metres=1800)
ADDRESS = "kinds=clinic&metres=1800&language=en"
FAR_OFF = Question(("clinic",), metres=90_000)


@pytest.fixture(scope="module")
def owner(server):
    with town(server) as owner:
        with owner.begin() as db:
            lay(db)
            db.execute(text("DELETE FROM citygrid.facility"))
            db.execute(insert(tables.facility), [
                {"id": n, "key": f"C{n}", "kind": "clinic", "name": f"Clinic {n}",
                 "state": "open", "geom": "SRID=4326;POINT({} {})".format(*builders.at(x, y))}
                for n, (x, y) in enumerate(((0.5, 0.5), (2.5, 2.5)), 1)
            ])  # fmt: skip
        yield owner


@pytest.fixture(scope="module")
def engine(owner):
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


def inside(ground, drawn, points_m):
    return shapely.contains_xy(metric(np.array([drawn], dtype=object), ground.city)[0], *points_m.T)


def test_each_door_lies_in_the_area_of_its_nearest_facility_however_far(db, ground):
    homes, found = ground.homes(db), ground.found(db, FAR_OFF)
    nearest = found.reach.times.source[:, NEAREST]
    drawn = areas(db, ground, ASKED)
    assert {each.name for each in drawn} == {"Clinic 1", "Clinic 2"}
    for each in drawn:
        mine = found.facilities.ids[nearest] == each.facility_id
        assert mine.any()
        # Doors on the edge of the city are in nobody's.
        assert not inside(ground, each.shape, homes.points_m[~mine & found.hung.is_on]).any()
    whole = shapely.union_all([each.shape for each in drawn])
    assert whole.area == pytest.approx((4 * builders.SIDE) ** 2, rel=1e-4)
    assert whole.area == pytest.approx(sum(each.shape.area for each in drawn))


def test_where_there_is_no_facility_nobody_answers_for_anything(db, ground):
    assert areas(db, ground, Question(("hospital",), metres=1000)) == ()


def test_areas_are_made_once_and_anew_when_the_data_change(owner, db):
    desk = Desk()

    def scene(metres):
        return Scene(View(mode="coverage", kinds="clinic", metres=metres), db)

    found = desk.areas(scene(1800))
    # Who slides the limit asks about the same areas.
    assert desk.areas(scene(900)) is found
    with owner.begin() as writing:
        writing.execute(
            text("UPDATE citygrid.layer_state SET changed_at = now() WHERE layer = 'facilities'")
        )
    assert desk.areas(scene(1800)) is not found


def test_the_map_fetches_areas_and_is_told_when_nothing_changed(owner):
    door = signing.door_of(owner)
    with page_of(owner, door) as app, signing.client_of(app, door, "planner") as client:
        answer = client.get(f"/coverage/areas?{ADDRESS}")
        assert answer.headers["content-type"] == "application/geo+json"
        found = answer.json()["features"]
        assert [(each["id"], each["properties"]) for each in found] == [
            (1, {"name": "Clinic 1"}), (2, {"name": "Clinic 2"}),
        ]  # fmt: skip
        assert all(shape(each["geometry"]).area > 0 for each in found)
        again = client.get(
            f"/coverage/areas?{ADDRESS}", headers={"if-none-match": answer.headers["etag"]}
        )
        assert again.status_code == 304
        none = client.get("/coverage/areas?kinds=hospital&metres=10&language=en").json()
        assert none["features"] == []
    door.close()


def test_what_is_drawn_stands_in_the_address(db):
    view = View(mode="coverage")
    for picture in ("areas", "outline", ""):
        view = after(view, "ask", f"drawn:{picture}", db)
        assert view.drawn == picture
        assert View.from_address(view.to_address()).drawn == picture
    assert after(view, "ask", "drawn:nonsense", db).drawn == ""
    # Another indicator is drawn in the same way.
    view = after(View(mode="coverage", drawn="areas"), "ask", "indicator:park_5000", db)
    assert view.drawn == "areas"
