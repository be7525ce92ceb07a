"""The basemap's areas and ways: water, greens large and small, roads with their speeds."""

from __future__ import annotations

import numpy as np
import pandas as pd
import shapely

from importers.demo.buildings import Buildings
from importers.demo.columns import hilbert_order
from importers.demo.greenery import greens, tidy
from importers.demo.parkland import Parkland
from importers.demo.plane import Geometries
from importers.demo.site import Site
from importers.demo.texts import Columns
from importers.demo.town import Town

_SPEED = {
    "trunk": 80, "primary": 60, "secondary": 50, "tertiary": 40, "residential": 30, "service": 15,
}  # fmt: skip
_ONE_WAY = 0.05


def roads(town: Town, site: Site, parkland: Parkland, rng: np.random.Generator) -> Columns:
    """Return the columns of the road table, without ids and keys, in Hilbert order.

    Which of them are bridges, `importers.demo.barriers` says.
    """
    paths = site.plane.geometries_to_degrees(parkland.paths)
    lines = np.concatenate([np.asarray(town.ways["geometry"].array, dtype=object), paths])
    kind = np.append(town.ways["kind"].to_numpy(dtype=object), ["path"] * len(paths))
    name = np.append(town.ways["name"].to_numpy(dtype=object), [None] * len(paths))
    middle = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    order = hilbert_order(middle)
    kind, lines, name = kind[order], lines[order], name[order]
    # Whole streets are one-way, not single edges of them.
    streets = sorted({n for n in name if isinstance(n, str)})
    one_way = {n for n, r in zip(streets, rng.random(len(streets)), strict=True) if r < _ONE_WAY}
    return {
        "name": pd.Series([n if isinstance(n, str) else None for n in name]),
        "kind": pd.Series(kind).astype("category"),
        "walk": kind != "motorway",
        "drive": kind != "path",
        "oneway": np.array([n in one_way for n in name]) & (kind == "residential"),
        "passes": np.zeros(len(lines), np.bool_),
        "speed_kmh": pd.Series(pd.array([_SPEED.get(k) for k in kind], dtype="Int16")),
        "length_m": np.round(shapely.length(site.plane.geometries_to_metres(lines)), 2),
        "geom": lines,
    }


def water(town: Town, site: Site, parkland: Parkland) -> Columns:
    """Return the columns of the water table, without ids and keys."""
    rows = town.ground[town.ground["layer"] == "water"]
    ponds = site.plane.geometries_to_degrees(parkland.ponds)
    return {
        "name": pd.Series([*rows["name"], *[None] * len(ponds)], dtype=object),
        "kind": pd.Series([*rows["kind"], *["lake"] * len(ponds)], dtype=object),
        "geom": np.concatenate([np.asarray(rows["geometry"].array, dtype=object), ponds]),
    }


def green(town: Town, site: Site, buildings: Buildings, parkland: Parkland) -> Columns:
    """Return the columns of the green table, without ids and keys, in Hilbert order."""
    woods = town.ground[town.ground["layer"] == "green"]
    shapes: list[Geometries] = [np.asarray(woods["geometry"].array, dtype=object)]
    kinds: list[str] = list(woods["kind"])
    for kind, metres in greens(site, buildings, parkland.ponds):
        shapes.append(tidy(site, metres))
        kinds += [kind] * len(shapes[-1])
    titles = [name or None for name in woods["name"]]
    titles += [None] * (len(kinds) - len(titles))
    geometry = np.concatenate(shapes)
    order = hilbert_order(shapely.get_coordinates(shapely.point_on_surface(geometry)))
    return {
        "name": pd.Series([titles[i] for i in order], dtype=object),
        "kind": pd.Series([kinds[i] for i in order], dtype=object),
        "geom": geometry[order],
    }
