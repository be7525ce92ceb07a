"""Measures shapes of the grid in the city's metric CRS: area, width, and where they are."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from gis.arrangement import STEPS_A_DEGREE, Shapes
from gis.findings import Place
from gis.projecting import between
from gis.tables import STORED_CRS


class Ruler:
    """Measures in metres what is given in grid steps.

    Parameters
    ----------
    metric_crs
        A projected CRS in metres.
    tolerance_m
        What is narrower than this everywhere counts as narrow.
    """

    def __init__(self, metric_crs: str, tolerance_m: float) -> None:
        self._to_metric = between(STORED_CRS, metric_crs)
        self.tolerance_m = tolerance_m

    def metric(self, shapes: Shapes) -> Shapes:
        """Return shapes in the metric CRS; coordinates it is not made for become infinite."""

        def project(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
            return np.column_stack(self._to_metric.transform(*(xy.T / STEPS_A_DEGREE)))

        result: Shapes = shapely.transform(shapes, project)
        return result

    def area_m2(self, shapes: Shapes) -> npt.NDArray[np.float64]:
        """Return areas in square metres."""
        result: npt.NDArray[np.float64] = shapely.area(self.metric(shapes))
        return result

    def is_narrow(self, shapes: Shapes) -> npt.NDArray[np.bool_]:
        """Tell for each area whether no circle as wide as the tolerance fits into it."""
        inner = shapely.buffer(self.metric(shapes), -self.tolerance_m / 2, quad_segs=4)
        result: npt.NDArray[np.bool_] = shapely.is_empty(inner)
        return result


def places(shapes: Shapes) -> list[Place]:
    """Return a point inside each shape of the grid, as longitude and latitude."""
    xy = shapely.get_coordinates(shapely.point_on_surface(shapes)) / STEPS_A_DEGREE
    return [(lon, lat) for lon, lat in xy.tolist()]
