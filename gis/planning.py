"""The tables of planning: what somebody supposes, to be compared with the city as it is."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB

from gis.access.tables import account
from gis.tables import metadata, unit

_WHEN = DateTime(timezone=True)

coverage_scenario = Table(
    "coverage_scenario",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    # Whose it is; NULL: made on the machine itself, for everybody.
    Column("account_id", ForeignKey(account.c.id, ondelete="CASCADE")),
    # Whether others who plan see it, too.
    Column("is_shared", Boolean, nullable=False, server_default="false"),
    # A `layers.coverage.reach.Question` and `layers.coverage.changes.Change`s.
    Column("question", JSONB, nullable=False),
    Column("changes", JSONB, nullable=False),
    # The data it was answered on last (`layers.coverage.scenarios.version`), and what came of it
    # for the whole city by public numbers; NULL until then.
    Column("version", Text),
    Column("result", JSONB),
    Column("answered_at", _WHEN),
    Column("created_at", _WHEN, nullable=False, server_default=func.now()),
    Column("changed_at", _WHEN, nullable=False, server_default=func.now()),
    # One that was put away; the audit and whoever linked to it may still name it.
    Column("deleted_at", _WHEN),
    Index("ix_coverage_scenario_account_id", "account_id"),
)

# Lists of places where somebody may build, each row with its verdict; they are never written anew.
candidate_list = Table(
    "candidate_list",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    # Whose it is; NULL: brought on the machine itself, for everybody.
    Column("account_id", ForeignKey(account.c.id, ondelete="CASCADE")),
    Column("is_shared", Boolean, nullable=False, server_default="false"),
    # What the file was called.
    Column("file", Text, nullable=False),
    # `layers.coverage.lists.Entry`, in the order of the file.
    Column("entries", JSONB, nullable=False),
    Column("created_at", _WHEN, nullable=False, server_default=func.now()),
    Column("deleted_at", _WHEN),
    Index("ix_candidate_list_account_id", "account_id"),
)

# What a standard indicator came to on a day, for every unit, by public numbers alone: anybody may
# see it, and it can be compared with what comes later.
indicator_day = Table(
    "indicator_day",
    metadata,
    Column("indicator", Text, nullable=False),
    Column("day", Date, nullable=False),
    Column("unit_id", ForeignKey(unit.c.id), nullable=False),
    # NULL: withheld, or nothing is released of the unit.
    Column("people", Integer),
    Column("reached", Integer),
    Column("buildings", Integer, nullable=False),
    Column("buildings_reached", Integer, nullable=False),
    # Later than the day where the program was off when it ended.
    Column("made_at", _WHEN, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("indicator", "day", "unit_id"),
)
