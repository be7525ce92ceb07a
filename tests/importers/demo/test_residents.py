"""Invented households and people: exact totals, a real pyramid, nobody older than possible."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from gis.tables import household as household_table
from gis.tables import people as people_table
from importers.demo.family import Fabric
from importers.demo.residents import Dwellings, settle
from layers.catalog.households import TENURE
from layers.catalog.people import RESIDENCE, SEXES

TODAY = date(2026, 11, 22)
HOUSEHOLDS, PEOPLE = 51_012, 155_323


def dwellings(count: int = 2_600) -> Dwellings:
    rng = np.random.default_rng(5)
    fabric = rng.choice(4, count, p=[0.15, 0.35, 0.2, 0.3]).astype(np.int8)
    floors = np.array([30, 18, 7, 7], np.int16)[fabric]
    return Dwellings(
        entrance_id=np.arange(1, count + 1, dtype=np.int32),
        building_id=(np.arange(count) // 2 + 1).astype(np.int32),
        xy=np.column_stack([114 + rng.random(count) / 10, 22.5 + rng.random(count) / 10]),
        capacity=(floors * np.array([5, 3, 2, 3])[fabric]).astype(np.int32),
        floors=floors,
        fabric=fabric,
    )


@pytest.fixture(scope="module")
def homes() -> tuple[pd.DataFrame, pd.DataFrame]:
    household, people = settle(np.random.default_rng(1), dwellings(), HOUSEHOLDS, PEOPLE, TODAY)
    frames = [
        pd.DataFrame({name: v for name, v in columns.items() if name != "geom"})
        for columns in (household, people)
    ]
    return frames[0], frames[1]


def test_totals_are_exact_and_ids_follow_each_other(homes):
    household, people = homes
    assert household["id"].tolist() == list(range(1, HOUSEHOLDS + 1))
    assert people["id"].tolist() == list(range(1, PEOPLE + 1))
    assert household["key"].is_unique
    assert people["key"].is_unique
    assert people["household_id"].is_monotonic_increasing
    assert set(people["household_id"]) == set(household["id"])


def test_columns_are_those_of_the_tables():
    household, people = settle(np.random.default_rng(1), dwellings(), 100, 300, TODAY)
    assert household.keys() == set(household_table.columns.keys()) - {"unit_id"}
    assert people.keys() == set(people_table.columns.keys()) - {"unit_id"}
    assert household["geom"].shape == (100, 2)
    assert people["geom"].shape == (300, 2)


def test_no_entrance_holds_more_households_than_dwellings(homes):
    places = dwellings()
    number = np.bincount(homes[0]["entrance_id"] - 1, minlength=len(places.capacity))
    assert (number <= places.capacity).all()
    share = number.sum() / places.capacity.sum()
    assert np.abs(number - share * places.capacity).max() < 1


def test_doors_are_unique_behind_an_entrance_and_on_its_floors(homes):
    household = homes[0]
    assert not household.duplicated(["entrance_id", "room"]).any()
    floor = household["room"].astype(int) // 100
    assert (floor.to_numpy() <= dwellings().floors[household["entrance_id"] - 1]).all()


def test_ages_follow_the_districts_pyramid(homes):
    band = homes[1]["age_band"]
    for low, high, share in ((0, 3, 15.9), (3, 12, 75.6), (12, 13, 2.9), (13, 21, 5.5)):
        assert 100 * band.between(low, high - 1).mean() == pytest.approx(share, abs=0.1)


def test_words_are_the_catalogues(homes):
    household, people = homes
    assert set(household["tenure"]) == TENURE.keys() - {"unknown"}
    assert set(people["sex"]) == SEXES.keys() - {"unknown"}
    assert set(people["residence"]) == RESIDENCE.keys() - {"unknown"}


def test_households_have_one_to_six_people_and_no_child_lives_alone(homes):
    people = homes[1]
    size = people.groupby("household_id").size()
    assert size.between(1, 6).all()
    assert (people.groupby("household_id")["age_band"].max() >= 3).all()


def test_each_fabric_has_its_own_people(homes):
    household, people = homes
    fabric = dwellings().fabric[household["entrance_id"] - 1]
    of_person = fabric[people["household_id"] - 1]
    size = people.groupby("household_id").size().to_numpy()
    village, old = of_person == Fabric.VILLAGE, of_person == Fabric.OLD
    assert (people["residence"][village] == "migrant").mean() > 0.7
    assert (people["residence"][~village] == "migrant").mean() < 0.45
    assert (size[fabric == Fabric.VILLAGE] == 1).mean() > 2 * (
        size[fabric == Fabric.GARDEN] == 1
    ).mean()
    assert (people["age_band"][old] >= 12).mean() > 1.5 * (people["age_band"] >= 12).mean()
    assert (people["age_band"][village] >= 12).mean() < 0.05


def test_care_agrees_with_age_and_household(homes):
    people = homes[1]
    care, band = people["care"], people["age_band"]
    size = people.groupby("household_id")["id"].transform("size")
    assert ((care & 1 > 0) == ((band >= 12) & (size == 1))).all()
    assert ((care & 2 > 0) == (band >= 16)).all()
    assert (band[care & 32 > 0] < 3).all()
    poor = (care & 16 > 0).groupby(people["household_id"])
    assert (poor.min() == poor.max()).all()
    for bit, low, high in ((4, 0.002, 0.01), (8, 0.005, 0.02), (16, 0.001, 0.01), (32, 2e-4, 2e-3)):
        assert low < (care & bit > 0).mean() < high


def test_dates_agree_and_growth_is_slight(homes):
    household, people = homes
    since = pd.to_datetime(people["since"])
    of_household = pd.to_datetime(household["since"])[people["household_id"] - 1]
    assert (since.to_numpy() >= of_household.to_numpy()).all()
    assert since.max() <= pd.Timestamp(TODAY)
    born_after = pd.Timestamp(TODAY) - pd.to_timedelta(
        (people["age_band"].astype(int) + 1) * 5 * 366, "D"
    )
    assert (since >= born_after).all()
    ends = pd.date_range(end="2026-10-31", periods=24, freq="ME")
    for dates in (since, pd.to_datetime(household["since"])):
        stock = np.array([(dates <= end).sum() for end in ends])
        growth = np.diff(stock) / stock[:-1]
        assert (growth >= 0).all()
        assert 0.005 < stock[-1] / stock[0] - 1 < 0.06


def test_the_same_seed_gives_the_same_bytes():
    for first, second in zip(
        *(settle(np.random.default_rng(9), dwellings(), 5_000, 15_000, TODAY) for _ in range(2)),
        strict=True,
    ):
        for name, values in first.items():
            if isinstance(values, pd.Series):
                assert values.equals(second[name])
            else:
                assert values.tobytes() == second[name].tobytes()


@pytest.mark.parametrize(("households", "people"), [(0, 0), (1, 1), (3, 18), (40, 40), (7, 8)])
def test_the_smallest_towns_come_out_exact(households, people):
    household, persons = settle(np.random.default_rng(3), dwellings(30), households, people, TODAY)
    assert len(household["id"]) == households
    assert len(persons["id"]) == people


@pytest.mark.parametrize(("households", "people"), [(10_000_000, 20_000_000), (10, 61), (10, 9)])
def test_what_cannot_be_housed_is_refused(households, people):
    with pytest.raises(ValueError, match=r"fit into|cannot live in"):
        settle(np.random.default_rng(3), dwellings(30), households, people, TODAY)


def test_numbering_goes_on_from_district_to_district():
    places = dwellings(30)
    next_door = Dwellings(**{**vars(places), "first_household": 101, "first_person": 301})
    household, people = settle(np.random.default_rng(3), next_door, 10, 30, TODAY)
    assert household["id"][0] == 101
    assert people["household_id"][0] == 101
    assert people["id"][0] == 301
