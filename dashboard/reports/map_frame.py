"""The piece of ground that a report's map shows, and the way from the earth to millimetres."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer
from pyproj.enums import TransformDirection

from gis.tables import STORED_CRS

WIDTH_MM, HEIGHT_MM = 86.0, 92.0
# Around what changes hands so much of its own width is shown, and never less than this in all.
_AROUND = 0.45
_LEAST_M = 160.0
# A scale bar is about this part of the picture's width.
_BAR = 0.3


@functools.lru_cache(maxsize=8)
def _to_metric(metric_crs: str) -> Transformer:
    """Return the way into the city's metric system: finding it takes longer than to go it."""
    return Transformer.from_crs(STORED_CRS, metric_crs, always_xy=True)


@dataclass(frozen=True)
class Frame:
    """A rectangle of ground in the city's metric CRS, drawn so many millimetres wide and high."""

    west_m: float
    north_m: float
    m_per_mm: float
    metric_crs: str
    width_mm: float = WIDTH_MM
    height_mm: float = HEIGHT_MM

    @classmethod
    def around(
        cls,
        shapes_4326: npt.NDArray[np.object_],
        metric_crs: str,
        *,
        size_mm: tuple[float, float] = (WIDTH_MM, HEIGHT_MM),
        margin: float = _AROUND,
    ) -> Frame:
        """Return the frame around some shapes.

        Parameters
        ----------
        size_mm
            How wide and high it is drawn.
        margin
            How much of their own width is shown around them, on each side.
        """
        wide, high = size_mm
        forward = _to_metric(metric_crs)
        flat = shapely.transform(shapes_4326, lambda xy: np.column_stack(forward.transform(*xy.T)))
        west, south, east, north = shapely.total_bounds(flat).tolist()
        width = max((east - west) * (1 + 2 * margin), _LEAST_M)
        height = max((north - south) * (1 + 2 * margin), _LEAST_M * high / wide)
        scale = max(width / wide, height / high)
        return cls(
            (west + east - scale * wide) / 2, (south + north + scale * high) / 2,
            scale, metric_crs, wide, high,
        )  # fmt: skip

    @property
    def width_m(self) -> float:
        """How much ground is shown from west to east."""
        return self.width_mm * self.m_per_mm

    @property
    def bounds_4326(self) -> tuple[float, float, float, float]:
        """A box (west, south, east, north) that holds all of the frame."""
        east, south = self.west_m + self.width_m, self.north_m - self.height_mm * self.m_per_mm
        return _to_metric(self.metric_crs).transform_bounds(
            self.west_m, south, east, self.north_m, direction=TransformDirection.INVERSE
        )

    def drawn(self, shapes_4326: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        """Return shapes in millimetres from the picture's upper left corner, cut at its rim."""
        forward = _to_metric(self.metric_crs)

        def project(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            x, y = forward.transform(*xy.T)
            return np.column_stack([x - self.west_m, self.north_m - y]) / self.m_per_mm

        flat = shapely.transform(shapes_4326, project)
        # A little beyond, so that no outline runs along the rim.
        cut: npt.NDArray[np.object_] = shapely.clip_by_rect(
            flat, -2, -2, self.width_mm + 2, self.height_mm + 2
        )
        return cut

    def bar(self, part: float = _BAR) -> tuple[float, float]:
        """Return a round length in metres for a scale bar, and its millimetres.

        Parameters
        ----------
        part
            Which part of the picture's width it takes at most.
        """
        most = self.width_m * part
        step = 10.0 ** np.floor(np.log10(most))
        length = float(max(n for n in (step, 2 * step, 5 * step) if n <= most))
        return length, length / self.m_per_mm


def objects(shapes: Any) -> npt.NDArray[np.object_]:  # noqa: ANN401 - any iterable of shapes
    """Return shapes as an array."""
    listed = list(shapes)
    result = np.empty(len(listed), dtype=object)
    result[:] = listed
    return result
