"""pgRouting: the same question asked of the database, in SQL."""

from __future__ import annotations

import numpy as np
from psycopg.errors import QueryCanceled
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import OperationalError

from benchmarks.contest import Clock, StoppedError
from benchmarks.peers.shortest import ASK, REPEATS, Floats, Given
from benchmarks.sizes import PEER_CAP_S
from gis.database import Server

# From all places at once: a node above them leads to each in no time. Version 3.4's own way to ask
# from several, equicost, finds longer ways to some doors (0.7 % of them in the demo district).
QUESTION = """
WITH spread AS MATERIALIZED (
    SELECT node, agg_cost FROM pgr_drivingDistance(
        'SELECT id, source, target, cost FROM way',
        :above, :limit, directed => true
    )
)
SELECT door.id, least(one.agg_cost + door.ahead, other.agg_cost + door.behind)
FROM door
LEFT JOIN spread AS one ON one.node = door.one
LEFT JOIN spread AS other ON other.node = door.other
"""


def version(target: Server) -> str | None:
    """Return which pgRouting a server has, or None: it is installed for `make bench` only."""
    engine = create_engine(target.url, poolclass=NullPool)
    with engine.connect() as db:
        found: str | None = db.scalar(
            text("SELECT default_version FROM pg_available_extensions WHERE name = 'pgrouting'")
        )
    return found


def by_pgrouting(clock: Clock, target: Server, asked: Given) -> Floats:
    """Time the question, tables and indexes being there; seconds to the nearest of each door."""
    engine = create_engine(target.url, poolclass=NullPool)
    asking = {"limit": asked.limit_s, "above": len(asked.nodes_m) + len(asked.places)}
    with engine.connect() as db:
        _fill(db, asked)
        db.execute(text(f"SET statement_timeout = {int(PEER_CAP_S * 1000)}"))
        seconds = np.full(len(asked.start), np.inf)
        for _ in range(REPEATS):
            try:
                with clock.lap(ASK):
                    rows = db.execute(text(QUESTION), asking).all()
            except OperationalError as error:
                if isinstance(error.orig, QueryCanceled):
                    raise StoppedError from error
                raise
        for door, found in rows:
            seconds[door] = np.inf if found is None else found
    engine.dispose()
    return seconds


def _fill(db: Connection, asked: Given) -> None:
    db.execute(text("CREATE EXTENSION IF NOT EXISTS pgrouting CASCADE"))
    numbers = np.arange
    above = np.full(len(asked.places), len(asked.nodes_m) + len(asked.places))
    come, go = np.concatenate([asked.come, above]), np.concatenate([asked.go, asked.places])
    cost = np.concatenate([asked.cost, np.zeros(len(above))])
    tables = {
        "way (id int primary key, source int, target int, cost float8)": (
            numbers(len(come)), come, go, cost,
        ),
        "door (id int primary key, one int, other int, ahead float8, behind float8)": (
            numbers(len(asked.start)), asked.start, asked.end,
            _open(asked.ahead), _open(asked.behind),
        ),
    }  # fmt: skip
    cursor = db.connection.cursor()
    for table, columns in tables.items():
        name = table.partition(" ")[0]
        cursor.execute(f"CREATE TEMPORARY TABLE {table}")
        with cursor.copy(f"COPY {name} FROM STDIN") as copy:
            for row in zip(*(column.tolist() for column in columns), strict=True):
                copy.write_row(row)
        cursor.execute(f"ANALYZE {name}")


def _open(seconds: Floats) -> Floats:
    return np.where(np.isfinite(seconds), seconds, np.inf)
