"""The city of squares with people in post, and a way to ask it as a role for one of them.

The city is unit 1, its quarters 2, 7, 12 and 17; each has four squares after it. A head holds a
square, a quarter's head the quarter, the leader the city.
"""

import contextlib

import pytest

from gis.access.posts import Post
from gis.access.viewer import act_as, viewer_of
from gis.database import Role
from tests import builders
from tests.conftest import clone, drop
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


class Town:
    """A database with people, asked as a role for one of them."""

    def __init__(self, server):
        self.server = server
        self._engines = {}
        with self.engine(Role.OWNER).begin() as db:
            builders.load(db)
            self.numbers = {
                login: signing.hire(db, login, post, unit_id=unit)
                for login, (post, unit) in PEOPLE.items()
            }

    def engine(self, role):
        if role not in self._engines:
            self._engines[role] = self.server.engine(role, pool_size=3)
        return self._engines[role]

    def viewer(self, login):
        with self.engine(Role.PORTER).connect() as db:
            return viewer_of(db, self.numbers[login], signing.now())

    @contextlib.contextmanager
    def acting(self, role, login):
        """A transaction of its own as a role, for somebody; commits."""
        viewer = self.viewer(login)
        with self.engine(role).begin() as db:
            act_as(db, viewer)
            yield db, viewer

    def close(self):
        for engine in self._engines.values():
            engine.dispose()


@pytest.fixture
def town(server):
    copy = clone(server, "citygrid_template")
    town = Town(copy)
    yield town
    town.close()
    drop(copy)
