"""The table of jobs, as those who asked for them see them.

Whose turn it is stands in a schema of its own, `queue.SCHEMA`, which a library keeps. Jobs are
about a city's data: loading a city anew removes them.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gis.access.tables import account
from gis.tables import metadata

_WHEN = DateTime(timezone=True)

job = Table(
    "job",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    # What is to be done, and with what: `dashboard.jobs.kinds`.
    Column("kind", Text, nullable=False),
    Column("arguments", JSONB, nullable=False),
    # For whom; what he may see is asked anew when the work begins.
    Column("account_id", ForeignKey(account.c.id, ondelete="CASCADE"), nullable=False),
    # The rights he asked with: by a token they may be fewer than his posts give.
    Column("rights", ARRAY(Text), nullable=False),
    # A `gis.jobs.jobs.State`.
    Column("state", Text, nullable=False, server_default="waiting"),
    # Which attempt is under way: one that was given up for dead writes nothing any more.
    Column("attempt", SmallInteger, nullable=False, server_default="0"),
    # So many steps of so many; 0 of 0 while that is not known.
    Column("done", Integer, nullable=False, server_default="0"),
    Column("total", Integer, nullable=False, server_default="0"),
    # What came of it, as its kind says.
    Column("result", JSONB),
    # Why nothing came of it, by language.
    Column("failure", JSONB),
    # Its number in the queue.
    Column("queue_id", BigInteger, nullable=False),
    Column("created_at", _WHEN, nullable=False, server_default=func.now()),
    Column("started_at", _WHEN),
    Column("ended_at", _WHEN),
    Index("ix_job_account_id", "account_id", "id"),
)
