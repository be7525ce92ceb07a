"""Boundaries as they were: when they changed, what differs between then and today."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, literal, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from gis.tables import unit_lineage, unit_version

Names = Mapping[str, str]

_c = unit_version.c
# As many as somebody reads; the export has all.
MOST_LISTED = 200
# Shapes of more units than this are a map nobody reads at once.
MOST_DRAWN = 3000


class Kind(StrEnum):
    """How a unit differs."""

    BEGAN = "began"
    """There was none then."""
    ENDED = "ended"
    """There is none today."""
    REDRAWN = "redrawn"
    MOVED = "moved"
    """It lies in another unit."""
    RENAMED = "renamed"
    """It has another name or code."""


@dataclass(frozen=True)
class Difference:
    """A unit that is not today what it was."""

    unit_id: int
    level: int
    code: str
    names: Mapping[str, str]
    # What the unit it lies in is called; None for the widest.
    parent: Names | None
    kinds: tuple[Kind, ...]
    # None where there was no such unit, or it has no area.
    was_m2: float | None
    is_m2: float | None


def moments(db: Connection, zoning_id: int) -> list[dt.datetime]:
    """Return when boundaries became what they were from then on, earliest first."""
    began = func.lower(_c.valid)
    query = select(began).where(_c.zoning_id == zoning_id).distinct().order_by(began)
    return [moment for moment in db.scalars(query) if moment is not None]


def differences(
    db: Connection, zoning_id: int, moment: dt.datetime, until: dt.datetime | None = None
) -> list[Difference]:
    """Return the units that differ between a moment and another, or today, widest level first."""
    then = _at(zoning_id, moment).subquery("then")
    today = (_at(zoning_id, until) if until else _today(zoning_id)).subquery("today")
    old, new = then.c, today.c
    parent_id = func.coalesce(new.parent_id, old.parent_id)
    above = unit_version.alias("above")
    # Numbers of units are never used again, so that its latest version is what it is called.
    parent = (
        select(above.c.names)
        .where(above.c.unit_id == parent_id)
        .order_by(func.upper(above.c.valid).desc().nulls_first())
        .limit(1)
        .scalar_subquery()
    )

    def differs(*names: str) -> ColumnElement[bool]:
        return or_(*(old[name].is_distinct_from(new[name]) for name in names))

    is_redrawn = func.ST_AsBinary(old.geom).is_distinct_from(func.ST_AsBinary(new.geom))
    query = (
        select(
            func.coalesce(new.unit_id, old.unit_id),
            func.coalesce(new.level, old.level).label("level"),
            func.coalesce(new.code, old.code).label("code"),
            func.coalesce(new.names, old.names),
            parent,
            old.unit_id.is_(None),
            new.unit_id.is_(None),
            is_redrawn,
            differs("parent_id", "level"),
            differs("code", "names", "kind"),
            old.area_m2,
            new.area_m2,
        )
        .select_from(then.join(today, old.unit_id == new.unit_id, full=True))
        # A version that goes on is the same row.
        .where(old.id.is_distinct_from(new.id))
        .order_by("level", "code")
        .limit(MOST_LISTED)
    )
    found = []
    for row in db.execute(query):
        id_, level, code, names, within, began, ended, redrawn, moved, renamed, was, is_ = row
        kinds = {Kind.BEGAN: began, Kind.ENDED: ended}
        if not (began or ended):
            kinds |= {Kind.REDRAWN: redrawn, Kind.MOVED: moved, Kind.RENAMED: renamed}
        there = tuple(kind for kind, is_so in kinds.items() if is_so)
        if there:
            found.append(Difference(id_, level, code, names, within, there, was, is_))
    return found


def outlines(db: Connection, numbers: Sequence[int], moment: dt.datetime) -> dict[int, Any]:
    """Return outlines of units at a moment as GeoJSON geometries (EPSG:4326), by unit."""
    query = select(_c.unit_id, func.ST_AsGeoJSON(_c.geom, 7)).where(
        _c.unit_id.in_(numbers), _c.valid.op("@>")(moment), _c.geom.is_not(None)
    )
    return {number: json.loads(shape) for number, shape in db.execute(query)}


def drawn(  # noqa: PLR0913 - which units, and how
    db: Connection,
    zoning_id: int,
    moment: dt.datetime,
    level: int,
    *,
    language: str,
    within: int | None = None,
) -> dict[str, Any]:
    """Return the units of a level as they were, as GeoJSON (EPSG:4326).

    Parameters
    ----------
    within
        Only what touches the box of this unit of today.

    Returns
    -------
    dict
        A FeatureCollection of areas: ``name`` in the language, ``changed`` where the unit is not
        today what it was.
    """
    query = (
        select(
            _c.unit_id,
            _c.names,
            case((func.upper_inf(_c.valid), literal(value=False)), else_=literal(value=True)),
            func.ST_AsGeoJSON(_c.geom, 6),
        )
        .where(_c.zoning_id == zoning_id, _c.level == level, _c.geom.is_not(None))
        .where(_c.valid.op("@>")(moment))
        .order_by(_c.unit_id)
        .limit(MOST_DRAWN)
    )
    if within is not None:
        here = unit_version.alias("here")
        query = query.join(here, _c.geom.bool_op("&&")(here.c.geom)).where(
            here.c.unit_id == within, func.upper_inf(here.c.valid)
        )
    features = [
        {
            "type": "Feature",
            "id": unit_id,
            "properties": {"name": names.get(language, ""), "changed": changed},
            "geometry": json.loads(shape),
        }
        for unit_id, names, changed, shape in db.execute(query)
    ]
    return {"type": "FeatureCollection", "features": features}


def lineage(db: Connection, unit_id: int) -> tuple[list[Names], list[Names]]:
    """Return what the units were called that a unit came from, and those it went into."""
    c, older = unit_lineage.c, unit_version.alias("older")
    latest = func.upper(older.c.valid).desc().nulls_first()

    def called(here: ColumnElement[int], there: ColumnElement[int]) -> list[Names]:
        query = (
            select(older.c.unit_id, older.c.names)
            .ext(distinct_on(older.c.unit_id))
            .join(unit_lineage, there == older.c.unit_id)
            .where(here == unit_id, there != unit_id)
            .order_by(older.c.unit_id, latest)
        )
        return [names for _, names in db.execute(query)]

    return called(c.into_id, c.from_id), called(c.from_id, c.into_id)


_COLUMNS = (_c.id, _c.unit_id, _c.level, _c.code, _c.names, _c.kind, _c.parent_id, _c.geom,
            _c.area_m2)  # fmt: skip


def _at(zoning_id: int, moment: dt.datetime) -> Any:  # noqa: ANN401 - a question
    return select(*_COLUMNS).where(_c.zoning_id == zoning_id, _c.valid.op("@>")(moment))


def _today(zoning_id: int) -> Any:  # noqa: ANN401 - a question
    return select(*_COLUMNS).where(_c.zoning_id == zoning_id, func.upper_inf(_c.valid))
