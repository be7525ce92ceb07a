"""Connections: which server, which database, as which role."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import psycopg
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, make_url, text
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError

from gis.city import is_city_id
from gis.cluster import Cluster
from gis.errors import DatabaseError, SettingsError

LEAST_POSTGRESQL = 15
LEAST_POSTGIS = (3, 3)
SEARCH_PATH = "citygrid,public"


class Role(StrEnum):
    """Database roles, from the first migration on; none may log in on a shared server."""

    OWNER = "citygrid_owner"
    """Owns the schema: migrations and whole-city loads."""
    ENGINE = "citygrid_engine"
    """Writes rows, counts and derived shapes."""
    MASKER = "citygrid_masker"
    """Owns the views that mask personal columns."""
    APP = "citygrid_app"
    """The page's server: owns nothing, bypasses nothing."""
    PORTER = "citygrid_porter"
    """Opens the door: accounts, sessions, posts; nothing of the city but its units."""
    SEALER = "citygrid_sealer"
    """Chains the audit; reads nothing else."""
    WORKER = "citygrid_worker"
    """Takes jobs from the queue and says how far they are; sees nothing of the city."""


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server: the private cluster, or the one of CITYGRID_DATABASE_URL."""

    url: URL
    is_private: bool

    def for_city(self, city_id: str) -> Server:
        """Return the server with the database that holds one city.

        The private cluster keeps a database for each city; a database somebody set up for us
        holds exactly one.
        """
        if not self.is_private:
            return self
        if not is_city_id(city_id):
            raise SettingsError(
                f"{city_id!r} cannot be a city's id: use small letters, digits and _.",
                key="error.city_id",
                city=city_id,
            )
        return Server(self.url.set(database=f"citygrid_{city_id}"), is_private=True)

    @property
    def staging(self) -> Server:
        """The private cluster's database for a city on its way in; no city has its name."""
        return Server(self.url.set(database="citygrid-staging"), is_private=True)

    def engine(self, role: Role | None, *, pool_size: int = 5) -> Engine:
        """Return connections acting as ``role``; None is whoever the URL says (migrations)."""
        # On our own cluster the server logs in as its role and so cannot reset it.
        url = self.url.set(username=role) if role and self.is_private else self.url
        engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=0,
            pool_pre_ping=not self.is_private,
            connect_args={"options": f"-c search_path={SEARCH_PATH} -c jit=off"},
        )

        @event.listens_for(engine, "connect")
        def _act_as_role(connection: psycopg.Connection, _record: object) -> None:
            # By statement, not in the options: poolers between us and the server drop options.
            with connection.cursor() as cursor:
                if role:
                    cursor.execute(f"SET ROLE {role.value}")
            connection.commit()

        return engine


@contextlib.contextmanager
def server(database_url: str | None, directory: Path) -> Iterator[Server]:
    """Reach the server of ``database_url``, or run the private cluster in ``directory``.

    Raises
    ------
    DatabaseError
        No server answers there, it is too old, or the password is wrong.
    """
    if database_url:
        found = Server(read_url(database_url), is_private=False)
        check(found)
        yield found
        return
    with Cluster(directory).running() as cluster:
        yield Server(make_url(cluster.url("postgres")), is_private=True)


def create_database(server_: Server) -> None:
    """Create the database of a city on the private cluster, and the roles that log in to it.

    Does nothing where they exist, and nothing on a server somebody else runs.
    """
    if not server_.is_private:
        return
    name = server_.url.database
    with _administrator(server_) as db:
        for role in Role:
            may_login = db.scalar(
                text("SELECT rolcanlogin FROM pg_roles WHERE rolname = :r"), {"r": role.value}
            )
            if may_login is None:
                db.execute(text(f"CREATE ROLE {role.value} LOGIN"))
            elif not may_login:
                # Made by a migration run by hand.
                db.execute(text(f"ALTER ROLE {role.value} LOGIN"))
        if not db.scalar(text("SELECT 1 FROM pg_database WHERE datname = :d"), {"d": name}):
            db.execute(text(f'CREATE DATABASE "{name}" TEMPLATE template0'))


def drop_database(server_: Server) -> None:
    """Drop the database of a city on the private cluster, if it is there."""
    with _administrator(server_) as db:
        db.execute(text(f'DROP DATABASE IF EXISTS "{server_.url.database}" WITH (FORCE)'))


