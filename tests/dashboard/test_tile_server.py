"""The route of tiles, asked as a browser asks it."""

import gzip
import math

import mapbox_vector_tile
import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from dashboard import tile_server
from dashboard.workers import Workers
from gis.database import Role
from layers import catalog
from layers.tile_cache import TileCache
from tests import builders


@pytest.fixture
def filled(fresh):
    """A database with the tiny city and 80 buildings."""
    engine = fresh.engine(Role.OWNER)
    with engine.begin() as db:
        units = builders.load(db)
        places = [(1 + x / 20, 0.5 + y / 20) for x in range(10) for y in range(8)]
        builders.add(
            db, catalog.get("buildings"), units, builders.rows("buildings", *places, name="楼")
        )
    engine.dispose()
    return fresh


@pytest.fixture
def cache():
    cache = TileCache()
    cache.clear(is_listening=True)
    return cache


@pytest.fixture
def client(filled, cache):
    engine = filled.engine(Role.APP)
    server = FastAPI()

    @server.get("/other")
    async def other() -> str:
        return "passed on"

    tile_server.add(server, Workers(engine, 2), cache)
    with TestClient(server) as client:
        yield client
    engine.dispose()


def path(layer="buildings", z=14, x=1.0, y=0.5):
    lon, lat = builders.at(x, y)
    n = 1 << z
    row = int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)
    return f"/tiles/{layer}/{z}/{int((lon + 180) / 360 * n)}/{row}"


def test_a_tile_is_mvt_with_a_tag_and_packed(client):
    answer = client.get(path())
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/vnd.mapbox-vector-tile"
    assert answer.headers["content-encoding"] == "gzip"
    assert len(mapbox_vector_tile.decode(answer.content)["buildings"]["features"]) >= 20


def test_who_cannot_unpack_gets_it_plain(client):
    plain = client.get(path(), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == client.get(path()).content
    assert gzip.compress(plain.content) != plain.content


def test_who_has_it_gets_304(client):
    tag = client.get(path()).headers["etag"]
    again = client.get(path(), headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_where_there_is_nothing_the_answer_is_204(client):
    assert client.get("/tiles/buildings/14/0/0").status_code == 204


def test_a_remembered_tile_is_served_until_it_changes(client, cache, filled):
    first = client.get(path())
    engine = filled.engine(Role.OWNER)
    with engine.begin() as db:
        db.exec_driver_sql("DELETE FROM building WHERE id > 40")
    engine.dispose()
    assert client.get(path()).headers["etag"] == first.headers["etag"]
    lon, lat = builders.at(1, 0.5)
    cache.forget("buildings", np.array([[lon, lat, lon, lat]]))
    assert client.get(path()).headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize(
    ("address", "status", "told"),
    [
        ("/tiles/nothing/3/0/0", 404, "No layer is called 'nothing'"),
        ("/tiles/units/3/0/0?zoning=x", 404, "No zoning is called 'x'"),
        ("/tiles/units/3/0/0?level=77", 404, "has no level 77"),
        ("/tiles/units/3/0/0?level=two", 422, "level must be a number"),
        ("/tiles/people/3/9/0", 422, "columns and rows are 0 to 7"),
        ("/tiles/people/99/0/0", 422, "Zoom must be"),
        ("/tiles/people/3/0", 422, "A tile's address is"),
        ("/tiles/people/3/0/0/../../etc", 422, "A tile's address is"),
        ("/tiles/people/a/b/c", 422, "A tile's address is"),
        ("/tiles/%27%3BDROP%20TABLE/3/0/0", 404, "No layer is called"),
    ],
)
def test_a_bad_address_gets_a_sentence(client, address, status, told):
    answer = client.get(address)
    assert answer.status_code == status
    assert told in answer.json()["error"]


def test_tiles_are_only_read(client):
    assert client.post(path()).status_code == 405
    assert client.head(path()).content == b""


def test_everything_else_is_passed_on(client):
    assert client.get("/other").json() == "passed on"
