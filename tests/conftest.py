"""A real PostGIS for the tests: one private cluster for each test process.

CITYGRID_TEST_DATABASE_URL names a server to use instead (its user must be a superuser).
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, make_url, text

from gis import migrations
from gis.access.keys import Keys
from gis.cluster import Cluster
from gis.database import Role, Server, create_database
from gis.errors import DatabaseError
from importers.city import init_city
from tests.proof import IS_PROOF
from tests.schedule import FileByFile

pytest_plugins = ["tests.fixtures_browser", "tests.left_open"]

# Whatever the terminal speaks; tests that want another language say so.
os.environ["CITYGRID_LANGUAGE"] = "en"
# Losing a test's data costs nothing, waiting for the disk does.
FAST = (("fsync", "off"), ("synchronous_commit", "off"), ("full_page_writes", "off"))
NEEDS_POSTGIS = {"cluster", "server", "engine", "db", "fresh", "taipei", "demo"}
SHARED = Path(__file__).parents[2] / "shared"
# Times never fail a test.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
# As good as any other: what it encrypts is made up.
KEYS = Keys({1: bytes(range(32))})
BOUNDARIES = Path(__file__).parents[1] / "data" / "boundaries"


# Before xdist reads the groups.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if NEEDS_POSTGIS & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.postgis)
        # Loading a whole city takes a minute: one process does it for all.
        for city in {"taipei", "demo"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.xdist_group(city))
        # `make proof` runs every property test again, with many more examples.
        if IS_PROOF and getattr(getattr(item, "obj", None), "is_hypothesis_test", False):
            item.add_marker(pytest.mark.proof)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> FileByFile | None:
    """Share out files and groups; with `--dist loadgroup` alone each test would go by itself."""
    return FileByFile(config, log) if config.getvalue("dist") == "loadgroup" else None


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a case of bytes by its place: what is encrypted is another one in each process."""
    return argname if isinstance(val, bytes) else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many random changes of each kind took effect, and how many were refused."""
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "changes":
                terminalreporter.write_line(f"random changes, {value}")


def lacking(what: str) -> None:
    """Skip on a developer's machine without the part, fail where everything must be there."""
    (pytest.fail if "CI" in os.environ else pytest.skip)(what)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real city and the hard files that lie beside the project."""
    if not (SHARED / "data").exists():
        lacking(f"The test data is not at {SHARED / 'data'}.")
    return SHARED / "data"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    # Not pytest's own folder: that one is closed to other users, and root must not run PostgreSQL.
    with tempfile.TemporaryDirectory(prefix="citygrid-test-") as folder:
        try:
            with Cluster(Path(folder), FAST).running() as cluster:
                yield cluster
        except DatabaseError as error:
            lacking(str(error))


@pytest.fixture(scope="session")
def server(cluster: Cluster) -> Server:
    """The server with an empty, migrated database called `citygrid_template`."""
    server = Server(make_url(cluster.url("postgres")), is_private=True).for_city("template")
    create_database(server)
    engine = server.engine(None)
    with engine.begin() as db:
        migrations.upgrade(db)
    engine.dispose()
    return server


def clone(server: Server, template: str) -> Server:
    """Return a server whose database is a fresh copy of ``template`` (20–40 ms)."""
    name = f"citygrid_t{uuid.uuid4().hex[:12]}"
    admin = create_engine(
        server.url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    # Copying files costs a checkpoint, which is cheap without fsync; through the log every page is
    # written twice.
    with admin.connect() as db:
        db.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY'))
    return Server(server.url.set(database=name), is_private=True)


_filled: dict[tuple[URL, Callable[[Engine], object]], str] = {}


def filled(server: Server, fill: Callable[[Engine], object]) -> Server:
    """Return a server whose database is a fresh copy of one that is filled once for all tests.

    ``fill`` is given the engine of its owner.
    """
    if (server.url, fill) not in _filled:
        full = clone(server, "citygrid_template")
        owner = full.engine(Role.OWNER)
        fill(owner)
        owner.dispose()
        _filled[server.url, fill] = str(full.url.database)
    return clone(server, _filled[server.url, fill])


def drop(server: Server) -> None:
    admin = create_engine(
        server.url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as db:
        db.execute(text(f'DROP DATABASE "{server.url.database}" WITH (FORCE)'))


@pytest.fixture
def fresh(server: Server) -> Iterator[Server]:
    """A migrated, empty database of the test's own, for what must commit."""
    copy = clone(server, "citygrid_template")
    yield copy
    drop(copy)


@pytest.fixture(scope="session")
def _engine(server: Server) -> Iterator[Engine]:
    copy = clone(server, "citygrid_template")
    engine = copy.engine(Role.OWNER)
    yield engine
    engine.dispose()
    drop(copy)


@pytest.fixture
def engine(fresh: Server) -> Iterator[Engine]:
    """Connections to a database of the test's own, as the schema's owner."""
    engine = fresh.engine(Role.OWNER)
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def taipei(server: Server, shared_data: Path) -> Iterator[Engine]:
    """The real city, loaded from its files once; tests that change it must undo that."""
    with _loaded(server, BOUNDARIES / "taipei", shared_data / "taipei") as engine:
        yield engine


@pytest.fixture(scope="session")
def demo(server: Server) -> Iterator[Engine]:
    """The small demo city, generated once; tests that change it must undo that."""
    with _loaded(server, BOUNDARIES / "demo", None, "small") as engine:
        yield engine


@contextlib.contextmanager
def _loaded(server: Server, folder: Path, files: Path | None, size: str = "") -> Iterator[Engine]:
    copy = clone(server, "citygrid_template")
    engine = copy.engine(Role.OWNER)
    init_city(engine, folder, files, size=size, keys=KEYS)
    yield engine
    engine.dispose()
    drop(copy)


@pytest.fixture
def db(_engine: Engine) -> Iterator[Connection]:
    """A connection to an empty migrated database whose changes are undone when the test ends."""
    with _engine.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()
