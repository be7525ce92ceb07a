"""A fresh demo, entered by each button of its sign-in page: everybody sees what his post should."""

import re

import pytest
from sqlalchemy import text

from dashboard.app import create_app
from dashboard.door import now
from gis.access.demo import NEIGHBOUR, PREFIX, demo_accounts
from gis.access.posts import POSTS, Post
from gis.database import Role
from tests.conftest import clone, drop
from tests.dashboard import signing
from tests.dashboard.test_persons import ask, shown
from tests.persons_city import SECRETS, fill

PAGE = {"accept": "text/html", "accept-language": "en"}
# Residents of the demo's own grid: masked, and to be unmasked with a reason.
MASKED = {Post.SUBDISTRICT_HEAD, Post.COMMUNITY_HEAD, Post.GRID_HEAD, Post.GRID_WORKER}
UNMASKS = {Post.COMMUNITY_HEAD, Post.GRID_HEAD}
DRAWS = {Post.COMMUNITY_HEAD, Post.GRID_HEAD}
TAKES_OUT = {
    Post.LEADER, Post.SUBDISTRICT_HEAD, Post.COMMUNITY_HEAD, Post.GRID_HEAD, Post.PLANNER,
    Post.CLERK,
}  # fmt: skip
ADMIN = {Post.SYSTEM_ADMIN, Post.SECURITY_ADMIN}
AUDIT = {Post.AUDITOR}
LOGINS = [*(f"{PREFIX}{post.value}" for post in Post), NEIGHBOUR]


@pytest.fixture(scope="module")
def app(server):
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        fill(db, signing.KEYS)
        db.execute(
            text(
                "INSERT INTO citygrid.duty_body (id, key, names) "
                """VALUES (1, 'water', '{"zh": "水务局", "en": "Water"}')"""
            )
        )
        demo_accounts(db, now=now())
    door = signing.door_of(owner)
    engine = copy.engine(Role.APP, pool_size=3)
    yield create_app(engine, door)
    engine.dispose()
    door.close()
    owner.dispose()
    drop(copy)


@pytest.fixture(params=LOGINS)
def entered(request, app):
    """Who entered by his button: his post, and his browser."""
    login = request.param
    with signing.client_of(app) as client:
        page = client.get("/sign-in", headers=PAGE).text
        assert f'name="login" value="{login}"' in page
        form = {
            "form": re.search(r'name="form" value="([0-9a-f]+)"', page)[1],
            "login": login,
            "next": "/",
        }
        assert client.post("/sign-in/demo", data=form, headers=PAGE).status_code == 200
        is_neighbour = login == NEIGHBOUR
        yield Post.GRID_HEAD if is_neighbour else Post(login.removeprefix(PREFIX)), client


def is_let_in(client, path):
    status = client.get(path, headers=PAGE).status_code
    assert status in (200, 403)
    return status == 200


def test_each_sees_what_his_post_should(entered, request):
    post, client = entered
    is_here = request.node.callspec.params["entered"] != NEIGHBOUR
    mine = client.get("/account", headers=PAGE).text
    assert POSTS[post].names["en"] in mine
    residents = shown(client)
    assert ("张*" in residents) is (post in MASKED and is_here)
    assert ("reveal 1" in residents) is (post in UNMASKS and is_here)
    assert not any(secret in residents for secret in SECRETS)
    assert (ask(client).status_code == 200) is (post in UNMASKS and is_here)
    assert is_let_in(client, "/admin") is (post in ADMIN)
    assert is_let_in(client, "/audit") is (post in AUDIT)
    assert is_let_in(client, "/zoning/main/at/2026-05-01.gpkg") is (post in TAKES_OUT)
    links = set(re.findall(r'<a href="(/\w*)"', mine))
    assert ("/admin" in links, "/audit" in links) == (post in ADMIN, post in AUDIT)
    drawn = client.post("/orders?language=en", json={"title": "x", "within": [999]})
    assert (drawn.status_code == 403) is (post not in DRAWS)
