"""Greens that are drawn from the built city: parks, lawns, verges, sports grounds, ponds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import shapely

from importers.demo.boxes import fitted
from importers.demo.buildings import Buildings
from importers.demo.fabrics import field_of
from importers.demo.mesh import Ints
from importers.demo.plane import Geometries
from importers.demo.site import Sides, Site, cleared

# From the middle of a main street to the planted strip, and to its far edge.
_KERB_M = {
    "trunk": 19.0, "primary": 16.5, "secondary": 11.0, "tertiary": 8.5, "residential": 6.0,
    "service": 3.5, "path": 2.0, "lot": 1.0, "outer": 3.0,
}  # fmt: skip
_VERGE_M = {"trunk": 29.0, "primary": 25.0}
# Paving around houses.
_PAVED_M = 3.2
_SMALLEST_M2 = 60.0


def greens(site: Site, buildings: Buildings, ponds: Geometries) -> Iterator[tuple[str, Geometries]]:
    """Yield (kind, shapes in metres)."""
    water = shapely.union_all([site.lakes, *ponds])
    parks = site.inset[np.isin(site.use, ["park", "bank", "shore"])]
    yield "park", shapely.difference(parks, water)
    yield "wood", shapely.difference(site.inset[site.use == "wetland"], water)
    planted = np.isin(site.use, ["garden", "tower", "public", "hospital"])
    yield "grass", _lawns(site, buildings, np.flatnonzero(planted))
    yield "grass", _verges(site)
    yield "grass", _sports_grounds(site)


def _lawns(site: Site, buildings: Buildings, faces: Ints) -> Geometries:
    """Return what is left of lots when houses and the paving around them are taken away."""
    lots = shapely.buffer(site.inset[faces], -1.5, quad_segs=1)
    metres = site.plane.geometries_to_metres(buildings.shape_4326)
    paved = shapely.buffer(metres, _PAVED_M, quad_segs=1)
    order = np.argsort(buildings.face, kind="stable")
    at = buildings.face[order]
    low, high = np.searchsorted(at, faces), np.searchsorted(at, faces, side="right")
    for step in range(int((high - low).max(initial=0))):
        has = low + step < high
        lots[has] = shapely.difference(lots[has], paved[order[low[has] + step]])
    return np.asarray(shapely.get_parts(lots))


def _verges(site: Site) -> Geometries:
    """Return planted strips along main streets, open where streets join."""
    sides = site.sides
    main = np.isin(sides.kind, list(_VERGE_M))
    faces = np.unique(sides.face[main])
    faces = faces[~np.isin(site.use[faces], ["river", "bank", "shore", "park", "wetland", "wood"])]
    here = np.isin(sides.face, faces)
    row = np.searchsorted(faces, sides.face[here])
    near = Sides(row, sides.segment[here], sides.kind[here])
    kerb = np.array([_KERB_M[str(k)] for k in near.kind])
    open_land = cleared(site.faces[faces], near, kerb)
    lines = shapely.linestrings(near.segment)
    reach = np.array([_VERGE_M.get(str(k), 0.0) for k in near.kind])
    is_main = reach > 0
    strips = shapely.buffer(lines[is_main], reach[is_main], cap_style="flat")
    order = np.argsort(row[is_main], kind="stable")
    groups = np.split(strips[order], np.flatnonzero(np.diff(row[is_main][order])) + 1)
    bands = np.array([shapely.union_all(group) for group in groups], dtype=object)
    return np.asarray(shapely.get_parts(shapely.intersection(open_land, bands)))


def _sports_grounds(site: Site) -> Geometries:
    """Return the running tracks of schools, in the half of their lots without houses."""
    # One field in four blocks of a campus.
    large = shapely.area(site.inset) > 40_000
    wanted = (site.use == "school") & (~large | (np.arange(len(large)) % 4 == 0))
    schools = np.flatnonzero(wanted & (shapely.area(site.inset) > 3000))
    boxes = fitted(field_of(site), schools, 0.86, (24, 110), np.random.default_rng(0))
    x0, y0, x1, y1 = boxes.bounds.T
    radius = np.minimum(x1 - x0, y1 - y0) / 2
    middle = np.stack([
        np.column_stack([x0 + radius, y0 + radius]), np.column_stack([x1 - radius, y1 - radius]),
    ], axis=1)  # fmt: skip
    tracks = shapely.buffer(shapely.linestrings(middle), radius - 0.5, quad_segs=8)
    return site.turned(tracks, boxes.lot, 1.0)


def tidy(site: Site, shapes: Geometries) -> Geometries:
    """Return shapes in degrees, without crumbs and needless vertices."""
    parts = shapely.get_parts(shapes)
    parts = shapely.simplify(parts[shapely.area(parts) > _SMALLEST_M2], 0.3)
    degrees = site.plane.geometries_to_degrees(parts)
    return np.asarray(degrees[shapely.is_valid(degrees) & ~shapely.is_empty(degrees)])
