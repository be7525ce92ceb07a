"""Who may see what: every address, callback, tile and number, as every post and as nobody.

An address that is in no row of the table fails the test: say first who may ask it.
"""

import json
import re
from pathlib import Path

import mapbox_vector_tile
import pytest
from sqlalchemy import text
from starlette.websockets import WebSocketDisconnect

from dashboard.app import create_app
from dashboard.orders.office import Office
from gis.access.posts import POSTS, Held, Post, Right
from gis.database import Role, Server
from layers import catalog, counts, releases
from tests import builders
from tests.conftest import clone, drop
from tests.dashboard import signing
from tests.dashboard.conftest import fill
from tests.dashboard.test_callbacks import FED_OTHERWISE, graph, outputs
from tests.dashboard.test_tile_server import path as tile_path

NOBODY = "nobody"
VIEWERS = (NOBODY, *Post)
# Everybody who is signed in; nobody but the browser of a person; anybody at all.
SIGNED_IN, PERSON, ANYBODY = "signed in", "person", "anybody"
# The unit whose posts are held, and one far from it where three people live.
OWN, OTHER, TINY = 3, 9, 3
# Who takes part in changes of boundaries.
READS_ORDERS = {Right.REDRAW, Right.APPROVE, Right.FILE}

ADDRESSES = {
    ("GET", "/"): SIGNED_IN,
    ("GET", "/labels"): SIGNED_IN,
    ("GET", "/outside"): SIGNED_IN,
    ("GET", "/worst"): SIGNED_IN,
    ("GET", "/then"): SIGNED_IN,
    ("GET", "/mark"): SIGNED_IN,
    ("GET", "/values"): SIGNED_IN,
    ("GET", "/search"): SIGNED_IN,
    ("GET", "/picture.svg"): SIGNED_IN,
    ("GET", "/health"): ANYBODY,
    ("GET", "/sign-in"): ANYBODY,
    ("POST", "/sign-in"): ANYBODY,
    ("POST", "/sign-in/demo"): ANYBODY,
    ("GET", "/sign-in/code"): ANYBODY,
    ("POST", "/sign-in/code"): ANYBODY,
    ("GET", "/sign-in/enrol"): ANYBODY,
    ("POST", "/sign-in/enrol"): ANYBODY,
    ("GET", "/sign-in/password"): ANYBODY,
    ("POST", "/sign-in/password"): ANYBODY,
    ("POST", "/sign-out"): SIGNED_IN,
    ("GET", "/account"): SIGNED_IN,
    ("POST", "/account/sessions/end"): SIGNED_IN,
    ("POST", "/account/sessions/end-all"): SIGNED_IN,
    ("GET", "/account/here"): SIGNED_IN,
    ("POST", "/account/here"): SIGNED_IN,
    ("GET", "/admin"): {Right.ACCOUNTS, Right.GRANT},
    ("POST", "/admin/accounts"): {Right.ACCOUNTS},
    ("GET", "/admin/accounts/{number}"): {Right.ACCOUNTS, Right.GRANT},
    ("POST", "/admin/accounts/{number}/{act}"): {Right.ACCOUNTS},
    ("GET", "/admin/posts"): {Right.ACCOUNTS, Right.GRANT},
    ("GET", "/admin/staff"): {Right.ACCOUNTS, Right.GRANT},
    ("POST", "/admin/staff"): {Right.GRANT},
    ("POST", "/admin/staff/end"): {Right.GRANT},
    ("GET", "/audit"): {Right.AUDIT},
    ("POST", "/audit/verify"): {Right.AUDIT},
    ("POST", "/reveal"): {Right.REVEAL},
    ("GET", "/boundaries/{number}/ground"): READS_ORDERS,
    ("GET", "/boundaries/{number}/roads"): READS_ORDERS,
    ("GET", "/boundaries/{number}/buildings"): READS_ORDERS,
    ("POST", "/boundaries/{number}/do"): {Right.REDRAW},
    ("POST", "/boundaries/{number}/try"): {Right.REDRAW},
    ("POST", "/boundaries/{number}/undo"): {Right.REDRAW},
    ("POST", "/boundaries/{number}/redo"): {Right.REDRAW},
    ("POST", "/boundaries/{number}/remedy"): {Right.REDRAW},
    ("POST", "/boundaries/{number}/balance"): {Right.REDRAW},
    ("GET", "/boundaries/{number}/hints"): {Right.REDRAW},
    ("GET", "/orders/{number}/sheet"): READS_ORDERS,
    ("GET", "/orders/{number}/sheet.{kind}"): {Right.EXPORT},
    ("GET", "/zoning/{key}/at/{day}.{kind}"): {Right.EXPORT},
    ("GET", "/history"): SIGNED_IN,
    ("GET", "/history/unit/{number}"): SIGNED_IN,
    ("GET", "/history/numbers"): SIGNED_IN,
    ("GET", "/orders"): SIGNED_IN,
    ("POST", "/orders"): {Right.REDRAW},
    ("GET", "/orders/{number}"): SIGNED_IN,
    ("POST", "/orders/{number}/title"): {Right.REDRAW},
    ("POST", "/orders/{number}/act"): {Right.APPROVE},
    ("POST", "/orders/{number}/reverse"): {Right.REDRAW},
    ("GET", "/orders/{number}/comments"): READS_ORDERS,
    ("POST", "/orders/{number}/comments"): READS_ORDERS,
    ("GET", "/orders/notices"): SIGNED_IN,
    ("POST", "/orders/notices/seen"): SIGNED_IN,
    ("GET", "/_dash-layout"): SIGNED_IN,
    ("GET", "/_dash-dependencies"): SIGNED_IN,
    ("POST", "/_dash-update-component"): SIGNED_IN,
    ("GET", "/_reload-hash"): SIGNED_IN,
    ("GET", "/_favicon.ico"): SIGNED_IN,
    ("GET", "/assets"): SIGNED_IN,
    ("GET", "/_dash-component-suites/plotly/package_data/plotly.min.js"): SIGNED_IN,
    ("GET", "/_dash-component-suites/{package_name}/{fingerprinted_path:path}"): SIGNED_IN,
    ("GET", "/{path:path}"): SIGNED_IN,
    ("SOCKET", "/_dash-ws-callback"): SIGNED_IN,
    ("SOCKET", "/live"): SIGNED_IN,
}
ASKED = {
    "/labels": "?level=2&language=zh",
    "/mark": "?of=building:1",
    "/values": "?measure=people&level=2",
    "/search": "?q=x",
    "/assets": "/citygrid.js",
    "/history": "?at=2026-01-02",
    "/history/numbers": "?at=2026-01-02&within=1",
    "/boundaries/{number}/roads": "?bounds=114,22.5,114.01,22.51",
    "/boundaries/{number}/buildings": "?unit=3",
    "/boundaries/{number}/hints": "?unit=3",
}
# What a browser sends; of no order that there is.
SENT = {
    "/orders": {"title": "x", "within": [999]},
    "/orders/{number}/title": {"title": "x"},
    "/orders/{number}/act": {"act": "check"},
    "/orders/{number}/reverse": {},
    "/orders/{number}/comments": {"text": "x"},
    "/orders/notices/seen": {"ids": []},
    "/reveal": {"person": 1, "fields": ["name"], "reason": ""},
    **{
        f"/boundaries/{{number}}/{what}": {
            "revision": 0, "operation": {"do": "retire", "unit": 1}, "key": "x", "scope": 1
        }
        for what in ("do", "try", "undo", "redo", "remedy", "balance")
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def town(server):
    """A town with people of whom names are kept, a release of it, and one of every post."""
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        fill(db)
        db.execute(
            text("UPDATE citygrid.people SET count = :n WHERE unit_id = :u"),
            {"n": TINY, "u": OTHER},
        )
        counts.rebuild(db, *catalog.COUNTED)
        db.execute(
            text(
                "INSERT INTO citygrid.person_private (people_id, unit_id, name, phone) "
                "SELECT id, unit_id, '郑重其' || id, '1390000' || lpad(id::text, 4, '0') "
                "FROM citygrid.people ON CONFLICT (people_id) DO UPDATE "
                "SET name = excluded.name, phone = excluded.phone"
            )
        )
        body = db.scalar(
            text(
                "INSERT INTO citygrid.duty_body (id, key, names) "
                """VALUES (1, 'water', '{"zh": "水务", "en": "Water"}') RETURNING id"""
            )
        )
        for post in Post:
            signing.hire(db, post.value, post, unit_id=OWN, body_id=body)
    with owner.connect() as db:
        db.execution_options(isolation_level="REPEATABLE READ")
        releases.make(db)
        db.commit()
    yield owner
    owner.dispose()
    drop(copy)


@pytest.fixture(scope="module")
def door(town):
    door = signing.door_of(town)
    yield door
    door.close()


@pytest.fixture(scope="module")
def app(town, door):
    engine = Server(town.url, is_private=True).engine(Role.APP, pool_size=3)
    office = Server(town.url, is_private=True).engine(Role.ENGINE, pool_size=2)
    yield create_app(engine, door, office=Office(office))
    office.dispose()
    engine.dispose()


@pytest.fixture(scope="module", params=VIEWERS, ids=str)
def viewer(request, app, door):
    """Who looks, and his browser."""
    who = request.param
    with signing.client_of(app, door, None if who == NOBODY else who.value) as client:
        client.follow_redirects = False
        yield who, client


def rights_of(who):
    return frozenset() if who == NOBODY else POSTS[who].rights


def addresses(app):
    """Return every address there is: method and path."""
    app._setup_server()
    for route in app.server.routes:
        kind = type(route).__name__
        if "WebSocket" in kind:
            yield "SOCKET", route.path
        else:
            for method in getattr(route, "methods", None) or {"GET"}:
                if method != "HEAD":
                    yield method, route.path


def test_every_address_is_in_the_table(app):
    assert set(addresses(app)) == set(ADDRESSES)


@pytest.mark.parametrize("address", [a for a in ADDRESSES if a[0] != "SOCKET"], ids=str)
def test_who_may_ask_an_address(viewer, address):
    who, client = viewer
    method, path = address
    # With a form that was not drawn here: what is asked is whether one may ask at all.
    fields = {"form": "0"}
    asked = re.sub(r"\{number\}", "1", path).replace("{act}", "rename")
    asked = asked.replace("{key}/at/{day}.{kind}", "main/at/2026-05-01.gpkg")
    asked = asked.replace("{kind}", "xlsx")
    asked = re.sub(r"\{.*?\}", "nothing", asked) + ASKED.get(path, "")
    sent = {"json": SENT[path]} if path in SENT else {}
    answer = client.request(
        method, asked, **(sent or ({"data": fields} if method == "POST" else {}))
    )
    wanted = ADDRESSES[address]
    if wanted == ANYBODY:
        assert answer.status_code != 401
    elif who == NOBODY:
        assert answer.status_code == 401
    elif isinstance(wanted, set):
        is_allowed = bool(rights_of(who) & wanted)
        assert (answer.status_code == 403) is not is_allowed, answer.text[:200]
    else:
        assert answer.status_code not in (401, 403), answer.text[:200]


def test_nobody_opens_a_socket_unasked(app):
    with signing.client_of(app) as client:
        for path in ("/_dash-ws-callback", "/live"):
            with (
                pytest.raises(WebSocketDisconnect) as refused,
                client.websocket_connect(path, headers={"host": "127.0.0.1"}),
            ):
                pass
            assert refused.value.code == 4401


def callbacks(client):
    return [
        each for each in graph(client)
        if not each["clientside_function"] and each["output"] not in FED_OTHERWISE
    ]  # fmt: skip


def ask(client, callback, view):
    parts = [{"id": i, "property": p} for i, p in outputs(callback)]
    return client.post(
        "/_dash-update-component",
        json={
            "output": callback["output"],
            "outputs": parts[0] if len(parts) == 1 else parts,
            "inputs": [{**each, "value": view} for each in callback["inputs"]],
            "changedPropIds": [f"{each['id']}.{each['property']}" for each in callback["inputs"]],
        },
    )


@pytest.mark.parametrize("unit", [OWN, OTHER], ids=["own", "other"])
def test_no_callback_tells_a_name(app, door, viewer, town, unit):
    who, client = viewer
    view = {"unit": unit, "building": 1, "language": "zh", "measure": "people"}
    with signing.client_of(app, door, Post.PLANNER.value) as planner:
        known = callbacks(planner)
    if who == NOBODY:
        assert {ask(client, each, view).status_code for each in known} == {401}
        return
    told = {
        each["output"]: ask(client, each, view) for each in known if "ALL" not in each["output"]
    }
    said = "".join(answer.text for answer in told.values())
    said = said.encode().decode("unicode_escape", "ignore") + said
    assert "郑重其" not in said
    assert not re.search(r"1390000\d{4}", said)
    if Right.PERSONS not in rights_of(who):
        assert "139****" not in said


def test_numbers_of_persons_are_ones_own_or_released(viewer, town):
    who, client = viewer
    if who == NOBODY:
        assert client.get("/values?measure=people&level=3").status_code == 401
        return
    answer = client.get("/values?measure=people&level=3").json()
    values = dict(zip(answer["ids"], answer["values"], strict=True))
    assert values[OTHER] is None
    assert OTHER in answer["s"]
    if Right.PERSONS in rights_of(who):
        with town.connect() as db:
            exact = db.scalar(
                text("SELECT sum(count) FROM citygrid.people WHERE unit_id = :u"), {"u": OWN}
            )
        assert values[OWN] == exact
    # Numbers of no person are everybody's.
    buildings = client.get("/values?measure=buildings&level=3").json()
    assert None not in buildings["values"]
    assert buildings["s"] == []


@pytest.mark.parametrize("layer", sorted(catalog.LAYERS))
def test_what_tiles_show(viewer, layer):
    who, client = viewer
    for zoom in (10, 14, 17):
        answer = client.get(tile_path(layer, zoom))
        if who == NOBODY:
            assert answer.status_code == 401
            continue
        assert answer.status_code in (200, 204, 404, 422)
        if answer.status_code != 200:
            continue
        for drawn in mapbox_vector_tile.decode(answer.content).values():
            for feature in drawn["features"]:
                told = json.dumps(feature["properties"], ensure_ascii=False)
                assert "郑" not in told
                assert not {"name", "phone", "id_number", "care"} & feature[
                    "properties"
                ].keys() or (layer not in ("people", "households"))


def test_every_post_is_held_on_something(town):
    assert {POSTS[post].held_on for post in Post} == set(Held)
    assert builders.CITY.is_synthetic


def test_the_readme_says_what_each_post_may_do():
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    for duty in POSTS.values():
        may = ", ".join(right.value for right in Right if right in duty.rights)
        row = f"| {duty.names['en']} {duty.names['zh']} | {duty.held_on.value} | {may} |"
        assert row in readme
