"""Checks boundaries on their way in, repairs small faults, and lists all others at once."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np

from gis.arrangement import Shapes, TangleError, from_grid
from gis.city import City, Zoning
from gis.findings import Fault, Report, Rule
from gis.hierarchy import UnitRow, check_rows, read_rows
from gis.nesting import Units, check_nesting, is_within
from gis.polygons import read_polygons
from gis.regions import faults, summaries, survey
from gis.repair import match
from gis.ruler import Ruler
from gis.tables import STORED_CRS


def check(frame: gpd.GeoDataFrame, city: City, zoning: Zoning) -> tuple[gpd.GeoDataFrame, Report]:
    """Check the units of one zoning and repair what is small.

    Parameters
    ----------
    frame
        A row for each unit: code, name_zh, name_en, level (1 = widest), parent_code, kind and
        geometry. Units without children need a polygon; polygons of others are compared with
        their children.
    city
        Gives the metric CRS, the tolerance and the rules for codes.
    zoning
        The main zoning must divide its top unit without gap and overlap; another one may overlap,
        leave gaps and is made valid at any price.

    Returns
    -------
    frame
        The same units, texts filled in. ``geometry`` (EPSG:4326, coordinates on multiples of
        1e-7 degrees) is there for faces only; those of the main zoning match edge by edge.
    report
        What was repaired, and the faults. With faults the frame must not be loaded.
    """
    report = Report()
    rows = read_rows(frame)
    check_rows(rows, city, zoning, report)
    ruler = Ruler(city.metric_crs, city.tolerance_m)
    parents = {row.parent_code for row in rows if row.parent_code}
    is_face = np.array([row.code not in parents for row in rows], dtype=bool)
    shapes = np.full(len(rows), None)
    try:
        shapes, refused = read_polygons(frame, rows, ruler, report, is_strict=zoning.is_main)
        units = Units(rows, shapes, is_face)
        if zoning.is_main:
            known = _check_faces(units, refused, ruler, report)
            check_nesting(units, ruler, known, report)
        else:
            faces = units.faces()
            found = survey(shapes[faces], ruler).regions
            report.notes += summaries(found, [rows[i].code for i in faces])
    except TangleError as tangle:
        _report_tangle(tangle, report, is_fault=zoning.is_main)
    shapes[~is_face] = None
    return _result(rows, shapes), report


def _check_faces(units: Units, refused: Shapes, ruler: Ruler, report: Report) -> Shapes:
    """Report overlaps and gaps between faces, and repair the faces in place.

    Returns
    -------
    Shapes
        The areas whose faults are reported.
    """
    faces = units.faces()
    own, names = units.shapes[faces], [units.rows[i].code for i in faces]
    # The city's own polygon, where the file has it, tells holes of the city from gaps.
    has_top = any(
        shape is not None and not row.parent_code and not is_face
        for row, shape, is_face in zip(units.rows, units.shapes, units.is_face, strict=True)
    )
    wide = [
        region
        for region in survey(own, ruler).regions
        if not region.is_narrow
        and (len(region.holders) or not has_top)
        and not is_within(region.shape, refused)
    ]
    report.faults += faults(wide, own, names)
    # Of wide overlaps nobody knows whose they are, so nothing can be built from them.
    if not any(len(region.holders) for region in wide):
        units.shapes[faces] = match(own, names, ruler, report)
    return np.append(refused, np.array([region.shape for region in wide], dtype=object))


def _report_tangle(tangle: TangleError, report: Report, *, is_fault: bool) -> None:
    if is_fault:
        remedy = "Check that the file holds one zoning, in the right coordinate system."
        found = f"divide no area: {tangle}"
        report.faults.append(Fault(Rule.TANGLE, "All units", found, remedy))
    else:
        report.notes.append(f"Overlaps were not measured: {tangle}.")


def _result(rows: Sequence[UnitRow], shapes: Shapes) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "code": [row.code for row in rows],
            "name_zh": [row.name_zh or row.name_en or row.code for row in rows],
            "name_en": [row.name_en or row.name_zh or row.code for row in rows],
            "level": np.array([row.level for row in rows], dtype=np.int16),
            "parent_code": [row.parent_code or None for row in rows],
            "kind": [row.kind for row in rows],
        },
        geometry=from_grid(shapes),
        crs=STORED_CRS,
    )
