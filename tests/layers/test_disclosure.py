"""Who is told which number of persons: exact in one's own units, released elsewhere, or none."""

import math

import numpy as np
import pytest
from sqlalchemy import insert, select, text

from gis import tables
from gis.access.viewer import NOBODY, Viewer, everything
from gis.access.views import person_cell, seen_h3
from gis.database import Role
from layers import (
    building_card,
    buildings,
    counts,
    disclosure,
    h3_cells,
    ranks,
    releases,
    series,
    statistics,
)  # fmt: skip
from layers.catalog import LAYERS
from layers.rates import Rate
from layers.series import Step
from tests import builders
from tests.conftest import clone, drop
from tests.gis.access.conftest import acting

# The city is unit 1; its quarters 2, 7, 12 and 17 have four squares each.
FEW, QUARTER, OTHER = 3, 2, 7
HEAD = Viewer(7, "wang", units=((QUARTER, 6),))
AGE = "people.age.3"


@pytest.fixture(scope="module")
def released(server):
    """Sixty people in each square, three in the first; released as they are."""
    copy = clone(server, "citygrid_template")
    owner = copy.engine(Role.OWNER)
    with owner.begin() as db:
        units = builders.load(db)
        spots = [(0.3 + i % 4, 0.4 + i // 4) for i in range(16)]
        builders.add(db, LAYERS["buildings"], units, builders.rows("buildings", *spots))
        people = builders.rows("people", *spots, count=60)
        people[0]["count"] = 3
        for person in people:
            person["building_id"] = person["id"]
        builders.add(db, LAYERS["people"], units, people)
        db.execute(
            insert(tables.layer_state),
            {"layer": "people", "rows": 16, "as_of": builders.LOADED_AT},
        )
        counts.rebuild(db, LAYERS["people"], LAYERS["buildings"])
        releases.make(db)
    owner.dispose()
    engine = copy.engine(None)
    yield engine
    engine.dispose()
    drop(copy)


@pytest.fixture
def login(released):
    with released.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def people(db, unit):
    return statistics.numbers(db, unit, ["people"])["people"]


def test_everybody_is_told_what_is_released_and_not_the_few(login):
    with acting(login, Role.APP, NOBODY) as db:
        assert people(db, 1) == 903
        assert people(db, QUARTER) == 183
        assert people(db, FEW) is None
        # One more is withheld, or it would be the rest of the quarter.
        told = [people(db, unit) for unit in (4, 5, 6)]
        assert sorted(told, key=str) == [60, 60, None]
        assert [people(db, unit) for unit in (8, 9, 10, 11)] == [60] * 4


def test_who_sees_the_persons_is_told_exact_numbers_of_them(login):
    with acting(login, Role.APP, HEAD) as db:
        assert [people(db, unit) for unit in (QUARTER, FEW, 4, 5, 6)] == [183, 3, 60, 60, 60]
        assert people(db, 8) == 60
        assert statistics.numbers(db, FEW, ["people.sex.male"]) == {"people.sex.male": 0}


@pytest.mark.parametrize("role", [Role.OWNER, Role.ENGINE])
def test_owner_and_engine_are_told_everything(login, role):
    with acting(login, role) as db:
        assert people(db, FEW) == 3
        assert statistics.values(db, 1, 3, "people").value.sum() == 903


def test_a_measure_is_told_down_to_its_own_level(login):
    with acting(login, Role.APP, NOBODY) as db:
        assert statistics.numbers(db, 1, [AGE])[AGE] == 903
        for unit in (QUARTER, 8):
            assert statistics.numbers(db, unit, [AGE, "people.care.disabled"]) == {
                AGE: None, "people.care.disabled": None
            }  # fmt: skip
        group = "people.age_group.15_59"
        assert statistics.numbers(db, OTHER, [group])[group] == 240
        assert statistics.numbers(db, 8, [group])[group] is None


def test_zero_is_told_where_numbers_are_and_nowhere_else(login):
    nobody = "people.age_group.0_14"
    with acting(login, Role.APP, HEAD) as db:
        told = {unit: statistics.numbers(db, unit, [nobody])[nobody] for unit in (OTHER, 8, FEW)}
    assert told == {OTHER: 0, 8: None, FEW: 0}


def test_other_layers_are_told_to_all(login):
    with acting(login, Role.APP, NOBODY) as db:
        assert statistics.numbers(db, FEW, ["buildings"]) == {"buildings": 1}
        assert not statistics.values(db, 1, 3, "buildings").is_withheld.any()


def test_on_the_map_withheld_is_neither_zero_nor_missing(login):
    with acting(login, Role.APP, NOBODY) as db:
        found = statistics.values(db, 1, 3, "people")
        assert found.is_withheld.sum() == 2
        assert found.is_withheld[FEW]
        assert (found.value.isna() == found.is_withheld).all()
        # Never counted: missing for all.
        never = statistics.values(db, 1, 3, "households")
        assert never.value.isna().all()
        assert not never.is_withheld.any()
    with acting(login, Role.APP, HEAD) as db:
        found = statistics.values(db, 1, 3, "people")
        assert found.value[FEW] == 3
        assert not found.is_withheld.any()
        within = statistics.values(db, 1, 3, AGE)
        assert within.index[~within.is_withheld].tolist() == [3, 4, 5, 6]


def test_a_rate_of_what_is_withheld_is_withheld(login):
    per = Rate("buildings", "people", 1000)
    share = Rate(("people.age.2", "people.age.3"), "people", 100)
    with acting(login, Role.APP, NOBODY) as db:
        found = statistics.values(db, 1, 3, per)
        assert math.isnan(found.value[FEW])
        assert found.is_withheld[FEW]
        assert math.isnan(statistics.rate(db, FEW, per))
        # Not the sum of the bands that are told.
        assert statistics.values(db, 1, 2, share).is_withheld.all()
        assert statistics.values(db, 1, 1, share).value.tolist() == [100.0]


def test_children_have_no_number_where_none_is_told_and_no_rest_gives_it_away(login):
    with acting(login, Role.APP, NOBODY) as db:
        found = statistics.children(db, QUARTER, ["people", "buildings"])
        assert found.people.isna().sum() == 2
        assert math.isnan(found.people[FEW])
        assert found.buildings.tolist() == [1] * 4
        assert not found.is_own.any()
    with acting(login, Role.APP, HEAD) as db:
        found = statistics.children(db, QUARTER, ["people"])
        assert found.people.tolist() == [3, 60, 60, 60]
        assert found.people.dtype == np.int64


def test_profile_pyramid_and_ranks_have_gaps_and_no_zeros(login):
    with acting(login, Role.APP, NOBODY) as db:
        assert statistics.profile(db, QUARTER, "people.age").n.isna().all()
        assert statistics.pyramid(db, QUARTER).female.isna().all()
        assert statistics.pyramid(db, 1).female.sum() == 903
        ranked = ranks.ranks(db, QUARTER, "people")
        assert ranked["rank"].isna().sum() == 2
        assert ranked.among.tolist() == [2] * 4


def test_a_series_of_others_is_made_of_releases(login):
    asked = ("people", Step.MONTH, builders.LOADED_AT.date().replace(year=2020),
             builders.LOADED_AT.date())  # fmt: skip
    with acting(login, Role.APP, NOBODY) as db:
        assert series.series(db, QUARTER, *asked).tolist() == [183.0]
        assert np.isnan(series.series(db, FEW, *asked)).all()
        compared = series.compare(db, QUARTER, "people", Step.MONTH, builders.LOADED_AT.date())
        assert (compared.value, compared.previous) == (183, None)
    with acting(login, Role.APP, HEAD) as db:
        assert len(series.series(db, QUARTER, *asked)) > 30
        compared = series.compare(db, QUARTER, "people", Step.MONTH, builders.LOADED_AT.date())
        assert (compared.value, compared.previous) == (183, 183)


def test_cells_of_persons_are_released_ones_for_all_viewers(login):
    with acting(login, Role.OWNER) as db:
        exact = h3_cells.values(db, "people", 7).value
    for viewer in (NOBODY, HEAD, everything(login)):
        with acting(login, Role.APP, viewer) as db:
            found = h3_cells.values(db, "people", 7).value
            assert (found % 10 == 0).all()
            assert 900 - 10 * len(exact) <= found.sum() <= 900 + 10 * len(exact)
            cells = db.scalars(select(person_cell.c.n)).all()
            assert cells
            assert all(n % 10 == 0 for n in cells)
            assert db.scalar(select(seen_h3.c.n).where(seen_h3.c.measure_id < 20_000).limit(1))


def test_units_of_further_zonings_have_rounded_totals_and_nothing_else(login):
    with acting(login, Role.APP, HEAD) as db:
        found = statistics.values(db, 2, 1, "people")
        assert (found.value % 10 == 0).all()
        assert not found.is_withheld.any()
        assert statistics.values(db, 2, 1, "people.sex.female").is_withheld.all()


def test_a_building_says_nothing_of_those_who_live_there_to_others(login):
    with acting(login, Role.APP, HEAD) as db:
        assert [b.people for b in buildings.of_unit(db, FEW)] == [3]
        assert [b.people for b in buildings.of_unit(db, 8)] == [None]
        assert building_card.card(db, 1, builders.LOADED_AT).is_seen
        there = building_card.card(db, 3, builders.LOADED_AT)
        assert (there.is_seen, there.people) == (False, 0)


def test_before_the_first_release_nobody_is_told_of_others(login):
    login.execute(text("TRUNCATE citygrid.release CASCADE"))
    with acting(login, Role.APP, HEAD) as db:
        assert people(db, FEW) == 3
        assert people(db, 1) is None
        assert disclosure.of(db).as_of is None
        assert statistics.values(db, 1, 3, "people").is_withheld.sum() == 12


def test_the_threshold_says_why_a_number_is_withheld(login):
    with acting(login, Role.APP, NOBODY) as db:
        told = disclosure.of(db)
    assert told.threshold("people", 3) == 5
    assert told.threshold("people.care.disabled", 1) in (None, 10)
    assert told.threshold(AGE, 3) is None
