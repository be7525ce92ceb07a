"""The schema's history: `upgrade` brings a database from any release to this one."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from gis.errors import DatabaseError

VERSION_TABLE = "schema_version"


def config(db: Connection) -> Config:
    """Return alembic's settings, bound to a connection whose transaction is the caller's."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    settings.attributes["connection"] = db
    return settings


def upgrade(db: Connection, revision: str = "head") -> None:
    """Bring the schema up to ``revision``. All or nothing: in the caller's transaction.

    Raises
    ------
    DatabaseError
        A newer program made the schema.
    """
    there = current(db)
    if there is not None and there not in _known():
        raise DatabaseError(
            f"The database is of a newer CityGrid (its schema is {there!r}, "
            f"this program's is {head()!r}): install that one, or restore an older dump."
        )
    command.upgrade(config(db), revision)


def current(db: Connection) -> str | None:
    """Return the revision the database is at; None for an empty database."""
    context = MigrationContext.configure(
        db, opts={"version_table": VERSION_TABLE, "version_table_schema": "public"}
    )
    return context.get_current_revision()


def _known() -> set[str]:
    script = ScriptDirectory(str(Path(__file__).parent))
    return {revision.revision for revision in script.walk_revisions()}


def head() -> str:
    """Return the newest revision this program knows."""
    script = ScriptDirectory(str(Path(__file__).parent))
    revision = script.get_current_head()
    if revision is None:
        raise LookupError("There are no migrations.")
    return revision
