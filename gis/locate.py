"""Which unit a point lies in: one point by SQL, millions by index, both by the same rule.

**The rule.** A point lies in the face whose closed area holds it: interior, edges and vertices.
Where several do — along a shared edge, or where the units of a zoning overlap — it is the one with
the smallest id. Coordinates count as the exact numbers they are, without rounding or tolerance.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import (
    Connection,
    Double,
    Select,
    SmallInteger,
    bindparam,
    case,
    func,
    select,
    text,
)

from gis import units
from gis.raster_index import RasterIndex
from gis.tables import STORED_CRS, unit_version, zoning

# Placing holds this lock shared, a change of faces exclusively; both until their transaction ends.
# So an index of faces is right for as long as the transaction it was made in.
FACES_LOCK = 7_203_001
# SQL decides by formulas that round, far less than this; nearer to an edge the index decides.
DOUBTFUL_DEGREES = 1e-9


def unit_at(db: Connection, zoning_id: int, lon: float, lat: float) -> int | None:
    """Return the id of the face of a zoning that a point lies in today; None when in none."""
    if not np.isfinite([lon, lat]).all():
        return None
    found = db.execute(_faces_at(), {"zoning_id": zoning_id, "lon": lon, "lat": lat})
    for number, is_inside, doubtful in map(tuple, found):
        if doubtful is not None:
            index = RasterIndex(shapely.from_wkb([bytes(doubtful)]), [number])
            if index.locate([(lon, lat)])[0] == number:
                return int(number)
        elif is_inside:
            return int(number)
    return None


@cache
def _faces_at() -> Select[Any]:
    """Return the query of the faces whose box holds a point, in the order of their ids.

    Made once: putting it together takes longer than the database needs to answer it.
    """
    lon, lat = bindparam("lon", type_=Double), bindparam("lat", type_=Double)
    point = func.ST_SetSRID(func.ST_Point(lon, lat), STORED_CRS)
    area = unit_version.c.geom
    is_doubtful = func.ST_DWithin(func.ST_Boundary(area), point, DOUBTFUL_DEGREES)
    return (
        select(
            unit_version.c.unit_id,
            func.ST_Intersects(area, point),
            case((is_doubtful, func.ST_AsBinary(area))),
        )
        .where(
            unit_version.c.zoning_id == bindparam("zoning_id", type_=SmallInteger),
            unit_version.c.is_face,
            func.upper_inf(unit_version.c.valid),
            # The box alone may use the index.
            area.bool_op("&&")(point),
        )
        .order_by(unit_version.c.unit_id)
    )


def hold_faces(db: Connection) -> None:
    """Keep the faces of every zoning as they are until the transaction ends."""
    db.execute(text("SELECT pg_advisory_xact_lock_shared(:lock)"), {"lock": FACES_LOCK})


def change_faces(db: Connection) -> None:
    """Wait for all who place points, and keep them out until the transaction ends."""
    db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": FACES_LOCK})


class Placer:
    """Places points in bulk, in the faces of every zoning.

    Good for the transaction it was made in: until that ends, the faces cannot change.
    """

    def __init__(self, db: Connection) -> None:
        hold_faces(db)
        self._indexes: dict[int, RasterIndex] = {}
        self._main = 0
        for row in db.execute(select(zoning.c.id, zoning.c.is_main).order_by(zoning.c.id)):
            faces = units.faces(db, row.id)
            self._indexes[row.id] = RasterIndex(faces.geometry.to_numpy(), faces.id.to_numpy())
            if row.is_main:
                self._main = row.id

    def main(self, xy: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Return the unit of the main zoning that each point lies in, -1 for none.

        Parameters
        ----------
        xy
            Longitudes and latitudes in EPSG:4326, shape (n, 2).
        """
        return self._indexes[self._main].locate(xy)

    def others(self, xy: npt.ArrayLike) -> Mapping[int, npt.NDArray[np.int32]]:
        """Return the same for each further zoning, by the zoning's id."""
        return {
            number: index.locate(xy)
            for number, index in self._indexes.items()
            if number != self._main
        }
