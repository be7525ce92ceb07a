"""The schema's history: `upgrade` brings a database from any release to this one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import Connection, Text, column, inspect, select, table

from gis.access import policy
from gis.errors import DatabaseError

# Alembic is imported where it is needed: most starts find nothing to do and go without it.
if TYPE_CHECKING:
    from alembic.config import Config

    from gis.access.keys import Keys

GetKeys: TypeAlias = "Callable[[], Keys]"
VERSION_TABLE = "schema_version"
_VERSIONS = Path(__file__).parent / "versions"


def config(db: Connection, keys: GetKeys | None = None) -> Config:
    """Return alembic's settings, bound to a connection whose transaction is the caller's."""
    from alembic.config import Config

    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent))
    settings.attributes["connection"] = db
    settings.attributes["keys"] = keys
    return settings


def upgrade(db: Connection, revision: str = "head", keys: GetKeys | None = None) -> None:
    """Bring the schema up to ``revision``. All or nothing: in the caller's transaction.

    At the head the row policy is put in place, too, which is code and no history.

    Parameters
    ----------
    keys
        Opens the installation's keys, where what an older release kept in clear is encrypted.

    Raises
    ------
    DatabaseError
        A newer program made the schema.
    """
    there = current(db)
    if there is not None and there not in known():
        raise DatabaseError(
            f"The database is of a newer CityGrid (its schema is {there!r}, "
            f"this program's is {head()!r}): install that one, or restore an older dump."
        )
    goal = head() if revision == "head" else revision
    if there == goal and (goal != head() or policy.is_applied(db)):
        return
    if there != goal:
        from alembic import command

        policy.remove_views(db)
        command.upgrade(config(db, keys), revision)
    if goal == head():
        policy.apply(db)


def current(db: Connection) -> str | None:
    """Return the revision the database is at; None for an empty database."""
    if not inspect(db).has_table(VERSION_TABLE, schema="public"):
        return None
    stored = table(VERSION_TABLE, column("version_num", Text), schema="public")
    return db.scalar(select(stored.c.version_num))


def known() -> list[str]:
    """Return the revisions this program knows, oldest first: each is the name of its file."""
    return sorted(file.stem for file in _VERSIONS.glob("[0-9]*.py"))


def head() -> str:
    """Return the newest revision this program knows."""
    return known()[-1]
