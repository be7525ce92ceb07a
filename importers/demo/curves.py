"""Lines that look drawn by water or by an engineer: splines, roughness, smooth noise."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline
from shapely import LineString

from importers.demo.plane import Coordinates

Points = Sequence[tuple[float, float]]


def spline(points: Points, step_m: float, *, closed: bool = False) -> Coordinates:
    """Return a smooth curve through points, sampled about every ``step_m`` metres, (n, 2)."""
    xy = np.asarray(points, dtype=np.float64)
    if closed:
        xy = np.vstack([xy, xy[:1]])
    # Centripetal spacing: a sharp bend beside a long reach does not overshoot.
    parameter = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T) ** 0.5)])
    curve = make_interp_spline(
        parameter, xy, k=min(3, len(xy) - 1), bc_type="periodic" if closed else None
    )
    length_m = np.hypot(*np.diff(curve(np.linspace(0, parameter[-1], 400)), axis=0).T).sum()
    dense = curve(np.linspace(0, parameter[-1], max(int(length_m / step_m) * 4, 8)))
    return evenly(dense, step_m)


def evenly(xy: Coordinates, step_m: float) -> Coordinates:
    """Return a polyline sampled again at equal steps, ends kept."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    wanted = np.linspace(0, along[-1], max(round(along[-1] / step_m), 2) + 1)
    return np.column_stack([np.interp(wanted, along, xy[:, 0]), np.interp(wanted, along, xy[:, 1])])


def normals(xy: Coordinates) -> Coordinates:
    """Return unit vectors to the left of a polyline at each vertex, (n, 2)."""
    tangent = np.gradient(xy, axis=0)
    tangent /= np.maximum(np.hypot(tangent[:, 0], tangent[:, 1]), 1e-9)[:, None]
    return np.column_stack([-tangent[:, 1], tangent[:, 0]])


def roughened(
    xy: Coordinates, amplitude_m: float, wavelength_m: float, rng: np.random.Generator,
    octaves: int = 5,
) -> Coordinates:  # fmt: skip
    """Return a polyline pushed sideways by fractal noise; a closed one stays closed.

    Few octaves make bends, many make rocks.
    """
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    closed = bool(np.allclose(xy[0], xy[-1]))
    push = np.zeros(len(xy))
    for octave in range(octaves):
        waves = max(along[-1] / (wavelength_m / 1.9**octave), 1.0)
        if closed:
            waves = round(waves)
        phase, bend = rng.uniform(0, 2 * np.pi, 2)
        angle = 2 * np.pi * waves * along / along[-1]
        # A wave that is itself bent repeats less visibly; the bend is periodic too.
        bent = 0.9 * np.sin(2 * np.pi * along / along[-1] * max(round(waves / 3), 1) + bend)
        push += amplitude_m / 1.8**octave * np.sin(angle + phase + bent)
    if not closed:
        # Ends stay: they meet other lines.
        push *= np.minimum(1, np.minimum(along, along[-1] - along) / wavelength_m)
    moved = xy + normals(xy) * push[:, None]
    if closed:
        moved[-1] = moved[0]
    return moved


def noise(rng: np.random.Generator, wavelength_m: float, waves: int = 24) -> SmoothNoise:
    """Return smooth noise over the plane, mean 0 and deviation about 1."""
    angle = rng.uniform(0, 2 * np.pi, waves)
    length = wavelength_m * rng.uniform(0.6, 1.8, waves)
    k = (2 * np.pi / length)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return SmoothNoise(k, rng.uniform(0, 2 * np.pi, waves))


class SmoothNoise:
    """A sum of plane waves: the same everywhere it is asked, however it is asked."""

    def __init__(self, wave_vectors: Coordinates, phases: NDArray[np.float64]) -> None:
        self._k = wave_vectors
        self._phase = phases

    def __call__(self, xy: Coordinates) -> NDArray[np.float64]:
        """Return the noise at points (n, 2)."""
        waves = np.cos(xy @ self._k.T + self._phase)
        return np.asarray(waves.sum(axis=1) * np.sqrt(2 / len(self._phase)))


def line(xy: Coordinates, tolerance_m: float = 0.5) -> LineString:
    """Return a LineString without the vertices that a tolerance makes needless."""
    return shapely.simplify(LineString(xy), tolerance_m)
