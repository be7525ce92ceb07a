"""What was loaded, from where, and when it was true."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Identity, Integer, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB

from gis.tables.schema import metadata

layer_state = Table(
    "layer_state",
    metadata,
    Column("layer", Text, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    # When what the layer shows was true, as its source says.
    Column("as_of", DateTime(timezone=True)),
    # When somebody last worked on its rows here; NULL: they came from files only.
    Column("worked_at", DateTime(timezone=True)),
    Column("source", Text, nullable=False, server_default=""),
    Column("changed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
)

import_batch = Table(
    "import_batch",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("layer", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    # inserted + updated + unchanged + rejected = read
    Column("read", Integer, nullable=False),
    Column("inserted", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("unchanged", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    # Rejected rows: reason → number.
    Column("reasons", JSONB, nullable=False, server_default="{}"),
)
