"""Tables of change orders: drafts, whom they wait for, what was said and done about them.

They are of the city's data, as the units are that they change: loading a city anew removes them.
"""

from __future__ import annotations

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from gis.access.tables import account
from gis.tables import STORED_CRS, metadata, zoning

_WHEN = DateTime(timezone=True)

change_order = Table(
    "change_order",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    # TZ-2026-0007: the seventh of the year by the city's calendar.
    Column("year", SmallInteger, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("title", Text, nullable=False),
    # A `gis.orders.status.Status`.
    Column("status", Text, nullable=False),
    Column("zoning_id", ForeignKey(zoning.c.id), nullable=False),
    # The units in which it is drawn; what lies around them is open, too.
    Column("within", ARRAY(Integer), nullable=False),
    # NULL: made on the machine itself.
    Column("author_id", ForeignKey(account.c.id)),
    # As he was called then.
    Column("author", Text, nullable=False),
    # Who proposed it, where somebody else was to make it his own.
    Column("proposer_id", ForeignKey(account.c.id)),
    Column("proposer", Text, nullable=False, server_default=""),
    # Grows with every write of the draft: who writes names the one he saw.
    Column("revision", Integer, nullable=False, server_default="0"),
    # Of `steps` steps the first `done` are in force; the others were undone.
    Column("steps", Integer, nullable=False, server_default="0"),
    Column("done", Integer, nullable=False, server_default="0"),
    # Why, in the author's words.
    Column("reason", Text, nullable=False, server_default=""),
    # Remarks that are no faults, answered by the author: key of the remark → words.
    Column("answers", JSONB, nullable=False, server_default="{}"),
    # How often it was submitted: whom it asks is asked anew each time.
    Column("round", SmallInteger, nullable=False, server_default="0"),
    # NULL: as soon as it may.
    Column("effective_on", Date),
    # The change with the numbers its new units got; NULL until it takes effect.
    Column("effect", JSONB),
    Column("effective_at", _WHEN),
    # The units it changes, from the day it is submitted; a scheduled order reserves them.
    Column("touched", ARRAY(Integer), nullable=False, server_default="{}"),
    # Why it could not take effect: {"sentence": …}, or a `gis.orders.merging.Conflict`.
    Column("failure", JSONB),
    # The order that this one takes back.
    Column("undoes", Integer),
    Column("created_at", _WHEN, nullable=False, server_default=func.now()),
    Column("updated_at", _WHEN, nullable=False, server_default=func.now()),
    UniqueConstraint("year", "serial"),
    Index("ix_change_order_touched", "touched", postgresql_using="gin"),
)
Index(
    "ix_change_order_scheduled", change_order.c.effective_on,
    postgresql_where=change_order.c.status == "scheduled",
)  # fmt: skip

# Rows above `change_order.steps` are left over from what was undone, and written over.
order_step = Table(
    "order_step",
    metadata,
    Column("order_id", ForeignKey(change_order.c.id, ondelete="CASCADE"), nullable=False),
    Column("n", Integer, nullable=False),
    # A `gis.division.delta.Delta`.
    Column("delta", JSONB, nullable=False),
    # Of its units, those that are there today.
    Column("units", ARRAY(Integer), nullable=False),
    # What was done, as the editor said it.
    Column("said", Text, nullable=False, server_default=""),
    Column("at", _WHEN, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("order_id", "n"),
)

# Whom an order asks: one row for each stage and unit of one round.
order_ask = Table(
    "order_ask",
    metadata,
    Column("order_id", ForeignKey(change_order.c.id, ondelete="CASCADE"), nullable=False),
    Column("round", SmallInteger, nullable=False),
    # A `gis.orders.status.Stage`.
    Column("stage", Text, nullable=False),
    Column("unit_id", Integer, nullable=False),
    # A `gis.orders.status.Act`; NULL while it waits.
    Column("answer", Text),
    Column("account_id", Integer),
    Column("name", Text),
    Column("note", Text, nullable=False, server_default=""),
    Column("at", _WHEN),
    PrimaryKeyConstraint("order_id", "round", "stage", "unit_id"),
)

order_event = Table(
    "order_event",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("order_id", ForeignKey(change_order.c.id, ondelete="CASCADE"), nullable=False),
    Column("at", _WHEN, nullable=False, server_default=func.clock_timestamp()),
    # NULL: the program.
    Column("account_id", Integer),
    Column("name", Text, nullable=False, server_default=""),
    # A `gis.orders.status.Act`, or "create".
    Column("act", Text, nullable=False),
    # Statuses before and after.
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("details", JSONB, nullable=False, server_default="{}"),
    Index("ix_order_event_order_id", "order_id", "id"),
)

order_comment = Table(
    "order_comment",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("order_id", ForeignKey(change_order.c.id, ondelete="CASCADE"), nullable=False),
    Column("at", _WHEN, nullable=False, server_default=func.now()),
    Column("account_id", ForeignKey(account.c.id)),
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
    # Where on the map it is pinned, and which unit it is about.
    Column("place", Geometry("POINT", srid=STORED_CRS, spatial_index=False)),
    Column("unit_id", Integer),
    Index("ix_order_comment_order_id", "order_id", "id"),
)

# What somebody concerned is told on the page.
order_notice = Table(
    "order_notice",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("account_id", ForeignKey(account.c.id, ondelete="CASCADE"), nullable=False),
    Column("order_id", ForeignKey(change_order.c.id, ondelete="CASCADE"), nullable=False),
    # A `gis.orders.notices.About`.
    Column("about", Text, nullable=False),
    Column("at", _WHEN, nullable=False, server_default=func.now()),
    Column("seen_at", _WHEN),
    Index("ix_order_notice_account_id", "account_id", "id"),
)
Index(
    "ix_order_notice_unseen", order_notice.c.account_id,
    postgresql_where=text("seen_at IS NULL"),
)  # fmt: skip
