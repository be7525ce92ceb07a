"""State directories of the tests' own, with their PostGIS running; the page on a tiny city."""

import contextlib
import shutil
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text

from dashboard.app import create_app
from gis.access.viewer import act_as, everything
from gis.cluster import Cluster
from gis.database import Role
from gis.errors import DatabaseError
from layers import catalog, counts
from tests import builders
from tests.conftest import FAST, clone, drop, lacking
from tests.dashboard import signing
from tests.town import town  # noqa: F401 - a fixture


@contextlib.contextmanager
def state_directory():
    """A directory for CITYGRID_STATE: a short path, for the socket in it, that all may enter."""
    folder = Path(tempfile.mkdtemp(prefix="cg-", dir="/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextlib.contextmanager
def running_state():
    """A state directory whose server runs already, so that each command need not start it."""
    with state_directory() as folder, contextlib.ExitStack() as stack:
        try:
            stack.enter_context(Cluster(folder / "postgres", FAST).running())
        except DatabaseError as error:
            lacking(str(error))
        yield folder


@pytest.fixture(scope="session")
def empty_state():
    """A state directory that holds no city, and shall not."""
    with running_state() as folder:
        yield folder


@pytest.fixture(scope="session")
def squares(server):
    """The tiny city with a few rows of everything, as the page reads it; nobody changes it."""
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        fill(db)
        signing.hire_seer(db)
    owner.dispose()
    engine = copy.engine(Role.APP, pool_size=4)
    yield engine
    engine.dispose()
    drop(copy)


@contextlib.contextmanager
def seeing(engine):
    """A connection that acts for who sees everything."""
    with engine.connect() as db:
        act_as(db, everything(db))
        yield db


def fill(db):
    units = builders.load(db)
    spots = [(0.3 + i % 4, 0.4 + i // 4) for i in range(12)]
    # People live in buildings, so those come first.
    for layer in sorted(catalog.LAYERS.values(), key=lambda layer: layer.id != "buildings"):
        items = builders.rows(layer.id, *spots)
        if layer.id == "incidents":
            for item in items[:5]:
                item["stage"] = "handle"
        if layer.id == "people":
            for item in items:
                item |= {"count": 100 + item["id"], "building_id": 1}
        builders.add(db, layer, units, items)
        if layer.is_counted:
            db.execute(
                text(
                    "INSERT INTO citygrid.layer_state (layer, rows, as_of, source) "
                    "VALUES (:layer, 12, '2025-12-31 12:00+00', 'made up')"
                ),
                {"layer": layer.id},
            )
    counts.rebuild(db, *catalog.COUNTED)


@pytest.fixture(scope="session")
def door(squares):
    door = signing.door_of(squares)
    yield door
    door.close()


@pytest.fixture(scope="session")
def client(squares, door):
    """A client that is signed in as who sees everything."""
    with signing.client_of(create_app(squares, door), door, signing.SEER) as client:
        yield client
