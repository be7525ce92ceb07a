"""Statistics: what is stored, as a unit's numbers, its children's, a level's."""

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Connection, text

from gis.errors import NotFoundError
from layers import catalog, counts, ranks, rates, statistics
from layers.rates import Rate
from tests import builders

PEOPLE, FACILITIES = catalog.get("people"), catalog.get("facilities")
BUILDINGS = catalog.get("buildings")
ROOT, FIRST_QUARTER, SECOND_QUARTER = 1, 2, 7
MAIN, BEATS = 1, 2


@pytest.fixture
def units(db: Connection) -> pd.DataFrame:
    """Seven people in the first quarter (one hangs on it), three in the second, two outside."""
    units = builders.load(db)
    items = [
        *builders.rows("people", (0.5, 0.5), (0.6, 0.6), age_band=17, sex="male"),
        *builders.rows("people", (1.5, 0.5), start=3, count=4),
        *builders.rows("people", (0.5, 1.5), start=4, unit_id=FIRST_QUARTER),
        *builders.rows("people", (2.5, 0.5), start=5, count=3),
        *builders.rows("people", (-1, 0), start=6, count=2),
    ]
    builders.add(db, PEOPLE, units, items)
    counts.rebuild(db, PEOPLE)
    return units


def test_numbers_hold_everything_below_a_unit(db, units):
    names = ["people", "people.age.17", "people.sex.male", "people.care.disabled"]
    assert statistics.numbers(db, ROOT, names) == dict(zip(names, (10, 2, 2, 0), strict=True))
    assert statistics.numbers(db, FIRST_QUARTER, names)["people"] == 7


def test_rows_in_no_unit_are_told_for_each_zoning(db, units):
    assert statistics.outside(db, MAIN, ["people", "people.sex.male"]) == {
        "people": 2, "people.sex.male": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["persons", "roads", "people.height.3", "people.age", "buildings.capacity"]
)
def test_what_is_no_measure_is_said_so(db, units, name):
    with pytest.raises(NotFoundError, match="is no measure"):
        statistics.numbers(db, ROOT, [name])


def test_children_and_what_hangs_on_the_unit_itself_add_up(db, units):
    found = statistics.children(db, FIRST_QUARTER, ["people", "people.sex.male"])
    assert found.code.tolist() == ["C11", "C12", "C13", "C14", ""]
    assert found.people.tolist() == [2, 4, 0, 0, 1]
    assert found.is_own.tolist() == [False] * 4 + [True]
    assert found.index[-1] == FIRST_QUARTER
    assert found["people.sex.male"].sum() == 2
    assert found.people.sum() == statistics.numbers(db, FIRST_QUARTER, ["people"])["people"]


def test_without_own_rows_there_are_only_the_children(db, units):
    found = statistics.children(db, ROOT, ["people"])
    assert found.people.tolist() == [7, 3, 0, 0]
    assert not found.is_own.any()
    assert found.name_zh.tolist() == ["C1区", "C2区", "C3区", "C4区"]


def test_a_face_has_no_children_but_all_its_rows(db, units):
    found = statistics.children(db, 3, ["people"])
    assert found.people.tolist() == [2]
    assert found.is_own.all()


def test_children_take_rates_too(db, units):
    share = Rate("people.sex.male", "people", 100)
    density = Rate("people", "area_km2")
    found = statistics.children(db, FIRST_QUARTER, [share, density, "people"])
    assert found[share.id].tolist()[:2] == [100, 0]
    assert np.isnan(found[share.id].iloc[2])
    assert found[density.id].iloc[0] == pytest.approx(2 / found.area_km2.iloc[0])
    assert np.isnan(found[density.id].iloc[-1])


def test_a_levels_values_have_zeros_where_nothing_is(db, units):
    found = statistics.values(db, MAIN, 3, "people")
    assert len(found) == 16
    assert found.value.dtype == float
    assert found.value.loc[[3, 4, 5, 8]].tolist() == [2, 4, 0, 3]


def test_values_within_a_unit_are_those_of_the_whole_level(db, units):
    whole = statistics.values(db, MAIN, 3, "people")
    part = statistics.values(db, MAIN, 3, "people", within=SECOND_QUARTER)
    pd.testing.assert_frame_equal(part, whole.loc[8:11])


def test_values_of_a_layer_that_was_never_counted_are_missing(db, units):
    assert statistics.values(db, MAIN, 2, "facilities").value.isna().all()


def test_any_zoning_has_values(db, units):
    assert statistics.values(db, BEATS, 1, "people").value.tolist() == [7, 3, 0]
    assert statistics.values(db, BEATS, 1, "people", within=FIRST_QUARTER).index.tolist() == [
        22,
        23,
    ]


