"""The demo as viewers of coverage see it."""

import pytest

from gis import places
from gis.access.viewer import everything
from gis.database import Role, Server
from layers.coverage.ground import Ground


@pytest.fixture(scope="module")
def engine(demo):
    engine = Server(demo.url, is_private=True).engine(Role.APP, pool_size=4)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def ground(demo):
    with demo.connect() as db:
        return Ground(places.city(db))


@pytest.fixture(scope="module")
def holder(demo):
    """Who holds every unit."""
    with demo.connect() as db:
        return everything(db)
