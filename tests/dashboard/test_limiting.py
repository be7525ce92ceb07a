"""An account that sends too much is told to wait, and no other is."""

from functools import partial

import pytest

from dashboard.app import create_app
from dashboard.incidents import routes
from dashboard.limiting import Buckets
from dashboard.orders.office import Office
from gis.database import Role
from tests.dashboard import signing
from tests.dashboard.handling_page import door as door
from tests.layers.handling.handling_town import HERE
from tests.layers.handling.handling_town import town as town

SENT = {"scheme": "s", "small": "0101", "lon": HERE[0], "lat": HERE[1], "title": "Lamp"}
AT_ONCE, REFILLED_S = 3, 1_000


@pytest.fixture
def app(town, door, monkeypatch):
    few = partial(Buckets, at_once=AT_ONCE, a_second=1 / REFILLED_S)
    monkeypatch.setattr(routes, "Buckets", few)
    return create_app(town.engine(Role.APP), door, office=Office(town.engine(Role.ENGINE)))


def test_reports_beyond_what_an_account_may_send_wait_and_none_of_them_is_kept(town, app, door):
    with signing.client_of(app, door, "intake") as client:
        taken = client.post("/incidents", json={"incidents": [SENT] * 2})
        assert [one["is_new"] for one in taken.json()["received"]] == [True, True]
        # What comes together is taken together, or not at all.
        refused = client.post("/incidents?language=en", json={"incidents": [SENT] * 2})
        assert refused.status_code == 429
        assert refused.json()["error"].startswith("Too much in a short time. Try again in ")
        assert client.post("/incidents", json=SENT).status_code == 201
        assert client.post("/incidents", json=SENT).status_code == 429
    with signing.client_of(app, door, "head") as client:
        assert client.post("/incidents", json=SENT).status_code == 201
    assert town.scalar("SELECT count(*) FROM citygrid.incident WHERE title = 'Lamp'") == 4
