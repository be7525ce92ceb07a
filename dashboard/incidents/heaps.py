"""Incidents of a list too long for a pin each: those close to each other are one ring."""

from __future__ import annotations

import datetime as dt
import math

from sqlalchemy import Connection

from dashboard.view import View
from gis import places
from gis.errors import NotFoundError
from gis.places import Place
from layers.handling import case as reading
from layers.handling.tallies import Heap

# More than this are pins nobody tells apart.
MOST_DRAWN = 5_000
# How wide and high a unit without an area is taken to be, in degrees.
_SOMEWHERE = (0.0, 0.0, 0.5, 0.5)
Feature = dict[str, object]


def cell_4326(place: Place) -> tuple[float, float]:
    """Return how wide and high a cell is, in degrees; square on the ground."""
    west, south, east, north = place.bounds_4326 or _SOMEWHERE
    narrowing = math.cos(math.radians((south + north) / 2))
    side = math.sqrt((east - west) * narrowing * (north - south) / MOST_DRAWN)
    return side / narrowing, side


def feature(heap: Heap) -> Feature:
    """Return a heap as a point (EPSG:4326); of what is none in it nothing is said."""
    counts = {state.value: count for state, count in heap.counts.items()}
    return {
        "type": "Feature",
        "id": heap.id,
        "geometry": {"type": "Point", "coordinates": [heap.lon, heap.lat]},
        "properties": {"n": heap.n, "supervised": heap.supervised, **counts},
    }


def into(view: View, number: int, db: Connection) -> View:
    """Return the view of the unit right below where we are that a heap's incident lies in.

    No zoom parts a heap: there its list is shorter, and in the end each incident has its pin.
    """
    try:
        unit = reading.read(db, number, dt.datetime.now(dt.UTC)).unit_id
        path = places.path(db, unit) if unit is not None else ()
    except NotFoundError:
        return view
    here = view.pick or view.unit
    above = [place.id for place in path]
    below = path[above.index(here) + 1 :] if here in above else path[1:]
    return view.at(below[0].id) if below else view
