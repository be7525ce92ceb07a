"""tipg, a tile server for PostGIS tables, served by uvicorn from an environment of its own."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, urlencode

# pip installs it there for `make bench`.
PYTHON = Path(sys.prefix) / "peers" / "bin" / "python"
READY = "/healthz"
SCHEMA = "citygrid"


def command(port: int) -> list[str]:
    """Return the command line of the server: one process, as ours has one."""
    return [
        str(PYTHON), "-m", "uvicorn", "tipg.main:app", "--host", "127.0.0.1",
        "--port", str(port), "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip


def environment(directory: Path, port: int, database: str, tables: Sequence[str]) -> dict[str, str]:
    """Return the settings: our tables, our buffer, no limit that would cut a tile short."""
    return {
        "PATH": os.environ["PATH"],
        # The unix socket, as ours.
        "DATABASE_URL": f"postgresql://postgres@{quote(str(directory), safe='')}:{port}/{database}",
        "TIPG_DB_SCHEMAS": json.dumps([SCHEMA]),
        "TIPG_DB_TABLES": json.dumps([f"{SCHEMA}.{table}" for table in tables]),
        "TIPG_DB_SPATIAL_EXTENT": "false",
        "TIPG_DB_DATETIME_EXTENT": "false",
        "TIPG_MAX_FEATURES_PER_TILE": "1000000",
        "TIPG_TILE_BUFFER": "64",
        # Looking for new tables in between is not what is measured.
        "TIPG_CATALOG_TTL": "0",
    }


def path(table: str, columns: Sequence[str], tile: tuple[int, int, int], where: str = "") -> str:
    """Return the address of a table's tile, given as zoom, column, row."""
    query = {"properties": ",".join(columns), "geom-column": "geom"}
    if where:
        query |= {"filter-lang": "cql2-text", "filter": where}
    place = "/".join(map(str, tile))
    return f"/collections/{SCHEMA}.{table}/tiles/WebMercatorQuad/{place}?{urlencode(query)}"
