"""Commands for the database itself: schema, shell, dump and restore."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import click
from sqlalchemy import NullPool, create_engine, text
from sqlalchemy.engine import URL

from dashboard.cli.context import Settings, holds_city, loaded_city_id, migrated
from gis import migrations
from gis.cluster import find_binaries
from gis.database import Server, cities, create_database
from gis.errors import DatabaseError

RESTORING = "restoring"


@click.group()
def db() -> None:
    r"""Look after the database: schema, shell, dump, restore.

    \b
    Example:
        citygrid db dump city.dump
    """


@db.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    r"""Bring the schema up to this program's, all or nothing.

    \b
    Example:
        citygrid db upgrade
    """
    with settings.loaded_city() as target:
        migrated(target)
    click.echo(f"The schema is at {migrations.head()}.")


@db.command()
@click.argument("arguments", nargs=-1)
@click.pass_obj
def shell(settings: Settings, arguments: tuple[str, ...]) -> None:
    r"""Open psql on the city's database; further words are passed to psql.

    \b
    Example:
        citygrid db shell -- -c "SELECT level, count(*) FROM unit_version GROUP BY 1"
    """
    with settings.loaded_city() as target:
        command, environ = _program("psql", target.url)
        done = subprocess.run([*command, *arguments], env=environ, check=False)  # noqa: S603
    raise click.exceptions.Exit(done.returncode)


@db.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def dump(settings: Settings, file: Path) -> None:
    r"""Write the whole city into one file.

    \b
    Example:
        citygrid db dump taipei.dump
    """
    with settings.loaded_city() as target:
        # Beside the goal first: a dump that breaks off must not replace a good one.
        partial = file.with_name(file.name + ".part")
        _run("pg_dump", target.url, "--format=custom", f"--file={partial}")
        partial.replace(file)
        click.echo(f"{loaded_city_id(target)}: {file.stat().st_size:,} bytes written to {file}.")


@db.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Put it in place of the city that is there.")
@click.pass_obj
def restore(settings: Settings, file: Path, *, replace: bool) -> None:
    r"""Read a city back from a file that `dump` wrote, all or nothing.

    \b
    Example:
        citygrid db restore taipei.dump
    """
    with settings.server() as found:
        city_id = (
            _restore_beside(found, file, replace=replace)
            if found.is_private
            else _restore_into(found, file, replace=replace)
        )
        settings.remember_city(city_id)
    click.echo(f"{city_id} is restored from {file}.")


def _restore_beside(found: Server, file: Path, *, replace: bool) -> str:
    """Restore into a database of its own, then give it the city's name."""
    staging = found.for_city(RESTORING)
    admin = create_engine(
        found.url.set(database="postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{staging.url.database}" WITH (FORCE)'))
    create_database(staging)
    try:
        _run("pg_restore", staging.url, "--exit-on-error", "--single-transaction", str(file))
        migrated(staging)
        city_id = loaded_city_id(staging)
        if city_id in cities(found) and not replace and holds_city(found.for_city(city_id)):
            raise DatabaseError(
                f"The city {city_id!r} is there already; "
                "add --replace to put this one in its place."
            )
        with admin.connect() as connection:
            name = found.for_city(city_id).url.database
            connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
            connection.execute(text(f'ALTER DATABASE "{staging.url.database}" RENAME TO "{name}"'))
    finally:
        with admin.connect() as connection:
            connection.execute(
                text(f'DROP DATABASE IF EXISTS "{staging.url.database}" WITH (FORCE)')
            )
    return city_id


def _restore_into(target: Server, file: Path, *, replace: bool) -> str:
    """Restore into the one database of a server somebody else runs."""
    if holds_city(target) and not replace:
        raise DatabaseError(
            f"The database holds the city {loaded_city_id(target)!r} already; "
            "add --replace to put this one in its place."
        )
    _run(
        "pg_restore", target.url, "--exit-on-error", "--single-transaction", "--clean",
        "--if-exists", str(file),
    )  # fmt: skip
    migrated(target)
    return loaded_city_id(target)


def _program(name: str, url: URL) -> tuple[list[str], dict[str, str]]:
    """Return the command and environment of a PostgreSQL program: no password in arguments."""
    environ = dict(os.environ)
    if url.password:
        environ["PGPASSWORD"] = url.password
    address = url.set(drivername="postgresql", password=None).render_as_string()
    return [str(find_binaries() / name), f"--dbname={address}"], environ


def _run(name: str, url: URL, *arguments: str) -> None:
    command, environ = _program(name, url)
    done = subprocess.run(  # noqa: S603
        [*command, *arguments], env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise DatabaseError(f"{name} failed: {done.stderr.strip()}")
