"""Reading units from the database as they are edited: outlines on the grid, places in the tree."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import shapely
from sqlalchemy import ColumnElement, Connection, any_, case, func, select

from gis.arrangement import from_grid, to_grid
from gis.division.delta import Unit
from gis.division.division import Division
from gis.division.rings import Rings, Vertex, ordered, shape
from gis.errors import NotFoundError
from gis.tables import unit_version

_c = unit_version.c


def units(db: Connection, numbers: Iterable[int]) -> dict[int, Unit]:
    """Return those of the units that are there today; only faces have rings."""
    wanted = sorted(numbers)
    return _read(db, _c.unit_id == any_(wanted)) if wanted else {}  # type: ignore[arg-type]


def units_above(db: Connection, numbers: Iterable[int]) -> dict[int, Unit]:
    """Return those of the units that are there today, and all that they lie in."""
    is_one = _c.unit_id == any_(sorted(numbers))  # type: ignore[arg-type]
    columns = (_c.unit_id, _c.parent_id)
    start = select(*columns).where(func.upper_inf(_c.valid), is_one).cte("above", recursive=True)
    # UNION, not UNION ALL: siblings share what is above them.
    upward = start.union(
        select(*columns)
        .join(start, _c.unit_id == start.c.parent_id)
        .where(func.upper_inf(_c.valid))
    )
    return _read(db, _c.unit_id.in_(select(upward.c.unit_id)))


def outlines(db: Connection, numbers: Iterable[int]) -> dict[int, Rings]:
    """Return the outlines of units today, derived ones too; units without an area are left out."""
    wanted = sorted(numbers)
    if not wanted:
        return {}
    query = select(_c.unit_id, func.ST_AsBinary(_c.geom)).where(
        _c.unit_id == any_(wanted),  # type: ignore[arg-type]
        func.upper_inf(_c.valid),
        _c.geom.is_not(None),
    )
    rows = db.execute(query).all()
    return dict(zip((n for n, _ in rows), _rings([wkb for _, wkb in rows]), strict=True))


def shapes_4326(outlines: Mapping[int, Rings]) -> dict[int, shapely.MultiPolygon]:
    """Return outlines as they are stored: in degrees."""
    if not outlines:
        return {}
    found = from_grid(np.array([shape(rings) for rings in outlines.values()], dtype=object))
    return dict(zip(outlines, found, strict=True))


def open_division(db: Connection, within: Sequence[int]) -> Division:
    """Return the faces within some units and around them, and everything they lie in.

    The faces around are there to follow a shared edge; their own far edges are locked, because
    who shares those is not loaded.

    Raises
    ------
    NotFoundError
        If one of the units is not there today.
    """
    top, here = unit_version.alias("top"), unit_version.alias("here")
    inside = (
        select(here.c.unit_id, here.c.zoning_id, here.c.geom)
        .join(top, (here.c.zoning_id == top.c.zoning_id) & here.c.lft.between(top.c.lft, top.c.rgt))
        .where(top.c.unit_id.in_(within), func.upper_inf(top.c.valid), func.upper_inf(here.c.valid))
        .subquery()
    )
    wanted = (
        select(top.c.geom, top.c.zoning_id)
        .where(top.c.unit_id.in_(within), func.upper_inf(top.c.valid))
        .subquery()
    )
    touching = (
        select(_c.unit_id)
        .join(
            wanted,
            (wanted.c.zoning_id == _c.zoning_id) & func.ST_Intersects(wanted.c.geom, _c.geom),
        )
        .where(_c.is_face, func.upper_inf(_c.valid))
    )
    found = _read(db, _c.unit_id.in_(select(inside.c.unit_id)) | _c.unit_id.in_(touching))
    if missing := set(within) - found.keys():
        raise NotFoundError(
            f"No unit of today has the number {min(missing)}.", key="border.not_loaded"
        )
    while lacking := {u.parent for u in found.values() if u.parent is not None} - found.keys():
        found |= units(db, lacking)
    return Division(found, children(db, (n for n, u in found.items() if u.rings is None)))


def extend(
    db: Connection, division: Division, whole: Iterable[int], places: Iterable[int] = ()
) -> None:
    """Load further units of today into a division, with all they lie in.

    Parameters
    ----------
    whole
        Units that are loaded with everything below them.
    places
        Units that are loaded themselves.
    """
    known = division.units
    wanted = sorted(n for n in whole if n > 0 and (n not in known or known[n].rings is None))
    named = [n for n in places if n > 0 and n not in known]
    if not wanted and not named:
        return
    found = units(db, named)
    if wanted:
        top = unit_version.alias("top")
        below = (
            select(_c.unit_id)
            .join(top, (_c.zoning_id == top.c.zoning_id) & _c.lft.between(top.c.lft, top.c.rgt))
            .where(top.c.unit_id == any_(wanted), func.upper_inf(top.c.valid))  # type: ignore[arg-type]
        )
        found |= _read(db, _c.unit_id.in_(below))
    while (
        lacking := {u.parent for u in found.values() if u.parent is not None}
        - found.keys()
        - known.keys()
    ):
        found |= units(db, lacking)
    if found.keys() - known.keys():
        division.add(found, children(db, (n for n, u in found.items() if u.rings is None)))


def mark(db: Connection) -> int:
    """Return a number that grows with every change of units: what is read before it is old."""
    return int(db.scalar(select(func.max(_c.id))) or 0)


def children(db: Connection, numbers: Iterable[int]) -> dict[int, int]:
    """Return how many children units have today; those without any are left out."""
    query = (
        select(_c.parent_id, func.count())
        .where(_c.parent_id == any_(sorted(numbers)), func.upper_inf(_c.valid))  # type: ignore[arg-type]
        .group_by(_c.parent_id)
    )
    return {int(parent): count for parent, count in db.execute(query) if parent is not None}


def _read(db: Connection, condition: ColumnElement[bool]) -> dict[int, Unit]:
    columns: tuple[ColumnElement[Any], ...] = (
        _c.unit_id, _c.level, _c.parent_id, _c.code, _c.names, _c.kind, _c.is_face,
        case((_c.is_face, func.ST_AsBinary(_c.geom))),
    )  # fmt: skip
    rows = db.execute(select(*columns).where(condition, func.upper_inf(_c.valid))).all()
    faces = [row for row in rows if row.is_face]
    rings = dict(
        zip((row.unit_id for row in faces), _rings([row[-1] for row in faces]), strict=True)
    )
    return {
        row.unit_id: Unit(
            row.level, row.parent_id, row.code, row.names, row.kind, rings.get(row.unit_id)
        )
        for row in rows
    }


def _rings(wkbs: Sequence[bytes]) -> list[Rings]:
    """Return outlines as rings: of thousands at once, ring by ring would take seconds."""
    shapes = np.empty(len(wkbs), dtype=object)
    shapes[:] = shapely.from_wkb([bytes(wkb) for wkb in wkbs])
    parts, owner = shapely.get_parts(shapely.orient_polygons(to_grid(shapes)), return_index=True)
    lines, of_part = shapely.get_rings(parts, return_index=True)
    xy, of_line = shapely.get_coordinates(lines, return_index=True)
    steps = np.rint(xy).astype(np.int64)
    starts = np.searchsorted(of_line, np.arange(len(lines) + 1)).tolist()
    corners = list(map(tuple, steps.tolist()))
    found: list[list[list[Vertex]]] = [[] for _ in wkbs]
    for k, unit in enumerate(owner[of_part].tolist()):
        # The last vertex of a line is its first again.
        found[unit].append(corners[starts[k] : starts[k + 1] - 1])
    return [ordered(rings) for rings in found]
