"""Versions of units: a change closes those of today and opens the next.

The rows that lie on the units, and what is counted of them, follow in `layers.taking_effect`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, all_, any_, delete, func, select, update

from gis import bulk, lineage, preorder, shapes
from gis.arrangement import Shapes
from gis.changes import Change, ancestry
from gis.division.rings import shape
from gis.errors import BoundaryError
from gis.ruler import Ruler
from gis.tables import STORED_CRS, unit_shape, unit_version

_c = unit_version.c
# Some two hundred metres: what lies further away hardly bears on how an edge is simplified.
AROUND_DEGREES = 0.002


@dataclass(frozen=True)
class _Kept:
    """What a version has beside the unit's place and title."""

    lft: int
    rgt: int
    began: dt.datetime
    geom: shapely.Geometry | None = None
    centre: shapely.Geometry | None = None
    area_m2: float | None = None


def write(
    db: Connection,
    change: Change,
    touching: Collection[int],
    *,
    at: dt.datetime,
    reason: str = "",
) -> None:
    """Close and open versions, number new units, write map shapes and lineage.

    Parameters
    ----------
    touching
        What `beside` returned.
    at
        When the change comes into force: not before the versions that it closes began.
    """
    ended = {*change.delta.old, *change.units}
    kept = _kept(db, ended)
    as_before = _as_before(change, kept, touching, at)
    _close(db, ended, at, as_before)
    _open(db, change, kept, at)
    _hand_on_shapes(db, as_before)
    old, new = change.delta.old, change.delta.new
    preorder.place(
        db, {n for n in new if n not in old or old[n].code != new[n].code} | change.moved
    )
    _write_shapes(db, change, {*change.units, *touching} - as_before)
    lineage.record(db, sorted(ancestry(change.delta)), at=at, reason=reason)


def _as_before(
    change: Change, kept: Mapping[int, _Kept], touching: Collection[int], at: dt.datetime
) -> frozenset[int]:
    """Return the units that the map draws as before: called otherwise, or lying in another."""
    old, new = change.delta.old, change.delta.new
    return frozenset(
        n
        for n in old.keys() & new.keys()
        if n not in change.outlines
        and n not in touching
        and old[n].level == new[n].level
        # What began at the same moment never was, and nor were its shapes.
        and kept[n].began < at
    )


def _close(
    db: Connection, numbers: Iterable[int], at: dt.datetime, as_before: Collection[int]
) -> None:
    """End the versions of today; one that began at the same moment never was."""
    of_them = (_c.unit_id == any_(sorted(numbers)), func.upper_inf(_c.valid))  # type: ignore[arg-type]
    latest = db.scalar(select(func.max(func.lower(_c.valid))).where(*of_them))
    if latest is not None and latest > at:
        raise BoundaryError(
            f"The change would take effect at {at:%Y-%m-%d %H:%M}, before what it changes "
            f"began at {latest:%Y-%m-%d %H:%M}. Choose a later moment."
        )
    of_versions = select(_c.id).where(*of_them).scalar_subquery()
    db.execute(
        delete(unit_shape).where(
            unit_shape.c.unit_version_id.in_(of_versions),
            unit_shape.c.unit_id != all_(sorted(as_before)),  # type: ignore[arg-type]
        )
    )
    db.execute(delete(unit_version).where(*of_them, func.lower(_c.valid) == at))
    db.execute(
        update(unit_version).where(*of_them).values(valid=func.tstzrange(func.lower(_c.valid), at))
    )


def _kept(db: Connection, numbers: Iterable[int]) -> dict[int, _Kept]:
    """Return what new versions keep of those of today."""
    query = select(
        _c.unit_id, _c.lft, _c.rgt, func.lower(_c.valid), func.ST_AsBinary(_c.geom),
        func.ST_AsBinary(_c.centre), _c.area_m2,
    ).where(_c.unit_id == any_(sorted(numbers)), func.upper_inf(_c.valid))  # type: ignore[arg-type] # fmt: skip
    return {
        number: _Kept(lft, rgt, began, _geometry(geom), _geometry(centre), area)
        for number, lft, rgt, began, geom, centre, area in db.execute(query)
    }


def _geometry(wkb: bytes | None) -> shapely.Geometry | None:
    return None if wkb is None else shapely.from_wkb(bytes(wkb))


