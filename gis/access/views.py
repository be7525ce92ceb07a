"""What a viewer sees of persons and their numbers: functions and views, and how to ask them.

`people`, `household`, `unit_count` and so on are under the row policy (`gis.access.policy`). The
views here add what everybody may see beside it: released numbers of units that are not the
viewer's own, and persons masked. For the owner of the schema and for the engine they are the plain
tables.
"""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    LargeBinary,
    SmallInteger,
    TableClause,
    TableValuedAlias,
    Text,
    cast,
    column,
    func,
    literal_column,
    table,
)

from gis.tables import SCHEMA, STORED_CRS, incident

seen_count = table(
    "seen_count", column("unit_id", Integer), column("measure_id", SmallInteger),
    column("n", BigInteger), schema=SCHEMA,
)  # fmt: skip
"""`unit_count` as the viewer sees it; ``n`` NULL: suppressed."""

seen_series = table(
    "seen_series", column("unit_id", Integer), column("measure_id", SmallInteger),
    column("day", Date), column("n", BigInteger), schema=SCHEMA,
)  # fmt: skip
"""`unit_series` as the viewer sees it; of units not his own, the releases. NULL: suppressed."""

person_cell = table(
    "person_cell", column("measure_id", SmallInteger), column("zoom", SmallInteger),
    column("x", Integer), column("y", Integer), column("n", BigInteger), schema=SCHEMA,
)  # fmt: skip
"""`cell_count` of persons as the viewer sees it: the rounded totals of the latest release."""

seen_h3 = table(
    "seen_h3", column("measure_id", SmallInteger), column("resolution", SmallInteger),
    column("cell", BigInteger), column("n", BigInteger), schema=SCHEMA,
)  # fmt: skip
"""`h3_count` as the viewer sees it: of persons the rounded totals of the latest release."""

seen_incident: TableClause = table(
    "seen_incident", *(column(c.name, c.type) for c in incident.columns), schema=SCHEMA
)
"""`incident` as the viewer sees it, quick to ask by place on every server."""

person_masked = table(
    "person_masked",
    column("people_id", Integer),
    *(column(name, Integer) for name in ("building_id", "entrance_id", "household_id", "unit_id")),
    *(column(name) for name in ("room", "name", "phone", "sex", "residence")),
    *(column(name, SmallInteger) for name in ("age_band", "care")),
    column("count", Integer),
    column("is_sheltered", Boolean),
    column("has_id_number", Boolean),
    schema=SCHEMA,
)
"""The persons of the viewer's own units, masked.

``care`` is NULL where he may not see it. ``is_sheltered``: a child under 14 or somebody living
alone is at home here, so that the door is masked wholly.
"""


care_place = table(
    "care_place",
    *(column(name, Integer) for name in ("id", "unit_id", "count")),
    column("care", SmallInteger),
    column("geom", Geometry("POINT", srid=STORED_CRS)),
    schema=SCHEMA,
)
"""People in care, of the units where the viewer may see who is: for adding up, not for showing."""


def person_clear(people_id: int) -> TableValuedAlias:
    """Return what is not masked of a person: name, phone, room, id_number (encrypted).

    The database gives it only to a transaction that has written the reveal, with its reason, to
    the audit, and only of units where the viewer may unmask. No row else.
    """
    return func.citygrid.person_clear(people_id).table_valued(
        column("name", Text), column("phone", Text), column("room", Text),
        column("id_number", LargeBinary),
    )  # fmt: skip


reporter_masked = table(
    "reporter_masked",
    *(column(name, Integer) for name in ("id", "incident_id")),
    *(column(name, Text) for name in ("name", "phone")),
    column("is_subscribed", Boolean),
    column("at", DateTime(timezone=True)),
    schema=SCHEMA,
)
"""Who reported the cases that the viewer works on, masked."""


def reporter_clear(incident_id: int) -> TableValuedAlias:
    """Return who reported a case, not masked: id, name, phone.

    Given only to a transaction that has written the reveal, with its reason, to the audit, and
    only of cases that the viewer works on. No row else.
    """
    return func.citygrid.reporter_clear(incident_id).table_valued(
        column("id", Integer), column("name", Text), column("phone", Text)
    )


def care_totals(people_ids: list[int]) -> TableValuedAlias:
    """Return how many of some people are in care: ``care`` (the group's bit; 0: any) and ``n``.

    Only of units where the viewer may see who is.
    """
    return func.citygrid.care_totals(cast(people_ids, ARRAY(Integer))).table_valued(
        column("care", Integer), column("n", BigInteger)
    )


estimated_layer = table("estimated_layer", column("layer", Text), schema=SCHEMA)
"""The layers of persons whose rows are estimates."""

seen_units: ColumnElement[Any] = literal_column("(SELECT citygrid.seen_units())")
"""The units whose persons the viewer sees, as a multirange: `unit_id <@ seen_units`."""


def is_seen(unit_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Return whether the persons of a unit, and exact numbers of them, are the viewer's to see."""
    return unit_id.bool_op("<@")(seen_units)


def functions() -> tuple[str, ...]:
    """Return what makes the functions that policies and views ask for the viewer."""
    return _statements("functions")


def masked(*, is_leakproof: bool) -> tuple[str, ...]:
    """Return what makes the views that the masker owns."""
    further = () if is_leakproof else _statements("seen_incident_masked")
    return (*_statements("masked_views"), *further)


def plain(*, is_leakproof: bool) -> tuple[str, ...]:
    """Return what makes the views that read as the viewer does."""
    further = _statements("seen_incident") if is_leakproof else ()
    return (*_statements("viewer_views"), *further)


def _statements(name: str) -> tuple[str, ...]:
    whole = files("gis.access").joinpath(f"sql/{name}.sql").read_text("utf-8")
    lines = (line for line in whole.splitlines() if not line.lstrip().startswith("--"))
    return tuple(filter(None, (s.strip() for s in "\n".join(lines).split(";\n"))))
