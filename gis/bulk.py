"""Loading whole columns into a table, as fast as PostgreSQL takes them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import cast

import pandas as pd
import psycopg
from psycopg import sql
from sqlalchemy import Column, Connection, MetaData, Table, insert, select, text
from sqlalchemy.exc import IntegrityError

from gis.copy_format import HEADER, TRAILER, Values, encode, rows
from gis.errors import FileError

# Rows encoded at once: some megabytes, so that ten million rows need no more memory than these.
CHUNK_ROWS = 65_536


def copy(db: Connection, table: Table, columns: Mapping[str, Values]) -> int:
    """Append rows to a table by binary COPY, in the caller's transaction.

    Parameters
    ----------
    db
        A connection through psycopg.
    table
        Where to; columns that are not given take their defaults.
    columns
        Column name → numpy array or Series, all of one length. None, NaN, NaT and pd.NA become
        NULL. By column type:

        - whole numbers and reals: numbers, nullable or not; whole floats may fill integers
        - text: texts or categories
        - date: dates or datetimes without a zone
        - timestamptz: a Series with a time zone, or a numpy datetime64 array in UTC
        - tstzrange: the same; each value opens a range without end
        - jsonb: dicts and lists, or texts that already are JSON
        - text[]: lists of texts
        - bytea: bytes
        - geometry: shapely geometries in the column's CRS, or points as an (n, 2) float array;
          polygons become multipolygons where the column wants them

    Returns
    -------
    int
        The number of rows.

    Raises
    ------
    FileError
        If a value does not fit its column, or the database refuses a row.
    """
    sizes = {name: len(values) for name, values in columns.items()}
    if len(set(sizes.values())) != 1:
        raise ValueError(f"Columns must be of one length, not {sizes}.")
    if unknown := sizes.keys() - table.columns.keys():
        raise ValueError(f"{table.name} has no column {sorted(unknown)}.")
    if db.scalar(text("SELECT row_security_active(:name)"), {"name": str(table)}):
        return _through(db, table, columns)
    if not db.in_transaction():
        # What the driver does by itself, SQLAlchemy has to know of, or commit() does nothing.
        db.begin()
    driver = cast("psycopg.Connection", db.connection.driver_connection)
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
        sql.Identifier(*filter(None, (table.schema, table.name))),
        sql.SQL(", ").join(map(sql.Identifier, columns)),
    )
    count = next(iter(sizes.values()))
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as pipe:
            pipe.write(HEADER)
            for start in range(0, count, CHUNK_ROWS):
                pipe.write(
                    rows(
                        [
                            encode(table.columns[name], _part(values, start), start)
                            for name, values in columns.items()
                        ]
                    )
                )
            pipe.write(TRAILER)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise _refusal(table.name, error) from error
    return count


def _through(db: Connection, table: Table, columns: Mapping[str, Values]) -> int:
    """Append rows through a temporary table: COPY is refused where a policy watches the rows.

    Even one that lets them all through, as it does for the engine.
    """
    beside = Table(
        table.name,
        MetaData(),
        *(Column(name, table.columns[name].type) for name in columns),
        prefixes=["TEMPORARY"],
    )
    beside.create(db)
    count = copy(db, beside, columns)
    try:
        db.execute(insert(table).from_select(list(columns), select(beside)))
    except IntegrityError as error:
        raise _refusal(table.name, cast("psycopg.Error", error.orig)) from error
    beside.drop(db)
    return count


@contextmanager
def indexes_dropped(db: Connection, *tables: Table) -> Iterator[None]:
    """Drop what slows a bulk load of tables down, and make it again afterwards.

    Secondary indexes, unique and exclusion constraints and foreign keys go; primary keys stay, and
    so do unique constraints that another table's foreign key refers to. All of it happens in the
    caller's transaction, the block in a savepoint: when it fails, rows and indexes are as before.

    Raises
    ------
    FileError
        If the loaded rows break a constraint that is made again.
    """
    names = [str(table) for table in tables]
    with db.begin_nested():
        found = db.execute(text(_DEFINITIONS), {"tables": names}).all()
        for row in found:
            db.exec_driver_sql(row.drop)
        yield
        for row in reversed(found):
            try:
                db.exec_driver_sql(row.make)
            except IntegrityError as error:
                raise _refusal(row.name, cast("psycopg.Error", error.orig)) from error


def _part(values: Values, start: int) -> Values:
    stop = start + CHUNK_ROWS
    return values.iloc[start:stop] if isinstance(values, pd.Series) else values[start:stop]


def _refusal(table: str, error: psycopg.Error) -> FileError:
    detail = error.diag.message_detail or error.diag.context or ""
    return FileError(f"{table} cannot be loaded: {error.diag.message_primary}. {detail}".rstrip())


# The catalogue's own definitions, quoted by the server: constraints first (dropping one drops its
# index), foreign keys before the keys they may refer to. Made again in the opposite order.
_DEFINITIONS = """
WITH wanted AS (SELECT unnest(cast(:tables AS text[]))::regclass AS id)
SELECT c.conrelid::regclass::text AS name,
  format('ALTER TABLE %s DROP CONSTRAINT %I', c.conrelid::regclass, c.conname) AS drop,
  format('ALTER TABLE %s ADD CONSTRAINT %I %s', c.conrelid::regclass, c.conname,
         pg_get_constraintdef(c.oid)) AS make,
  CASE c.contype WHEN 'f' THEN 1 ELSE 2 END AS step
FROM pg_constraint c JOIN wanted ON wanted.id = c.conrelid
WHERE c.contype IN ('f', 'u', 'x')
  AND NOT EXISTS (
    SELECT 1 FROM pg_constraint k
    WHERE c.contype = 'u' AND k.contype = 'f' AND k.conindid = c.conindid
      AND k.conrelid NOT IN (SELECT id FROM wanted))
UNION ALL
SELECT i.indrelid::regclass::text, format('DROP INDEX %s', i.indexrelid::regclass),
  pg_get_indexdef(i.indexrelid), 3
FROM pg_index i JOIN wanted ON wanted.id = i.indrelid
WHERE NOT EXISTS (SELECT 1 FROM pg_constraint c WHERE c.conindid = i.indexrelid
                  AND c.conrelid = i.indrelid)
ORDER BY step, make
"""
