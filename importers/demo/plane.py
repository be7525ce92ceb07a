"""The flat sheet a town is drawn on: metres east and north of its middle, and back to degrees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

Coordinates = NDArray[np.float64]
Geometries = NDArray[np.object_]

# Everything stored is a whole number of these, so that shared vertices are equal bit for bit.
SNAP_DEG = 1e-7


def snapped(lonlat: Coordinates) -> Coordinates:
    """Return degrees rounded to whole 1e-7ths."""
    return np.asarray(np.rint(lonlat / SNAP_DEG) / 1e7, dtype=np.float64)


@dataclass(frozen=True)
class Plane:
    """A metric CRS, and the longitude and latitude of the sheet's origin."""

    metric_crs: str
    origin_4326: tuple[float, float]
    # Whole 1e-7 degrees by which the sheet is laid down elsewhere: copies for benchmarks.
    shift_1e7: tuple[int, int] = (0, 0)

    @cached_property
    def _forward(self) -> Transformer:
        return Transformer.from_crs("EPSG:4326", self.metric_crs, always_xy=True)

    @cached_property
    def _offset_m(self) -> Coordinates:
        return np.array(self._forward.transform(*self.origin_4326), dtype=np.float64)

    def to_metres(self, lonlat: Coordinates) -> Coordinates:
        """Return metres from the origin for degrees, both (n, 2)."""
        lonlat = lonlat - np.array(self.shift_1e7) / 1e7
        east, north = self._forward.transform(lonlat[:, 0], lonlat[:, 1])
        return np.column_stack([east, north]) - self._offset_m

    def to_degrees(self, metres: Coordinates) -> Coordinates:
        """Return snapped degrees for metres from the origin, both (n, 2)."""
        shifted = metres + self._offset_m
        lon, lat = self._forward.transform(shifted[:, 0], shifted[:, 1], direction="INVERSE")
        return snapped(np.column_stack([lon, lat]) + np.array(self.shift_1e7) / 1e7)

    def geometries_to_metres(self, geometries: Geometries) -> Geometries:
        """Return geometries in metres from the origin."""
        return np.asarray(shapely.transform(geometries, self.to_metres), dtype=object)

    def geometries_to_degrees(self, geometries: Geometries) -> Geometries:
        """Return geometries in snapped degrees; equal vertices stay equal."""
        return np.asarray(shapely.transform(geometries, self.to_degrees), dtype=object)
