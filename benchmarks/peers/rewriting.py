"""A border moved as one would without shared edges: both polygons written, re-placed, recounted."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psycopg
from psycopg import sql

Table = tuple[str, str, str, tuple[str, ...]]
"""Name, point, what a row adds, and the SQL of each dimension whose parts are counted."""

WRITE = (
    "UPDATE unit_version SET geom = %(area)s::geometry "
    "WHERE unit_id = %(unit)s AND upper_inf(valid)"
)
PLACE = (
    "UPDATE {table} r SET unit_id = f.unit_id FROM unit_version f "
    "WHERE f.unit_id = ANY(%(units)s) AND upper_inf(f.valid) AND r.unit_id = ANY(%(units)s) "
    "AND ST_Intersects(f.geom, r.{point})"
)
# Kept in a table of its own: what is timed is the counting and the writing.
COUNT = (
    "INSERT INTO recounted SELECT unit_id, {key}, sum({adds}) FROM {table} "
    "WHERE unit_id = ANY(%(units)s) GROUP BY 1, 2"
)


def rewrite(
    conninfo: str, borders: Sequence[dict[int, bytes]], tables: Sequence[Table], cap_s: float
) -> list[float]:
    """Return the seconds that each moved border takes, all of it undone at once.

    Parameters
    ----------
    borders
        For each, the polygons that faces get, as extended WKB by unit.
    """
    took = []
    with psycopg.connect(conninfo) as db:
        db.execute("SET search_path = citygrid, public")
        db.execute(f"SET statement_timeout = '{cap_s:.0f}s'")
        db.execute("CREATE TEMPORARY TABLE recounted (unit_id int, part text, n bigint)")
        db.commit()
        for areas in borders:
            start = time.perf_counter()
            for unit, area in areas.items():
                db.execute(WRITE, {"unit": unit, "area": area.hex()})
            units = {"units": list(areas)}
            for table, point, adds, dimensions in tables:
                names = {"table": sql.Identifier(table), "point": sql.Identifier(point)}
                db.execute(sql.SQL(PLACE).format(**names), units)
                for key in ("''", *dimensions):
                    parts = {"key": sql.SQL(key), "adds": sql.SQL(adds)}
                    db.execute(sql.SQL(COUNT).format(**names, **parts), units)
            took.append(time.perf_counter() - start)
            db.rollback()
    return took
