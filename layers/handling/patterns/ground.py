"""The places that incidents are counted in: units or H3 cells, who is beside whom, and the people.

Units are neighbours where they share a vertex (queen contiguity): in a coverage those are equal bit
for bit, so that one sparse product finds them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import shapely
from scipy import sparse
from sqlalchemy import Connection, func, select
from sqlalchemy.dialects.postgresql import distinct_on

from gis.tables import unit_version
from layers import h3_cells, selection
from layers.columns import Array
from layers.handling.boundaries import Past
from layers.handling.grouping import Shown, shown, shown_then
from layers.handling.patterns import denominators
from layers.handling.patterns.denominators import Per
from layers.handling.patterns.happened import Happened


@dataclass(frozen=True, eq=False)
class Ground:
    """Places in a fixed order; a place without incidents is one, too."""

    # Numbers of units, or of H3 cells.
    ids: Array
    # Places by places, 1 for a neighbour and for the place itself.
    neighbours: sparse.csr_array
    # NaN where the viewer is not told; None where they are not asked for.
    people: Array | None
    # None: H3 cells.
    shown: Shown | None
    resolution: int | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def places_of(self, some: Happened) -> Array:
        """Return for each incident the index of the place it is in, -1 for none."""
        if self.shown is not None:
            return self.shown.index_of(some.units)
        cells = [h3.latlng_to_cell(lat, lon, self.resolution) for lon, lat in some.at_4326.tolist()]
        found = np.array(cells, np.int64)
        at = np.searchsorted(self.ids, found).clip(max=max(len(self) - 1, 0))
        return np.where(self.ids[at] == found, at, -1) if len(self) else np.full(len(found), -1)

    def counts(self, some: Happened) -> Array:
        """Return how many incidents there are in each place."""
        at = self.places_of(some)
        counts: Array = np.bincount(at[at >= 0], minlength=len(self))
        return counts


def of_units(  # noqa: PLR0913 - which units, when, and what is asked of them
    db: Connection, zoning_id: int, level: int, within: int, *, per: Per = Per.NONE,
    lay: Past | None = None,
) -> Ground:  # fmt: skip
    """Return the units of a level in a unit, as a map shows them.

    Parameters
    ----------
    lay
        Where units lay: then those that were there once are places, too. How many people there
        were in them is not known.
    """
    if lay is None:
        some = shown(db, zoning_id, level, within)
    else:
        some = shown_then(db, lay, zoning_id, level, within)
    people = denominators.of_units(db, per, zoning_id, level, within)
    return Ground(
        some.ids, touching(areas_of(db, some.ids)),
        None if people is None else people.reindex(some.ids).to_numpy(float), some,
    )  # fmt: skip


def areas_of(db: Connection, unit_ids: Array) -> Array:
    """Return the areas of units (EPSG:4326) in their order; of those that are no more, the last."""
    c = unit_version.c
    query = (
        select(c.unit_id, func.ST_AsBinary(c.geom))
        .where(c.unit_id.in_(unit_ids.tolist()), c.geom.is_not(None))
        .order_by(c.unit_id, func.lower(c.valid).desc())
        .ext(distinct_on(c.unit_id))
    )
    found = {unit: bytes(wkb) for unit, wkb in db.execute(query)}
    areas: Array = shapely.from_wkb(
        np.array([found.get(unit) for unit in unit_ids.tolist()], object)
    )
    return areas


def of_cells(db: Connection, resolution: int, within: int, *, per: Per = Per.NONE) -> Ground:
    """Return the H3 cells that meet a unit; people are the totals that are told of cells.

    Raises
    ------
    NotFoundError
        No unit of today has that number, or there are no cells of that size.
    CellError
        More cells than can be shown.
    """
    selection.version(db, within)
    c = unit_version.c
    wkb = db.scalar(
        select(func.ST_AsBinary(c.geom)).where(c.unit_id == within, selection.is_current)
    )
    area = shapely.from_wkb(bytes(wkb)) if wkb else shapely.MultiPolygon()
    west, south, east, north = shapely.bounds(area).tolist()
    bounds_4326 = (west, south, east, north)
    h3_cells.check(resolution, bounds_4326)
    cells = np.array(sorted(_cells_of(area, resolution)), np.int64)
    people = denominators.of_cells(db, per, resolution, bounds_4326)
    told = None if people is None else people.reindex(cells, fill_value=0.0).to_numpy(float)
    return Ground(cells, _beside(cells), told, None, resolution)


def touching(areas: Sequence[Any] | Array) -> sparse.csr_array:
    """Return which areas of a coverage share a vertex, each with itself."""
    xy, area = shapely.get_coordinates(areas, return_index=True)
    _, vertex = np.unique(np.rint(xy * 1e7).astype(np.int64), axis=0, return_inverse=True)
    vertex = vertex.reshape(-1)
    shape = (len(areas), int(vertex.max(initial=-1)) + 1)
    has = sparse.csr_array((np.ones(len(area)), (area, vertex)), shape)
    beside = (has @ has.T + sparse.eye_array(len(areas))).tocsr()
    beside.data[:] = 1.0
    return beside


def _cells_of(area: Any, resolution: int) -> list[int]:  # noqa: ANN401 - a polygon of shapely
    return list(
        h3.h3shape_to_cells_experimental(
            h3.geo_to_h3shape(shapely.geometry.mapping(area)), resolution, "overlap"
        )
    )


def _beside(cells: Array) -> sparse.csr_array:
    index = {cell: n for n, cell in enumerate(cells.tolist())}
    pairs = [
        (n, index[other])
        for cell, n in index.items()
        for other in h3.grid_disk(cell, 1)
        if other in index
    ]
    one, other = np.array(pairs, np.int64).reshape(-1, 2).T
    return sparse.csr_array((np.ones(len(one)), (one, other)), (len(cells), len(cells)))
