"""A city with persons and cases in two quarters, and a way to ask it as any role."""

import contextlib

import pytest
from sqlalchemy import insert, text

from gis import tables
from gis.access import tables as access
from gis.access.viewer import act_as
from gis.database import Role
from layers import counts
from layers.catalog import COUNTED, LAYERS
from tests import builders
from tests.conftest import clone, drop

# In unit 3, and in unit 21.
HERE, THERE = (0.5, 0.5), (3.5, 3.5)


@pytest.fixture(scope="session")
def two_homes(server):
    """Squares: the city is unit 1, its quarters 2, 7, 12 and 17, five units each.

    Unit 3 and unit 21 have a home each, with a person and what is private of him, and two
    incidents, the second of which is about a person.
    """
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        fill(db)
    owner.dispose()
    yield copy
    drop(copy)


def fill(db):
    units = builders.load(db)
    db.execute(insert(tables.duty_body), {"id": 3, "key": "roads", "names": {"zh": "路"}})
    rows = {
        "buildings": builders.rows("buildings", HERE, THERE),
        "households": builders.rows("households", HERE, THERE, room="1203"),
        "people": builders.rows("people", HERE, THERE, age_band=7, care=2, count=60),
        "incidents": builders.rows("incidents", HERE, THERE, HERE, THERE),
    }
    for number in (0, 1):
        rows["households"][number]["building_id"] = number + 1
        rows["people"][number] |= {"building_id": number + 1, "household_id": number + 1}
        rows["incidents"][number + 2]["is_personal"] = True
    for layer, items in rows.items():
        builders.add(db, LAYERS[layer], units, items)
    db.execute(
        insert(access.person_private),
        [
            {"people_id": 1, "unit_id": 3, "name": "张伟", "phone": "13812341234"},
            {"people_id": 2, "unit_id": 21, "name": "Li Na", "phone": "62001234"},
        ],
    )
    counts.rebuild(db, *COUNTED)


@pytest.fixture(scope="session")
def _login(two_homes):
    engine = two_homes.engine(None)
    yield engine
    engine.dispose()


@pytest.fixture
def login(_login):
    """A superuser's connection to it, who can become every role; changes are undone."""
    with _login.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


@contextlib.contextmanager
def acting(login, role, viewer=None):
    """Ask as a role, for a viewer, in the caller's transaction; what is changed is undone."""
    with login.begin_nested() as mark:
        login.execute(text(f"SET LOCAL ROLE {role}"))
        if viewer:
            act_as(login, viewer)
        yield login
        mark.rollback()
