"""A town whose numbers and names tell who sees what: exact, released, withheld, masked, clear."""

from __future__ import annotations

import contextlib

import pytest
from sqlalchemy import insert, text

from dashboard.app import create_app
from dashboard.orders.office import Office
from gis import tables
from gis.access.posts import Post
from gis.access.viewer import NOBODY, act_as
from gis.database import Role, Server
from layers import catalog, counts, releases
from tests import builders
from tests.conftest import clone, drop
from tests.dashboard import signing
from tests.dashboard.conftest import fill

# The unit whose posts are held and one far from it where three people live; each has a building
# of the same number as its people row, an incident about a person and a case of the duty body.
OWN, OTHER = 3, 9
HOME = {OWN: 1, OTHER: 4}
# As released of OWN, and as it is now.
RELEASED, EXACT, TINY = 7919, 7926, 3
SURNAME, NAME, PHONE = "郑", "郑重其", "1390000"
CASE = "隐秘纠纷"
# At whom the duty-body officer works; its case is in OTHER.
BODY = 1
# Three streets from west to east, and one that joins them.
STREETS = (*([(-0.5, y), (4.5, y)] for y in (0.4, 1.4, 2.4)),
           [(-0.5, 0.4), (-0.5, 1.4), (-0.5, 2.4)])  # fmt: skip


@contextlib.contextmanager
def town(server):
    """One of every post on OWN, and the engine of the owner."""
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        _settle(db)
        for post in Post:
            signing.hire(db, post.value, post, unit_id=OWN, body_id=BODY)
    with owner.connect() as db:
        db.execution_options(isolation_level="REPEATABLE READ")
        releases.make(db)
        db.commit()
    with owner.begin() as db:
        # Somebody moved in since the release.
        _count(db, OWN, EXACT)
        counts.rebuild(db, *catalog.COUNTED)
    try:
        yield owner
    finally:
        owner.dispose()
        drop(copy)


@contextlib.contextmanager
def page_of(owner, door):
    """The whole page on a town: with the office where change orders are decided."""
    engine = Server(owner.url, is_private=True).engine(Role.APP, pool_size=3)
    office = Server(owner.url, is_private=True).engine(Role.ENGINE, pool_size=2)
    try:
        yield create_app(engine, door, office=Office(office))
    finally:
        engine.dispose()
        office.dispose()


def road(number, *corners):
    """A street for everybody through corners in squares, as a row."""
    said = ", ".join(f"{lon} {lat}" for lon, lat in (builders.at(*corner) for corner in corners))
    return {
        "id": number, "key": f"way-{number}", "kind": "residential", "walk": True, "drive": True,
        "oneway": False, "length_m": 1.0, "geom": f"SRID=4326;LINESTRING({said})",
    }  # fmt: skip


def lay(db, ways=STREETS):
    """Streets, a single clinic, and no walls: those stand where homes do, too."""
    db.execute(insert(tables.road), [road(900 + n, *way) for n, way in enumerate(ways)])
    db.execute(text("DELETE FROM citygrid.facility WHERE id > 1"))
    db.execute(text("DELETE FROM citygrid.barrier"))


@pytest.fixture
def db(owner):
    """A connection for who holds no post."""
    engine = Server(owner.url, is_private=True).engine(Role.APP)
    with engine.connect() as db:
        act_as(db, NOBODY)
        yield db
    engine.dispose()


@pytest.fixture(scope="module")
def door(owner):
    door = signing.door_of(owner)
    yield door
    door.close()


@pytest.fixture(scope="module")
def app(owner, door):
    with page_of(owner, door) as page:
        yield page


def _settle(db):
    fill(db)
    db.execute(text("UPDATE citygrid.people SET building_id = id"))
    _count(db, OWN, RELEASED)
    _count(db, OTHER, TINY)
    db.execute(text("UPDATE citygrid.people SET care = 1 WHERE unit_id IN (:o, :x)"), _BOTH)
    db.execute(
        text(
            "INSERT INTO citygrid.duty_body (id, key, names) "
            """VALUES (1, 'water', '{"zh": "水务", "en": "Water"}')"""
        )
    )
    db.execute(
        text(
            "UPDATE citygrid.incident SET is_personal = true, title = :case || id, "
            "stage = 'handle', body_id = CASE unit_id WHEN :x THEN 1 END WHERE unit_id IN (:o, :x)"
        ),
        {**_BOTH, "case": CASE},
    )
    db.execute(
        text(
            "INSERT INTO citygrid.person_private (people_id, unit_id, name, phone) "
            "SELECT id, unit_id, :name || id, :phone || lpad(id::text, 4, '0') "
            "FROM citygrid.people ON CONFLICT (people_id) DO UPDATE "
            "SET name = excluded.name, phone = excluded.phone"
        ),
        {"name": NAME, "phone": PHONE},
    )
    counts.rebuild(db, *catalog.COUNTED)


def _count(db, unit, n):
    db.execute(
        text("UPDATE citygrid.people SET count = :n WHERE unit_id = :u"), {"n": n, "u": unit}
    )


_BOTH = {"o": OWN, "x": OTHER}