def put_in_place(new: Server, old: Server) -> None:
    """Give the database ``new`` of the private cluster the name of ``old``, which goes.

    At every moment one of the two is there under the name.
    """
    replaced = old.url.set(database=f"{old.url.database}-replaced")
    there = {"d": old.url.database}
    with _administrator(new) as db:
        is_there = db.scalar(text("SELECT 1 FROM pg_database WHERE datname = :d"), there)
        if is_there:
            db.execute(text(f'ALTER DATABASE "{old.url.database}" ALLOW_CONNECTIONS false'))
            db.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :d"),
                there,
            )
        db.execute(text("BEGIN"))
        if is_there:
            db.execute(text(f'ALTER DATABASE "{old.url.database}" RENAME TO "{replaced.database}"'))
        db.execute(text(f'ALTER DATABASE "{new.url.database}" RENAME TO "{old.url.database}"'))
        db.execute(text("COMMIT"))
    drop_database(Server(replaced, is_private=True))


def cities(server_: Server) -> list[str]:
    """Return the ids of the cities that have a database on the private cluster, sorted."""
    with _administrator(server_) as db:
        names = db.scalars(
            text("SELECT datname FROM pg_database WHERE datname LIKE 'citygrid\\_%' ORDER BY 1")
        )
        return [name.removeprefix("citygrid_") for name in names]


@contextlib.contextmanager
def _administrator(server_: Server) -> Iterator[Connection]:
    engine = create_engine(
        server_.url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as db:
        yield db


def read_url(value: str) -> URL:
    """Read CITYGRID_DATABASE_URL; `postgres://` and `postgresql://` both mean psycopg."""
    if not re.match(r"postgres(ql)?(\+psycopg)?://", value):
        raise SettingsError(
            "CITYGRID_DATABASE_URL must look like postgresql://user:password@host:5432/database, "
            f"found {value.split('@')[-1]!r}.",
            key="error.database_url",
            found=value.split("@")[-1],
        )
    return make_url(re.sub(r"^[^:]+://", "postgresql+psycopg://", value))


def check(server_: Server) -> None:
    """Raise DatabaseError unless the server answers and is new enough, PostGIS included."""
    shown = server_.url.render_as_string(hide_password=True)
    engine = create_engine(server_.url, poolclass=NullPool, connect_args={"connect_timeout": 10})
    try:
        with engine.connect() as db:
            version = int(db.scalar(text("SHOW server_version_num"))) // 10000
            postgis = db.scalar(
                text("SELECT default_version FROM pg_available_extensions WHERE name = 'postgis'")
            )
            installed = db.scalar(
                text("SELECT extversion FROM pg_extension WHERE extname = 'postgis'")
            )
    except OperationalError as error:
        raise _explained(error, shown) from error
    if version < LEAST_POSTGRESQL:
        raise DatabaseError(
            f"The server {shown} is PostgreSQL {version}; "
            f"CityGrid needs {LEAST_POSTGRESQL} or newer.",
            key="error.old_postgresql",
            server=shown,
            version=version,
            least=LEAST_POSTGRESQL,
        )
    if postgis is None:
        raise DatabaseError(
            f"The server {shown} has no PostGIS. Install it there "
            f"(`apt-get install postgresql-{version}-postgis-3`) and try again.",
            key="error.no_postgis",
            server=shown,
            version=version,
        )
    if parse_version(installed or postgis) < LEAST_POSTGIS:
        least = ".".join(map(str, LEAST_POSTGIS))
        raise DatabaseError(
            f"The server {shown} has PostGIS {installed or postgis}; "
            f"CityGrid needs {least} or newer.",
            key="error.old_postgis",
            server=shown,
            version=installed or postgis,
            least=least,
        )


def parse_version(version: str) -> tuple[int, int]:
    """Return major and minor of a version such as '3.3.2'."""
    major, minor = re.findall(r"\d+", version)[:2]
    return int(major), int(minor)


def _explained(error: OperationalError, shown: str) -> DatabaseError:
    detail = str(error.orig).strip().splitlines()[-1]
    if "password authentication failed" in detail or "no password supplied" in detail:
        return DatabaseError(
            f"The server {shown} refused the password. Put the right one in CITYGRID_DATABASE_URL.",
            key="error.password_refused", server=shown,
        )  # fmt: skip
    if "does not exist" in detail:
        return DatabaseError(
            f"The server {shown} answered: {detail}. Create it, or correct CITYGRID_DATABASE_URL.",
            key="error.server_answered", server=shown, said=detail,
        )  # fmt: skip
    return DatabaseError(
        f"The server {shown} cannot be reached: {detail}. Is it running, and is the address right?",
        key="error.no_server", server=shown, said=detail,
    )  # fmt: skip