def _open(db: Connection, change: Change, kept: Mapping[int, _Kept], at: dt.datetime) -> None:
    numbers = sorted(change.units)
    units = [change.units[n] for n in numbers]
    geoms = {**{n: kept[n].geom for n in numbers if n in kept}, **change.shapes}
    drawn = [n for n in numbers if n in change.outlines]
    centres = {n: kept[n].centre for n in numbers if n in kept}
    areas = {n: kept[n].area_m2 for n in numbers if n in kept}
    if drawn:
        grid = np.array([shape(change.outlines[n]) for n in drawn], dtype=object)
        ruler = _ruler(change.city.metric_crs, change.city.tolerance_m)
        areas |= dict(zip(drawn, ruler.area_m2(grid).tolist(), strict=True))
        points = shapely.point_on_surface([change.shapes[n] for n in drawn])
        centres |= dict(zip(drawn, points, strict=True))
    # Nowhere in the tree yet, unless it was there.
    order = [kept[n] if n in kept else _Kept(0, 0, at) for n in numbers]
    bulk.copy(
        db,
        unit_version,
        {
            "unit_id": np.array(numbers),
            "zoning_id": np.full(len(numbers), change.zoning_id),
            "valid": np.full(
                len(numbers), np.datetime64(at.astimezone(dt.UTC).replace(tzinfo=None))
            ),
            "code": np.array([unit.code for unit in units], dtype=object),
            "names": np.array([dict(unit.names) for unit in units], dtype=object),
            "level": np.array([unit.level for unit in units]),
            "parent_id": pd.Series([unit.parent for unit in units], dtype="Int64"),
            "lft": np.array([one.lft for one in order]),
            "rgt": np.array([one.rgt for one in order]),
            "kind": np.array([unit.kind for unit in units], dtype=object),
            "is_face": np.array([unit.rings is not None for unit in units]),
            "geom": _objects([geoms.get(n) for n in numbers]),
            "centre": _objects([centres.get(n) for n in numbers]),
            "area_m2": np.array([areas.get(n) for n in numbers], dtype=float),
        },
    )


def _objects(values: list[shapely.Geometry | None]) -> Shapes:
    result = np.empty(len(values), dtype=object)
    result[:] = values
    return result


@cache
def _ruler(metric_crs: str, tolerance_m: float) -> Ruler:
    # Making one takes longer than measuring the units of an edit.
    return Ruler(metric_crs, tolerance_m)


def beside(db: Connection, change: Change) -> frozenset[int]:
    """Return the units that touch one of the same level that a change begins, ends or redraws.

    Those themselves are among them. Asked before `write`. Where three units met two may meet now,
    or the reverse, and so an edge is simplified as one piece or as two, though an outline stays.
    """
    near, own = unit_version.alias("near"), unit_version.alias("own")
    ids = sorted(
        {*change.outlines, *change.delta.redrawn}
        | (change.delta.old.keys() - change.delta.new.keys())
    )
    touches = (
        select(near.c.unit_id)
        .join(
            own,
            (near.c.level == own.c.level)
            & (near.c.zoning_id == own.c.zoning_id)
            & near.c.geom.bool_op("&&")(own.c.geom)
            & func.ST_Intersects(near.c.geom, own.c.geom),
        )
        .where(own.c.unit_id == any_(ids), func.upper_inf(own.c.valid))  # type: ignore[arg-type]
        .where(func.upper_inf(near.c.valid))
    )
    found = set(db.scalars(touches))
    # What is new may lie where no unit of its level was: a unit that is divided for the first time.
    for number in sorted(
        (change.outlines.keys() & change.delta.new.keys()) - change.delta.old.keys()
    ):
        area = func.ST_GeomFromWKB(shapely.to_wkb(change.shapes[number]), STORED_CRS)
        query = select(_c.unit_id).where(
            _c.zoning_id == change.zoning_id,
            _c.level == change.units[number].level,
            func.upper_inf(_c.valid),
            _c.geom.bool_op("&&")(area),
            func.ST_Intersects(_c.geom, area),
        )
        found |= set(db.scalars(query))
    return frozenset(found)


def _hand_on_shapes(db: Connection, units: Collection[int]) -> None:
    """Give the shapes that units had to their versions of today."""
    if units:
        db.execute(
            update(unit_shape)
            .where(
                unit_shape.c.unit_id == any_(sorted(units)),  # type: ignore[arg-type]
                _c.unit_id == unit_shape.c.unit_id,
                func.upper_inf(_c.valid),
            )
            .values(unit_version_id=_c.id)
        )


def _write_shapes(db: Connection, change: Change, units: Collection[int]) -> None:
    """Write the map's shapes of units of today, some of them redrawn, as one coverage."""
    numbers = sorted(units)
    near, own = unit_version.alias("near"), unit_version.alias("own")
    close = (
        select(near.c.id)
        .join(
            own,
            (near.c.level == own.c.level)
            & (near.c.zoning_id == own.c.zoning_id)
            & near.c.geom.bool_op("&&")(func.ST_Expand(own.c.geom, AROUND_DEGREES)),
        )
        .where(own.c.unit_id == any_(numbers), func.upper_inf(own.c.valid))  # type: ignore[arg-type]
        .where(func.upper_inf(near.c.valid))
    )
    query = select(_c.unit_id, _c.id, _c.level, func.ST_AsBinary(_c.geom)).where(_c.id.in_(close))
    rows = {row[0]: row for row in db.execute(query)}
    written = [rows[n] for n in numbers if n in rows]
    if not written:
        return
    db.execute(
        delete(unit_shape).where(unit_shape.c.unit_version_id.in_([row[1] for row in written]))
    )
    around: dict[int, list[shapely.Geometry]] = {}
    for number in sorted(rows.keys() - set(numbers)):
        around.setdefault(rows[number][2], []).append(shapely.from_wkb(bytes(rows[number][3])))
    shapes.write(
        db,
        change.zoning_id,
        np.array([row[1] for row in written], np.int64),
        np.array([row[0] for row in written], np.int64),
        np.array([row[2] for row in written], np.int64),
        _objects([shapely.from_wkb(bytes(row[3])) for row in written]),
        is_main=True,
        around={level: _objects(list(found)) for level, found in around.items()},
    )
