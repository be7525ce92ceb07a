"""Making a file's geometries what a table holds: a point, an area, a line."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import GeometryType

from gis.projecting import between
from gis.said import Said
from importers.coordinates import DECIMALS
from importers.values import Wrong

_LINES = (GeometryType.LINESTRING, GeometryType.LINEARRING, GeometryType.MULTILINESTRING)
_AREAS = (GeometryType.POLYGON, GeometryType.MULTIPOLYGON)
# Of the whole globe: a file is measured before anybody knows which city it is of.
_EQUAL_AREA = "EPSG:6933"
_NAMES = {
    GeometryType.POINT: "a point",
    GeometryType.MULTIPOINT: "several points",
    GeometryType.LINESTRING: "a line",
    GeometryType.LINEARRING: "a line",
    GeometryType.MULTILINESTRING: "a line",
    GeometryType.POLYGON: "an area",
    GeometryType.MULTIPOLYGON: "an area",
    GeometryType.GEOMETRYCOLLECTION: "a mixture of shapes",
}


class Fitted(NamedTuple):
    """Geometries of the wanted kind, None where ``wrong`` says why."""

    geometry: NDArray[Any]
    wrong: Wrong
    notes: tuple[str, ...]


def fit(geometry: NDArray[Any], kind: str) -> Fitted:
    """Return geometries as a column of ``kind`` (POINT, MULTIPOLYGON, LINESTRING) holds them.

    Areas and lines become a point inside or halfway where points are wanted; invalid areas are
    repaired. What cannot be made fit is told by row.
    """
    there = np.flatnonzero(~shapely.is_missing(geometry))
    fitted = geometry.copy()
    if kind == "POINT":
        return _points(fitted, there)
    return _areas(fitted, there) if kind == "MULTIPOLYGON" else _lines(fitted, there)


def point_inside(geometry: NDArray[Any]) -> NDArray[Any]:
    """Return a point inside each area, on the grid of coordinates."""
    points = shapely.get_coordinates(shapely.point_on_surface(geometry))
    return np.asarray(shapely.points(np.round(points, DECIMALS)))


def ground_m2(geometry: NDArray[Any]) -> NDArray[np.float64]:
    """Return how large areas in EPSG:4326 are; NaN for what is none."""
    found = np.full(len(geometry), np.nan)
    areas = np.flatnonzero(np.isin(shapely.get_type_id(geometry), _AREAS))
    way = between("EPSG:4326", _EQUAL_AREA)
    flat = shapely.transform(geometry[areas], lambda xy: np.column_stack(way.transform(*xy.T)))
    found[areas] = shapely.area(flat)
    return found


def _points(fitted: NDArray[Any], there: NDArray[np.int64]) -> Fitted:
    kinds = shapely.get_type_id(fitted[there])
    areas, lines = there[np.isin(kinds, _AREAS)], there[np.isin(kinds, _LINES)]
    several = there[kinds == GeometryType.MULTIPOINT]
    notes = []
    if len(areas):
        fitted[areas] = point_inside(fitted[areas])
        notes.append(
            Said(
                f"{len(areas)} rows are areas; a point inside stands for each.",
                key="noted.areas",
                n=len(areas),
            )
        )
    if len(lines):
        merged = shapely.line_merge(fitted[lines])
        first = shapely.get_geometry(merged, 0)
        middle = shapely.line_interpolate_point(first, 0.5, normalized=True)
        fitted[lines] = shapely.points(np.round(shapely.get_coordinates(middle), DECIMALS))
        notes.append(
            Said(
                f"{len(lines)} rows are lines; the point halfway stands for each.",
                key="noted.lines",
                n=len(lines),
            )
        )
    fitted[several] = shapely.get_geometry(fitted[several], 0)
    return Fitted(fitted, _misfits(fitted, there, (GeometryType.POINT,), "a point"), tuple(notes))


def _areas(fitted: NDArray[Any], there: NDArray[np.int64]) -> Fitted:
    wrong = _misfits(fitted, there, _AREAS, "an area")
    areas = there[~shapely.is_missing(fitted[there])]
    broken = areas[~shapely.is_valid(fitted[areas])]
    for index in broken:
        parts = shapely.get_parts(shapely.make_valid(fitted[index]))
        polygons = shapely.get_parts(parts[np.isin(shapely.get_type_id(parts), _AREAS)])
        whole = shapely.union_all(polygons) if len(polygons) else None
        if whole is None or whole.is_empty:
            wrong[int(index)] = "its outline encloses no area"
        fitted[index] = None if int(index) in wrong else whole
    notes = (f"{len(broken)} areas with a faulty outline were repaired.",) if len(broken) else ()
    kept = np.flatnonzero(~shapely.is_missing(fitted))
    single = kept[shapely.get_type_id(fitted[kept]) == GeometryType.POLYGON]
    fitted[single] = shapely.multipolygons(fitted[single], indices=np.arange(len(single)))
    return Fitted(fitted, wrong, notes)


def _lines(fitted: NDArray[Any], there: NDArray[np.int64]) -> Fitted:
    multi = there[shapely.get_type_id(fitted[there]) == GeometryType.MULTILINESTRING]
    merged = shapely.line_merge(fitted[multi])
    parts = shapely.get_num_geometries(merged)
    wrong = {
        int(i): f"it is a line in {n} separate pieces; give each its own row"
        for i, n in zip(multi, parts, strict=True)
        if n > 1
    }
    fitted[multi] = shapely.get_geometry(merged, 0)
    fitted[list(wrong)] = None
    there = np.flatnonzero(~shapely.is_missing(fitted))
    return Fitted(fitted, wrong | _misfits(fitted, there, (GeometryType.LINESTRING,), "a line"), ())


def _misfits(
    fitted: NDArray[Any], there: NDArray[np.int64], wanted: tuple[GeometryType, ...], name: str
) -> Wrong:
    """Return rows of another kind, and take their geometries away."""
    kinds = shapely.get_type_id(fitted[there])
    others = np.flatnonzero(~np.isin(kinds, wanted))
    fitted[there[others]] = None
    return {
        int(there[i]): f"it is {_NAMES[GeometryType(kinds[i])]} where {name} is needed"
        for i in others
    }
