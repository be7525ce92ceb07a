"""Placing millions of points: the raster index against GEOS, borders included."""

import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gis.raster_index import RasterIndex
from tests.gis.hard_points import near_borders, smallest_holding, smallest_holding_exactly
from tests.proof import TIMES


def square(west, south, east, north, *holes):
    return shapely.Polygon(
        shapely.box(west, south, east, north).exterior,
        [shapely.box(*hole).exterior for hole in holes],
    )


RING = square(0, 0, 3, 3, (1, 1, 2, 2))
ENCLAVE = square(1, 1, 2, 2)
ISLANDS = shapely.MultiPolygon([square(4, 0, 5, 1), square(4, 2, 5, 3, (4.4, 2.4, 4.6, 2.6))])
FACES = np.array([RING, ENCLAVE, ISLANDS], dtype=object)


@pytest.mark.parametrize(
    ("point", "unit"),
    [
        ((0.5, 0.5), 7),
        ((1.5, 1.5), 3),
        ((4.5, 0.5), 9),
        ((4.5, 1.5), -1),
        ((4.5, 2.1), 9),
        ((4.5, 2.5), -1),
        # On the rim of a hole: of the enclave and the ring around it, the smaller id.
        ((1.0, 1.5), 3),
        ((2.0, 2.0), 3),
        # On the rim of a hole with nothing in it.
        ((4.4, 2.5), 9),
        ((0.0, 0.0), 7),
        ((3.0, 3.0), 7),
        ((3.0, 1.7), 7),
        ((3.0000001, 1.7), -1),
        ((5.0, 3.0), 9),
        ((-1.0, 1.0), -1),
        ((-1e-12, 1.0), -1),
        ((np.nan, 1.0), -1),
        ((1.5, np.inf), -1),
        ((1e300, -1e300), -1),
    ],
)
def test_holes_islands_and_edges(point, unit):
    assert RasterIndex(FACES, [7, 3, 9]).locate([point]).tolist() == [unit]


def test_the_smallest_id_wins_where_polygons_overlap():
    inner, outer = square(1, 1, 2, 2), square(0, 0, 3, 3)
    points = [(1.5, 1.5), (0.5, 0.5), (1.0, 1.2)]
    assert RasterIndex(np.array([outer, inner]), [1, 2]).locate(points).tolist() == [1, 1, 1]
    assert RasterIndex(np.array([outer, inner]), [2, 1]).locate(points).tolist() == [1, 2, 1]


@pytest.mark.parametrize("faces", [[], [None], [shapely.Polygon()]])
def test_nothing_holds_no_point(faces):
    index = RasterIndex(np.array(faces, dtype=object), range(len(faces)))
    assert index.locate(np.zeros((2, 2))).tolist() == [-1, -1]
    assert index.locate(np.zeros((0, 2))).tolist() == []


def test_a_polygon_of_any_size_is_found():
    for side in (1e-7, 1e-3, 300.0):
        faces = np.array([square(-side, -side, side, side)])
        found = RasterIndex(faces, [0]).locate([(0, 0), (side, side), (side * 1.01, 0)])
        assert found.tolist() == [0, 0, -1]


@settings(max_examples=60 * TIMES, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([-0.5, 0.0, 121.5]))
def test_random_overlapping_shapes(seed, west):
    rng = np.random.default_rng(seed)
    centres = rng.random((12, 2)).round(2)
    centres[:, 0] += west
    shapes = shapely.buffer(shapely.points(centres), rng.random(12) * 0.3, quad_segs=2)
    rings = shapely.difference(shapes, shapely.buffer(shapely.points(centres), 0.1, quad_segs=1))
    faces = np.concatenate([shapes[:6], rings[6:]])
    faces = faces[~shapely.is_empty(faces)]
    ids = rng.permutation(100)[: len(faces)]
    points = near_borders(faces, 12, rng)
    found = RasterIndex(faces, ids).locate(points)
    assert (found == smallest_holding_exactly(faces, ids, points)).all()


@pytest.fixture(scope="module")
def micro_areas(shared_data):
    path = shared_data / "taipei" / "boundaries.gpkg"
    return pyogrio.read_dataframe(path, layer="micro_area").geometry.to_numpy()


@pytest.mark.parametrize("decimals", [7, 17])
def test_every_micro_area_of_a_real_city(micro_areas, decimals):
    faces = shapely.transform(micro_areas, lambda xy: xy.round(decimals))
    rng = np.random.default_rng(decimals)
    ids = rng.permutation(len(faces)) + 1
    west, south, east, north = shapely.total_bounds(faces)
    points = np.vstack(
        [
            near_borders(faces, 30_000, rng),
            rng.uniform((west - 0.01, south - 0.01), (east + 0.01, north + 0.01), (100_000, 2)),
        ]
    )
    found = RasterIndex(faces, ids).locate(points)
    assert (found == smallest_holding(faces, ids, points)).all()
