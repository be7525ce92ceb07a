"""Tables of handled incidents: steps, pauses, comments, files, reporters, and whose duty they are.

They are of the city's data, as the incidents are: loading a city anew removes them.
"""

from __future__ import annotations

from sqlalchemy import (
    REAL,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from gis.access.tables import account
from gis.tables import duty_body, incident, incident_class, metadata, unit

_WHEN = DateTime(timezone=True)


def _of_incident(*, indexed: bool = False) -> Column[int]:
    return Column(
        "incident_id", ForeignKey(incident.c.id, ondelete="CASCADE"), nullable=False, index=indexed
    )


# 立案条件: of what a class asks, and within which time.
class_condition = Table(
    "class_condition",
    metadata,
    Column("scheme", Text, nullable=False),
    # Of a small class.
    Column("code", Text, nullable=False),
    # Counts from 1 in each class; 1 is meant where none is said.
    Column("number", SmallInteger, nullable=False),
    # When a case is made of it, and when the case may be closed: {"zh": …, "en": …}.
    Column("opens", JSONB, nullable=False),
    Column("closes", JSONB, nullable=False, server_default="{}"),
    # The limit: so many of a `layers.handling.clock.Unit`.
    Column("amount", REAL, nullable=False),
    Column("unit", Text, nullable=False),
    PrimaryKeyConstraint("scheme", "code", "number"),
    ForeignKeyConstraint(["scheme", "code"], [incident_class.c.scheme, incident_class.c.code]),
)

# Whose duty it is; NULL: whichever. Of several that fit `layers.handling.duty` says which.
duty_rule = Table(
    "duty_rule",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("scheme", Text),
    # A small class, or a big one.
    Column("code", Text),
    Column("condition", SmallInteger),
    # In this unit and all below it.
    Column("unit_id", ForeignKey(unit.c.id)),
    # NULL: the territory's own.
    Column("body_id", ForeignKey(duty_body.c.id)),
    Column("priority", SmallInteger, nullable=False, server_default="0"),
)

# What the city's people decided themselves: whose duty an incident is beyond `duty_rule`, and who
# hears when time runs out. Rows are added, never changed; the last one of a kind is in force.
rule_version = Table(
    "rule_version",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    # A `layers.handling.rule_versions.Kind`.
    Column("kind", Text, nullable=False),
    Column("at", _WHEN, nullable=False, server_default=func.now()),
    # Who, as he was called then.
    Column("account_id", Integer),
    Column("name", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    # All rules, in their order.
    Column("rules", JSONB, nullable=False),
    # What was known of their effect when they were saved; NULL: nobody looked.
    Column("replayed", JSONB(none_as_null=True)),
    Index("ix_rule_version_kind", "kind", "id"),
)

# Rules as somebody edits them, before they are saved as a version.
rule_draft = Table(
    "rule_draft",
    metadata,
    Column("account_id", ForeignKey(account.c.id, ondelete="CASCADE"), nullable=False),
    Column("kind", Text, nullable=False),
    # The version it was begun from; 0: there was none.
    Column("base", Integer, nullable=False),
    Column("rules", JSONB, nullable=False),
    # What they would have done, and by which data; NULL: not looked at since they were edited.
    Column("replayed", JSONB(none_as_null=True)),
    Column("changed_at", _WHEN, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("account_id", "kind"),
)

# What was done with an incident: rows are added, never changed.
incident_step = Table(
    "incident_step",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _of_incident(),
    Column("at", _WHEN, nullable=False, server_default=func.clock_timestamp()),
    # NULL: the program, or somebody on the machine itself.
    Column("account_id", Integer),
    # As he was called then.
    Column("name", Text, nullable=False, server_default=""),
    # A `layers.handling.stages.Act`, or "report".
    Column("act", Text, nullable=False),
    # Stages before and after; "" before it was reported.
    Column("before", Text, nullable=False),
    Column("after", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    # Why, where an act needs a reason.
    Column("reason", Text, nullable=False, server_default=""),
    # What else belongs to it: the body, the duty, how long.
    Column("details", JSONB, nullable=False, server_default="{}"),
    # The incident's version after it.
    Column("version", Integer, nullable=False),
    Index("ix_incident_step_incident_id", "incident_id", "id"),
)

# When the clock stood still.
incident_pause = Table(
    "incident_pause",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    _of_incident(indexed=True),
    Column("since", _WHEN, nullable=False),
    # NULL: it still does.
    Column("until", _WHEN),
    # suspended, deferred, checked
    Column("why", Text, nullable=False),
)

incident_comment = Table(
    "incident_comment",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    _of_incident(),
    Column("at", _WHEN, nullable=False, server_default=func.now()),
    Column("account_id", Integer),
    Column("name", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Index("ix_incident_comment_incident_id", "incident_id", "id"),
)

# Photos and papers of a case, the bytes with them: decision 0029.
incident_file = Table(
    "incident_file",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    _of_incident(),
    Column("at", _WHEN, nullable=False, server_default=func.now()),
    # Who added it, as he was called then.
    Column("account_id", Integer),
    Column("name", Text, nullable=False, server_default=""),
    # What the file was called where it came from, for people only.
    Column("file", Text, nullable=False),
    # image/jpeg or application/pdf
    Column("media_type", Text, nullable=False),
    # Of what was sent: the same once more is the same file.
    Column("sha256", Text, nullable=False),
    # Of what is kept, in bytes; of photos, in pixels.
    Column("size", Integer, nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    # Large values lie outside the row: lists of files never read them.
    Column("body", LargeBinary, nullable=False),
    # A small JPEG; NULL for what is no photo.
    Column("thumbnail", LargeBinary),
    # Finds the files of a case, too.
    UniqueConstraint("incident_id", "sha256"),
)

# P2: who reported it, and whether he is to hear what becomes of it. Those of a duplicate are told
# of the case that it repeats.
incident_reporter = Table(
    "incident_reporter",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    _of_incident(indexed=True),
    Column("name", Text),
    Column("phone", Text),
    # One who has an account.
    Column("account_id", Integer),
    Column("is_subscribed", Boolean, nullable=False, server_default="false"),
    Column("at", _WHEN, nullable=False, server_default=func.now()),
)

# Who was told of an incident: by a rule, or because he follows it.
incident_notice = Table(
    "incident_notice",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    _of_incident(indexed=True),
    Column("account_id", ForeignKey(account.c.id, ondelete="CASCADE"), nullable=False),
    # A `layers.handling.told.About`.
    Column("about", Text, nullable=False),
    # What the rule is called; of boundaries that moved, the number of the order.
    Column("rule", Text, nullable=False, server_default=""),
    # What was done or said; who may not read that any more is not told. No foreign keys: it goes
    # with the incident, as the notice does.
    Column("step_id", BigInteger),
    Column("comment_id", Integer),
    Column("at", _WHEN, nullable=False, server_default=func.now()),
    Column("seen_at", _WHEN),
    Index(
        "ix_incident_notice_unseen", "account_id", "incident_id",
        postgresql_where=text("seen_at IS NULL"),
    ),
)  # fmt: skip

# Reports that came with a key: the same one again is the same incident.
incident_receipt = Table(
    "incident_receipt",
    metadata,
    # The account's number; 0: on the machine itself.
    Column("account_id", Integer, nullable=False),
    Column("key", Text, nullable=False),
    # No foreign key: it is written before the incident, so that two at once wait for each other.
    Column("incident_id", Integer, nullable=False),
    # Of what was reported.
    Column("sha256", Text, nullable=False),
    Column("at", _WHEN, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("account_id", "key"),
)

# Filters of incidents that somebody gave a name, his own or shared with those who hold a post where
# he does. A filter is the page's own link, so that it shows what is there when it is opened.
saved_filter = Table(
    "saved_filter",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("account_id", ForeignKey(account.c.id, ondelete="CASCADE"), nullable=False),
    Column("name", Text, nullable=False),
    # "?unit=12&cases=overdue": what the page's address says of it.
    Column("query", Text, nullable=False),
    # With whose posts it is shared; NULL both: with nobody's.
    Column("unit_id", ForeignKey(unit.c.id)),
    Column("body_id", ForeignKey(duty_body.c.id)),
    Column("created_at", _WHEN, nullable=False, server_default=func.now()),
    Column("deleted_at", _WHEN),
    Index("ix_saved_filter_account_id", "account_id"),
)

# The hotline's own orders, each once by its number: reported as an incident, waiting for somebody
# to say where it is, or put away.
hotline_order = Table(
    "hotline_order",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    # `layers.handling.hotline.State`
    Column("state", Text, nullable=False),
    Column("incident_id", ForeignKey(incident.c.id)),
    # What the file was called, and which of its rows it is.
    Column("file", Text, nullable=False),
    Column("row", Integer, nullable=False),
    # Who brought it.
    Column("account_id", Integer),
    Column("at", _WHEN, nullable=False, server_default=func.now()),
    # Why it waits.
    Column("why", Text, nullable=False, server_default=""),
    # Where its place lies as guessed; whoever registers there decides.
    Column("unit_id", ForeignKey(unit.c.id)),
    # What is reported of it one day, without who called; NULL once it does not wait any more.
    Column("draft", JSONB),
    # What the hotline said last, to tell what changed; long words by their checksum. NULL: it was
    # brought before this was kept.
    Column("said", JSONB(none_as_null=True)),
    Index("ix_hotline_order_state", "state", postgresql_where=text("state = 'waiting'")),
)

# P2: who called about an order that waits.
hotline_caller = Table(
    "hotline_caller",
    metadata,
    Column(
        "order_id", ForeignKey(hotline_order.c.id, ondelete="CASCADE"), primary_key=True,
        autoincrement=False,
    ),
    Column("name", Text),
    Column("phone", Text),
)  # fmt: skip

# How the city's hotline writes; one row.
hotline_setting = Table(
    "hotline_setting",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    # Field → column.
    Column("columns", JSONB, nullable=False),
    # Its word for a class → "scheme/small".
    Column("words", JSONB, nullable=False),
)

# What a device raised about an incident, and how often: its repeats make no other incident.
incident_alarm = Table(
    "incident_alarm",
    metadata,
    Column("incident_id", ForeignKey(incident.c.id, ondelete="CASCADE"), nullable=False),
    # As the device, or what reports for it, calls itself.
    Column("device", Text, nullable=False),
    # What it raised: "smoke", "level_high".
    Column("signal", Text, nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_at", _WHEN, nullable=False),
    Column("last_at", _WHEN, nullable=False),
    PrimaryKeyConstraint("incident_id", "device", "signal"),
    Index("ix_incident_alarm_device", "device", "signal", "incident_id"),
)
