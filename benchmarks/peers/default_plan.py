"""Placing points by the join one writes in PostGIS, as the server itself plans it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import psycopg

from benchmarks.contest import Clock, StoppedError


def place(clock: Clock, conninfo: str, points: Path, cap_s: float) -> npt.NDArray[np.int32]:
    """Return the smallest id of the faces that hold each point, -1 for none.

    The tables ``face`` and ``point``, both indexed and analysed, are there already.
    """
    count = len(np.load(points, mmap_mode="r"))
    with psycopg.connect(conninfo, autocommit=True) as db:
        # Killing this process would not stop the query.
        db.execute(f"SET statement_timeout = '{cap_s:.0f}s'")
        with clock.lap("query"):
            try:
                db.execute(
                    "CREATE TEMP TABLE placed AS SELECT p.id, min(f.id) AS face "
                    "FROM point p JOIN face f ON ST_Intersects(f.geom, p.geom) GROUP BY p.id"
                )
            except psycopg.errors.QueryCanceled:
                raise StoppedError from None
        found = np.full(count, -1, dtype=np.int32)
        rows = np.array(db.execute("SELECT id, face FROM placed").fetchall(), dtype=np.int64)
        found[rows[:, 0]] = rows[:, 1]
    return found
