"""Reads the polygons of boundaries onto the grid and checks each by itself."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from shapely import GeometryType

from gis.arrangement import STEPS_A_DEGREE, Shapes, TangleError, refuse_tangle, to_grid
from gis.findings import Fault, Repair, Report, Rule
from gis.hierarchy import UnitRow
from gis.ruler import Ruler, places
from gis.tables import STORED_CRS

LIMITS = np.array([-180.0, -90.0, 180.0, 90.0])
# Areas below this are the grid's own rounding.
LEAST_AREA_M2 = 0.01
# With more faulty polygons than this a file is no map of units, and sorting each out takes hours.
MOST_REFUSED = 300


def read_polygons(
    frame: gpd.GeoDataFrame,
    rows: Sequence[UnitRow],
    ruler: Ruler,
    report: Report,
    *,
    is_strict: bool,
) -> tuple[Shapes, Shapes]:
    """Return valid polygons on the grid, None where there is none or a faulty one.

    The second part are areas where polygons were refused: gaps there have their reason.

    Parameters
    ----------
    frame, rows
        The units; their polygons in any CRS that the frame names.
    ruler
        Tells which faults are small.
    report
        Gets faults and repairs.
    is_strict
        False makes every polygon valid, whatever that changes.

    Raises
    ------
    TangleError
        If too many polygons are faulty to look at each.
    """
    if frame.crs is not None and frame.crs.to_epsg() != STORED_CRS:
        frame = frame.to_crs(STORED_CRS)
    shapes = np.array(frame.geometry.to_numpy(), dtype=object)
    shapes[shapely.is_missing(shapes) | shapely.is_empty(shapes)] = None
    _refuse_missing(shapes, rows, report)
    _refuse_wrong_kind(shapes, rows, report)
    _refuse_wrong_place(shapes, rows, ruler, report)
    present = np.flatnonzero(~shapely.is_missing(shapes))
    shapes[present] = to_grid(polygons_of(shapes[present]))
    refused: list[shapely.Geometry] = []
    for i in present[~shapely.is_valid(shapes[present])].tolist():
        if len(refused) == MOST_REFUSED:
            raise TangleError(f"more than {MOST_REFUSED} polygons cross themselves")
        valid = _valid(shapes[i], rows[i], ruler, report, is_strict=is_strict)
        if valid is None:
            refused.append(shapely.convex_hull(shapes[i]))
        shapes[i] = valid
    for i in present[shapely.area(shapes[present]) == 0].tolist():
        if shapes[i] is not None:
            _refuse(report, Rule.AREA, rows[i], "has no area to speak of", "Draw its polygon.")
            shapes[i] = None
    return shapes, np.array(refused, dtype=object)


def _refuse(report: Report, rule: Rule, row: UnitRow, found: str, remedy: str) -> None:
    report.faults.append(Fault(rule, row.code or row.name_zh, found, remedy))


def _refuse_missing(shapes: Shapes, rows: Sequence[UnitRow], report: Report) -> None:
    parents = {row.parent_code for row in rows}
    for i in np.flatnonzero(shapely.is_missing(shapes)).tolist():
        if rows[i].code not in parents:
            found = "has neither a polygon nor children"
            _refuse(report, Rule.AREA, rows[i], found, "Give its polygon, or the units in it.")


def _refuse_wrong_kind(shapes: Shapes, rows: Sequence[UnitRow], report: Report) -> None:
    areal = (GeometryType.POLYGON, GeometryType.MULTIPOLYGON, GeometryType.GEOMETRYCOLLECTION)
    kinds = shapely.get_type_id(shapes)
    for i in np.flatnonzero(~shapely.is_missing(shapes) & ~np.isin(kinds, areal)).tolist():
        found = f"is a {shapes[i].geom_type}, not a polygon"
        remedy = "Close its outline into a polygon."
        _refuse(report, Rule.AREA, rows[i], found, remedy)
        shapes[i] = None


def _refuse_wrong_place(
    shapes: Shapes, rows: Sequence[UnitRow], ruler: Ruler, report: Report
) -> None:
    bounds = shapely.bounds(shapes)
    in_degrees = (bounds[:, :2] >= LIMITS[:2]).all(axis=1) & (bounds[:, 2:] <= LIMITS[2:]).all(
        axis=1
    )
    # Bounds pass over NaN, sums do not.
    xy, of_point = shapely.get_coordinates(shapes, return_index=True)
    unreal = np.bincount(of_point, ~np.isfinite(xy).all(axis=1), minlength=len(shapes)) > 0
    for i in np.flatnonzero(~shapely.is_missing(shapes) & (unreal | ~in_degrees)).tolist():
        west, south, east, north = bounds[i]
        found = f"reaches from {west:g}, {south:g} to {east:g}, {north:g}, which are no degrees"
        _refuse(report, Rule.AREA, rows[i], found, "Say which coordinate system the file is in.")
        shapes[i] = None
    present = np.flatnonzero(~shapely.is_missing(shapes))
    diagonals = shapely.linestrings(bounds[present].reshape(-1, 2, 2) * STEPS_A_DEGREE)
    reach = shapely.bounds(ruler.metric(diagonals))
    for i in present[~np.isfinite(reach).all(axis=1)].tolist():
        found = "lies where the city's metric coordinate system is not defined"
        remedy = "Check for swapped axes, and metric_crs in city.toml."
        _refuse(report, Rule.AREA, rows[i], found, remedy)
        shapes[i] = None


def _valid(
    shape: shapely.Geometry, row: UnitRow, ruler: Ruler, report: Report, *, is_strict: bool
) -> shapely.Geometry | None:
    reason, _, at = shapely.is_valid_reason(shape).partition("[")
    found = f"has a polygon that is not valid ({reason.lower().strip()})"
    try:
        valid = make_valid(shape)
    except TangleError as tangle:
        _refuse(report, Rule.VALID, row, f"has a polygon whose {tangle}", "Draw it again.")
        return None
    numbers = [float(number) for number in at.rstrip("]").split()[:2]]
    place = places(np.array([shapely.Point(numbers)]))[0] if len(numbers) == 2 else None
    if valid.is_empty or (is_strict and not is_small_fault(shape, ruler)):
        area = float(ruler.area_m2(np.array([valid]))[0])
        remedy = "Draw its outline so that it does not cross itself, holes inside."
        report.faults.append(Fault(Rule.VALID, row.code, found, remedy, place, area))
        return None
    before, after = ruler.area_m2(np.array([shape, valid], dtype=object))
    where = place or places(np.array([valid]))[0]
    report.repaired.append(
        Repair(row.code, f"was made valid ({reason.lower().strip()})", where, abs(after - before))
    )
    return valid


def polygons_of(shapes: Shapes) -> Shapes:
    """Return the areas of shapes, leaving lines and points out."""
    kinds = shapely.get_type_id(shapes)
    mixed = np.flatnonzero(kinds == shapely.GeometryType.GEOMETRYCOLLECTION)
    result = shapes.copy()
    for i in mixed:
        parts = shapely.get_parts(shapely.get_parts(shapes[i]))
        result[i] = shapely.MultiPolygon(list(parts[shapely.get_dimensions(parts) == 2]))
    result[np.isin(kinds, [0, 1, 2, 4, 5])] = shapely.MultiPolygon()
    return result


def make_valid(shape: shapely.Geometry) -> shapely.Geometry:
    """Return a valid shape on the grid: what the rings enclose, holes cut out.

    Raises
    ------
    TangleError
        If its edges cross too often to be sorted out.
    """
    rings = shapely.get_rings(shapely.get_parts(shape))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    pairs = np.stack([xy[:-1], xy[1:]], axis=1)[ring[1:] == ring[:-1]]
    refuse_tangle(shapely.linestrings(pairs))
    valid = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    return polygons_of(np.array([shapely.set_precision(valid, 1)]))[0]


def is_small_fault(shape: shapely.Geometry, ruler: Ruler) -> bool:
    """Tell whether an invalid shape leaves no doubt, but for narrow slivers, what it encloses.

    A ring that only touches itself encloses as much as its signed area says. One that crosses
    itself encloses a part the wrong way round, which the signed area subtracts; so that part must
    be narrow: a spike or a loop at a vertex.
    """
    parts = shapely.get_parts(shape)
    rings = ruler.metric(shapely.get_rings(parts))
    is_shell = shapely.get_rings(parts, return_index=True)[1]
    is_shell = np.append(True, is_shell[1:] != is_shell[:-1])
    signed = sum(
        _area(ring) if shell else -_area(ring) for ring, shell in zip(rings, is_shell, strict=True)
    )
    pieces = shapely.get_parts(
        polygons_of(np.array([shapely.make_valid(shape, method="linework")]))
    )
    small = pieces[ruler.is_narrow(pieces)]
    # Not the shape on the grid: rounding changes areas by more than slivers have.
    enclosed = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    doubt = abs(signed - float(ruler.area_m2(np.array([enclosed]))[0]))
    return doubt <= 2 * float(ruler.area_m2(small).sum()) + LEAST_AREA_M2


def _area(ring: shapely.LinearRing) -> float:
    """Return the area of a ring that may cross itself, by the shoelace formula."""
    xy = shapely.get_coordinates(ring)
    x, y = (xy - xy[0]).T
    return abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))) / 2
