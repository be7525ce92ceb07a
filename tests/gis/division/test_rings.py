"""Rings, chains and cells on the grid, with shapely as the second judge."""

import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from gis.division.rings import (
    chain,
    edges,
    ordered,
    polygons,
    refuse_unsound,
    rings_of,
    shape,
    traced,
    twice_area,
)
from gis.errors import BoundaryError
from tests.proof import TIMES

SQUARE = ((0, 0), (10, 0), (10, 10), (0, 10))
HOLE = ((3, 3), (3, 6), (6, 6), (6, 3))


def unions(size):
    """Every union of some squares of a small board: holes, islands and corners that touch."""
    return st.lists(st.booleans(), min_size=size * size, max_size=size * size).filter(any)


def squares(chosen, size):
    return [
        ordered([((x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1))])
        for k, is_in in enumerate(chosen)
        if is_in
        for x, y in [divmod(k, size)]
    ]


@given(unions(4))
@settings(max_examples=200 * TIMES)
def test_the_outline_of_any_union_is_sound_and_as_large_as_its_parts(chosen):
    parts = squares(chosen, 4)
    rings = traced(chain(parts))
    refuse_unsound(rings)
    assert sum(map(twice_area, rings)) == 2 * len(parts)
    union = shapely.union_all([shape(part) for part in parts])
    assert shape(rings).equals(union)
    assert set(edges(rings)) == chain(parts)


@given(unions(5))
@settings(max_examples=100 * TIMES)
def test_a_shape_and_back_is_the_same(chosen):
    rings = traced(chain(squares(chosen, 5)))
    assert rings_of(shape(rings)) == rings


def test_an_area_with_an_enclave_is_one_island_with_a_hole():
    rings = ordered([SQUARE, HOLE])
    assert polygons(rings) == [[SQUARE, HOLE]]
    assert shape(rings).area == 91


def test_rings_are_the_same_wherever_they_begin():
    turned = SQUARE[2:] + SQUARE[:2]
    assert ordered([turned]) == ordered([SQUARE])


@pytest.mark.parametrize(
    "rings",
    [
        ([(0, 0), (10, 10), (10, 0), (0, 10)],),
        ([(0, 0), (0, 10), (10, 10), (10, 0)],),
        ([(0, 0), (10, 0), (20, 0)],),
        (SQUARE, ((3, 3), (3, 12), (6, 12), (6, 3))),
        (SQUARE, ((20, 20), (20, 30), (30, 30), (30, 20))),
        (SQUARE, ((5, 5), (15, 5), (15, 15), (5, 15))),
    ],
    ids=["crossed", "reversed", "flat", "hole across", "hole outside", "islands overlap"],
)
def test_unsound_outlines_are_refused_in_words(rings):
    with pytest.raises(BoundaryError, match=r"\.$"):
        refuse_unsound(ordered(rings))


def test_two_areas_on_one_side_of_an_edge_are_refused():
    with pytest.raises(BoundaryError, match="same side"):
        chain([ordered([SQUARE]), ordered([((0, 0), (10, 0), (5, 5))])])


def test_large_coordinates_stay_exact():
    far = 1_800_000_000
    ring = ordered([[(far + x, far - 10 + y) for x, y in SQUARE]])
    assert sum(map(twice_area, ring)) == 200
    assert np.array(ring).max() == far + 10
