"""The order of rows on disk, and rows repeated by counts."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from importers.demo.mesh import Ints
from importers.demo.plane import Coordinates


def hilbert_order(lonlat: Coordinates) -> Ints:
    """Return the order of points along a Hilbert curve: neighbours on disk are neighbours."""
    points = gpd.GeoSeries(gpd.points_from_xy(lonlat[:, 0], lonlat[:, 1]))
    return np.asarray(np.argsort(points.hilbert_distance(level=16).to_numpy(), kind="stable"))


def repeated(counts: Ints) -> tuple[Ints, Ints]:
    """Return, for counts, the row each item belongs to and its number within the row from 0."""
    row = np.repeat(np.arange(len(counts)), counts)
    return row, np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
