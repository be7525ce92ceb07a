"""Incidents, their classes, and the bodies that handle them."""

from __future__ import annotations

from sqlalchemy import (
    REAL,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

from gis.tables.features import rows
from gis.tables.schema import geometry, metadata
from gis.tables.units import unit

# An office, bureau or company that handles cases.
duty_body = Table(
    "duty_body",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
    Column("names", JSONB, nullable=False),
)

incident_class = Table(
    "incident_class",
    metadata,
    # A code without its scheme is ambiguous (editions swap 04 and 05).
    Column("scheme", Text, nullable=False),
    Column("code", Text, nullable=False),
    # NULL for a big class.
    Column("parent_code", Text),
    Column("names", JSONB, nullable=False),
    PrimaryKeyConstraint("scheme", "code"),
)

incident = rows(
    "incident",
    # Frozen when the incident is closed, for statistics on then's boundaries.
    Column("unit_then_id", ForeignKey(unit.c.id)),
    Column("scheme", Text, nullable=False),
    Column("big", Text, nullable=False),
    Column("small", Text, nullable=False),
    # ordinary, larger, serious, extreme
    Column("severity", Text, nullable=False),
    # report, register, dispatch, handle, feed_back, check, closed
    Column("stage", Text, nullable=False),
    Column("title", Text),
    Column("address", Text),
    # Whom it was dispatched to.
    Column("body_id", ForeignKey(duty_body.c.id), index=True),
    # Says who reported it or whom it is about: shown to those concerned only.
    Column("is_personal", Boolean, nullable=False, server_default="false"),
    # hotline, patrol, device, app, …
    Column("source", Text, nullable=False),
    Column("reported_at", DateTime(timezone=True), nullable=False),
    Column("registered_at", DateTime(timezone=True)),
    Column("dispatched_at", DateTime(timezone=True)),
    Column("due_at", DateTime(timezone=True)),
    Column("handled_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    Column("returned", SmallInteger, nullable=False, server_default="0"),
    Column("props", JSONB, nullable=False, server_default="{}"),
    # The condition of its class, which its time limit hangs on: `gis.cases.class_condition`.
    Column("condition", SmallInteger),
    # So many of a `layers.handling.clock.Unit`; what was granted beyond is in it.
    Column("limit_amount", REAL),
    Column("limit_unit", Text),
    # How the place was found (a `layers.locating.located.How`, pin, own, file, …), how surely (1
    # the best; NULL: nobody knows), within how many metres (NULL: as exact as the map), in which
    # notation or system coordinates were read (a `layers.locating.notation.ReadAs`; NULL: it was
    # none, or nobody knows), and what somebody adds to it.
    Column("placed_by", Text, nullable=False, server_default="import"),
    Column("placed_score", REAL),
    Column("placed_within_m", REAL),
    Column("placed_as", Text),
    Column("place_note", Text),
    # The case it was split off.
    Column("parent_id", ForeignKey("citygrid.incident.id")),
    # The case it says again.
    Column("duplicate_of", ForeignKey("citygrid.incident.id")),
    # Since when its clock stands still, and until when; NULL: until somebody says so.
    Column("paused_at", DateTime(timezone=True)),
    Column("paused_until", DateTime(timezone=True)),
    # More time, or a rest, that is asked for and not yet granted.
    Column("asked", JSONB(none_as_null=True)),
    # 督办: what a leader asks of it, and what was answered: `layers.handling.supervision`.
    Column("supervision", JSONB(none_as_null=True)),
    # Which rules told whom of it because its time runs out: `layers.handling.escalations`.
    Column("escalation", JSONB(none_as_null=True)),
    # How it ended: done, refused, duplicate, forced.
    Column("outcome", Text),
    # 综合评价: 1 to 5.
    Column("grade", SmallInteger),
    # Grows with every act: who acts names the one he saw.
    Column("version", Integer, nullable=False, server_default="0"),
    geometry("POINT"),
    numbers=Identity(),
)
# Reports of the same nearby: what may be known already.
Index("ix_incident_near_in_time", incident.c.geom, incident.c.reported_at, postgresql_using="gist")
# Few have either.
for _name in ("parent_id", "duplicate_of"):
    Index(
        f"ix_incident_{_name}", incident.c[_name],
        postgresql_where=incident.c[_name].is_not(None),
    )  # fmt: skip
# So are those that a leader asks about.
Index(
    "ix_incident_supervised",
    incident.c.unit_id,
    postgresql_where=incident.c.supervision.is_not(None),
)
# The latest ones, and hours of a span of time, without reading the rows.
Index(
    "ix_incident_reported_at",
    incident.c.reported_at,
    postgresql_include=["unit_id", "scheme", "big"],
)
# The first page of what is closed, everywhere and of a class: the latest first.
for _name, _columns in (
    ("closed_at", ()),
    ("big", ("scheme", "big")),
    ("small", ("scheme", "small")),
):
    Index(
        f"ix_incident_{_name}", *(incident.c[each] for each in _columns),
        incident.c.closed_at.desc(), incident.c.reported_at.desc(), incident.c.id,
    )  # fmt: skip
# What was closed in a unit, wherever it lies today.
Index(
    "ix_incident_unit_then_id",
    incident.c.unit_then_id,
    postgresql_where=incident.c.unit_then_id.is_not(None),
)
# What was due and handled in a span of time.
for _name in ("due_at", "handled_at"):
    Index(f"ix_incident_{_name}", incident.c[_name])
# What is open is few among many: the map and "overdue now" ask for nothing else.
Index(
    "ix_incident_open",
    incident.c.unit_id,
    incident.c.due_at,
    postgresql_where=incident.c.stage != "closed",
)
Index(
    "ix_incident_open_geom", incident.c.geom,
    postgresql_using="gist", postgresql_where=incident.c.stage != "closed",
)  # fmt: skip
