"""How large the ground is that facilities answer for: that around the doors they are nearest to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from sqlalchemy import Connection, select

from gis.city import City
from gis.tables import facility
from layers.coverage import streets
from layers.coverage.nearest import Area
from layers.rows import NO_UNIT
from layers.tree import Tree


@dataclass(frozen=True)
class DutyArea:
    """The ground of one facility."""

    facility_id: int
    name: str
    km2: float


def duty_areas(
    db: Connection, city: City, tree: Tree, areas: Sequence[Area], place: int
) -> tuple[DutyArea, ...]:
    """Return how large the areas are of the facilities in a place of the tree, the largest first.

    At the top those outside the city are among them: they answer for ground inside.
    """
    c = facility.c
    ids = [each.facility_id for each in areas]
    units = dict(db.execute(select(c.id, c.unit_id).where(c.id.in_(ids))).all())
    at = tree.places(np.array([units.get(each) or NO_UNIT for each in ids], np.int64))
    is_here = (at >= place) & (at < tree.ends[place])
    if place == 0:
        is_here |= at < 0
    km2 = shapely.area(streets.metric(np.array([each.shape for each in areas], object), city)) / 1e6
    found = [
        DutyArea(each.facility_id, each.name, float(size))
        for each, size, here in zip(areas, km2, is_here, strict=True)
        if here
    ]
    return tuple(sorted(found, key=lambda each: (-each.km2, each.facility_id)))
