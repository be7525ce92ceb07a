"""A town's ground as frames in EPSG:4326: units, ways, water and woods, police beats."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from importers.demo import landuse, strokes
from importers.demo.districts import Ground
from importers.demo.land import Land
from importers.demo.partition import Graph, divide
from importers.demo.plane import Plane
from importers.demo.sketch import Sketch

STREETS = ("trunk", "primary", "secondary", "tertiary", "residential", "service", "path")
_BEAT_BORDERS = ("trunk", "primary", "secondary", "tertiary", "residential", "middle")
_LEVEL_OF_LENGTH = {6: 1, 9: 2, 12: 3, 15: 4, 17: 5}
_PARENT_LENGTH = {2: 6, 3: 9, 4: 12, 5: 15}


def units(
    ground: Ground, codes: list[str], info: dict[str, tuple[str, str, str]],
    estate_kind: NDArray[np.object_], plane: Plane,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Return every unit; faces with their use, block and geometry in EPSG:4326."""
    all_codes = sorted(info)
    levels = [_LEVEL_OF_LENGTH[len(code)] for code in all_codes]
    frame = pd.DataFrame({
        "code": all_codes,
        "name_zh": [info[c][0] for c in all_codes],
        "name_en": [info[c][1] for c in all_codes],
        "level": np.array(levels, dtype=np.int8),
        "parent_code": [
            c[: _PARENT_LENGTH[n]] if n > 1 else None
            for c, n in zip(all_codes, levels, strict=True)
        ],
        "kind": [info[c][2] for c in all_codes],
    })  # fmt: skip
    faces = pd.DataFrame({
        "code": codes,
        "use": ground.use.astype(str),
        "block": ground.block,
        "estate_kind": estate_kind.astype(str),
        "geometry": plane.geometries_to_degrees(ground.mesh.faces),
    })  # fmt: skip
    frame = frame.merge(faces, on="code", how="left")
    frame["use"] = frame["use"].fillna("")
    frame["estate_kind"] = frame["estate_kind"].fillna("")
    frame["block"] = frame["block"].fillna(-1).astype(np.int32)
    # A park inside a basic grid is still an exclusive micro-grid.
    frame.loc[frame["use"].isin(list(landuse.EXCLUSIVE)), "kind"] = "exclusive"
    return gpd.GeoDataFrame(frame, geometry="geometry", crs="EPSG:4326")


def ways(ground: Ground, plane: Plane, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return roads and paths: edges of the mesh, named street by street."""
    mesh, kinds = ground.mesh, ground.kinds
    keep = np.flatnonzero(np.isin(kinds, STREETS))
    is_water = np.append(ground.use == "river", False)
    over = is_water[mesh.left] & is_water[mesh.right]
    lines = mesh.edges[keep]
    return gpd.GeoDataFrame(
        {
            "kind": kinds[keep].astype(str),
            "name": strokes.street_names(lines, kinds[keep], rng),
            "is_bridge": over[keep],
        },
        geometry=plane.geometries_to_degrees(lines),
        crs="EPSG:4326",
    )


def drawn_ground(sketch: Sketch, land: Land, plane: Plane) -> gpd.GeoDataFrame:
    """Return sea, rivers, lakes and woods."""
    rows: list[tuple[str, str, str, shapely.Geometry]] = [("water", "sea", "澜海", land.sea)]
    rows += [("water", "river", s.river.name, s.water) for s in land.streams]
    rows += [
        ("water", "lake", lake.name, shape)
        for lake, shape in zip(sketch.lakes, land.lakes, strict=True)
    ]
    lakes = shapely.union_all([*land.lakes, land.water])
    rows += [
        (
            "green",
            "wood",
            hill.name,
            shapely.difference(shapely.intersection(shape, land.land), lakes),
        )
        for hill, shape in zip(sketch.hills, land.hills, strict=True)
    ]
    layers, kinds, titles, shapes = zip(*rows, strict=True)
    plain = np.asarray(shapely.simplify(np.array(shapes, dtype=object), 0.8))
    return gpd.GeoDataFrame(
        {"layer": layers, "kind": kinds, "name": titles},
        geometry=plane.geometries_to_degrees(plain),
        crs="EPSG:4326",
    )


def police_beats(
    sketch: Sketch, ground: Ground, plane: Plane, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return police beats: other groups of faces, their borders straightened across lots."""
    mesh = ground.mesh
    graph = Graph.between(
        np.column_stack([mesh.left, mesh.right]),
        shapely.length(mesh.edges) * np.where(np.isin(ground.kinds, _BEAT_BORDERS), 0.25, 1.5),
        ground.households + shapely.area(mesh.faces) * 1.2e-3,
        ground.middles,
    )
    groups = divide(graph, list(range(len(mesh.faces))), sketch.beats, rng)
    group = np.array([groups[i] for i in range(len(mesh.faces))])
    shapes = np.array([
        shapely.coverage_union_all(mesh.faces[group == g]) for g in range(sketch.beats)
    ], dtype=object)  # fmt: skip
    shapes = shapely.coverage_simplify(shapes, 45.0, simplify_boundary=False)
    middle = shapely.get_coordinates(shapely.centroid(shapes))
    order = np.lexsort([-middle[:, 1], middle[:, 0]])
    numbers = range(1, len(order) + 1)
    return gpd.GeoDataFrame(
        {
            "code": [f"JQ{n:03d}" for n in numbers],
            "name_zh": [f"第{n}警务区" for n in numbers],
            "name_en": [f"Police beat {n}" for n in numbers],
            "level": np.ones(len(order), dtype=np.int8),
            "parent_code": None,
            "kind": "basic",
        },
        geometry=plane.geometries_to_degrees(shapes[order]),
        crs="EPSG:4326",
    )
