"""Invented holders of posts: one for each unit, but for the vacant ones."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from importers.demo.posts import VACANT, hold

TODAY = date(2026, 11, 22)
GRIDS = [f"990102001001{n:03d}" for n in range(1, 801)]
MICRO_GRIDS = [f"{grid}{n:02d}" for grid in GRIDS for n in range(1, 11)]
UNITS = [*GRIDS, *MICRO_GRIDS]
POSTS = ["head"] * len(GRIDS) + ["worker"] * len(MICRO_GRIDS)


@pytest.fixture(scope="module")
def held() -> pd.DataFrame:
    return hold(np.random.default_rng(1), UNITS, POSTS, TODAY)


def test_posts_keep_their_unit(held):
    assert set(held.loc[held["post"] == "head", "unit_code"]) <= set(GRIDS)
    assert set(held.loc[held["post"] == "worker", "unit_code"]) <= set(MICRO_GRIDS)
    assert held["unit_code"].is_unique


def test_a_few_posts_are_vacant(held):
    assert len(held) == len(POSTS) - round(VACANT * len(POSTS))


def test_telephones_are_nobodys_and_differ(held):
    assert held["phone"].is_unique
    assert held["phone"].str.fullmatch(r"139000\d{5}").all()


def test_names_have_three_letters_and_seldom_come_twice(held):
    assert held["person"].str.fullmatch("[\u4e00-\u9fff]{3}").all()
    assert held["person"].nunique() > 0.85 * len(held)


def test_everybody_has_begun_before_today(held):
    assert (held["valid"] < pd.Timestamp(TODAY, tz="UTC")).all()


def test_the_same_seed_gives_the_same_people(held):
    again = hold(np.random.default_rng(1), UNITS, POSTS, TODAY)
    pd.testing.assert_frame_equal(held, again)


def test_a_large_city_has_numbers_enough():
    codes = [f"{n:017d}" for n in range(130_000)]
    held = hold(np.random.default_rng(1), codes, ["worker"] * len(codes), TODAY)
    assert held["phone"].is_unique
    assert len(hold(np.random.default_rng(1), [], [], TODAY)) == 0
