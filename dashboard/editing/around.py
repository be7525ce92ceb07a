"""What lies around a draft: roads to follow, buildings to choose from."""

from __future__ import annotations

import math
from typing import Any

import shapely
from sqlalchemy import any_, case, func, select

from dashboard.editing.answers import Json
from dashboard.editing.desk import Desk
from gis.access.views import is_seen
from gis.division.fields import CommandError
from gis.division.giving import standing_in
from gis.division.surroundings import Box, Stored
from gis.tables import building, estate, household

# Some ten kilometres: a screen, not a city.
WIDEST_STEPS = 1_000_000
MOST_BUILDINGS = 2_000


def box(text: str) -> Box:
    """Read "west,south,east,north" in degrees; CommandError for what is none, or too wide."""
    try:
        west, south, east, north = (float(word) for word in text.split(","))
    except ValueError:
        raise CommandError(
            f"bounds must be west,south,east,north in degrees, found {text!r}.",
            key="border.command",
        ) from None
    values = (west, south, east, north)
    if not all(map(math.isfinite, values)) or not (-180 <= west <= east <= 180):
        raise CommandError(
            f"bounds must be west,south,east,north in degrees, found {text!r}.",
            key="border.command",
        )
    if not (-90 <= south <= north <= 90):
        raise CommandError(
            f"bounds must be west,south,east,north in degrees, found {text!r}.",
            key="border.command",
        )
    steps = tuple(round(value * 1e7) for value in values)
    if max(steps[2] - steps[0], steps[3] - steps[1]) > WIDEST_STEPS:
        raise CommandError(
            "bounds are too wide: ask for 0.1 degrees at most.", key="border.too_wide"
        )
    return steps[0], steps[1], steps[2], steps[3]


def ways(desk: Desk, number: int, bounds: Box) -> Json:
    """Return roads and river banks that meet a box."""
    with desk.reading(number) as (db, draft):
        found = Stored(db, draft.city, draft.zoning_id).ways_near(bounds)
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {
                    "type": "LineString",
                    "coordinates": shapely.get_coordinates(way.line) / 1e7,
                },
                "properties": {"kind": way.kind, "id": way.id, "name": way.name},
            }
            for way in found
        ],
    }


def buildings(desk: Desk, number: int, unit: int) -> Json:
    """Return the buildings of a unit as it is drawn, with the households one may know of."""
    with desk.reading(number) as (db, draft):
        here = Stored(db, draft.city, draft.zoning_id)
        ids = sorted(standing_in(draft.division, here, unit))
        is_more = len(ids) > MOST_BUILDINGS
        homes = case((is_seen(building.c.unit_id), func.coalesce(func.sum(household.c.count), 0)))
        b = building.c
        query = (
            select(
                b.id, b.key, b.name, b.address, b.use, b.floors, b.floor_area_m2, b.estate_id,
                estate.c.names.label("estate"), homes.label("households"),
                func.ST_X(b.centre).label("lng"), func.ST_Y(b.centre).label("lat"),
            )
            .outerjoin(estate, estate.c.id == b.estate_id)
            .outerjoin(household, household.c.building_id == b.id)
            .where(b.id == any_(ids[:MOST_BUILDINGS]))  # type: ignore[arg-type]
            .group_by(b.id, estate.c.id)
            .order_by(b.name, b.id)
        )  # fmt: skip
        rows: list[dict[str, Any]] = [
            {str(key): each for key, each in row._mapping.items()} for row in db.execute(query)
        ]
    return {"unit": unit, "is_more": is_more, "buildings": rows}
