"""The city of squares with classes, duties and people in the posts that incidents go through.

Quarter 2 has the squares 3 to 6, quarter 7 the squares 8 to 11.
"""

import contextlib
import datetime as dt

import pytest
from sqlalchemy import insert, select, text

from gis import places
from gis.access import accounts
from gis.access.posts import Post
from gis.access.viewer import act_as, viewer_of
from gis.cases import class_condition, duty_rule
from gis.database import Role
from gis.tables import duty_body, incident, incident_class, layer_state, staff_holding
from layers import counts
from layers.catalog import COUNTED, LAYERS
from layers.handling import case, cases, reports
from layers.handling.drafts import Draft
from layers.handling.effects import Said
from layers.handling.faces import Faces
from layers.handling.stages import Act
from layers.verify import check_counts
from tests import builders
from tests.dashboard import signing
from tests.town import built

NOW = dt.datetime(2026, 3, 2, 2, tzinfo=dt.UTC)
ROADS, WATER = 1, 2
PEOPLE = {
    "intake": (Post.INTAKE, {"unit_id": 1}),
    "dispatcher": (Post.DISPATCHER, {"unit_id": 1}),
    "checker": (Post.CHECKER, {"unit_id": 1}),
    "roads": (Post.DUTY_OFFICER, {"body_id": ROADS}),
    "water": (Post.DUTY_OFFICER, {"body_id": WATER}),
    "head": (Post.GRID_HEAD, {"unit_id": 3}),
    "neighbour": (Post.GRID_HEAD, {"unit_id": 8}),
    "mayor": (Post.LEADER, {"unit_id": 1}),
    "planner": (Post.PLANNER, {"unit_id": 1}),
}
HERE = builders.at(0.5, 0.5)
THERE = builders.at(2.5, 0.5)


def names(word):
    return {"zh": word, "en": word}


def fill(db):
    units = builders.load(db)
    # A street with a house and a fire station.
    builders.add(db, LAYERS["roads"], units, builders.rows("roads", (0.5, 0.5)))
    builders.add(db, LAYERS["buildings"], units, builders.rows("buildings", (0.5, 0.5)))
    homes = builders.rows("people", (0.5, 0.5), building_id=1, count=7)
    builders.add(db, LAYERS["people"], units, homes)
    posts = builders.rows("facilities", (0.6, 0.5), (0.65, 0.5), kind="fire_station")
    builders.add(db, LAYERS["facilities"], units, posts)
    db.execute(
        insert(duty_body),
        [{"id": ROADS, "key": "roads", "names": names("roads")},
         {"id": WATER, "key": "water", "names": names("water")}],
    )  # fmt: skip
    db.execute(
        insert(incident_class),
        [{"scheme": "s", "code": code, "parent_code": parent, "names": names(code)}
         for code, parent in
         (("01", None), ("0101", "01"), ("0102", "01"), ("02", None), ("0201", "02"))],
    )  # fmt: skip
    db.execute(
        insert(class_condition),
        [{"scheme": "s", "code": code, "number": n, "opens": names("x"), "closes": names("y"),
          "amount": amount, "unit": unit}
         for code, n, amount, unit in (
             ("0101", 1, 8, "work_hours"), ("0101", 2, 2, "urgent_hours"),
             ("0102", 1, 3, "work_days"), ("0201", 1, 5, "days"))],
    )  # fmt: skip
    db.execute(
        insert(duty_rule),
        [{"scheme": "s", "code": "01", "body_id": ROADS, "condition": None, "unit_id": None,
          "priority": 0},
         {"scheme": "s", "code": "0102", "body_id": WATER, "condition": None, "unit_id": None,
          "priority": 0},
         {"scheme": "s", "code": "0101", "body_id": WATER, "condition": None, "unit_id": 7,
          "priority": 0}],
    )  # fmt: skip
    db.execute(
        insert(staff_holding),
        [{"unit_id": 3, "post": post, "person": person, "phone": phone,
          "valid": "[2026-01-01,)"}
         for post, person, phone in
         (("head", "王一", "10700000001"), ("worker", "李二", "10700000002"))],
    )  # fmt: skip
    db.execute(
        insert(layer_state),
        [{"layer": layer, "rows": n, "as_of": builders.LOADED_AT}
         for layer, n in
         (("incidents", 0), ("roads", 1), ("buildings", 1), ("people", 1), ("facilities", 2))],
    )  # fmt: skip
    counts.rebuild(db, *COUNTED)
    for login, (post, on) in PEOPLE.items():
        signing.hire(db, login, post, **on)


