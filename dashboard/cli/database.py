"""Commands for the database itself: schema, shell, dump and restore."""

from __future__ import annotations

import contextlib
import datetime as dt
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
from sqlalchemy import inspect
from sqlalchemy.engine import URL

from dashboard.cli.context import (
    Settings,
    acting,
    holds_city,
    loaded_cities,
    loaded_city_id,
    migrated,
    record,
)
from gis import migrations
from gis.access import carrying
from gis.access.audit import Act
from gis.access.heads import Heads
from gis.cluster import find_binaries
from gis.database import SEARCH_PATH, Role, Server, create_database, drop_database, put_in_place
from gis.errors import DatabaseError, FileError
from gis.tables import SCHEMA

_MAKE_ROOM = (
    "DROP SCHEMA IF EXISTS citygrid, citygrid_queue CASCADE; "
    "DROP TABLE IF EXISTS public.schema_version"
)
# Fails, and undoes all, where no city came: division by zero has the shortest way to say so.
_IS_A_CITY = "SELECT 1 / count(*) FROM citygrid.city"


@click.group()
def db() -> None:
    """Look after the database: schema, shell, dump, restore.

    \b
    Example:
        citygrid db dump city.dump
    """


@db.command()
@click.pass_obj
def upgrade(settings: Settings) -> None:
    """Bring the schema up to this program's, all or nothing.

    \b
    Example:
        citygrid db upgrade
    """
    with settings.loaded_city() as target:
        migrated(target, settings.keys)
    click.echo(settings.say("database.schema", schema=migrations.head()))


@db.command()
@click.argument("arguments", nargs=-1)
@click.pass_obj
def shell(settings: Settings, arguments: tuple[str, ...]) -> None:
    """Open psql on the city's database; further words are passed to psql.

    \b
    Example:
        citygrid db shell -- -c "SELECT level, count(*) FROM unit_version GROUP BY 1"
    """
    with settings.loaded_city() as target:
        _record(target, Act.SHELL, {"arguments": arguments})
        command, environ = _program("psql", target.url)
        # Ours before what is asked for from outside: tables are named as everywhere else.
        given = environ.get("PGOPTIONS", "")
        environ["PGOPTIONS"] = f"-c search_path={SEARCH_PATH} {given}".rstrip()
        done = subprocess.run([*command, *arguments], env=environ, check=False)  # noqa: S603
    raise click.exceptions.Exit(done.returncode)


@db.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def dump(settings: Settings, file: Path) -> None:
    """Write the whole city into one file.

    \b
    Example:
        citygrid db dump taipei.dump
    """
    with settings.loaded_city() as target:
        # Before it: what was taken out is on record even if the machine goes down meanwhile.
        _record(target, Act.DUMP, {"file": str(file.absolute())})
        # Beside the goal first: a dump that breaks off must not replace a good one.
        partial = file.with_name(file.name + ".part")
        try:
            _run("pg_dump", target.url, "--format=custom", f"--file={partial}")
            partial.replace(file)
        finally:
            partial.unlink(missing_ok=True)
        city = loaded_city_id(target)
        click.echo(settings.say("database.dumped", city=city, n=file.stat().st_size, file=file))


@db.command()
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--replace", is_flag=True, help="Put it in place of the city that is there.")
@click.pass_obj
def restore(settings: Settings, file: Path, *, replace: bool) -> None:
    """Read a city back from a file that `dump` wrote, all or nothing.

    \b
    Example:
        citygrid db restore taipei.dump
    """
    with settings.server() as found:
        restore_ = _restore_beside if found.is_private else _restore_into
        city_id, aside = restore_(found, file, settings, replace=replace)
        settings.remember_city(city_id)
    if aside:
        click.echo(settings.say("database.aside", folder=aside))
    click.echo(settings.say("database.restored", city=city_id, file=file))


def _restore_beside(
    found: Server, file: Path, settings: Settings, *, replace: bool
) -> tuple[str, Path | None]:
    """Restore into a database of its own, then give it the city's name."""
    staging = found.staging
    drop_database(staging)
    create_database(staging)
    try:
        _run("pg_restore", staging.url, "--exit-on-error", "--single-transaction", str(file))
        migrated(staging, settings.keys)
        if not holds_city(staging):
            raise FileError(
                f"{str(file)!r} is a dump, but of no city; nothing was changed.",
                key="error.dump_of_none",
                file=str(file),
            )
        city_id = loaded_city_id(staging)
        is_there = city_id in loaded_cities(found)
        if is_there and not replace:
            raise _there_already(city_id)
        place, folder = found.for_city(city_id), _audit_folder(settings, city_id)
        with _dropped_on_failure(folder), contextlib.ExitStack() as stack:
            if is_there:
                there = stack.enter_context(acting(place, Role.OWNER)).connect()
                # Its connection is ended with all others of the database.
                stack.callback(there.invalidate)
                carrying.save(there, folder)
            aside = _carried(staging, folder, Heads.of(settings.state, city_id), file)
            put_in_place(staging, place)
    finally:
        drop_database(staging)
    return city_id, aside


