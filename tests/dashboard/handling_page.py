"""The whole page on a town in which incidents are handled."""

import pytest

from dashboard.app import create_app
from dashboard.orders.office import Office
from gis.database import Role
from tests.dashboard import signing


@pytest.fixture(scope="module")
def door(town):
    door = signing.door_of(town.engine(Role.OWNER))
    yield door
    door.close()


@pytest.fixture(scope="module")
def app(town, door):
    return create_app(town.engine(Role.APP), door, office=Office(town.engine(Role.ENGINE)))
