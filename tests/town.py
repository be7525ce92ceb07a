"""The city of squares with people in post, and a way to ask it as a role for one of them.

The city is unit 1, its quarters 2, 7, 12 and 17; each has four squares after it. A head holds a
square, a quarter's head the quarter, the leader the city.
"""

import contextlib
import datetime as dt
from dataclasses import replace

import pytest
import shapely
from sqlalchemy import insert, text, update

from gis.access import accounts
from gis.access.posts import Post
from gis.access.viewer import act_as, viewer_of
from gis.city import Asking
from gis.database import Role
from gis.division.moves import InsertVertex, MoveVertices
from gis.division.stored import open_division
from gis.orders import orders
from gis.orders.status import Stage
from gis.tables import city, layer_state
from layers import counts
from layers.catalog import COUNTED, LAYERS
from tests import builders
from tests.conftest import drop, filled
from tests.dashboard import signing

# Who holds which post where: squares 3 and 4 lie side by side in quarter 2, square 8 in quarter 7
# lies beside 4.
PEOPLE = {
    "wang": (Post.GRID_HEAD, 3),
    "li": (Post.GRID_HEAD, 4),
    "zhao": (Post.GRID_HEAD, 8),
    "south": (Post.SUBDISTRICT_HEAD, 2),
    "east": (Post.SUBDISTRICT_HEAD, 7),
    "mayor": (Post.LEADER, 1),
    "planner": (Post.PLANNER, 1),
}
# After all that the clock of the machine puts into the database.
NOW = dt.datetime(2127, 3, 1, 4, tzinfo=dt.UTC)
# Checked and approved in the quarters, filed by the city.
WAY = (
    Asking(Stage.COSIGN, "square"),
    Asking(Stage.CHECK, "quarter"),
    Asking(Stage.APPROVE, "quarter"),
    Asking(Stage.FILE, "city"),
)
# A home in each square's middle and one at its eastern edge.
HOMES = tuple((x + dx, y + 0.5) for x in range(4) for y in range(4) for dx in (0.5, 0.9))


def grid(x, y):
    """A place given in squares, in steps of the grid."""
    lon, lat = builders.at(x, y)
    return round(lon * 1e7), round(lat * 1e7)


def moved(db, x, y, to, within=()):
    """Steps that push the middle of the edge from (x, y) to (x, y + 1) to another place."""
    division = open_division(db, list(within) or [3, 8])
    middle = grid(x, y + 0.5)
    first = division.do(InsertVertex(grid(x, y), grid(x, y + 1), middle))
    return first, division.do(MoveVertices({middle: grid(*to)}))


def join(db):
    """Give the units above the squares the very vertices of those below."""
    for level in (2, 1):
        parts = {}
        for parent, wkb in db.execute(
            text(
                "SELECT parent_id, ST_AsBinary(geom) FROM unit_version "
                "WHERE zoning_id = 1 AND level = :below"
            ),
            {"below": level + 1},
        ):
            parts.setdefault(parent, []).append(shapely.from_wkb(bytes(wkb)))
        for unit, below in parts.items():
            whole = shapely.coverage_union_all(below)
            db.execute(
                text(
                    "UPDATE unit_version SET geom = ST_Multi(ST_GeomFromWKB(:wkb, 4326)) "
                    "WHERE unit_id = :unit"
                ),
                {"wkb": shapely.to_wkb(whole), "unit": unit},
            )


class Town:
    """A database with people, asked as a role for one of them."""

    @staticmethod
    def settle(owner):
        with owner.begin() as db:
            units = builders.load(db)
            join(db)
            settings = replace(builders.CITY, orders=WAY, codes_follow_parent=True).to_json()
            db.execute(update(city).values(settings=settings))
            for layer in ("buildings", "households", "people", "incidents"):
                builders.add(db, LAYERS[layer], units, builders.rows(layer, *HOMES))
                db.execute(
                    insert(layer_state),
                    {"layer": layer, "rows": len(HOMES), "as_of": builders.LOADED_AT},
                )
            # Every other one is open; the closed ones keep the unit they were closed in.
            db.execute(text("UPDATE incident SET stage = 'handle' WHERE id % 2 = 0"))
            db.execute(text("UPDATE incident SET unit_then_id = unit_id WHERE id % 2 = 1"))
            counts.rebuild(db, *COUNTED)
            for login, (post, unit) in PEOPLE.items():
                signing.hire(db, login, post, unit_id=unit)

    def __init__(self, server):
        self.server = server
        # When who asks holds his posts.
        self.now = signing.now()
        self._engines = {}
        with self.engine(Role.OWNER).connect() as db:
            self.numbers = {login: accounts.by_login(db, login).id for login in PEOPLE}

    def engine(self, role):
        if role not in self._engines:
            self._engines[role] = self.server.engine(role, pool_size=3)
        return self._engines[role]

    def viewer(self, login):
        with self.engine(Role.PORTER).connect() as db:
            return viewer_of(db, self.numbers[login], self.now)

    @contextlib.contextmanager
    def acting(self, role, login):
        """A transaction of its own as a role, for somebody; commits."""
        viewer = self.viewer(login)
        with self.engine(role).begin() as db:
            act_as(db, viewer)
            yield db, viewer

    def draw(self, login, steps, within):
        """Make a draft of somebody's; ``steps`` are made from a connection."""
        with self.acting(Role.APP, login) as (db, viewer):
            order = orders.create(db, viewer, title="x", within=within)
            for seen, step in enumerate(steps(db)):
                orders.save_step(db, viewer, order.id, seen=seen, delta=step, said=f"step {seen}")
            return order.id

    def close(self):
        for engine in self._engines.values():
            engine.dispose()


@contextlib.contextmanager
def built(kind, server):
    """A town of a kind, here or of `handling_town`, in a database of its own."""
    copy = filled(server, kind.settle)
    town = kind(copy)
    yield town
    town.close()
    drop(copy)


@pytest.fixture
def town(server):
    with built(Town, server) as town:
        yield town
