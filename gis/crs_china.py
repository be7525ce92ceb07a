"""GCJ-02 and BD-09, the shifted coordinates of Chinese web maps, to and from WGS 84.

Neither is a projection: GCJ-02 adds a smooth wave of about 100–700 m to WGS 84, BD-09 turns
GCJ-02 a little further. The forward formulas are the ones the open-source community published
(e.g. eviltransform, MIT); the way back is found by iteration, to well under a millimetre.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Coordinates = NDArray[np.float64]
"""Longitude and latitude in degrees, shape (n, 2)."""

# The ellipsoid of the published formulas (Krasovsky 1940).
_SEMI_MAJOR_M = 6378245.0
_ECCENTRICITY2 = 0.00669342162296594323
# Outside this box the formulas leave coordinates as they are.
_WEST, _SOUTH, _EAST, _NORTH = 72.004, 0.8293, 137.8347, 55.8271
_BD_WAVE = np.pi * 3000.0 / 180.0
# 1e-10 degrees are 0.01 mm.
_CLOSE_DEGREES = 1e-10
_MOST_STEPS = 30


class Shifted(StrEnum):
    """A shifted coordinate system, as `--crs` names it."""

    GCJ02 = "gcj02"
    BD09 = "bd09"


def to_wgs84(lonlat: Coordinates, system: Shifted) -> Coordinates:
    """Return WGS 84 degrees for shifted ones; the error is below 1 mm."""
    if system is Shifted.BD09:
        lonlat = _invert(bd09_from_gcj02, lonlat)
    return _invert(gcj02_from_wgs84, lonlat)


def from_wgs84(lonlat: Coordinates, system: Shifted) -> Coordinates:
    """Return shifted degrees for WGS 84 ones."""
    shifted = gcj02_from_wgs84(lonlat)
    return bd09_from_gcj02(shifted) if system is Shifted.BD09 else shifted


def gcj02_from_wgs84(lonlat: Coordinates) -> Coordinates:
    """Shift WGS 84 degrees as Chinese web maps do; places outside China stay as they are."""
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    waves = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + waves
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + waves
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    latitude = np.radians(lat)
    flattening = 1.0 - _ECCENTRICITY2 * np.sin(latitude) ** 2
    meridian_m = _SEMI_MAJOR_M * (1.0 - _ECCENTRICITY2) / flattening**1.5
    parallel_m = _SEMI_MAJOR_M / np.sqrt(flattening) * np.cos(latitude)
    shift = np.degrees(np.column_stack((east / parallel_m, north / meridian_m)))
    inside = (lon >= _WEST) & (lon <= _EAST) & (lat >= _SOUTH) & (lat <= _NORTH)
    return np.where(inside[:, None], lonlat + shift, lonlat)


def bd09_from_gcj02(lonlat: Coordinates) -> Coordinates:
    """Turn GCJ-02 degrees into Baidu's."""
    lon, lat = lonlat[:, 0], lonlat[:, 1]
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD_WAVE)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD_WAVE)
    return np.column_stack((radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006))


def _invert(shift: Callable[[Coordinates], Coordinates], shifted: Coordinates) -> Coordinates:
    # The shift changes slowly from place to place, so a fixed-point step shrinks the error by
    # two to three digits.
    found = shifted.astype(np.float64, copy=True)
    for _ in range(_MOST_STEPS):
        error = shift(found) - shifted
        found -= error
        if not error.size or np.abs(error).max() < _CLOSE_DEGREES:
            break
    return found
