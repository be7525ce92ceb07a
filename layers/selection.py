"""Which units, and which rows, a question is about: a level, a subtree, all that lies in a unit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Select, and_, func, or_, select, true

from gis.errors import NotFoundError
from gis.tables import feature_unit, zoning
from gis.tables import unit_version as table
from layers.layer import Layer

is_current = func.upper_inf(table.c.valid)


def shown_at(level: int, units: Any = table) -> ColumnElement[bool]:  # noqa: ANN401 - table or alias
    """Return whether a unit is drawn when a level is: it is of it, or a face that ends above."""
    # Said as a range first, which an index can follow.
    return and_(units.c.level <= level, or_(units.c.level == level, units.c.is_face))


def at_level(
    db: Connection, zoning_id: int, level: int, within: int | None = None
) -> Select[tuple[int]]:
    """Return the units (``unit_id``) that the map shows of a level, in preorder.

    ``within`` leaves those in a unit; where that is of another zoning, those that meet it.

    Raises
    ------
    NotFoundError
        If no unit has the number ``within``.
    """
    query = (
        select(table.c.unit_id)
        .where(table.c.zoning_id == zoning_id, is_current, shown_at(level))
        .order_by(table.c.lft)
    )
    if within is None:
        return query
    here = version(db, within)
    if here.zoning_id == zoning_id:
        return query.where(table.c.lft.between(here.lft, here.rgt))
    area = select(table.c.geom).where(table.c.unit_id == within, is_current).scalar_subquery()
    return query.where(func.ST_Intersects(table.c.geom, area))


def version(db: Connection, unit_id: int) -> Any:  # noqa: ANN401 - a row
    """Return today's zoning_id, lft, rgt, parent_id, level, area_m2 and is_main of a unit.

    Raises
    ------
    NotFoundError
        If no unit of today has this number.
    """
    row = db.execute(
        select(
            table.c.zoning_id,
            table.c.lft,
            table.c.rgt,
            table.c.parent_id,
            table.c.level,
            table.c.area_m2,
            zoning.c.is_main,
        )
        .join(zoning, zoning.c.id == table.c.zoning_id)
        .where(table.c.unit_id == unit_id, is_current)
    ).first()
    if row is None:
        raise unknown(unit_id)
    return row


def unknown(unit_id: int) -> NotFoundError:
    """Return the sentence for a number that no unit of today has."""
    return NotFoundError(
        f"No unit has the number {unit_id}. It may have been merged or retired; "
        "search for its name or code."
    )


def rows_in(
    db: Connection, layer: Layer, unit_id: int, *, table_: FromClause | None = None
) -> ColumnElement[bool]:
    """Return the condition that a layer's row lies in a unit or below it.

    On the main tree it is a range of ``unit_id``, so that indexes on it serve. ``table_`` is a view
    of the layer's table that is asked in its place.
    """
    rows = layer.table if table_ is None else table_
    here = version(db, unit_id)
    if not here.is_main:
        c = feature_unit.c
        return rows.c.id.in_(
            select(c.feature_id).where(
                c.layer == layer.id,
                c.zoning_id == here.zoning_id,
                c.unit_id.in_(_subtree(here)),
            )
        )
    return below(db, here, rows.c.unit_id)


def below(
    db: Connection,
    here: Any,  # noqa: ANN401 - a row
    column: ColumnElement[int],
) -> ColumnElement[bool]:
    """Return the condition that a column names a unit of the main tree, or one below it.

    Parameters
    ----------
    here
        What `version` returns of the unit.
    """
    if here.parent_id is None:
        return column.is_not(None)
    ids = _subtree(here).subquery()
    low, high, number = db.execute(
        select(func.min(ids.c.unit_id), func.max(ids.c.unit_id), func.count())
    ).one()
    # Ids are given out in preorder, so that a subtree is one range until a change breaks it up.
    whole = high - low + 1 == number
    return and_(column.between(low, high), true() if whole else column.in_(_subtree(here)))


def _subtree(here: Any) -> Select[tuple[int]]:  # noqa: ANN401 - a row
    return select(table.c.unit_id).where(
        table.c.zoning_id == here.zoning_id, is_current, table.c.lft.between(here.lft, here.rgt)
    )
