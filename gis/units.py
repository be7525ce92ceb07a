"""The units of a zoning: loading them, and what they are today (faces, tree)."""

from __future__ import annotations

import datetime as dt
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, func, insert, select

from gis import bulk, shapes
from gis.city import City, Zoning
from gis.preorder import ROOM_AT_FIRST
from gis.projecting import between
from gis.tables import STORED_CRS, unit, unit_version, zoning_level
from gis.tables import zoning as zoning_table

Shapes: TypeAlias = NDArray[np.object_]

TREE_COLUMNS = ("parent_id", "level", "lft", "rgt", "code", "names", "kind", "is_face")


def load(
    db: Connection, city: City, zoning: Zoning, frame: gpd.GeoDataFrame, *, at: dt.datetime
) -> None:
    """Write a zoning and its units: first versions, derived parents, shapes for the map.

    Parameters
    ----------
    frame
        What `gis.coverage.check` returned: code, name_zh, name_en, level, parent_code, kind, and
        a polygon (EPSG:4326) for each face. The polygon of every other unit is the union of its
        children's.
    at
        When the units begin to be valid.
    """
    zoning_id = (db.scalar(select(func.max(zoning_table.c.id))) or 0) + 1
    first = (db.scalar(select(func.max(unit.c.id))) or 0) + 1
    db.execute(
        insert(zoning_table),
        {"id": zoning_id, "key": zoning.key, "names": zoning.names, "is_main": zoning.is_main},
    )
    levels = [{"level": x.number, "key": x.key, "names": x.names} for x in zoning.levels]
    db.execute(insert(zoning_level), [{"zoning_id": zoning_id, **level} for level in levels])
    rows = _in_preorder(frame, first)
    geoms = _with_parents(rows)
    ids = rows.index.to_numpy()
    bulk.copy(db, unit, {"id": ids, "zoning_id": np.full(len(ids), zoning_id)})
    bulk.copy(
        db,
        unit_version,
        {
            "unit_id": ids,
            "zoning_id": np.full(len(ids), zoning_id),
            "valid": np.full(len(ids), np.datetime64(at.astimezone(dt.UTC).replace(tzinfo=None))),
            "code": rows.code,
            "names": np.array(
                [
                    {"zh": zh, "en": en}
                    for zh, en in zip(rows.name_zh, rows.name_en, strict=True)
                ],
                dtype=object,
            ),
            "level": rows.level.to_numpy(),
            "parent_id": rows.parent_id,
            # With room between them, for the units that changes bring.
            "lft": ids * ROOM_AT_FIRST,
            "rgt": (rows.rgt.to_numpy() + 1) * ROOM_AT_FIRST - 1,
            "kind": rows.kind,
            "is_face": rows.is_face.to_numpy(),
            "geom": geoms,
            "centre": shapely.point_on_surface(geoms),
            "area_m2": _area_m2(geoms, city.metric_crs),
        },
    )  # fmt: skip
    mine = unit_version.c.zoning_id == zoning_id
    found = db.execute(select(unit_version.c.unit_id, unit_version.c.id).where(mine))
    versions = {row.unit_id: row.id for row in found}
    has_area = ~shapely.is_missing(geoms)
    shapes.write(
        db,
        zoning_id,
        np.array([versions[number] for number in ids[has_area].tolist()], np.int64),
        ids[has_area],
        rows.level.to_numpy(np.int64)[has_area],
        geoms[has_area],
        is_main=zoning.is_main,
    )


