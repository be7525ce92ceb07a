"""The units of a zoning as they are today: faces, tree, what lies below and above."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
from sqlalchemy import Connection, Select, func, select

from gis.tables import STORED_CRS, unit_version

TREE_COLUMNS = ("parent_id", "level", "lft", "rgt", "code", "names", "kind", "is_face")


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
