"""Invented names, telephones and id numbers: nobody's, and as consistent as real ones."""

from __future__ import annotations

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from importers import id_number
from importers.demo.identities import identities
from importers.demo.residents import settle
from tests.importers.demo.test_residents import dwellings

TODAY = date(2026, 11, 22)
# GB/T 2260: 11 to 15 Beijing … Inner Mongolia, and so on to 65; 71, 81, 82.
PROVINCES = {
    *range(11, 16), *range(21, 24), *range(31, 38), *range(41, 47), *range(50, 55), *range(61, 66),
    71, 81, 82, 83, 91,
}  # fmt: skip


@pytest.fixture(scope="module")
def people() -> pd.DataFrame:
    _, people = settle(np.random.default_rng(1), dwellings(), 51_012, 155_323, TODAY)
    private = identities(np.random.default_rng(2), people, "990102", TODAY)
    return pd.DataFrame({n: v for n, v in {**people, **private}.items() if n != "geom"})


def years(born: pd.Series) -> pd.Series:
    had_birthday = (born.dt.month < TODAY.month) | (
        (born.dt.month == TODAY.month) & (born.dt.day <= TODAY.day)
    )
    return TODAY.year - born.dt.year - ~had_birthday


def test_everybody_has_a_name_that_is_nobodys(people):
    assert people["name"].str.fullmatch("[\u4e00-\u9fff]{3}").all()
    # As many as a city has, and none of them everywhere.
    assert people["name"].nunique() > 80_000
    assert people["name"].value_counts().iloc[0] < 60


def test_children_are_called_as_the_first_of_their_household(people):
    first = people.groupby("household_id")["name"].transform("first").str[0]
    child = people["age_band"] < 3
    assert (people["name"].str[0] == first)[child].all()
    assert 0.3 < (people["name"].str[0] == first)[~child & (first.index > 0)].mean() < 0.95


def test_telephones_cannot_exist_and_no_child_under_14_has_one(people):
    phone = people["phone"]
    assert phone.isna().eq(years(people["born"]) < 14).all()
    assert phone.dropna().str.fullmatch(r"105\d{8}").all()
    assert phone.dropna().is_unique
    assert not phone.dropna().str.match("1[3-9]").any()


def test_birth_dates_agree_with_age_bands(people):
    age = years(people["born"])
    assert (np.minimum(age // 5, 20) == people["age_band"]).all()
    assert age.max() <= 105
    # Nobody came before being born, but for a day at the edge of a band.
    assert (people["born"] <= pd.to_datetime(people["since"]) + pd.Timedelta("1D")).all()


def test_id_numbers_pass_every_check_and_are_of_no_region(people):
    numbers = people["id_number"]
    assert numbers.is_unique
    assert all(id_number.is_one(number) for number in numbers[:20_000])
    assert {int(number[:2]) for number in numbers}.isdisjoint(PROVINCES)
    assert (numbers.str[6:14] == people["born"].dt.strftime("%Y%m%d")).all()
    assert (numbers.str[16].astype(int) % 2 == (people["sex"] == "male")).all()


def test_the_same_seed_gives_the_same_plain_values(people):
    columns = {n: people[n] for n in ("id", "household_id", "age_band", "sex", "since")}
    again = identities(np.random.default_rng(2), columns, "990102", TODAY)
    for name in ("name", "phone", "id_number"):
        assert again[name].equals(people[name])


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        ("11010519491231002X", ""),
        ("11010519491231002x", ""),
        ("１１０１０５１９４９１２３１００２Ｘ", ""),
        ("110105194912310021", "check digit"),
        ("110105194902310029", "day of birth"),
        ("1101051949123100", "16 characters"),
        ("1101051949123100A1", "other characters"),
        ("1.10105E+17", "rounded by a spreadsheet"),
        (110105194912310020.0, "check digit"),
    ],
)
def test_a_number_is_judged_and_never_repeated(number, fault):
    if not fault:
        assert id_number.read(number) == "11010519491231002X"
        assert id_number.born(id_number.read(number)) == date(1949, 12, 31)
        return
    with pytest.raises(ValueError, match=fault) as error:
        id_number.read(number)
    assert not re.search(r"\d{5}", str(error.value))
    assert not id_number.is_one(str(number))
