"""Tiles held in memory, dropped exactly where something changed, in the change's own transaction.

A writer calls `drop`; PostgreSQL tells every server process when the transaction commits, and each
forgets the tiles that the change touches. What was being made meanwhile is thrown away.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import threading
from collections import deque
from dataclasses import dataclass, field

import numpy as np
import psycopg
from cachetools import LRUCache
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, func, select

from layers.tiles import BUFFER, EXTENT, Address

log = logging.getLogger(__name__)

CHANNEL = "citygrid_tiles"
# A notification may have 8,000 bytes; a box has at most 48.
BOXES_AT_ONCE = 160
# Beyond this many, neighbouring changes share a box.
MOST_BOXES = 1600
# Degrees in a box's text: 1e-6° is 0.1 m, and boxes are rounded outwards.
DIGITS = 6
RECONNECT_S = 1.0
STOP_CHECK_S = 0.5
Boxes = NDArray[np.float64]


def drop(db: Connection, layer: str, boxes: Boxes) -> None:
    """Tell every server, once the caller's transaction commits, to forget tiles of a layer.

    Parameters
    ----------
    layer
        The layer's id; "units" for boundaries.
    boxes
        (n, 4): west, south, east, north of each thing changed, before and after, EPSG:4326.
    """
    boxes = _merged(np.asarray(boxes, np.float64).reshape(-1, 4))
    for start in range(0, len(boxes), BOXES_AT_ONCE):
        part = boxes[start : start + BOXES_AT_ONCE]
        told = ";".join(",".join(f"{value:.{DIGITS}f}" for value in box) for box in part)
        db.execute(select(func.pg_notify(CHANNEL, f"{layer} {told}")))


def _merged(boxes: Boxes) -> Boxes:
    step = 10.0**-DIGITS
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    boxes = np.column_stack([boxes[:, :2] - step, boxes[:, 2:] + step])
    cells = 0.002
    while len(boxes) > MOST_BOXES:
        corner = np.floor(boxes[:, :2] / cells).astype(np.int64)
        _, group = np.unique(corner, axis=0, return_inverse=True)
        merged = np.empty((group.max() + 1, 4))
        merged[:, :2], merged[:, 2:] = np.inf, -np.inf
        np.minimum.at(merged[:, :2], group, boxes[:, :2])
        np.maximum.at(merged[:, 2:], group, boxes[:, 2:])
        boxes, cells = merged, cells * 4
    return boxes


@dataclass(frozen=True)
class Tile:
    """A tile's bytes (empty: nothing to show) and the tag that tells its content."""

    body: bytes
    etag: str


@dataclass(frozen=True)
class _Drop:
    number: int
    layer: str
    boxes: Boxes


@dataclass
class TileCache:
    """The tiles one process remembers, up to ``most_bytes``; safe for its threads.

    Holds nothing until `listen` hears of changes, and nothing while it does not.
    """

    most_bytes: int = 256 << 20
    _tiles: LRUCache[Address, Tile] = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _drops: deque[_Drop] = field(default_factory=lambda: deque(maxlen=256))
    _number: int = 0
    _is_listening: bool = False
    _is_stopped: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._tiles = LRUCache(self.most_bytes, getsizeof=lambda tile: len(tile.body) + 300)

    def get(self, at: Address) -> Tile | None:
        """Return a remembered tile."""
        with self._lock:
            return self._tiles.get(at)

    def begin(self) -> int:
        """Return the moment before a tile's rows are read; `put` wants it."""
        with self._lock:
            return self._number

    def put(self, at: Address, body: bytes, begun: int) -> Tile:
        """Return the tile, remembered unless something under it changed since ``begun``."""
        tile = Tile(body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"')
        with self._lock:
            if self._is_listening and self._is_current(at, begun):
                with contextlib.suppress(ValueError):
                    # A tile larger than the whole cache is not kept.
                    self._tiles[at] = tile
        return tile

    def forget(self, layer: str, boxes: Boxes) -> None:
        """Forget a layer's tiles that touch any of the boxes (EPSG:4326)."""
        with self._lock:
            self._number += 1
            self._drops.append(_Drop(self._number, layer, boxes))
            stale = [at for at in self._tiles if at.layer == layer and _touches(at, boxes)]
            for at in stale:
                del self._tiles[at]

    def clear(self, *, is_listening: bool) -> None:
        """Forget everything; from now on changes are heard, or not."""
        with self._lock:
            self._number += 1
            # A drop nobody remembers: every tile begun before is thrown away.
            self._drops.clear()
            self._tiles.clear()
            self._is_listening = is_listening

    def _is_current(self, at: Address, begun: int) -> bool:
        missed = self._number - begun
        since = [d for d in self._drops if d.number > begun]
        # Fewer remembered than there were: some of them are not known any more.
        if len(since) < missed:
            return False
        return not any(d.layer == at.layer and _touches(at, d.boxes) for d in since)

    def listen(self, engine: Engine) -> threading.Thread:
        """Start hearing of changes in a thread of its own, until `stop` or the process's end."""
        thread = threading.Thread(
            target=self._listen, args=(engine,), name="citygrid-tiles", daemon=True
        )
        thread.start()
        return thread

    def stop(self) -> None:
        """Stop hearing of changes, and so forget everything."""
        self._is_stopped.set()

    def _listen(self, engine: Engine) -> None:
        while not self._is_stopped.is_set():
            try:
                self._hear(engine)
            except (psycopg.OperationalError, OSError) as error:
                log.warning("Changes of tiles are not heard, nothing is remembered: %s", error)
            self.clear(is_listening=False)
            self._is_stopped.wait(RECONNECT_S)

    def _hear(self, engine: Engine) -> None:
        arguments, options = engine.dialect.create_connect_args(engine.url)
        with psycopg.connect(*arguments, **options, autocommit=True) as connection:
            connection.execute(f"LISTEN {CHANNEL}")
            # Only what is made from now on is kept: from now on its changes are heard.
            self.clear(is_listening=True)
            while not self._is_stopped.is_set():
                for heard in connection.notifies(timeout=STOP_CHECK_S):
                    layer, _, told = heard.payload.partition(" ")
                    boxes = [box.split(",") for box in told.split(";")]
                    self.forget(layer, np.array(boxes, np.float64))


def _touches(at: Address, boxes: Boxes) -> bool:
    west, south, east, north = at.bounds_4326
    x, y = (east - west) * BUFFER / EXTENT, (north - south) * BUFFER / EXTENT
    return bool(
        (
            (boxes[:, 0] <= east + x)
            & (boxes[:, 2] >= west - x)
            & (boxes[:, 1] <= north + y)
            & (boxes[:, 3] >= south - y)
        ).any()
    )
