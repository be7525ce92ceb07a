"""Faces and points to place in them: the demo's own boundaries, or squares with ragged edges."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from benchmarks.sizes import Size

DEMO = Path(__file__).parents[1] / "data" / "boundaries" / "demo" / "units.parquet"
WEST, SOUTH, SIDE = 114.0, 22.5, 0.001
POINTS_AN_EDGE = 8
GRAIN = 7


def faces(size: Size) -> tuple[gpd.GeoDataFrame, str]:
    """Return faces with their ids (from 1), and in a word where they come from."""
    if size.faces is None:
        units = gpd.read_parquet(DEMO)
        areas, origin = units.geometry[units.geometry.notna()].to_numpy(), "the demo's own"
    else:
        areas, origin = ragged_squares(size.faces), "made up"
    ids = np.arange(1, len(areas) + 1)
    return gpd.GeoDataFrame({"id": ids}, geometry=areas, crs=4326), origin


def ragged_squares(count: int, seed: int = 1) -> npt.NDArray[np.object_]:
    """Return at least ``count`` polygons in EPSG:4326 that cover a square without gap or overlap.

    The corners of a grid are moved at random, and each edge gets bends that both its faces share.
    """
    rng = np.random.default_rng(seed)
    n = int(np.ceil(np.sqrt(count)))
    corners = np.stack(np.meshgrid(np.arange(n + 1), np.arange(n + 1)), axis=-1).astype(float)
    corners += rng.uniform(-0.2, 0.2, corners.shape)
    across = _bent(corners[:, :-1], corners[:, 1:], rng)
    upward = _bent(corners[:-1], corners[1:], rng)
    rings = np.concatenate(
        [across[:-1], upward[:, 1:], across[1:, :, ::-1], upward[:, :-1, ::-1]], axis=2
    ).reshape(n * n, -1, 2)
    rings = np.round(rings * SIDE + [WEST, SOUTH], GRAIN)
    # The end of each edge is the beginning of the next.
    rings = rings[:, np.r_[True, (rings[0, 1:] != rings[0, :-1]).any(axis=1)]]
    polygons: npt.NDArray[np.object_] = shapely.polygons(rings)
    return polygons


def scattered(faces: npt.NDArray[np.object_], count: int, seed: int = 2) -> npt.NDArray[np.float64]:
    """Return points: most about the faces, smaller where more people live; some anywhere."""
    rng = np.random.default_rng(seed)
    west, south, east, north = shapely.total_bounds(faces)
    centres, widths = shapely.get_coordinates(shapely.centroid(faces)), shapely.area(faces) ** 0.5
    face = rng.integers(0, len(faces), count)
    points = centres[face] + rng.normal(0, 0.5, (count, 2)) * widths[face, None]
    anywhere = rng.random(count) < 0.1
    points[anywhere] = rng.uniform([west, south], [east, north], (count, 2))[anywhere]
    rounded: npt.NDArray[np.float64] = np.round(points, GRAIN)
    return rounded


def _bent(
    start: npt.NDArray[np.float64], end: npt.NDArray[np.float64], rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return the points of each edge, ends included."""
    part = np.linspace(0, 1, POINTS_AN_EDGE + 2)
    along = end - start
    aside = np.stack([-along[..., 1], along[..., 0]], axis=-1)
    # Ends stay in place, so that edges still meet.
    bend = rng.normal(0, 0.04, (*start.shape[:-1], len(part))) * np.sin(np.pi * part)
    bend = np.clip(bend, -0.1, 0.1)
    points: npt.NDArray[np.float64] = (
        start[..., None, :]
        + along[..., None, :] * part[:, None]
        + aside[..., None, :] * bend[..., None]
    )
    return points