def _restore_into(
    target: Server, file: Path, settings: Settings, *, replace: bool
) -> tuple[str, Path | None]:
    """Restore into the one database of a server somebody else runs."""
    folder = None
    if holds_city(target):
        if not replace:
            raise _there_already(loaded_city_id(target))
        folder = _audit_folder(settings, loaded_city_id(target))
        with acting(target, Role.OWNER) as engine, engine.begin() as db:
            carrying.save(db, folder)
    # The roles a dump grants rights to belong to the server: a migration makes them.
    migrated(target, settings.keys)
    with (
        tempfile.TemporaryDirectory() as scripts,
        _dropped_on_failure(folder) if folder else contextlib.nullcontext(),
    ):
        script = Path(scripts) / "restore.sql"
        _run_program(str(find_binaries() / "pg_restore"), f"--file={script}", str(file))
        # pg_restore's own --clean stumbles over tables that the dump does not know.
        _run(
            "psql", target.url, "--quiet", "--no-psqlrc", "--single-transaction",
            "--set=ON_ERROR_STOP=1", f"--command={_MAKE_ROOM}", f"--file={script}",
            f"--command={_IS_A_CITY}",
        )  # fmt: skip
    migrated(target, settings.keys)
    city_id = loaded_city_id(target)
    folder = folder or _audit_folder(settings, city_id)
    return city_id, _carried(target, folder, Heads.of(settings.state, city_id), file)


def _there_already(city_id: str) -> DatabaseError:
    return DatabaseError(
        f"The city {city_id!r} is there already; add --replace to put this one in its place.",
        key="error.there_already",
        city=city_id,
    )


def _audit_folder(settings: Settings, city_id: str) -> Path:
    """Return where the audit of a city that is replaced goes."""
    moment = dt.datetime.now(dt.UTC)
    return Heads.of(settings.state, city_id).path.with_name(f"{city_id}-{moment:%Y%m%dT%H%M%S%f}")


def _carried(target: Server, folder: Path, heads: Heads, file: Path) -> Path | None:
    """Give a restored city the audit that was there; return where it lies if that cannot be."""
    with file.open("rb") as dump:
        checksum = hashlib.file_digest(dump, "sha256").hexdigest()
    with acting(target, Role.OWNER) as engine, engine.begin() as db:
        carried = carrying.carry_over(db, folder, heads)
        record(
            db, Act.RESTORE,
            {"file": str(file.absolute()), "sha256": checksum, "earlier_audit": carried.value},
        )  # fmt: skip
    if carried is carrying.Carried.ASIDE:
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    return None


@contextlib.contextmanager
def _dropped_on_failure(folder: Path) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # The city that was there is there still, with its audit.
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _record(target: Server, act: Act, details: Mapping[str, object]) -> None:
    with acting(target, Role.OWNER) as engine, engine.begin() as db:
        # A database of an older program may have no audit yet, and can be dumped all the same.
        if inspect(db).has_table("audit", schema=SCHEMA):
            record(db, act, details)


def _program(name: str, url: URL) -> tuple[list[str], dict[str, str]]:
    """Return the command and environment of a PostgreSQL program: no password in arguments."""
    environ = dict(os.environ)
    if url.password:
        environ["PGPASSWORD"] = url.password
    address = url.set(drivername="postgresql", password=None).render_as_string()
    return [str(find_binaries() / name), f"--dbname={address}"], environ


def _run(name: str, url: URL, *arguments: str) -> None:
    command, environ = _program(name, url)
    _run_program(*command, *arguments, environ=environ)


def _run_program(
    program: str | Path, *arguments: str, environ: Mapping[str, str] | None = None
) -> None:
    done = subprocess.run(  # noqa: S603
        [program, *arguments], env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise DatabaseError(
            f"{Path(program).name} stopped: {' '.join(said)}.",
            key="error.program_stopped",
            program=Path(program).name,
            said=" ".join(said),
        )
