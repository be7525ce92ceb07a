"""Checks that the stored units still are what they must be: tree, polygons, map shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from sqlalchemy import Connection, func, select

from gis import places
from gis.arrangement import Positions, Shapes, TangleError, distinct, edges, from_grid, to_grid
from gis.city import City
from gis.comparison import Comparison, Report, compared
from gis.findings import codes
from gis.regions import faults, survey
from gis.ruler import Ruler
from gis.said import Said
from gis.tables import unit_shape, unit_version
from gis.tables import zoning as zoning_table

# Areas are sums of products of coordinates: more than this between two is no rounding.
LEAST_AREA_M2 = 0.01
LEAST_SHARE = 1e-7
ZOOMS = range(23)
NO_UNIT = -1


@dataclass(frozen=True)
class _Zoning:
    """The units of a zoning today, in preorder, and their polygons in degrees and on the grid."""

    id: int
    key: str
    is_main: bool
    units: pd.DataFrame
    geoms: Shapes
    shapes: Shapes


def check_units(db: Connection, report: Report) -> list[Comparison]:
    """Check tree, polygons and map shapes of every zoning, as of the caller's transaction.

    Parameters
    ----------
    report
        Told about each step.

    Returns
    -------
    list
        One comparison for each rule and zoning; differences name the units.
    """
    city = places.city_of(db)
    zonings = db.execute(select(zoning_table).order_by(zoning_table.c.id)).all()
    found: list[Comparison] = []
    steps = 4
    for k, row in enumerate(zonings):
        division = _read(db, row.id, row.key, is_main=row.is_main)
        report("checking units", steps * k, steps * len(zonings))
        found += [_tree(division), _faces(division)]
        report("checking units", steps * k + 1, steps * len(zonings))
        found += [_polygons(division, city), _unions(division, city)]
        report("checking units", steps * k + 2, steps * len(zonings))
        if division.is_main:
            found.append(_coverage(division, city))
        report("checking units", steps * k + 3, steps * len(zonings))
        found.append(_map_shapes(db, division))
        report("checking units", steps * (k + 1), steps * len(zonings))
    return [*found, _codes(db)]


def _read(db: Connection, number: int, key: str, *, is_main: bool) -> _Zoning:
    c = unit_version.c
    query = (
        select(
            c.unit_id, c.id.label("version"), c.code, c.level, c.parent_id, c.lft, c.rgt,
            c.is_face, c.area_m2, func.ST_AsBinary(c.geom).label("geom"),
            func.ST_AsBinary(c.centre).label("centre"),
        )
        .where(c.zoning_id == number, func.upper_inf(c.valid))
        .order_by(c.lft, c.unit_id)
    )  # fmt: skip
    rows = db.execute(query)
    # Tuples, because pandas asks every Row of SQLAlchemy for names that it does not have.
    units = pd.DataFrame(map(tuple, rows), columns=list(rows.keys())).set_index("unit_id")
    units["parent_id"] = units.parent_id.fillna(NO_UNIT).astype("int64")
    geoms = _geometries(units.pop("geom"))
    units["centre"] = _geometries(units.centre)
    return _Zoning(number, key, is_main, units, geoms, to_grid(geoms))


def _geometries(wkb: pd.Series[bytes]) -> Shapes:
    values = [bytes(value) if value is not None else None for value in wkb]
    return np.array(shapely.from_wkb(values), dtype=object)


def _tree(division: _Zoning) -> Comparison:
    """Walk the units by lft: each must lie in the last one not yet left, which is its parent."""

    def differences() -> Iterator[str]:
        way: list[tuple[int, int, int]] = []
        before = -1
        units = division.units
        columns = (units.index, units.parent_id, units.lft, units.rgt, units.level, units.code)
        for number, parent, lft, rgt, level, code in zip(
            *(column.tolist() for column in columns), strict=True
        ):
            while way and way[-1][1] < lft:
                way.pop()
            holder, end, above = way[-1] if way else (NO_UNIT, rgt, 0)
            if lft <= before or rgt < lft or rgt > end:
                yield f"{code}: {lft} to {rgt} is no range inside its parent's"
            if parent != holder:
                yield f"{code}: its parent is unit {parent}, its range lies in {holder}'s"
            if level <= above:
                yield f"{code}: is at level {level}, its parent at {above}"
            way.append((number, rgt, level))
            before = lft
        tops = int((division.units.parent_id == NO_UNIT).sum())
        if division.is_main and tops != 1:
            yield f"{tops} units have no parent"

    return compared(
        Said(f"{division.key}: units nest", key="verify.nest", zoning=division.key),
        len(division.units),
        differences(),
    )


def _faces(division: _Zoning) -> Comparison:
    """Compare the mark of faces with what a face is: an area, and no child with an area."""
    units = division.units
    has_area = ~shapely.is_missing(division.geoms)
    divided = units.index.isin(units.parent_id[has_area])
    wrong = units[units.is_face != (has_area & ~divided)]
    return compared(
        Said(f"{division.key}: faces", key="verify.faces", zoning=division.key),
        len(units),
        (
            f"{unit.code}: {'is' if unit.is_face else 'is not'} marked"
            for unit in wrong.itertuples()
        ),
    )


def _polygons(division: _Zoning, city: City) -> Comparison:
    """Check each polygon by itself, the area and the point kept with it."""
    units, geoms = division.units, division.geoms
    ruler = Ruler(city.metric_crs, city.tolerance_m)
    # From the polygon in degrees: the metric CRS is what area_m2 is measured in.
    area_m2 = ruler.area_m2(shapely.transform(geoms, lambda xy: xy * 1e7))
    off = np.abs(area_m2 - units.area_m2.to_numpy(float)) > LEAST_AREA_M2 + LEAST_SHARE * area_m2
    rules = (
        ("is not valid", ~shapely.is_valid(geoms) & ~shapely.is_missing(geoms)),
        ("has coordinates off the grid", ~_is_on_grid(division)),
        ("has a stored area that is not its polygon's", off),
        ("has its centre outside", ~shapely.intersects(geoms, units.centre.to_numpy())),
    )
    present = ~shapely.is_missing(geoms)
    return compared(
        Said(
            f"{division.key}: polygons, areas and centres",
            key="verify.polygons",
            zoning=division.key,
        ),
        int(present.sum()),
        (
            f"{units.code.iat[i]}: {what}"
            for what, wrong in rules
            for i in np.flatnonzero(wrong & present).tolist()
        ),
    )


def _is_on_grid(division: _Zoning) -> Shapes:
    result: Shapes = shapely.equals_exact(from_grid(division.shapes), division.geoms)
    return result


def _unions(division: _Zoning, city: City) -> Comparison:
    """Compare each parent's polygon with the union of its children's, and the areas."""
    units, shapes = division.units, division.shapes
    ruler = Ruler(city.metric_crs, city.tolerance_m)
    position = {number: i for i, number in enumerate(units.index.tolist())}
    parent = np.array([position.get(number, NO_UNIT) for number in units.parent_id.tolist()])
    has_area = ~shapely.is_missing(shapes)
    area_m2 = units.area_m2.to_numpy(float)
    with_children = np.unique(parent[(parent != NO_UNIT) & has_area])
    sums = np.bincount(np.where(has_area, parent, NO_UNIT) + 1, np.nan_to_num(area_m2))[1:]

    def differences() -> Iterator[str]:
        for i in _without_union(shapes, parent).tolist():
            parts = shapes[(parent == i) & has_area]
            if shapes[i] is None:
                yield f"{units.code.iat[i]}: has no polygon, its children have"
                continue
            apart = shapely.symmetric_difference(shapes[i], shapely.union_all(parts))
            off_m2 = float(ruler.area_m2(np.array([apart]))[0])
            if off_m2 > LEAST_AREA_M2:
                yield f"{units.code.iat[i]}: differs by {off_m2:,.2f} m² from its children's union"
        for i in with_children.tolist():
            if abs(sums[i] - area_m2[i]) > LEAST_AREA_M2 + LEAST_SHARE * sums[i]:
                yield f"{units.code.iat[i]}: has {area_m2[i]:,.2f} m², its children {sums[i]:,.2f}"

    return compared(
        Said(
            f"{division.key}: parents are their children", key="verify.parents", zoning=division.key
        ),
        len(with_children),
        differences(),
    )


def _without_union(shapes: Shapes, parent: Positions) -> Positions:
    """Return the parents whose edges are not those that their children have singly."""
    all_edges, unit = edges(shapes)
    number, _ = distinct(all_edges)
    count = int(number.max(initial=0)) + 1
    below = parent[unit] != NO_UNIT
    pairs, times = np.unique(parent[unit][below] * count + number[below], return_counts=True)
    is_parent = np.isin(unit, parent)
    own = unit[is_parent] * count + number[is_parent]
    return np.unique(np.setxor1d(pairs[times == 1], np.unique(own)) // count)


def _coverage(division: _Zoning, city: City) -> Comparison:
    """Check that faces neither overlap nor leave narrow gaps, and share their edges."""
    is_face = division.units.is_face.to_numpy() & ~shapely.is_missing(division.shapes)
    shapes, names = division.shapes[is_face], division.units.code[is_face].tolist()

    def differences() -> Iterator[str]:
        try:
            found = survey(shapes, Ruler(city.metric_crs, city.tolerance_m))
        except TangleError as tangle:
            yield str(tangle)
            return
        # A wide gap is a hole of the city: its polygon, checked above, has it too.
        wrong = [region for region in found.regions if len(region.holders) or region.is_narrow]
        yield from map(str, faults(wrong, shapes, names))
        if not wrong and not found.is_matched:
            yield f"{_unmatched(shapes, names)}: share an edge but not every vertex on it"

    return compared(
        Said(f"{division.key}: faces cover the city once", key="verify.cover", zoning=division.key),
        len(names),
        differences(),
    )


def _unmatched(shapes: Shapes, names: list[str]) -> str:
    wrong = np.flatnonzero(~shapely.is_empty(shapely.coverage_invalid_edges(shapes)))
    return codes([names[i] for i in wrong])


def _map_shapes(db: Connection, division: _Zoning) -> Comparison:
    """Check that each unit with an area has one shape for each zoom of the map."""
    shape = unit_shape.c
    query = select(shape.unit_version_id, shape.level, shape.zoom_from, shape.zoom_to).where(
        shape.zoning_id == division.id
    )
    columns = ["version", "level", "first", "last"]
    rows = pd.DataFrame(map(tuple, db.execute(query)), columns=columns)
    units = division.units[~shapely.is_missing(division.geoms)]
    own = rows.merge(units[["version", "level"]], on=["version", "level"])
    covered = own.assign(zooms=own["last"] - own["first"] + 1).groupby("version")
    total = covered.zooms.sum().reindex(units.version).fillna(0).to_numpy()
    reach = covered.agg({"first": "min", "last": "max"}).reindex(units.version).to_numpy()
    wrong = (total != len(ZOOMS)) | (reach != [ZOOMS[0], ZOOMS[-1]]).any(axis=1)
    return compared(
        Said(f"{division.key}: shapes for the map", key="verify.shapes", zoning=division.key),
        len(units),
        (f"{code}: some zooms have no shape or two" for code in units.code[wrong]),
    )


def _codes(db: Connection) -> Comparison:
    c = unit_version.c
    today = func.upper_inf(c.valid)
    count = db.scalar(select(func.count()).where(today)) or 0
    query = (
        select(c.code, func.count()).where(today).group_by(c.zoning_id, c.code)
        .having(func.count() > 1)
    )  # fmt: skip
    twice = (f"{code}: is the code of {times} units" for code, times in db.execute(query))
    return compared(Said("codes are used once", key="verify.codes"), count, twice)
