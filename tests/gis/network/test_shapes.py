"""Areas of responsibility fit together; an outline says how wrong it is."""

import hypothesis.strategies as st
import numpy as np
import pytest
import shapely
from hypothesis import given, settings

from gis.network.areas import GRID_M, areas
from gis.network.network import network
from gis.network.outline import outline, reached, wrong
from gis.network.snapping import snap
from gis.network.travel import times
from tests.gis.network.streets import lattice, random_streets, streets
from tests.proof import TIMES


def hung(made, points):
    return snap(made, np.array(points, float), within_m=60)


def squares(count):
    boxes = [shapely.box(x, y, x + 250, y + 250) for x in (0, 250) for y in (0, 250)]
    return np.array(boxes[:count], dtype=object)


def test_two_doors_divide_the_ground_between_them():
    found = areas(np.array([[100.0, 250], [400, 250]]), np.array([7, 9]), squares(4))
    assert list(found) == [7, 9]
    assert found[7].equals(shapely.box(0, 0, 250, 500))
    assert found[9].equals(shapely.box(250, 0, 500, 500))


def test_a_facility_has_all_ground_of_its_doors_in_one_piece_or_several():
    doors = np.array([[50.0, 100], [250, 100], [450, 100]])
    found = areas(doors, np.array([1, 0, 1]), np.array([shapely.box(0, 0, 500, 200)], dtype=object))
    assert [len(found[k].geoms) for k in (0, 1)] == [1, 2]
    assert found[1].area == pytest.approx(300 * 200)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20 * TIMES, deadline=None)
def test_areas_are_a_coverage_of_the_ground_and_hold_their_doors(seed):
    rng = np.random.default_rng(seed)
    doors = np.round(rng.uniform(-50, 550, (int(rng.integers(1, 60)), 2)), 2)
    owner = rng.integers(-1, 5, len(doors))
    ground = squares(int(rng.integers(1, 5)))
    found = areas(doors, owner, ground)
    shapes = list(found.values())
    assert all(shape.is_valid for shape in shapes)
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.union_all(ground)
    assert shapely.union_all(shapes).symmetric_difference(whole).area < 1e-3
    assert sum(shape.area for shape in shapes) == pytest.approx(whole.area)
    for door, one in zip(shapely.points(doors), owner.tolist(), strict=True):
        if whole.buffer(-2 * GRID_M).contains(door):
            assert found[one].distance(door) < 2 * GRID_M


def test_streets_are_reached_in_part_from_both_ends_and_around_the_source():
    made = network(streets([[(0, 0), (1000, 0)]]))
    from_middle = reached(made, hung(made, [(500, 10)]), limit_s=110, access_ms=1.0)
    assert shapely.union_all(from_middle).equals(shapely.LineString([(400, 0), (600, 0)]))
    made = network(lattice(2))
    from_corner = reached(made, hung(made, [(0, 0)]), limit_s=150, access_ms=1.0)
    assert shapely.length(shapely.union_all(from_corner)) == pytest.approx(2 * 100 + 4 * 50)
    both = reached(made, hung(made, [(0, 0), (200, 0)]), limit_s=120, access_ms=1.0)
    assert shapely.union_all(both).length == pytest.approx(2 * (100 + 100 + 20 + 20) + 20 + 20 - 20)


def test_against_a_one_way_street_nothing_is_drawn():
    made = network(streets([[(0, 0), (1000, 0)]], back=[False]))
    line = shapely.union_all(reached(made, hung(made, [(500, 0)]), limit_s=100, access_ms=1.0))
    assert line.equals(shapely.LineString([(500, 0), (600, 0)]))


def test_an_outline_has_holes_and_says_how_wrong_it_is():
    made = network(lattice(2))
    sources = hung(made, [(100, 100)])
    shape = outline(made, sources, limit_s=10_000, access_ms=1.0, width_m=20)
    assert sum(len(part.interiors) for part in shape.geoms) == 4
    doors = np.array([[150.0, 90], [150, 70], [5, 5]])
    is_reached = np.array([True, True, False])
    told = wrong(shape, doors, is_reached, np.array([5, 3, 2]))
    assert (told.false_in, told.false_out) == (0.2, 0.3)


@given(seed=st.integers(0, 2**32))
@settings(max_examples=20 * TIMES, deadline=None)
def test_what_is_drawn_is_what_is_reached(seed):
    rng = np.random.default_rng(seed)
    made = network(random_streets(rng), join_within_m=0)
    sources = hung(made, rng.uniform(0, 1000, (2, 2)))
    limit = float(rng.uniform(10, 500))
    lines = shapely.union_all(reached(made, sources, limit_s=limit, access_ms=1.0))
    # Doors beside streets that lie alone: where streets cross, one may be drawn for the other.
    doors = snap(made, rng.uniform(0, 1000, (40, 2)), within_m=300)
    on = doors.is_on
    feet = shapely.line_interpolate_point(
        made.lines_m[doors.edge[on]], doors.share[on], normalized=True
    )
    on_street = doors.take(np.flatnonzero(on))
    at = type(doors)(on_street.edge, on_street.share, np.zeros(len(feet)))
    seconds = times(made, sources, at, limit_s=1e9, access_ms=1.0, labels=1).seconds[:, 0]
    away = shapely.distance(feet, lines)
    assert (away[seconds < limit * (1 - 1e-9)] < 1e-6).all()
