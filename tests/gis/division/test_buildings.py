"""Buildings go to a neighbour: whole blocks along roads, else half-way between buildings."""

import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from gis.division.buildings import HandOverBuildings
from gis.division.reshape import redraw
from gis.division.rings import polygons, shape
from gis.errors import BoundaryError
from tests.gis.division.board import STEP, at, board, refuse_wrong
from tests.proof import TIMES


def house(x, y, size=0.1):
    return shapely.box(*at(x - size / 2, y - size / 2), *at(x + size / 2, y + size / 2))


def test_a_block_between_roads_goes_as_a_whole():
    division = board()
    road = [at(1.4, 0.5), at(1.4, 2.5)]
    division.do(
        HandOverBuildings(15, 14, [house(1.2, 1.5)], [house(1.7, 1.5), house(0.5, 1.5)], [road])
    )
    assert shape(division.face(14)).area == pytest.approx(1.4e6)
    refuse_wrong(division, 16e6)


def test_free_blocks_on_the_way_go_along():
    division = board()
    roads = [[at(x, 0.5), at(x, 2.5)] for x in (1.3, 1.6)]
    division.do(HandOverBuildings(15, 14, [house(1.45, 1.5)], [house(1.8, 1.5)], roads))
    assert shape(division.face(14)).area == pytest.approx(1.6e6)


def test_without_roads_the_edge_runs_half_way_between_buildings():
    division = board()
    others = [house(1.7, y) for y in (1.2, 1.5, 1.8)]
    division.do(HandOverBuildings(15, 14, [house(1.3, y) for y in (1.2, 1.5, 1.8)], others))
    assert shape(division.face(14)).area == pytest.approx(1.5e6, rel=0.03)
    refuse_wrong(division, 16e6)


def test_houses_wall_to_wall_are_parted_at_the_wall():
    division = board()
    division.do(HandOverBuildings(15, 14, [house(1.3, 1.5)], [house(1.4, 1.5), house(1.4, 1.9)]))
    assert shape(division.face(14)).area > 1.2e6
    refuse_wrong(division, 16e6)


def test_where_the_block_holds_others_too_the_edge_leaves_the_road():
    division = board()
    road = [at(1.8, 0.5), at(1.8, 2.5)]
    division.do(HandOverBuildings(15, 14, [house(1.3, 1.5)], [house(1.6, 1.5)], [road]))
    assert shape(division.face(14)).area < 1.6e6


@pytest.mark.parametrize(
    ("buildings", "others", "words"),
    [
        # Behind a row of others.
        ([house(1.8, 1.5)], [house(1.3, y / 10) for y in range(11, 20)], "what lies between"),
        ([house(3.5, 1.5)], [house(1.3, 1.5)], "Not all of the buildings"),
        ([house(1.5, 1.5)], [], "merge|without cutting"),
    ],
)
def test_what_cannot_go_is_refused_in_words(buildings, others, words):
    division = board()
    before = dict(division.units)
    with pytest.raises(BoundaryError, match=words):
        division.do(HandOverBuildings(15, 14, buildings, others))
    assert dict(division.units) == before


@given(seed=st.integers(0, 2**32))
@settings(max_examples=30 * TIMES)
def test_whatever_goes_takes_its_buildings_whole_and_no_others(seed):
    rng = np.random.default_rng(seed)
    division = board()
    places = rng.permutation([(x, y) for x in range(6) for y in range(6)])[:18]
    houses = [house(1.1 + 0.15 * x, 1.1 + 0.15 * y, 0.08) for x, y in places]
    roads = [
        [at(rng.uniform(1, 2), 0.5), at(rng.uniform(1, 2), 2.5)],
        [at(0.5, rng.uniform(1, 2)), at(2.5, rng.uniform(1, 2))],
    ]
    count = int(rng.integers(1, 5))
    houses.sort(key=lambda one: one.centroid.x)
    try:
        division.do(HandOverBuildings(15, 14, houses[:count], houses[count:], roads))
    except BoundaryError:
        return
    refuse_wrong(division, 16e6)
    took, gave = shape(division.face(14)), shape(division.face(15))
    assert all(took.intersection(one).area > 0.98 * one.area for one in houses[:count])
    assert all(gave.intersection(one).area > 0.98 * one.area for one in houses[count:])
    assert len(polygons(division.face(14))) == len(polygons(division.face(15))) == 1
    assert took.area > STEP * STEP


def test_ground_that_would_be_cut_off_goes_along():
    division = board()
    # Unit 14 reaches into 15, so that a strip along the south is left of it there.
    division.do(*redraw([at(1, 1.1), at(1.6, 1.3), at(1, 1.9)]))
    division.do(HandOverBuildings(15, 16, [house(1.8, 1.15)], [house(1.7, 1.5), house(1.5, 1.8)]))
    assert len(polygons(division.face(15))) == 1
    assert len(polygons(division.face(16))) == 1
    refuse_wrong(division, 16e6)
