"""What balancing reads of a real city, held against shapely and against the stored counts."""

import numpy as np
import pytest
import shapely
from sqlalchemy import text

from gis import places
from gis.access.viewer import act_as, everything
from gis.arrangement import STEPS_A_DEGREE
from gis.division.balance.borders import shared
from gis.division.balance.suggest import suggest
from gis.division.surroundings import Stored
from gis.errors import BalanceError
from gis.ruler import Ruler
from layers import statistics
from layers.balance import Asked, Barriers, problem
from layers.balanced import operations
from tests.gis.division.balance import judge


@pytest.fixture
def city(demo):
    with demo.connect() as db:
        act_as(db, everything(db))
        yield db


def scope_of(db, level):
    """The unit of a level with the most units in it."""
    return db.scalar(
        text(
            "SELECT unit_id FROM citygrid.unit_version WHERE level = :level AND upper_inf(valid) "
            "AND zoning_id = (SELECT id FROM citygrid.zoning WHERE is_main) "
            "ORDER BY rgt - lft DESC, unit_id LIMIT 1"
        ),
        {"level": level},
    )


def test_shared_borders_are_those_shapely_finds(city):
    given = problem(city, places.city(city), Asked(scope_of(city, 3), barriers=Barriers.IGNORED))
    rows = city.execute(
        text(
            "SELECT unit_id, ST_AsBinary(geom) FROM citygrid.unit_version "
            "WHERE unit_id = ANY(:ids) AND upper_inf(valid)"
        ),
        {"ids": list(given.units)},
    )
    areas = {number: shapely.from_wkb(bytes(wkb)) for number, wkb in rows}
    ruler = Ruler(places.city(city).metric_crs, 2.0)
    found = {
        (given.units[a], given.units[b]): metres
        for (a, b), metres in zip(
            given.adjacency.pairs.tolist(), given.adjacency.border_m, strict=True
        )
    }
    expected = {}
    for one in given.units:
        for other in given.units:
            if one < other and areas[one].intersects(areas[other]):
                line = shapely.transform(
                    areas[one].boundary.intersection(areas[other].boundary),
                    lambda xy: xy * STEPS_A_DEGREE,
                )
                metres = shapely.length(ruler.metric(np.array([line])))[0]
                if metres > 0.01:
                    expected[one, other] = metres
    assert found.keys() == expected.keys()
    assert found == pytest.approx(expected, rel=1e-6)


def test_loads_are_the_stored_counts_and_exclusive_grids_are_left_out(city):
    scope = scope_of(city, 2)
    given = problem(city, places.city(city), Asked(scope))
    kinds = set(
        city.scalars(
            text(
                "SELECT kind FROM citygrid.unit_version "
                "WHERE unit_id = ANY(:ids) AND upper_inf(valid)"
            ),
            {"ids": list(given.parents)},
        )
    )
    assert kinds == {"basic"}
    for group in list(given.parents)[:5]:
        units = [u for u, g in zip(given.units, given.groups, strict=True) if g == group]
        whole = statistics.numbers(city, group, ["households"])["households"]
        assert given.loads[np.isin(given.units, units)].sum() == whole


@pytest.mark.parametrize("barriers", list(Barriers))
def test_the_demo_is_balanced_without_breaking_anything(city, barriers):
    asked = Asked(scope_of(city, 1), within=1, barriers=barriers, rounds=2, seconds=60)
    given = problem(city, places.city(city), asked)
    found = suggest(given)
    judge.follow(given, found)
    assert found.deviation_after <= max(found.deviation_before, found.tolerance)
    # In so small a city main roads and exclusive grids part many grids from each other.
    assert found.moves or found.apart > found.tolerance
    assert found.moves or barriers is not Barriers.IGNORED


def test_codes_follow_the_new_parents(city):
    from gis.division import stored

    scope = scope_of(city, 1)
    asked = Asked(scope, within=1, barriers=Barriers.IGNORED, rounds=2, seconds=60)
    given = problem(city, places.city(city), asked)
    found = suggest(given)
    assert found.moves
    zoning_id = city.scalar(text("SELECT id FROM citygrid.zoning WHERE is_main"))
    division = stored.open_division(city, [scope])
    delta = division.do(*operations(found, Stored(city, places.city(city), zoning_id)))
    assert set(delta.new) == {move.unit for move in found.moves}
    codes = [unit.code for unit in division.units.values()]
    assert len(set(codes)) == len(codes)
    for move in found.moves:
        unit = division.unit(move.unit)
        assert unit.parent == move.to
        assert unit.code.startswith(division.unit(move.to).code)
        assert unit.rings == delta.old[move.unit].rings


def test_a_city_whose_codes_do_not_follow_keeps_them(taipei):
    with taipei.connect() as db:
        act_as(db, everything(db))
        here = places.city(db)
        given = problem(db, here, Asked(scope_of(db, 3), {"people": 1.0}, rounds=2, seconds=60))
        found = suggest(given)
        judge.follow(given, found)


def test_units_that_touch_in_a_point_share_no_border():
    boxes = np.array([shapely.box(0, 0, 9, 9), shapely.box(9, 9, 18, 18), shapely.box(9, 0, 18, 9)])
    edges = shared(boxes)
    assert sorted(map(tuple, edges.pairs.tolist())) == [(0, 2), (1, 2)]
    assert edges.is_outer.all()


def test_a_hole_is_shared_with_who_fills_it():
    ring = shapely.box(0, 0, 9, 9) - shapely.box(3, 3, 6, 6)
    edges = shared(np.array([ring, shapely.box(3, 3, 6, 6)]))
    assert len(edges.pairs) == 4
    assert edges.is_outer.tolist() == [True, False]


def test_where_nothing_can_be_balanced_it_is_said(city):
    with pytest.raises(BalanceError, match="nothing to balance"):
        problem(city, places.city(city), Asked(scope_of(city, 4)))
    with pytest.raises(BalanceError, match="cannot be balanced"):
        problem(city, places.city(city), Asked(scope_of(city, 2), {"wealth": 1.0}))
