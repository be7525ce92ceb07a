"""The made-up faces are a coverage, so that placing has one answer."""

import numpy as np
import shapely

from benchmarks import coverage


def test_ragged_squares_meet_without_gap_or_overlap():
    faces = coverage.ragged_squares(100)
    assert len(faces) == 100
    assert shapely.is_valid(faces).all()
    assert shapely.coverage_is_valid(faces)
    union = shapely.coverage_union_all(faces)
    assert shapely.get_num_interior_rings(union) == 0
    assert shapely.get_num_geometries(union) == 1


def test_points_lie_inside_and_some_outside():
    faces = coverage.ragged_squares(25)
    points = coverage.scattered(faces, 500)
    inside = shapely.contains_xy(shapely.union_all(faces), *points.T)
    assert 0.8 < inside.mean() < 1
    assert np.array_equal(points, np.round(points, 7))
