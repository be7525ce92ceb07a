"""Whose turn it is: the tables of procrastinate, in a schema of their own, and the ways in.

The page's server may write neither there nor to `job`. It begins and cancels through two functions
that act for whoever looks, and for nobody else (`queue.sql`).
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files

from gis.database import Role

SCHEMA = "citygrid_queue"
QUEUE, TASK, MONTH_END, WEBHOOK = "citygrid", "job", "month_end", "webhook"
ESCALATION, STALE = "escalation", "stale"
"""What procrastinate calls our one queue, the task of people's jobs, those of the clock, and that
of webhooks."""

_WORKER = Role.WORKER
# It puts what is done by the clock into the queue itself; what people ask for comes by `queue.sql`.
_TABLES = {
    "procrastinate_jobs": "SELECT, INSERT, UPDATE, DELETE",
    "procrastinate_events": "SELECT, INSERT",
    "procrastinate_workers": "SELECT, INSERT, UPDATE, DELETE",
    "procrastinate_periodic_defers": "SELECT, INSERT, UPDATE, DELETE",
}


def rights() -> Iterable[str]:
    """Return what gives the worker its part of the queue, to be run as the owner."""
    yield f"GRANT USAGE ON SCHEMA {SCHEMA} TO {_WORKER}"
    yield f"REVOKE ALL ON ALL TABLES IN SCHEMA {SCHEMA} FROM {_WORKER}"
    for table, granted in _TABLES.items():
        yield f"GRANT {granted} ON {SCHEMA}.{table} TO {_WORKER}"
    for table in ("jobs", "events", "periodic_defers"):
        yield f"GRANT USAGE ON SEQUENCE {SCHEMA}.procrastinate_{table}_id_seq TO {_WORKER}"


def functions() -> tuple[str, ...]:
    """Return what makes the ways in, to be run as the owner."""
    whole = files("gis.jobs").joinpath("queue.sql").read_text("utf-8")
    lines = (line for line in whole.splitlines() if not line.lstrip().startswith("--"))
    return tuple(filter(None, (s.strip() for s in "\n".join(lines).split(";\n"))))