class Town:
    @staticmethod
    def settle(owner):
        with owner.begin() as db:
            fill(db)

    def __init__(self, server):
        self.server = server
        self._engines = {}
        self.faces = Faces()
        with self.engine(Role.OWNER).connect() as db:
            self.numbers = {login: accounts.by_login(db, login).id for login in PEOPLE}
            self.city = places.city(db)
        with self.engine(Role.PORTER).connect() as db:
            self._viewers = {
                login: viewer_of(db, number, signing.now())
                for login, number in self.numbers.items()
            }

    def engine(self, role):
        if role not in self._engines:
            self._engines[role] = self.server.engine(role, pool_size=5)
        return self._engines[role]

    def viewer(self, login):
        return self._viewers[login]

    @contextlib.contextmanager
    def acting(self, login, role=Role.ENGINE):
        viewer = self.viewer(login)
        with self.engine(role).begin() as db:
            act_as(db, viewer)
            yield db, viewer

    def report(self, login="intake", *, now=NOW, place=HERE, **more):
        draft = {"scheme": "s", "small": "0101", "lon": place[0], "lat": place[1], **more}
        with self.acting(login) as (db, viewer):
            return reports.report(
                db, viewer, self.city, Draft(**draft), now=now, faces=self.faces
            )  # fmt: skip

    def act(self, login, one, act, *, now=NOW, seen=None, **said):
        with self.acting(login) as (db, viewer):
            return cases.act(
                db, viewer, self.city, one.id, Act(act), Said(**said),
                seen_version=one.version if seen is None else seen, now=now, faces=self.faces,
            )  # fmt: skip

    def along(self, one, *way, now=NOW):
        """Lead a case along acts, each as (login, act, said)."""
        for login, act, *said in way:
            one = self.act(login, one, act, now=now, **(said[0] if said else {}))
        return one

    def handled(self, **more):
        """A case that the roads' officer handles."""
        return self.along(self.report(**more), *TO_HANDLE, now=more.get("now", NOW))

    def read(self, number, now=NOW):
        with self.engine(Role.OWNER).connect() as db:
            return case.read(db, number, now)

    def steps(self, number):
        with self.engine(Role.OWNER).connect() as db:
            return case.steps(db, number)

    def pauses(self, number):
        with self.engine(Role.OWNER).connect() as db:
            return case.pauses(db, number)

    def scalar(self, query, role=Role.OWNER, **values):
        with self.engine(role).connect() as db:
            return db.scalar(text(query), values)

    def assert_counted(self):
        """Every stored number is what a recount finds."""
        with self.engine(Role.OWNER).connect() as db:
            found = check_counts(db, lambda *_: None)
        wrong = [str(one) for one in found if one.wrong]
        assert not wrong, wrong

    def count(self):
        with self.engine(Role.OWNER).connect() as db:
            return len(db.scalars(select(incident.c.id)).all())

    def close(self):
        for engine in self._engines.values():
            engine.dispose()


TO_HANDLE = (
    ("intake", "register"), ("dispatcher", "dispatch", {"body_id": ROADS}), ("roads", "accept"),
)  # fmt: skip
TO_CLOSE = (("roads", "feed_back"), ("checker", "check"), ("checker", "close"))


@pytest.fixture(scope="module")
def town(server):
    with built(Town, server) as town:
        yield town