def test_a_face_that_ends_above_a_level_is_shown_with_it(db):
    units = builders.load(db, uneven=True)
    builders.add(db, PEOPLE, units, builders.rows("people", (2.5, 2.5)))
    counts.rebuild(db, PEOPLE)
    found = statistics.values(db, MAIN, 3, "people")
    assert len(found) == 13
    assert found.value.loc[17] == 1


def test_a_rate_without_a_denominator_is_missing(db, units):
    found = statistics.values(db, MAIN, 3, Rate("people.sex.male", "people", 1000))
    assert found.value.loc[[3, 4]].tolist() == [1000, 0]
    assert found.value.loc[[5, 6]].isna().all()


def test_every_named_rate_can_be_asked_for(db, units):
    for what in rates.RATES.values():
        assert len(statistics.values(db, MAIN, 2, what)) == 4
        statistics.rate(db, ROOT, what)
        assert set(what.names) == {"zh", "en"}
    with pytest.raises(NotFoundError, match="people_per_km2"):
        rates.get("people_per_mile")


def test_a_profile_names_its_parts_in_their_order(db, units):
    found = statistics.profile(db, ROOT, "people.sex")
    assert found.index.tolist() == ["male", "female", "unknown"]
    assert found.n.tolist() == [2, 8, 0]
    assert found.share.tolist() == [0.2, 0.8, 0]
    assert found.name_zh.iloc[0] == "男"


def test_a_profile_of_nothing_has_no_shares(db, units):
    assert statistics.profile(db, 12, "people.sex").share.isna().all()


def test_a_profile_divides_by_people(db, units):
    items = [
        *builders.rows("facilities", (0.5, 0.5), (0.6, 0.6)),
        *builders.rows("facilities", (0.5, 0.5), start=3, kind="sauna"),
    ]
    builders.add(db, FACILITIES, units, items)
    counts.rebuild(db, FACILITIES)
    found = statistics.profile(db, FIRST_QUARTER, "facilities.kind", denominator="people")
    assert found.rate.loc["clinic"] == pytest.approx(2 / 7 * 1000)
    assert found.rate.loc["sauna"] == pytest.approx(1 / 7 * 1000)
    assert found.rate.loc["toilet"] == 0
    assert found.name_en.loc["sauna"] == "sauna"


def test_a_profile_of_a_sum(db, units):
    builders.add(db, BUILDINGS, units, builders.rows("buildings", (0.5, 0.5), floor_area_m2=900))
    counts.rebuild(db, BUILDINGS)
    found = statistics.profile(db, ROOT, "buildings.floor_area_m2.use")
    assert found.n.loc["residential"] == 900


def test_what_divides_nothing_is_said_so(db, units):
    with pytest.raises(NotFoundError, match="divides nothing"):
        statistics.profile(db, ROOT, "people.hair")


def test_the_pyramid_has_both_sexes_by_age(db, units):
    found = statistics.pyramid(db, ROOT)
    assert len(found) == 21
    assert found.male.loc[17] == 2
    assert found.female.loc[3] == 8
    assert found.male.sum() + found.female.sum() == 10


def test_ranks_compare_like_with_like(db, units):
    db.execute(text("UPDATE citygrid.unit_version SET kind = 'exclusive' WHERE code = 'C12'"))
    found = ranks.ranks(db, FIRST_QUARTER, "people")
    assert found.code.tolist() == ["C12", "C11", "C13", "C14"]
    assert found["rank"].tolist() == [1, 1, 2, 2]
    assert found.among.tolist() == [1, 3, 3, 3]


def test_ranks_leave_out_what_has_no_value(db, units):
    found = ranks.ranks(db, FIRST_QUARTER, Rate("people.sex.male", "people", 100))
    assert found["rank"].tolist()[:2] == [1, 2]
    assert found["rank"].isna().tolist() == [False, False, True, True]
    assert found.among.tolist() == [2] * 4


def test_any_level_below_a_unit_is_ranked(db, units):
    found = ranks.ranks(db, ROOT, "people", level=3)
    assert found.code.tolist()[:3] == ["C12", "C21", "C11"]
    assert len(found) == 16


def test_a_unit_that_is_not_there_is_said_so(db, units):
    with pytest.raises(NotFoundError, match="No unit has the number 999"):
        statistics.values(db, MAIN, 3, "people", within=999)


def test_the_children_of_no_unit_are_a_sentence(db, units):
    with pytest.raises(NotFoundError, match="No unit has the number 99999"):
        statistics.children(db, 99999, ["people"])
