"""The basemap's areas and ways: water, greens large and small, roads with their speeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from importers.demo.buildings import Buildings
from importers.demo.columns import hilbert_order
from importers.demo.mesh import Ints
from importers.demo.plane import Geometries
from importers.demo.site import Site
from importers.demo.texts import Columns
from importers.demo.town import Town

_SPEED = {
    "trunk": 80,
    "primary": 60,
    "secondary": 50,
    "tertiary": 40,
    "residential": 30,
    "service": 15,
}


def roads(town: Town, ways: Geometries, rng: np.random.Generator) -> Columns:
    """Return the columns of the road table, without ids, in Hilbert order."""
    kind = town.ways["kind"].to_numpy(dtype=object)
    lines = np.asarray(town.ways["geometry"].array, dtype=object)
    middle = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    order = hilbert_order(middle)
    kind, lines = kind[order], lines[order]
    name = town.ways["name"].to_numpy(dtype=object)[order]
    drive = kind != "path"
    # Whole streets are one-way, not single edges of them.
    streets = sorted({n for n in name if isinstance(n, str)})
    oneway_names = {n for n, r in zip(streets, rng.random(len(streets)), strict=True) if r < 0.05}
    oneway = np.array([n in oneway_names for n in name]) & (kind == "residential")
    return {
        "name": pd.Series([n if isinstance(n, str) else None for n in name]),
        "kind": pd.Series(kind).astype("category"),
        "walk": kind != "motorway",
        "drive": drive,
        "oneway": oneway,
        "speed_kmh": pd.Series(pd.array([_SPEED.get(k) for k in kind], dtype="Int16")),
        "length_m": np.round(shapely.length(ways[order]), 2),
        "geom": lines,
    }


def water(town: Town) -> Columns:
    """Return the columns of the water table, without ids."""
    rows = town.ground[town.ground["layer"] == "water"]
    return {
        "name": pd.Series(rows["name"].to_numpy(dtype=object)),
        "kind": pd.Series(rows["kind"].to_numpy(dtype=object)),
        "geom": np.asarray(rows["geometry"].array, dtype=object),
    }


def green(town: Town, site: Site, buildings: Buildings) -> Columns:
    """Return the columns of the green table, without ids, in Hilbert order.

    Woods come from the sketch; parks fill their blocks; estates have lawns around the houses.
    """
    woods = town.ground[town.ground["layer"] == "green"]
    shapes: list[Geometries] = [np.asarray(woods["geometry"].array, dtype=object)]
    kinds: list[str] = list(woods["kind"])
    titles: list[str | None] = [n or None for n in woods["name"]]

    def add(metres: Geometries, kind: str) -> None:
        whole = metres[shapely.area(metres) > 60]
        degrees = site.plane.geometries_to_degrees(shapely.simplify(whole, 0.3))
        degrees = degrees[shapely.is_valid(degrees) & ~shapely.is_empty(degrees)]
        shapes.append(degrees)
        kinds.extend([kind] * len(degrees))
        titles.extend([None] * len(degrees))

    for uses, kind in (
        (("park", "wetland"), "park"), (("bank", "shore"), "park"),
    ):  # fmt: skip
        add(site.inset[np.isin(site.use, uses)], kind)
    lawns = np.isin(site.use, ["garden", "tower", "public", "hospital"])
    add(_lawns(site, buildings, np.flatnonzero(lawns)), "grass")
    geometry = np.concatenate(shapes)
    order = hilbert_order(shapely.get_coordinates(shapely.point_on_surface(geometry)))
    return {
        "name": pd.Series([titles[i] for i in order]),
        "kind": pd.Series([kinds[i] for i in order]),
        "geom": geometry[order],
    }


def _lawns(site: Site, buildings: Buildings, faces: Ints) -> Geometries:
    """Return what is left of lots when houses and the paving around them are taken away."""
    lots = shapely.buffer(site.inset[faces], -1.5, quad_segs=1)
    metres = site.plane.geometries_to_metres(buildings.shape_4326)
    paved = shapely.buffer(metres, 3.2, quad_segs=1)
    order = np.argsort(buildings.face, kind="stable")
    at = buildings.face[order]
    low, high = np.searchsorted(at, faces), np.searchsorted(at, faces, side="right")
    for step in range(int((high - low).max(initial=0))):
        has = low + step < high
        lots[has] = shapely.difference(lots[has], paved[order[low[has] + step]])
    return np.asarray(shapely.get_parts(lots))
