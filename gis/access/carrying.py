"""The audit carried over a restore, so that an older dump does not wipe out what came after it."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, inspect, select, text

from gis.access import sealing
from gis.access.heads import Head, HeadKind, Heads
from gis.access.tables import audit, audit_seal
from gis.tables import SCHEMA


class Carried(StrEnum):
    """What became of the audit that was there before a restore."""

    NONE = "none"
    """There was none."""
    OVER = "over"
    """The dump's audit is the beginning of it: what came later was added, the chain goes on."""
    ASIDE = "aside"
    """The dump is of another installation: the files that `save` wrote are all there is of it."""


def save(db: Connection, folder: Path) -> bool:
    """Write the audit and its links to files only their owner can read; False if there are none.

    Until the transaction ends nobody else writes to the audit: what came would be lost.
    """
    if not inspect(db).has_table(audit.name, schema=SCHEMA):
        return False
    db.execute(text(f"LOCK TABLE {audit}, {audit_seal} IN SHARE MODE"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for table in (audit, audit_seal):
        path = _file(folder, table)
        with (
            os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
            _cursor(db) as cursor,
            cursor.copy(f"COPY {table} ({_columns(table)}) TO STDOUT") as rows,
        ):
            for row in rows:
                file.write(row)
    return True


def carry_over(db: Connection, folder: Path, heads: Heads) -> Carried:
    """Add to a restored database what its audit lacks of the one that was saved.

    Parameters
    ----------
    db
        As the owner, in the restored database; the caller commits.
    folder
        What `save` wrote to; without files there was no audit.
    heads
        Gets the end of the dump's chain as its new beginning, where that is another's.
    """
    if not _file(folder, audit).exists():
        _begin_anew(db, heads)
        return Carried.NONE
    for table in (audit, audit_seal):
        db.execute(text(f"CREATE TEMP TABLE old_{table.name} (LIKE {table}) ON COMMIT DROP"))
        with (
            _file(folder, table).open("rb") as file,
            _cursor(db) as cursor,
            cursor.copy(f"COPY old_{table.name} ({_columns(table)}) FROM STDIN") as rows,
        ):
            while piece := file.read(1 << 20):
                rows.write(piece)
    if not _is_beginning(db):
        _begin_anew(db, heads)
        return Carried.ASIDE
    for table, key in ((audit, "id"), (audit_seal, "seq")):
        names = _columns(table)
        db.execute(
            text(
                f"INSERT INTO {table} ({names}) OVERRIDING SYSTEM VALUE SELECT {names} "  # noqa: S608 - our own names
                f"FROM old_{table.name} o WHERE NOT EXISTS "
                f"(SELECT FROM {table} t WHERE t.{key} = o.{key}) ORDER BY {key}"
            )
        )
    db.execute(
        text(
            f"SELECT setval(pg_get_serial_sequence('{audit}', 'id'), max(id)) FROM {audit} "  # noqa: S608 - our own names
            "HAVING max(id) IS NOT NULL"
        )
    )
    return Carried.OVER


def _is_beginning(db: Connection) -> bool:
    """Whether the dump's audit has nothing that the saved one does not have, or has pruned."""
    other_links = (
        "SELECT FROM citygrid.audit_seal t JOIN old_audit_seal o USING (seq) "
        "WHERE (t.audit_id, t.link) IS DISTINCT FROM (o.audit_id, o.link)"
    )
    # Links beyond both ends: of a chain that went on elsewhere.
    later_links = (
        "SELECT FROM citygrid.audit_seal "
        "WHERE seq > (SELECT coalesce(max(seq), 0) FROM old_audit_seal)"
    )
    other_rows = (
        "SELECT FROM citygrid.audit t LEFT JOIN old_audit o USING (id) WHERE NOT EXISTS "
        "(SELECT FROM citygrid.audit_seal WHERE audit_id = t.id) "
        "AND (o.at, o.login, o.act, o.subject, o.details) "
        "IS DISTINCT FROM (t.at, t.login, t.act, t.subject, t.details)"
    )
    # A chain of which nothing overlaps says nothing.
    apart = (
        "SELECT WHERE EXISTS (SELECT FROM citygrid.audit_seal) AND NOT EXISTS "
        "(SELECT FROM citygrid.audit_seal JOIN old_audit_seal USING (seq))"
    )
    return not any(
        db.scalar(text(f"SELECT EXISTS ({query})"))
        for query in (other_links, later_links, other_rows, apart)
    )


def _begin_anew(db: Connection, heads: Heads) -> None:
    end = sealing.last(db)
    if end is not None or heads.path.exists():
        now = db.scalars(select(func.clock_timestamp())).one()
        end = end or Head(HeadKind.SEALED, 0, 0, sealing.FIRST_LINK, now)
        heads.append(Head(HeadKind.RESTORED, end.seq, end.audit_id, end.link, end.at))


def _file(folder: Path, table: Table) -> Path:
    return folder / f"{table.name}.copy"


def _columns(table: Table) -> str:
    return ", ".join(f'"{column.name}"' for column in table.c)


def _cursor(db: Connection) -> Any:  # noqa: ANN401 - psycopg's, behind SQLAlchemy
    return db.connection.cursor()
