"""Shapes for the map: each level's units, simplified together for each band of zooms."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from gis import bulk
from gis.projecting import between
from gis.tables import STORED_CRS, unit_shape

Ints: TypeAlias = NDArray[np.int64]
Shapes: TypeAlias = NDArray[np.object_]

WEB_CRS = 3857
# Tiles of the first zoom of a band are drawn with the shapes of its last one, at most two zooms
# finer than they can show; from the last band on shapes are exact.
BANDS = ((0, 9), (10, 11), (12, 13), (14, 15), (16, 22))
# Metres of a pixel at zoom 0 on tiles 512 pixels wide.
PIXEL_AT_ZOOM_0_M = 40075016.685578488 / 512
NOTHING: Shapes = np.empty(0, dtype=object)


def write(  # noqa: PLR0913 - one column each
    db: Connection,
    zoning_id: int,
    version_ids: Ints,
    unit_ids: Ints,
    levels: Ints,
    geoms: Shapes,
    *,
    is_main: bool,
    around: Mapping[int, Shapes] = MappingProxyType({}),
) -> None:
    """Write the shapes of units in every band.

    Neighbours of one level still match edge by edge: they are simplified as one coverage.

    Parameters
    ----------
    version_ids, unit_ids, levels
        Of each unit, equally long.
    geoms
        MultiPolygons, EPSG:4326.
    is_main
        Units of the main zoning share their edges: that was checked when they came in. Those of
        another are looked at, with a check that also refuses good ones that touch in a vertex.
    around
        By level, the neighbours of a few units that are written alone: they keep their shapes, and
        say where the edges begin and end that are simplified as one piece.
    """
    exact = projected(geoms)
    order: list[Ints] = []
    drawn: list[Shapes] = []
    zooms: list[Ints] = []
    for level in np.unique(levels):
        at = np.flatnonzero(levels == level)
        is_coverage = is_main or bool(shapely.coverage_is_valid(exact[at]))
        context = np.concatenate([exact[at], projected(around.get(int(level), NOTHING))])
        for band in BANDS:
            shapes = exact[at]
            if band[1] < BANDS[-1][1]:
                tolerance_m = PIXEL_AT_ZOOM_0_M / 2 ** band[1]
                shapes = _simplified(context, tolerance_m, is_coverage=is_coverage)[: len(at)]
            order.append(at)
            drawn.append(shapes)
            zooms.append(np.full((len(at), 2), band))
    # All at once: a few units are written faster than they are sent.
    rows, bands = np.concatenate(order), np.concatenate(zooms)
    bulk.copy(
        db,
        unit_shape,
        {
            "unit_version_id": version_ids[rows],
            "unit_id": unit_ids[rows],
            "zoning_id": np.full(len(rows), zoning_id),
            "level": levels[rows],
            "zoom_from": bands[:, 0],
            "zoom_to": bands[:, 1],
            "geom": multi(np.concatenate(drawn)),
        },
    )


def projected(geoms: Shapes) -> Shapes:
    """Return shapes in degrees as the web map draws them, in its metres."""
    transformer = between(STORED_CRS, WEB_CRS)
    result: Shapes = shapely.transform(
        geoms, lambda xy: np.column_stack(transformer.transform(*xy.T))
    )
    return result


def multi(shapes: Shapes) -> Shapes:
    """Wrap Polygons so that every boundary has one geometry type."""
    single = shapely.get_type_id(shapes) == shapely.GeometryType.POLYGON
    wrapped = shapes.copy()
    wrapped[single] = shapely.multipolygons(shapes[single][:, None]) if single.any() else None
    return wrapped


def _simplified(shapes: Shapes, tolerance_m: float, *, is_coverage: bool) -> Shapes:
    simpler: Shapes = (
        shapely.coverage_simplify(shapes, tolerance_m)
        if is_coverage
        # Units of a further zoning may overlap: then there are no edges to keep in common.
        else shapely.simplify(shapes, tolerance_m, preserve_topology=True)
    )
    lost = shapely.is_empty(simpler) | ~shapely.is_valid(simpler)
    simpler[lost] = shapes[lost]
    return simpler
