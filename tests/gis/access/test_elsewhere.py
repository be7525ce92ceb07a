"""A server of somebody else, over TCP, whose user is no superuser: nothing is LEAKPROOF there."""

import socket
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from gis import migrations
from gis.access import policy
from gis.access.viewer import NOBODY, Viewer, act_as, everything
from gis.cluster import Cluster
from gis.database import Role, Server, check
from gis.errors import DatabaseError
from layers import tiles
from tests.conftest import FAST, lacking
from tests.gis.access import conftest as homes

# Whichever index of places it is: incidents have one of places and times, too.
BY_PLACE = "Index Cond: (geom && "
BOX = "ST_MakeEnvelope(114, 22.5, 114.01, 22.51, 4326)"
HEAD = Viewer(7, "wang", units=((2, 6),), cases=((2, 6),))


@pytest.fixture(scope="module")
def foreign():
    """A database set up for us by its administrator, with two homes in it."""
    with tempfile.TemporaryDirectory(prefix="citygrid-test-") as folder:
        port = str(free_port())
        settings = (*FAST, ("listen_addresses", "127.0.0.1"), ("port", port))
        try:
            with Cluster(Path(folder), settings).running() as cluster:
                yield set_up(cluster, port)
        except DatabaseError as error:
            lacking(str(error))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def set_up(cluster, port):
    """What an administrator does: a user, a database, its extensions; no superuser's rights."""
    admin = create_engine(cluster.url("postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with admin.connect() as db:
        db.execute(text("CREATE ROLE keeper LOGIN CREATEROLE PASSWORD 'secret'"))
        db.execute(text("CREATE DATABASE city OWNER keeper"))
    extending = create_engine(make_url(cluster.url("city")), poolclass=NullPool)
    with extending.begin() as db:
        for name in ("postgis", "btree_gist", "pg_trgm"):
            db.execute(text(f"CREATE EXTENSION {name} WITH SCHEMA public"))
        db.execute(text("GRANT CREATE ON SCHEMA public TO keeper"))
    url = f"postgresql+psycopg://keeper:secret@127.0.0.1:{port}/city"
    server = Server(make_url(url), is_private=False)
    check(server)
    migrating = server.engine(None)
    with migrating.begin() as db:
        migrations.upgrade(db)
    migrating.dispose()
    owner = server.engine(Role.OWNER)
    with owner.begin() as db:
        homes.fill(db)
        # Enough of them that going through all is not the plan.
        db.execute(
            text(
                "INSERT INTO citygrid.incident SELECT 100 + n, 'more' || n, 3, NULL, scheme, big, "
                "small, severity, stage, title, address, source, reported_at, registered_at, "
                "dispatched_at, due_at, handled_at, closed_at, returned, props, "
                "ST_Translate(geom, n * 0.0001, n * 0.0001), body_id, false "
                "FROM citygrid.incident, generate_series(1, 20000) n WHERE id = 1"
            )
        )
    with owner.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("ANALYZE citygrid.incident"))
    owner.dispose()
    return server


@pytest.fixture
def app(foreign):
    engine = foreign.engine(Role.APP)
    yield engine
    engine.dispose()


def test_the_policy_is_in_place_though_nothing_is_leakproof(foreign, app):
    with app.connect() as db:
        assert db.scalar(text("SELECT current_user")) == Role.APP
        assert not policy.is_leakproof(db)
        policy.require(db)
    migrating = foreign.engine(None)
    with migrating.begin() as db:
        assert (
            db.scalar(text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")) is False
        )
        migrations.upgrade(db)
    migrating.dispose()


@pytest.mark.parametrize(
    ("viewer", "cases"), [(NOBODY, [1, 2]), (HEAD, [1, 2, 3]), (None, [1, 2, 3, 4])]
)
def test_tiles_ask_a_view_that_carries_the_same_condition(app, viewer, cases):
    with app.connect() as db:
        act_as(db, viewer or everything(db))
        for table in ("incident", "seen_incident"):
            found = db.scalars(text(f"SELECT id FROM {table} WHERE id < 100 ORDER BY 1"))
            assert found.all() == cases, table
        people = db.scalars(text("SELECT id FROM people ORDER BY 1")).all()
        assert people == {NOBODY: [], HEAD: [1]}.get(viewer, [1, 2])


def test_the_index_of_places_serves_there(app):
    with app.connect() as db:
        act_as(db, HEAD)
        asking = f"EXPLAIN SELECT id FROM {{}} WHERE geom && {BOX}"
        assert BY_PLACE in plan(db, asking.format("seen_incident"))
        # The table itself is safe, and slow.
        assert BY_PLACE not in plan(db, asking.format("incident"))
        at = tiles.Address("incidents", 16, 53521, 28561)
        assert len(tiles.tile(db, at)) > 0


def plan(db, asking):
    return "\n".join(db.scalars(text(asking)))


def test_on_our_own_server_the_index_serves_under_the_policy_itself(server):
    engine = server.engine(None)
    with engine.connect() as db:
        assert policy.is_leakproof(db)
        db.execute(text("SET enable_seqscan = off"))
        db.execute(text(f"SET ROLE {Role.APP}"))
        for table in ("incident", "seen_incident", "people", "household"):
            found = plan(db, f"EXPLAIN SELECT id FROM {table} WHERE geom && {BOX}")
            assert BY_PLACE in found
    engine.dispose()
