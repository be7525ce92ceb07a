"""Which tiles of units a change of boundaries touches: where drawn edges come or go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt
import shapely
from sqlalchemy import Connection, any_, func, select

from gis.changes import Change
from gis.projecting import between
from gis.shapes import WEB_CRS
from gis.tables import STORED_CRS, unit_shape
from layers import tile_cache
from layers.tiles import UNITS

Drawn = Mapping[tuple[int, int], bytes]
"""The shapes of units for the map, in its metres as WKB, by unit and first zoom."""


def drawn(db: Connection, units: Iterable[int]) -> Drawn:
    """Return how units are drawn now."""
    c = unit_shape.c
    numbers = sorted(units)
    query = select(c.unit_id, c.zoom_from, func.ST_AsBinary(c.geom)).where(
        c.unit_id == any_(numbers)  # type: ignore[arg-type]
    )
    return {(n, zoom): bytes(wkb) for n, zoom, wkb in db.execute(query)}


def drop(db: Connection, change: Change, before: Drawn, after: Drawn) -> None:
    """Forget the tiles in which a unit is drawn otherwise after a change than before.

    Where only the outline changed, those with an edge that came or went; where a unit is called
    otherwise now, all that it reaches.
    """
    named = {
        n
        for n in change.delta.old.keys() & change.delta.new.keys()
        if _title(change, n, is_new=False) != _title(change, n, is_new=True)
    }
    boxes = []
    for key in sorted(before.keys() | after.keys()):
        if before.get(key) == after.get(key) and key[0] not in named:
            continue
        given = [wkb for wkb in (before.get(key), after.get(key)) if wkb is not None]
        shapes = shapely.from_wkb(given)
        if len(shapes) < 2 or key[0] in named:
            boxes += [shape.bounds for shape in shapes]
        elif (box := _changed(shapes[0], shapes[1])) is not None:
            boxes.append(box)
    if boxes:
        west, south, east, north = np.unique(np.array(boxes), axis=0).T
        to_degrees = between(WEB_CRS, STORED_CRS).transform
        corners = [*to_degrees(west, south), *to_degrees(east, north)]
        tile_cache.drop(db, UNITS, np.column_stack(corners))


def _title(change: Change, number: int, *, is_new: bool) -> tuple[object, ...]:
    unit = (change.delta.new if is_new else change.delta.old)[number]
    return unit.code, dict(unit.names), unit.kind, unit.rings is None


def _changed(
    one: shapely.Geometry, other: shapely.Geometry
) -> tuple[float, float, float, float] | None:
    """Return the box around the edges that only one of two shapes has."""
    edges, count = np.unique(
        np.concatenate([_edges(one), _edges(other)]), axis=0, return_counts=True
    )
    ends = edges[count == 1].reshape(-1, 2)
    if not len(ends):
        return None
    (west, south), (east, north) = ends.min(axis=0).tolist(), ends.max(axis=0).tolist()
    return west, south, east, north


def _edges(area: shapely.Geometry) -> npt.NDArray[np.float64]:
    rings = shapely.get_rings(shapely.get_parts(area))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    ends: npt.NDArray[np.float64] = np.column_stack([xy[:-1], xy[1:]])[ring[1:] == ring[:-1]]
    backwards = (ends[:, 0] > ends[:, 2]) | ((ends[:, 0] == ends[:, 2]) & (ends[:, 1] > ends[:, 3]))
    ends[backwards] = ends[backwards][:, [2, 3, 0, 1]]
    return ends
