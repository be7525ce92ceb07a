"""A tiny city with people who plan."""

import pytest
from sqlalchemy import insert

from gis import tables
from gis.access.posts import Post
from gis.database import Role
from layers import releases
from tests.builders import at
from tests.conftest import clone, drop
from tests.dashboard import signing
from tests.dashboard.conftest import fill

TOP = 1


@pytest.fixture(scope="module")
def city(server):
    """A tiny city with two planners who see its persons, and one who does not."""
    made = clone(server, "citygrid_template")
    owner = made.engine(Role.OWNER)
    with owner.begin() as db:
        fill(db)
        lon, lat = at(0.3, 0.4)
        db.execute(
            insert(tables.entrance),
            [{"id": n, "key": f"D{n}", "building_id": 1, "name": f"{n}单元", "address": "路1号",
              "geom": f"SRID=4326;POINT({lon} {lat})"} for n in (1, 2)],
        )  # fmt: skip
        releases.make(db)
        for login in ("li", "wu"):
            signing.hire(db, login, Post.PLANNER, Post.COMMUNITY_HEAD, unit_id=TOP)
        signing.hire(db, "zhou", Post.PLANNER, unit_id=TOP)
        signing.hire(db, "qian", Post.PLANNER, unit_id=TOP)
    owner.dispose()
    yield made
    drop(made)