def _in_preorder(frame: gpd.GeoDataFrame, first: int) -> gpd.GeoDataFrame:
    """Give out numbers so that a subtree is a range of ids, children in the order of their codes.

    Returns
    -------
    GeoDataFrame
        Indexed by id; with parent_id (Int64), rgt (last id of the subtree) and is_face added.
    """
    codes = frame.code.tolist()
    children: dict[str | None, list[int]] = {}
    for position in np.argsort(frame.code.to_numpy(str), kind="stable").tolist():
        parent = frame.parent_code.iat[position]
        children.setdefault(None if pd.isna(parent) else parent, []).append(position)
    order: list[int] = []
    last: dict[int, int] = {}
    # Positions still to be visited; ~position closes a unit whose subtree is done.
    waiting = list(reversed(children.get(None, [])))
    while waiting:
        position = waiting.pop()
        if position < 0:
            last[~position] = first + len(order) - 1
            continue
        order.append(position)
        waiting.append(~position)
        waiting += reversed(children.get(codes[position], []))
    rows = frame.iloc[order].copy()
    rows.index = pd.RangeIndex(first, first + len(order), name="id")
    id_of = dict(zip(rows.code, rows.index, strict=True))
    rows["parent_id"] = pd.array(
        [pd.NA if pd.isna(code) else id_of[code] for code in rows.parent_code], dtype="Int64"
    )
    rows["rgt"] = [last[position] for position in order]
    rows["is_face"] = rows.geometry.notna().to_numpy()
    return rows


def _with_parents(rows: gpd.GeoDataFrame) -> Shapes:
    """Return every unit's MultiPolygon, a parent's as the union of its children's."""
    geoms: Shapes = np.array(rows.geometry.to_numpy(), dtype=object)
    positions = np.arange(len(rows))
    parents = (rows.parent_id - rows.index[0]).fillna(-1).to_numpy(np.int64)
    levels = rows.level.to_numpy()
    for level in sorted(set(levels.tolist()), reverse=True):
        below = positions[(levels == level) & (parents >= 0) & ~shapely.is_missing(geoms)]
        below = below[np.argsort(parents[below], kind="stable")]
        if not len(below):
            continue
        numbers, starts = np.unique(parents[below], return_index=True)
        for parent, of_parent in zip(numbers, np.split(below, starts[1:]), strict=True):
            if geoms[parent] is None:
                geoms[parent] = shapely.coverage_union_all(geoms[of_parent])
    return shapes.multi(geoms)


def _area_m2(geoms: Shapes, metric_crs: str) -> NDArray[np.float64]:
    project = between(STORED_CRS, metric_crs).transform
    flat = shapely.transform(geoms, lambda xy: np.column_stack(project(*xy.T)))
    area: NDArray[np.float64] = shapely.area(flat)
    return area


def faces(db: Connection, zoning_id: int) -> gpd.GeoDataFrame:
    """Return the units with an area and no child with an area.

    Returns
    -------
    GeoDataFrame
        ``id`` and ``geometry`` (EPSG:4326), in the order of ids.
    """
    query = (
        _today(zoning_id)
        .where(unit_version.c.is_face)
        .with_only_columns(unit_version.c.unit_id, func.ST_AsBinary(unit_version.c.geom))
        .order_by(unit_version.c.unit_id)
    )
    rows = db.execute(query).all()
    return gpd.GeoDataFrame(
        {"id": pd.Series([row[0] for row in rows], dtype="int32")},
        geometry=shapely.from_wkb([bytes(row[1]) for row in rows]),
        crs=STORED_CRS,
    )


def tree(db: Connection, zoning_id: int) -> pd.DataFrame:
    """Return every unit of a zoning, in preorder.

    Returns
    -------
    DataFrame
        Indexed by ``id``: parent_id (Int64, missing at the top), level, lft, rgt, code, names,
        kind, is_face. A unit's subtree are the units with an lft from its lft to its rgt.
    """
    columns = (unit_version.c[name] for name in ("unit_id", *TREE_COLUMNS))
    query = _today(zoning_id).with_only_columns(*columns).order_by(unit_version.c.lft)
    frame = pd.DataFrame(db.execute(query).all(), columns=["id", *TREE_COLUMNS]).set_index("id")
    return frame.astype({"parent_id": "Int64"})


def _today(zoning_id: int) -> Select[tuple[int]]:
    return select(unit_version.c.unit_id).where(
        unit_version.c.zoning_id == zoning_id, func.upper_inf(unit_version.c.valid)
    )
