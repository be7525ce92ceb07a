"""Which way streets run at a place: along the nearest coast, bank or main road, or across it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import atan2, cos, sin

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from shapely import LineString

from importers.demo.curves import evenly, noise
from importers.demo.plane import Coordinates

_CELL_M = 50.0
_QUARTER = np.pi / 2


class Field:
    """A cross field: at each place two directions at right angles.

    A direction and its perpendicular are the same here, so angles are kept as ``exp(4iθ)``,
    which averages well; the average is weighted towards what is near.
    """

    def __init__(
        self, lines: Sequence[tuple[LineString, float]], domain: shapely.Geometry,
        twist: Callable[[Coordinates], NDArray[np.float64]], rng: np.random.Generator,
    ) -> None:  # fmt: skip
        """Prepare the field from weighted lines; ``twist`` turns it further, in radians."""
        west, south, east, north = domain.bounds
        self._west, self._south = west - 500, south - 500
        shape = (int((north - south + 1000) / _CELL_M), int((east - west + 1000) / _CELL_M))
        raw = np.zeros(shape, dtype=np.complex128)
        for line, weight in lines:
            xy = evenly(shapely.get_coordinates(line), 20)
            step = np.diff(xy, axis=0)
            turn = np.exp(4j * np.arctan2(step[:, 1], step[:, 0])) * weight
            row = ((xy[:-1, 1] - self._south) / _CELL_M).astype(int)
            column = ((xy[:-1, 0] - self._west) / _CELL_M).astype(int)
            inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
            np.add.at(raw, (row[inside], column[inside]), turn[inside])
        blurred = np.zeros_like(raw)
        # Near things weigh most, but a far one decides where nothing is near.
        for sigma_m, weight in ((120, 6.0), (350, 2.0), (1000, 1.0), (4000, 0.5)):
            sigma = sigma_m / _CELL_M
            part = gaussian_filter(raw.real, sigma) + 1j * gaussian_filter(raw.imag, sigma)
            blurred += part * weight
        rows, columns = np.indices(shape)
        xy = np.column_stack([
            columns.ravel() * _CELL_M + self._west, rows.ravel() * _CELL_M + self._south,
        ])  # fmt: skip
        turn = (noise(rng, 1500)(xy) * np.deg2rad(6) + twist(xy)).reshape(shape)
        self._turn: Coordinates = blurred / np.maximum(np.abs(blurred), 1e-12) * np.exp(4j * turn)

    def angle(self, x: float, y: float) -> float:
        """Return one of the two directions at a place, in radians."""
        column, row = (x - self._west) / _CELL_M - 0.5, (y - self._south) / _CELL_M - 0.5
        j = min(max(int(column), 0), self._turn.shape[1] - 2)
        i = min(max(int(row), 0), self._turn.shape[0] - 2)
        fx, fy = min(max(column - j, 0.0), 1.0), min(max(row - i, 0.0), 1.0)
        t = self._turn
        z = (t[i, j] * (1 - fx) + t[i, j + 1] * fx) * (1 - fy) + (
            t[i + 1, j] * (1 - fx) + t[i + 1, j + 1] * fx
        ) * fy
        return atan2(z.imag, z.real) / 4

    def trace(
        self, x: float, y: float, heading: float, length_m: float
    ) -> list[tuple[float, float]]:
        """Return the street that begins at a place and runs along the field."""
        step = 25.0
        path = [(x, y)]
        for _ in range(int(length_m / step)):
            # The middle of the step decides its direction: curves do not drift outwards.
            heading = self._nearest(x, y, heading)
            middle = self._nearest(
                x + cos(heading) * step / 2, y + sin(heading) * step / 2, heading
            )
            heading = middle
            x, y = x + cos(heading) * step, y + sin(heading) * step
            path.append((x, y))
        return path

    def _nearest(self, x: float, y: float, heading: float) -> float:
        angle = self.angle(x, y)
        return angle + round((heading - angle) / _QUARTER) * _QUARTER
