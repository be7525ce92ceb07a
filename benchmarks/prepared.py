"""Databases to measure on: one private PostgreSQL, kept in the cache so that re-runs are quick.

It runs with the product's own settings: nothing is made less durable for the measurement.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from sqlalchemy import NullPool, create_engine, make_url, text

from benchmarks import product
from benchmarks.product import Usage
from gis.cluster import Cluster
from gis.database import Server, create_database

LOAD_LIMIT_S = 1_200.0
ROOT = Path(__file__).parents[1]
TAIPEI = ROOT.parent / "shared" / "data" / "taipei"
LOADER = (
    ("data/boundaries/demo", "*.*"),
    ("importers", "*.py"),
    ("gis", "*.py"),
    ("layers/catalog", "*.py"),
    ("layers/locating", "*.py"),
)


def cache() -> Path:
    """Return the folder that outlives a run; deleting it costs only time."""
    # Below the system's own: PostgreSQL must be able to reach it as another user.
    folder = Path(tempfile.gettempdir()) / f"citygrid-benchmarks-{os.getuid()}"
    folder.mkdir(mode=0o755, exist_ok=True)
    if folder.stat().st_uid != os.getuid():
        raise PermissionError(f"{folder} belongs to somebody else; remove it.")
    return folder


@contextlib.contextmanager
def server(state: Path) -> Iterator[Server]:
    """Run the private PostgreSQL of a state folder, as the product does."""
    with Cluster(state / "postgres").running() as cluster:
        yield Server(make_url(cluster.url("postgres")), is_private=True)


@contextlib.contextmanager
def scratch() -> Iterator[Server]:
    """Reach an empty database with PostGIS, dropped afterwards."""
    with server(cache() / "scratch") as found:
        target = found.for_city("scratch")
        _drop(target)
        create_database(target)
        with create_engine(target.url, poolclass=NullPool).begin() as db:
            db.execute(text("CREATE EXTENSION postgis"))
        try:
            yield target
        finally:
            _drop(target)


@dataclass(frozen=True)
class Demo:
    """A city, loaded by the product's own command."""

    state: Path
    server: Server
    # What loading it took, then.
    usage: Usage
    loaded_on: str


@contextlib.contextmanager
def demo(size: str, *, limit_s: float = LOAD_LIMIT_S) -> Iterator[Demo]:
    """Reach the demo city of a size, loading it if that was not done, or by another program."""
    with _loaded(size, "demo", ("demo", "--size", size), limit_s) as found:
        yield found


@contextlib.contextmanager
def city(key: str) -> Iterator[Demo]:
    """Reach a demo city by its size, or Taipei, whose files lie beside the project."""
    if key != "taipei":
        with demo(key) as found:
            yield found
        return
    with _loaded(key, key, ("init", key, "--files", str(TAIPEI)), LOAD_LIMIT_S) as found:
        yield found


@contextlib.contextmanager
def _loaded(folder: str, name: str, command: Sequence[str], limit_s: float) -> Iterator[Demo]:
    state = cache() / folder
    told = state / "loaded.json"
    made_by = _loader()
    if not told.exists() or json.loads(told.read_text()).get("made_by") != made_by:
        forget(state)
    with server(state) as found:
        if not told.exists():
            usage = product.run(state, *command, limit_s=limit_s)
            day = dt.datetime.now(dt.UTC).strftime("%Y-%m-%d")
            told.write_text(json.dumps({"made_by": made_by, "day": day, "usage": asdict(usage)}))
        record = json.loads(told.read_text())
        yield Demo(state, found.for_city(name), Usage(**record["usage"]), record["day"])


def conninfo(target: Server) -> str:
    """Return a server's address as libpq reads it."""
    return target.url.set(drivername="postgresql").render_as_string(hide_password=False)


def forget(state: Path) -> None:
    """Remove a state folder with all that is in it."""
    shutil.rmtree(state, ignore_errors=True)


@functools.cache
def _loader() -> str:
    """Return a short name of all that decides what is loaded: another name, another city.

    Read once, so that one run measures one city, whoever edits meanwhile.
    """
    content = hashlib.sha256()
    for folder, pattern in LOADER:
        for path in sorted((ROOT / folder).rglob(pattern)):
            content.update(path.read_bytes())
    return content.hexdigest()[:16]


def _drop(target: Server) -> None:
    admin = create_engine(
        target.url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as db:
        db.execute(text(f'DROP DATABASE IF EXISTS "{target.url.database}" WITH (FORCE)'))
