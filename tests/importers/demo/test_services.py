"""Invented facilities: every kind, in the numbers the table says, fewer in the east."""

import numpy as np
import pandas as pd
import pytest

from gis.tables import facility as table
from importers.demo.facility_kinds import EAST_FROM, KINDS
from importers.demo.services import Sites, place
from layers.catalog.facilities import KINDS as KNOWN

PEOPLE = 1_553_225
USES = ("residential", "commercial", "office", "industrial", "public", "school", "hospital",
        "park", "square", "road", "junction")  # fmt: skip


def sites(count: int = 40_000) -> tuple[Sites, np.ndarray]:
    rng = np.random.default_rng(2)
    use = rng.choice(USES, count, p=[0.5, 0.06, 0.05, 0.02, 0.02, 0.01, 0.005, 0.015, 0.01, 0.23,
                                     0.08]).astype(object)  # fmt: skip
    xy = np.column_stack([114 + rng.random(count) * 0.11, 22.5 + rng.random(count) * 0.065])
    people = np.where(use == "residential", rng.gamma(2, 1, count), 0.2)
    stem = np.array([f"{a}{b}" for a in "听望临枕归" for b in "潮澜月石帆云溪湾"], dtype=object)
    return Sites(
        xy=xy,
        use=use,
        name_stem=stem[rng.integers(0, len(stem), count)],
        address=np.array([f"潮生路{i}号" for i in range(count)], dtype=object),
        area_m2=np.where(use == "park", rng.uniform(900, 60_000, count), 0.0),
    ), people * (PEOPLE / people.sum())


@pytest.fixture(scope="module")
def facilities() -> pd.DataFrame:
    columns = place(np.random.default_rng(1), *sites())
    frame = pd.DataFrame({name: v for name, v in columns.items() if name != "geom"})
    frame["x"] = columns["geom"][:, 0]
    frame["y"] = columns["geom"][:, 1]
    return frame


def test_columns_are_those_of_the_table():
    columns = place(np.random.default_rng(1), *sites(3_000))
    assert set(columns) == set(table.columns.keys()) - {"unit_id"}


def test_every_kind_is_one_of_the_catalogue_and_is_there(facilities):
    assert {kind.key for kind in KINDS} <= KNOWN.keys()
    assert set(facilities["kind"]) == {kind.key for kind in KINDS}
    assert facilities["key"].is_unique


def test_there_are_as_many_as_the_table_says(facilities):
    number = facilities["kind"].value_counts()
    for kind in KINDS:
        wanted = kind.per_100k * PEOPLE / 1e5
        assert number[kind.key] <= wanted + 1
        # Thinned in the east, and where they must keep apart.
        least = wanted * (EAST_FROM + (1 - EAST_FROM) * kind.east)
        assert number[kind.key] >= 0.75 * least - 2


def test_some_kinds_are_too_few_in_the_east(facilities):
    where, people = sites()
    order = np.argsort(where.xy[:, 0])
    limit = where.xy[order[np.searchsorted(np.cumsum(people[order]), EAST_FROM * PEOPLE)], 0]
    share = (facilities["x"] > limit).groupby(facilities["kind"], observed=True).mean()
    for kind in KINDS:
        if kind.east <= 0.5 and kind.per_100k >= 4:
            assert share[kind.key] < 0.75 * (1 - EAST_FROM)
    assert share["shop"] == pytest.approx(1 - EAST_FROM, abs=0.05)


def test_they_lie_in_buildings_of_their_use(facilities):
    where, _ = sites()
    use = dict(zip(map(tuple, where.xy.tolist()), where.use, strict=True))
    uses = {kind.key: kind.uses for kind in KINDS}
    for row in facilities.itertuples():
        assert use[row.x, row.y] in uses[row.kind]


def test_metro_stations_keep_their_distance(facilities):
    metro = facilities[facilities["kind"] == "metro"]
    xy = metro[["x", "y"]].to_numpy() * 111_195 * [np.cos(np.radians(22.53)), 1]
    away = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    np.fill_diagonal(away, np.inf)
    assert away.min() >= 845


def test_names_are_unique_within_a_kind_but_for_stops(facilities):
    named = facilities[facilities["kind"] != "bus_stop"]
    assert not named.duplicated(["kind", "name"]).any()


def test_capacity_state_and_phone_are_plausible(facilities):
    bounds = {kind.key: kind.capacity for kind in KINDS}
    for kind, rows in facilities.groupby("kind", observed=True):
        low, high = bounds[kind]
        if high == 0:
            assert rows["capacity"].isna().all()
        elif kind != "emergency_shelter":
            assert rows["capacity"].between(low - 1, high + 10).all()
    state = facilities["state"].value_counts(normalize=True)
    assert state["open"] > 0.95
    assert set(state.index) == {"open", "planned", "closed"}
    phones = facilities["phone"].dropna()
    assert len(phones) > 1_000
    assert phones.str.fullmatch(r"0000-555\d{5}").all()


def test_the_ground_of_parks_is_told(facilities):
    parks = facilities[facilities["kind"] == "park"]
    assert (parks["area_m2"] > 800).all()


def test_the_same_seed_gives_the_same_rows():
    first, second = (place(np.random.default_rng(6), *sites(5_000)) for _ in range(2))
    for name, values in first.items():
        if isinstance(values, pd.Series):
            assert values.equals(second[name])
        else:
            assert values.tobytes() == second[name].tobytes()


def test_a_hamlet_has_what_it_has_room_for():
    where, people = sites(60)
    columns = place(np.random.default_rng(6), where, people / 500)
    assert columns["kind"].nunique() > 15
