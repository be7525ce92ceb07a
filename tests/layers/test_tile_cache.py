"""What a server process remembers of tiles, and when it forgets."""

import threading
import time

import numpy as np
import pytest
from sqlalchemy import text

from layers import tiles
from layers.tile_cache import TileCache, drop
from tests.builders import CITY

NEAR = np.array([[114.0001, 22.5001, 114.0002, 22.5002]])
FAR = np.array([[114.5, 22.9, 114.6, 22.95]])


def address(layer="buildings", z=16, lon=114.0001, lat=22.5001):
    n = 1 << z
    row = int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * n)
    return tiles.address(CITY, layer, z, int((lon + 180) / 360 * n), row)


@pytest.fixture
def cache():
    cache = TileCache(1 << 20)
    cache.clear(is_listening=True)
    return cache


def fill(cache, at, body=b"tile"):
    return cache.put(at, body, cache.begin())


def test_a_tile_is_remembered_with_a_tag_of_its_content(cache):
    at = address()
    put = fill(cache, at)
    assert cache.get(at) == put
    assert put.etag == fill(cache, address(z=15)).etag
    assert put.etag != fill(cache, address(z=14), b"other").etag


def test_a_change_forgets_the_tiles_it_touches_at_every_zoom_and_no_other(cache):
    touched = [address(z=z) for z in range(23)]
    elsewhere, other_layer = address(lon=114.55, lat=22.92), address("facilities")
    for at in (*touched, elsewhere, other_layer):
        fill(cache, at)
    cache.forget("buildings", NEAR)
    assert not any(cache.get(at) for at in touched)
    assert cache.get(elsewhere)
    assert cache.get(other_layer)


def test_a_fill_that_began_before_a_change_is_thrown_away(cache):
    at = address()
    begun = cache.begin()
    cache.forget("buildings", NEAR)
    assert cache.put(at, b"old", begun).body == b"old"
    assert cache.get(at) is None


def test_a_fill_that_began_before_a_change_elsewhere_is_kept(cache):
    at = address()
    begun = cache.begin()
    cache.forget("buildings", FAR)
    cache.put(at, b"tile", begun)
    assert cache.get(at)


def test_a_fill_that_outlived_what_is_remembered_of_changes_is_thrown_away(cache):
    at = address()
    begun = cache.begin()
    for _ in range(300):
        cache.forget("facilities", FAR)
    cache.put(at, b"tile", begun)
    assert cache.get(at) is None


def test_nothing_is_remembered_while_changes_are_not_heard():
    cache = TileCache()
    at = address()
    fill(cache, at)
    assert cache.get(at) is None


def test_what_is_remembered_stays_within_its_bytes(cache):
    for x in range(200):
        fill(cache, tiles.address(CITY, "buildings", 16, x, 0), bytes(20_000))
    assert cache._tiles.currsize <= 1 << 20
    fill(cache, address(), bytes(2 << 20))
    assert cache.get(address()) is None


def eventually(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    return condition()


@pytest.fixture
def listening(fresh):
    engine = fresh.engine(None)
    cache = TileCache()
    thread = cache.listen(engine)
    assert eventually(lambda: cache._is_listening)
    yield cache, engine
    cache.stop()
    thread.join(5)
    assert not thread.is_alive()
    engine.dispose()


def test_a_committed_change_is_heard_and_one_rolled_back_is_not(listening):
    cache, engine = listening
    at = address()
    fill(cache, at)
    with engine.connect() as db:
        drop(db, "buildings", NEAR)
        db.rollback()
    with engine.begin() as db:
        drop(db, "facilities", NEAR)
    heard = cache.begin()
    assert eventually(lambda: cache.begin() > 1 or cache._drops), heard
    assert cache.get(at)
    with engine.begin() as db:
        drop(db, "buildings", NEAR)
        assert cache.get(at), "heard before the commit"
    assert eventually(lambda: cache.get(at) is None)


def test_a_change_of_a_million_places_still_reaches_every_tile(listening):
    cache, engine = listening
    rng = np.random.default_rng(3)
    corner = np.column_stack([rng.uniform(113.8, 114.2, 100_000), rng.uniform(22.4, 22.6, 100_000)])
    touched = [address(lon=lon, lat=lat) for lon, lat in corner[:500]]
    for at in touched:
        fill(cache, at)
    with engine.begin() as db:
        drop(db, "buildings", np.column_stack([corner, corner]))
    assert eventually(lambda: not any(cache.get(at) for at in touched))


def test_a_broken_line_forgets_everything_and_is_taken_up_again(listening):
    cache, engine = listening
    at = address()
    fill(cache, at)
    with engine.begin() as db:
        db.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'"
            )
        )
    assert eventually(lambda: cache.get(at) is None)
    assert eventually(lambda: cache._is_listening)
    fill(cache, at)
    assert cache.get(at)


def test_threads_may_share_it(cache):
    places = [tiles.address(CITY, "buildings", 12, x, 5) for x in range(50)]
    errors = []

    def work():
        try:
            for at in places * 20:
                cache.get(at) or fill(cache, at)
                cache.forget("buildings", NEAR)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
