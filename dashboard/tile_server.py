"""Answers /tiles/… before anything else is asked: a remembered tile costs microseconds.

``/tiles/{layer}/{z}/{x}/{y}`` with ``?zoning=`` and ``?level=`` for units, as MVT. 204 where there
is nothing, 304 where the browser has it already, 404 and 422 with a sentence.
"""

from __future__ import annotations

import gzip
import logging
import re
from dataclasses import dataclass
from urllib.parse import parse_qs

import orjson
from cachetools import LRUCache
from fastapi import FastAPI
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.viewing import VIEWER
from dashboard.workers import Workers
from gis import places
from gis.access.viewer import Viewer
from gis.city import City
from gis.errors import CityGridError, NotFoundError
from layers import tiles
from layers.tile_cache import Tile, TileCache

log = logging.getLogger(__name__)

PREFIX = "/tiles/"
MEDIA_TYPE = b"application/vnd.mapbox-vector-tile"
PATH = re.compile(r"/tiles/([^/]{1,80})/(-?\d{1,9})/(-?\d{1,9})/(-?\d{1,9})")
NUMBER = re.compile(r"\d{1,4}")
# Below this a packed answer takes as many packets as a plain one.
WORTH_PACKING = 1000
LEVEL = 5
PACKED_BYTES = 128 << 20
ADDRESSES = 1 << 16

Headers = list[tuple[bytes, bytes]]


@dataclass(frozen=True)
class _Answer:
    status: int
    headers: Headers
    body: bytes


def add(server: FastAPI, workers: Workers, cache: TileCache) -> None:
    """Put the tiles in front of a server; to be called after its other middleware is added."""
    server.add_middleware(TileServer, workers=workers, cache=cache)


class TileServer:
    """Answers tiles and passes everything else on."""

    def __init__(self, app: ASGIApp, workers: Workers, cache: TileCache) -> None:
        self.app = app
        self._workers = workers
        self._cache = cache
        self._addresses: LRUCache[tuple[str, bytes], tiles.Address] = LRUCache(ADDRESSES)
        self._packed: LRUCache[str, bytes] = LRUCache(PACKED_BYTES, getsizeof=len)
        # The city's settings, and up to which change they are known to be true.
        self._city: tuple[int, City] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a tile's address."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self.app(scope, receive, send)
            return
        answer = await self._answer(scope)
        is_head = scope["method"] == "HEAD"
        await send(
            {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
        )
        await send({"type": "http.response.body", "body": b"" if is_head else answer.body})

    async def _answer(self, scope: Scope) -> _Answer:
        if scope["method"] not in ("GET", "HEAD"):
            return _sentence(405, "Tiles are read with GET.")
        asked = (scope["path"], scope["query_string"])
        viewer = VIEWER.get()
        known = self._addresses.get(asked)
        tile = self._cache.get(tiles.seen_by(known, viewer)) if known else None
        if tile is None:
            try:
                at, made = await self._workers.ask(lambda db: self._make(db, viewer, *asked))
            except NotFoundError as error:
                return _sentence(404, str(error))
            except CityGridError as error:
                return _sentence(422, str(error))
            except OperationalError as error:
                log.error("The database does not answer", exc_info=error)  # noqa: TRY400 - handed on
                return _sentence(503, "The database does not answer. Try again in a moment.")
            self._addresses[asked], tile = at, made
        return self._reply(scope, tile)

    def _make(
        self, db: Connection, viewer: Viewer, path: str, query: bytes
    ) -> tuple[tiles.Address, Tile]:
        at = _address(self._settings(db), path, query)
        his = tiles.seen_by(at, viewer)
        remembered = self._cache.get(his)
        if remembered:
            return at, remembered
        begun = self._cache.begin()
        return at, self._cache.put(his, tiles.tile(db, his), begun)

    def _settings(self, db: Connection) -> City:
        # Loading a city anew drops tiles like any other change does.
        now = self._cache.begin()
        if self._city and self._city[0] == now:
            return self._city[1]
        city = places.city(db)
        if city is None:
            raise NotFoundError("The database holds no city yet.", key="state.no_city_why")
        self._city = (now, city)
        return city

    def _reply(self, scope: Scope, tile: Tile) -> _Answer:
        tag = tile.etag.encode()
        # Asked again each time, answered from memory unless something changed.
        headers = [
            (b"etag", tag),
            (b"cache-control", b"private, no-cache"),
            (b"vary", b"accept-encoding"),
        ]
        given = dict(scope["headers"])
        if tag in given.get(b"if-none-match", b""):
            return _Answer(304, headers, b"")
        if not tile.body:
            return _Answer(204, headers, b"")
        body = tile.body
        if len(body) >= WORTH_PACKING and b"gzip" in given.get(b"accept-encoding", b""):
            body = self._pack(tile)
            headers.append((b"content-encoding", b"gzip"))
        headers += [
            (b"content-type", MEDIA_TYPE),
            (b"content-length", str(len(body)).encode()),
            (b"x-content-type-options", b"nosniff"),
        ]
        return _Answer(200, headers, body)

    def _pack(self, tile: Tile) -> bytes:
        packed = self._packed.get(tile.etag)
        if packed is None:
            packed = self._packed[tile.etag] = gzip.compress(tile.body, LEVEL, mtime=0)
        return packed


def _address(city: City, path: str, query: bytes) -> tiles.Address:
    found = PATH.fullmatch(path)
    if not found:
        raise tiles.BadTileError(
            f"A tile's address is /tiles/layer/zoom/column/row in numbers, found {path[:120]!r}."
        )
    options = {key: values[-1] for key, values in parse_qs(query.decode("latin-1")).items()}
    level = options.get("level", "0")
    if not NUMBER.fullmatch(level):
        raise tiles.BadTileError(f"level must be a number, found {level[:40]!r}.")
    layer, z, x, y = found.groups()
    return tiles.address(
        city, layer, int(z), int(x), int(y), zoning=options.get("zoning", ""), level=int(level)
    )


def _sentence(status: int, text: str) -> _Answer:
    body = orjson.dumps({"error": text})
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
    ]
    return _Answer(status, headers, body)
