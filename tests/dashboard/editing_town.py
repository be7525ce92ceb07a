"""A town of squares to be redrawn: buildings, people, incidents, and who is in charge where.

Units: 1 the city, 2, 7, 12, 17 its quarters, each followed by its four squares: 3 to 6 are those
of the quarter in the south-west, 8 to 11 of the one east of it.
"""

from __future__ import annotations

import contextlib

import numpy as np
from sqlalchemy import text

from dashboard.app import create_app
from gis.access.posts import Post
from gis.access.viewer import act_as, viewer_of
from gis.database import Role
from gis.orders import orders
from layers import catalog, counts, releases
from tests import builders
from tests.builders import SIDE, SOUTH, WEST
from tests.dashboard import signing

STAFF = {
    "chief": (Post.COMMUNITY_HEAD, 1),
    "west": (Post.GRID_HEAD, 2),
    "east": (Post.GRID_HEAD, 7),
    "leader": (Post.LEADER, 1),
    "worker": (Post.GRID_WORKER, 2),
}
# In each square, in hundredths of its side from its south-western corner.
SPOTS = ((0.2, 0.2), (0.8, 0.2), (0.5, 0.5), (0.2, 0.8), (0.8, 0.8))


def at(x, y):
    """A place in squares as the editor sends it."""
    return [round(WEST + x * SIDE, 7), round(SOUTH + y * SIDE, 7)]


def fill(db):
    """Five buildings a square, each with a household, some people and an incident."""
    units = builders.load(db)
    rng = np.random.default_rng(4)
    spots = [(x + dx, y + dy) for y in range(4) for x in range(4) for dx, dy in SPOTS]
    made = {layer: builders.rows(layer, *spots) for layer in ("buildings", "households", "people")}
    made["estates"] = builders.rows("estates", spots[0])
    made["incidents"] = builders.rows("incidents", *spots)
    made["roads"] = builders.rows("roads", (0.5, 0.5), (1.5, 0.35))
    for k, house in enumerate(made["buildings"]):
        house |= {"floor_area_m2": int(rng.integers(100, 900)), "estate_id": 1 if k < 2 else None}
    for layer in ("households", "people"):
        for k, item in enumerate(made[layer]):
            item |= {"count": int(rng.integers(7, 40)), "building_id": k + 1}
    for k, person in enumerate(made["people"]):
        person |= {"age_band": 13 if k % 3 == 0 else 4, "care": 1 if k % 5 == 0 else 0}
    for incident in made["incidents"][::2]:
        incident["stage"] = "handle"
    for layer in ("estates", "buildings", "households", "people", "incidents", "roads"):
        builders.add(db, catalog.LAYERS[layer], units, made[layer])
    counts.rebuild(db, *catalog.COUNTED)


class Town:
    """The page on a database of its own, and clients signed in to it."""

    @staticmethod
    def settle(owner):
        with owner.begin() as db:
            fill(db)
            for login, (post, unit) in STAFF.items():
                signing.hire(db, login, post, unit_id=unit)
        with owner.connect() as db:
            db.execution_options(isolation_level="REPEATABLE READ")
            releases.make(db)
            db.commit()

    def __init__(self, server):
        self.owner = server.engine(Role.OWNER)
        self.app_engine = server.engine(Role.APP, pool_size=4)
        self.door = signing.door_of(self.owner)
        self.app = create_app(self.app_engine, self.door)
        self._clients = {}

    def client(self, login):
        if login not in self._clients:
            self._clients[login] = signing.client_of(self.app, self.door, login)
        return self._clients[login]

    def viewer(self, login):
        with self.owner.connect() as db:
            number = db.scalar(
                text("SELECT id FROM citygrid.account WHERE login = :login"), {"login": login}
            )
            return viewer_of(db, number, signing.now())

    @contextlib.contextmanager
    def acting(self, login):
        viewer = self.viewer(login)
        with self.app_engine.begin() as db:
            act_as(db, viewer)
            yield db, viewer

    def order(self, login, *within):
        with self.acting(login) as (db, viewer):
            return orders.create(db, viewer, title="试", within=within).id

    def desk(self, login, *within, order=None):
        return Drawing(self.client(login), order or self.order(login, *within))

    def close(self):
        self.owner.dispose()
        self.app_engine.dispose()
        self.door.close()


class Drawing:
    """A draft as a browser draws on it: what it shows is put together from the answers alone."""

    def __init__(self, client, order):
        self.client = client
        self.order = order
        self.path = f"/boundaries/{order}"
        self.load()

    def load(self, language="en", **asked):
        answer = self.client.get(f"{self.path}/ground", params={"language": language, **asked})
        assert answer.status_code == 200, answer.text
        self.ground = answer.json()
        self.revision = self.ground["revision"]
        self.arcs = {arc["id"]: arc for arc in self.ground["arcs"]}
        self.units = {unit["id"]: unit for unit in self.ground["units"]}
        return self.ground

    def post(self, what, language="en", **sent):
        sent = {"revision": self.revision, **sent}
        return self.client.post(f"{self.path}/{what}?language={language}", json=sent)

    def do(self, kind, **fields):
        return self.took(self.post("do", operation={"do": kind, **fields}))

    def undo(self):
        return self.took(self.post("undo"))

    def redo(self):
        return self.took(self.post("redo"))

    def took(self, answer):
        assert answer.status_code == 200, answer.text
        found = answer.json()
        self.revision = found["revision"]
        for gone in found["arcs"]["gone"]:
            del self.arcs[gone]
        self.arcs |= {arc["id"]: arc for arc in found["arcs"]["new"]}
        for gone in found["units"]["gone"]:
            self.units.pop(gone, None)
        self.units |= {unit["id"]: unit for unit in found["units"]["new"]}
        return found

    def refused(self, kind, language="en", **fields):
        answer = self.post("do", language, operation={"do": kind, **fields})
        assert answer.status_code in (400, 403, 404), answer.text
        return answer.json()["error"]

    def trying(self, kind, **fields):
        answer = self.post("try", operation={"do": kind, **fields}, n=7)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def row(self, unit, numbers=None):
        rows = (numbers or self.ground["numbers"])["rows"]
        return next(row for row in rows if row["unit"] == unit)
