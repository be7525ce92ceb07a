"""Areas of responsibility: which ground is nearest to which facility.

They come of streets, doors and facilities, which everybody may see; persons are not in them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from sqlalchemy import Connection, func, select

from gis.arrangement import Floats, Shapes
from gis.city import City
from gis.network import areas as grounds
from gis.network.search import NOBODY
from gis.projecting import between
from gis.tables import STORED_CRS, facility, unit_version, zoning
from layers.coverage import charges, streets
from layers.coverage.ground import Ground
from layers.coverage.reach import Question

# Decimals of a degree that are drawn: a tenth of a metre.
DECIMALS = 6


@dataclass(frozen=True, eq=False)
class Area:
    """The ground, in EPSG:4326, around the doors that a facility is the nearest to."""

    # Below zero, and without a name: one that is supposed.
    facility_id: int
    name: str
    shape: shapely.MultiPolygon


def areas(db: Connection, ground: Ground, question: Question) -> tuple[Area, ...]:
    """Return the area of each facility that is the nearest to any door, however far away.

    By the streets, whatever the limit: somebody answers for who is not reached, too. Doors to
    which no street leads belong to whom the doors beside them belong to.
    """
    found, doors_m = ground.found(db, question), ground.homes(db).points_m
    nearest = charges.nearest(db, ground, question)
    owned = nearest != NOBODY
    if not owned.any():
        return ()
    divided = grounds.areas(doors_m[owned], nearest[owned], _whole(db, ground.city))
    shapes = _degrees(list(divided.values()), ground.city)
    c = facility.c
    ids = [int(found.facilities.ids[place]) for place in divided]
    names = dict(db.execute(select(c.id, c.name).where(c.id.in_(ids))).all())
    return tuple(
        Area(id_, names.get(id_, ""), shape) for id_, shape in zip(ids, shapes, strict=True)
    )


def _whole(db: Connection, city: City) -> Shapes:
    """Return the ground of the main zoning, in the city's metric CRS."""
    c = unit_version.c
    main = select(zoning.c.id).where(zoning.c.is_main).scalar_subquery()
    stored = db.scalars(
        select(func.ST_AsBinary(c.geom))
        .where(c.zoning_id == main, c.parent_id.is_(None), c.geom.is_not(None))
        .where(func.upper_inf(c.valid))
        .order_by(c.unit_id)
    ).all()
    found = np.array([shapely.from_wkb(bytes(each)) for each in stored], dtype=object)
    return streets.metric(found, city)


def _degrees(shapes: list[shapely.MultiPolygon], city: City) -> list[shapely.MultiPolygon]:
    way = between(city.metric_crs, STORED_CRS)

    def project(xy: Floats) -> Floats:
        return np.round(np.column_stack(way.transform(*xy.T)), DECIMALS)

    return [shapely.transform(shape, project) for shape in shapes]
