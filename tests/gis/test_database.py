"""Servers somebody else runs, reached over TCP on loopback: the good one and three bad ones."""

import contextlib
import shutil
import socket
import tempfile
from pathlib import Path

import pytest
from sqlalchemy import text

from gis import migrations
from gis.cluster import Cluster, find_binaries
from gis.database import Role, Server, check, create_database, read_url, server
from gis.errors import DatabaseError, SettingsError


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def tcp_server(folder, programs=None):
    port = free_port()
    settings = (("listen_addresses", "127.0.0.1"), ("port", str(port)), ("fsync", "off"))
    with Cluster(Path(folder), settings, programs).running() as running:
        yield running, port


@pytest.fixture(scope="module")
def foreign():
    """A server with a password, a database `town`, and a user `clerk` who owns it."""
    with tempfile.TemporaryDirectory(prefix="citygrid-tcp-") as folder:
        first = Cluster(Path(folder), (("fsync", "off"),))
        with first.running():
            admin = Server(read_url(first.url("postgres")), is_private=True).engine(None)
            with admin.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
                db.execute(text("CREATE ROLE clerk LOGIN SUPERUSER PASSWORD 'right'"))
                db.execute(text("CREATE DATABASE town OWNER clerk"))
            admin.dispose()
        rules = "local all all trust\nhost all all 127.0.0.1/32 scram-sha-256\n"
        (first.data / "pg_hba.conf").write_text(rules)
        with tcp_server(folder) as (_, port):
            yield f"postgresql://clerk:right@127.0.0.1:{port}/town"


def test_a_foreign_server_takes_the_schema_and_the_roles(foreign, tmp_path):
    with server(foreign, tmp_path) as found:
        target = found.for_city("anything")
        create_database(target)
        login = target.engine(None)
        with login.begin() as db:
            migrations.upgrade(db)
        login.dispose()
        engine = target.engine(Role.APP)
        with engine.connect() as db:
            assert db.scalar(text("SELECT current_user")) == Role.APP
            assert db.scalar(text("SELECT count(*) FROM unit")) == 0
        engine.dispose()
    assert not list(tmp_path.iterdir()), "the private cluster was started all the same"


def test_a_wrong_password_is_one_sentence_without_the_password(foreign, tmp_path):
    url = foreign.replace(":right@", ":wr0ng@")
    with (
        pytest.raises(DatabaseError, match="refused the password") as caught,
        server(url, tmp_path),
    ):
        pass
    assert "wr0ng" not in str(caught.value)


def test_a_database_that_is_not_there_is_said(foreign, tmp_path):
    url = foreign.replace("/town", "/village")
    with pytest.raises(DatabaseError, match='"village" does not exist'), server(url, tmp_path):
        pass


def test_a_server_that_does_not_answer_is_said(tmp_path):
    url = f"postgresql://clerk:right@127.0.0.1:{free_port()}/town"
    with pytest.raises(DatabaseError, match="cannot be reached"), server(url, tmp_path):
        pass


@pytest.mark.parametrize("url", ["mysql://a@b/c", "town", "http://x"])
def test_an_url_of_something_else_is_refused(url, tmp_path):
    with pytest.raises(SettingsError, match="must look like"), server(url, tmp_path):
        pass


@pytest.fixture(scope="module")
def installation():
    """A copy of the installed PostgreSQL, which finds its extensions beside itself."""
    home = find_binaries().parent
    version = home.name
    with tempfile.TemporaryDirectory(prefix="citygrid-pg-") as folder:
        root = Path(folder)
        root.chmod(0o755)
        shutil.copytree(home, root / f"usr/lib/postgresql/{version}")
        shutil.copytree(
            f"/usr/share/postgresql/{version}", root / f"usr/share/postgresql/{version}"
        )
        yield root, version


@contextlib.contextmanager
def copied_server(installation, folder):
    root, version = installation
    with tcp_server(folder, root / f"usr/lib/postgresql/{version}/bin") as (_, port):
        yield f"postgresql://postgres@127.0.0.1:{port}/postgres"


def test_an_old_postgis_and_none_at_all_are_said(installation):
    root, version = installation
    control = root / f"usr/share/postgresql/{version}/extension/postgis.control"
    control.write_text(
        control.read_text().replace("default_version = '3.", "default_version = '2.")
    )
    with (
        tempfile.TemporaryDirectory(prefix="citygrid-old-") as folder,
        copied_server(installation, folder) as url,
    ):
        found = Server(read_url(url), is_private=False)
        with pytest.raises(DatabaseError, match=r"has PostGIS 2\..* needs 3\.3 or newer"):
            check(found)
        control.unlink()
        with pytest.raises(DatabaseError, match="has no PostGIS"):
            check(found)


@pytest.mark.parametrize("city", ["", "Taipei", "a b", "x;drop", "a" * 60])
def test_a_city_whose_id_cannot_name_a_database_is_refused(city, server_of_tests):
    with pytest.raises(SettingsError, match="cannot be a city's id"):
        server_of_tests.for_city(city)


@pytest.fixture
def server_of_tests(cluster):
    return Server(read_url(cluster.url("postgres")), is_private=True)
