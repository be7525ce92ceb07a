"""Which versions met."""

from __future__ import annotations

import subprocess
from importlib.metadata import version

from sqlalchemy import create_engine, text

from benchmarks import prepared
from benchmarks.peers import tipg


def found() -> list[str]:
    """Return the names and versions of the databases and libraries that were measured."""
    with prepared.scratch() as target:
        engine = create_engine(target.url)
        with engine.connect() as db:
            server = db.scalar(text("SHOW server_version"))
            postgis = db.scalar(text("SELECT extversion FROM pg_extension WHERE extname='postgis'"))
        engine.dispose()
    return [
        f"PostgreSQL {str(server).split()[0]}",
        f"PostGIS {postgis}",
        f"geopandas {version('geopandas')}",
        f"shapely {version('shapely')}",
        f"pymetis {version('pymetis')}",
        f"networkx {version('networkx')}",
        *_peers(),
    ]


def _peers() -> list[str]:
    if not tipg.PYTHON.exists():
        return []
    names = ("tipg", "uvicorn", "gerrychain", "spopt", "pandana")
    script = f"from importlib.metadata import version as v; print(*map(v, {names!r}))"
    done = subprocess.run([tipg.PYTHON, "-c", script], capture_output=True, text=True, check=True)
    return [f"{name} {number}" for name, number in zip(names, done.stdout.split(), strict=True)]
