"""A city's numbers by the queries one would write without stored counts."""

from __future__ import annotations

from typing import LiteralString

import psycopg

from benchmarks.contest import Clock, StoppedError

# Layer, what a row adds, and where it lies.
LAYERS: tuple[tuple[LiteralString, LiteralString, LiteralString], ...] = (
    ("people", "r.count", "r.geom"),
    ("building", "1", "r.centre"),
    ("incident", "1", "r.geom"),
)
SPATIAL: LiteralString = (
    "SELECT c.unit_id, '{layer}', sum({weight}) FROM unit_version c "
    "JOIN {layer} r ON ST_Intersects(c.geom, {place}) "
    "WHERE c.parent_id = %(unit)s AND upper_inf(c.valid) GROUP BY 1"
)
BY_KEY: LiteralString = (
    "SELECT c.unit_id, '{layer}', sum({weight}) FROM unit_version c "
    "JOIN unit_version f ON f.zoning_id = c.zoning_id AND f.lft BETWEEN c.lft AND c.rgt "
    "AND upper_inf(f.valid) JOIN {layer} r ON r.unit_id = f.unit_id "
    "WHERE c.parent_id = %(unit)s AND upper_inf(c.valid) GROUP BY 1"
)
QUERIES = {"spatial join": SPATIAL, "join by key": BY_KEY}


def children(
    clock: Clock, conninfo: str, unit: int, lap: str, cap_s: float
) -> dict[tuple[int, str], int]:
    """Return the number of each layer's things in each child of a unit."""
    parts = (
        QUERIES[lap].replace("{layer}", layer).replace("{weight}", weight).replace("{place}", place)
        for layer, weight, place in LAYERS
    )
    query = " UNION ALL ".join(parts)
    with psycopg.connect(conninfo, autocommit=True) as db:
        db.execute("SET search_path = citygrid, public")
        # Killing this process would not stop the query.
        db.execute(f"SET statement_timeout = '{cap_s:.0f}s'")
        for _ in range(2):
            with clock.lap(lap):
                try:
                    rows = db.execute(query.encode(), {"unit": unit}).fetchall()
                except psycopg.errors.QueryCanceled:
                    raise StoppedError from None
    return {(unit_id, layer): int(n) for unit_id, layer, n in rows}
