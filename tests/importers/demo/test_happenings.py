"""Invented incidents: their number, their classes, their rhythm, and stages in order."""

from datetime import date, datetime, timedelta, timezone
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from gis.tables import incident as table
from importers.demo import bodies, classes, conditions
from importers.demo.classes import Setting
from importers.demo.clock import working_clock
from importers.demo.happenings import CLASSES, Places, happen
from layers.catalog.incidents import SEVERITIES, SOURCES, STAGES
from layers.handling.calendar import WorkCalendar
from layers.handling.clock import Limit, Unit, clock_of

NOW = datetime(2026, 11, 22, 10, 42, tzinfo=timezone(timedelta(hours=8)))
COUNT = 60_000


def places(count: int = 4_000) -> Places:
    rng = np.random.default_rng(4)
    return Places(
        xy=np.column_stack([114 + rng.random(count) * 0.1, 22.5 + rng.random(count) * 0.06]),
        weight=rng.gamma(2.0, 1.0, count),
        setting=rng.choice(5, count, p=[0.35, 0.25, 0.3, 0.02, 0.08]).astype(np.int8),
        address=np.array([f"听潮路{i}号" for i in range(count)], dtype=object),
    )


@pytest.fixture(scope="module")
def incidents() -> pd.DataFrame:
    columns = happen(np.random.default_rng(1), places(), COUNT, NOW)
    frame = pd.DataFrame({name: v for name, v in columns.items() if name != "geom"})
    frame["x"], frame["y"] = columns["geom"].T
    # Of the city's own day.
    frame["local"] = frame["reported_at"] + pd.Timedelta(hours=8)
    return frame


def test_their_number_is_exact_and_keys_are_unique(incidents):
    assert incidents["id"].tolist() == list(range(1, COUNT + 1))
    assert incidents["key"].is_unique


def test_columns_are_those_of_the_table():
    columns = happen(np.random.default_rng(1), places(), 50, NOW)
    assert set(columns) <= set(table.columns.keys())
    must = {c.key for c in table.columns if not c.nullable and c.server_default is None}
    assert must - {"id"} <= set(columns) | {"unit_id", "unit_then_id"}


def test_words_are_the_catalogues(incidents):
    assert set(incidents["stage"]) <= STAGES.keys()
    assert set(incidents["severity"]) <= SEVERITIES.keys()
    assert set(incidents["source"]) <= SOURCES.keys()


def test_classes_follow_the_standards_frame():
    big = CLASSES[CLASSES["parent_code"].isna()]
    assert list(big.loc[big["scheme"] == classes.EVENTS, "code"]) == [f"0{n}" for n in range(1, 7)]
    assert list(big.loc[big["scheme"] == classes.COMPONENTS, "code"]) == [
        f"0{n}" for n in range(1, 6)
    ]
    assert not CLASSES.duplicated(["scheme", "code"]).any()
    small = CLASSES[CLASSES["parent_code"].notna()]
    assert small.groupby(["scheme", "parent_code"]).size().between(6, 10).all()
    assert not small.duplicated(["scheme", "zh"]).any()


def test_every_incident_has_a_class_of_the_frame(incidents):
    known = {(r.scheme, r.parent_code, r.code) for r in CLASSES.itertuples() if r.parent_code}
    used = set(incidents[["scheme", "big", "small"]].drop_duplicates().itertuples(index=False))
    assert {tuple(row) for row in used} == known


def test_stages_come_one_after_the_other(incidents):
    names = ["reported_at", "registered_at", "dispatched_at", "handled_at", "closed_at"]
    for before, after in pairwise(names):
        both = incidents[[before, after]].dropna()
        assert (both[before] <= both[after]).all()
    now = pd.Timestamp(NOW).tz_convert(None)
    assert (incidents[names].max() <= now).all()
    assert incidents["reported_at"].min() >= now - pd.Timedelta(days=730)


def test_the_stage_says_which_times_are_known(incidents):
    closed = incidents["stage"] == "closed"
    assert incidents.loc[closed, "closed_at"].notna().all()
    assert incidents.loc[~closed, "closed_at"].isna().all()
    handled = incidents["stage"].isin(["feed_back", "check"])
    assert incidents.loc[handled, "handled_at"].notna().all()
    refused = incidents["props"].astype(str) != "{}"
    assert incidents.loc[refused, ["due_at", "limit_unit", "condition"]].isna().all(axis=None)
    assert 0.01 < refused.mean() < 0.05
    assert incidents.loc[refused, "registered_at"].isna().all()
    assert closed[refused].all()


def test_each_has_the_limit_of_its_class_and_is_due_by_the_calendar(incidents):
    usual = conditions.frame().query("number == 1").set_index(["scheme", "code"])
    clock = clock_of(WorkCalendar("CN", "Asia/Shanghai"))
    some = incidents[incidents["props"].astype(str) == "{}"]
    assert set(some["limit_unit"]) == {"urgent_hours", "work_hours", "work_days"}
    assert (some["condition"] == 1).all()
    assert some.loc[some["stage"].isin(["report", "register"]), "dispatched_at"].isna().all()
    for one in some.sample(500, random_state=2).itertuples():
        amount, unit = usual.loc[(one.scheme, one.small), ["amount", "unit"]]
        assert (one.limit_amount, one.limit_unit) == (amount, unit)
        sent = one.reported_at if pd.isna(one.dispatched_at) else one.dispatched_at
        due = clock.due(sent.tz_localize("UTC"), Limit(amount, Unit(unit)))
        assert one.due_at.tz_localize("UTC") == due


def test_few_are_open_and_about_a_tenth_of_them_late(incidents):
    open_ = incidents[incidents["stage"] != "closed"]
    # 1,500 to 2,500 of a district's 280 thousand.
    assert 0.0045 < len(open_) / COUNT < 0.0095
    late = (open_["due_at"] < pd.Timestamp(NOW).tz_convert(None)).mean()
    assert 0.05 < late < 0.16
    handled = incidents["handled_at"].notna()
    on_time = (incidents["handled_at"] <= incidents["due_at"])[handled].mean()
    assert 0.85 < on_time < 0.97


def test_days_weeks_and_seasons_have_their_rhythm(incidents):
    hour = incidents["local"].dt.hour
    noise = incidents["title"].str.contains("噪声|唱歌|音响")
    by_hour = np.bincount(hour[~noise], minlength=24)
    assert min(by_hour[9:11].min(), by_hour[15:17].min()) > 1.2 * by_hour[12:14].max()
    assert set(np.bincount(hour[noise], minlength=24).argsort()[-2:]) <= {20, 21, 22}
    weekday = incidents["local"].dt.day_of_week
    assert (weekday == 0).sum() > 1.1 * (weekday == 6).sum()
    month = incidents["local"].dt.month
    assert month.isin([6, 7, 8]).sum() > 1.15 * month.isin([12, 1, 2]).sum()
    by_day = incidents["local"].dt.date.value_counts()
    assert by_day.max() > 1.5 * by_day.median()
    assert by_day[date(2026, 2, 17)] < 0.85 * by_day.median()


def test_classes_keep_to_their_setting_and_cluster(incidents):
    place = incidents["address"].str.extract(r"(\d+)")[0].astype(int).to_numpy()
    setting = places().setting[place]
    site = incidents["title"].str.contains("扬尘|打桩").to_numpy()
    assert (setting[site] == Setting.SITE).mean() > 5 * (setting == Setting.SITE).mean()
    hawkers = incidents["title"].str.contains("摊贩").to_numpy()
    cells = np.histogram2d(incidents["x"][hawkers], incidents["y"][hawkers], bins=12)[0]
    assert cells.var() > 3 * cells.mean()


def test_they_lie_near_their_address(incidents):
    place = incidents["address"].str.extract(r"(\d+)")[0].astype(int).to_numpy()
    away = np.abs(incidents[["x", "y"]].to_numpy() - places().xy[place])
    assert away.max() < 3e-4


def test_the_same_seed_gives_the_same_bytes():
    first, second = (happen(np.random.default_rng(8), places(), 5_000, NOW) for _ in range(2))
    for name, values in first.items():
        if isinstance(values, pd.Series):
            assert values.equals(second[name])
        else:
            assert values.tobytes() == second[name].tobytes()


def test_a_town_without_building_sites_has_incidents_too():
    where = places(200)
    calm = Places(where.xy, where.weight, np.zeros(200, dtype=np.int8), where.address)
    assert len(happen(np.random.default_rng(8), calm, 500, NOW)["id"]) == 500
    assert len(happen(np.random.default_rng(8), calm, 0, NOW)["id"]) == 0


def test_now_needs_a_time_zone():
    with pytest.raises(ValueError, match="time zone"):
        happen(np.random.default_rng(8), places(20), 5, NOW.replace(tzinfo=None))


def test_the_working_clock_stops_at_noon_at_night_and_on_holidays():
    clock = working_clock(date(2026, 9, 28), 30)  # a Monday
    monday_11 = 11 * 60

    def add(moment: int, minutes: int) -> tuple[int, int, int]:
        [end] = clock.add(np.array([moment]), np.array([minutes])).tolist()
        day, minute = divmod(end, 24 * 60)
        return day, minute // 60, minute % 60

    assert add(monday_11, 30) == (0, 11, 30)
    assert add(monday_11, 120) == (0, 15, 0)
    assert add(monday_11, 5 * 60) == (0, 18, 0)
    assert add(monday_11, 6 * 60) == (1, 9, 0)
    # The day before seven days of holiday.
    wednesday_17 = 2 * 24 * 60 + 17 * 60
    assert add(wednesday_17, 120) == (10, 9, 0)
    assert add(8 * 24 * 60 + 3 * 60, 60) == (10, 9, 0)


def test_what_was_dispatched_has_the_body_of_its_class(incidents):
    assert (incidents["body_id"].notna() == incidents["dispatched_at"].notna()).all()
    sent = incidents.dropna(subset="body_id")
    assert (sent.groupby(["scheme", "small"])["body_id"].nunique() == 1).all()
    listed = bodies.frame()
    assert set(sent["body_id"]) == set(listed["id"])
    assert {"urban_management", "police", "fire", "parks"} < set(listed["key"])
    assert all(set(names) == {"zh", "en"} for names in listed["names"])


def test_a_plausible_share_is_about_persons(incidents):
    assert 0.05 < incidents["is_personal"].mean() < 0.15
    by_source = incidents.groupby("source", observed=True)["is_personal"].mean()
    assert by_source["hotline"] > by_source["app"] > by_source["patrol"] > by_source["device"] == 0
    quarrel = next(one for one in classes.SMALL if one.zh == "邻里纠纷")
    mine = (incidents["small"] == quarrel.code) & (incidents["scheme"] == quarrel.scheme)
    assert incidents.loc[mine & (incidents["source"] == "hotline"), "is_personal"].mean() > 0.8


def test_bodies_name_classes_that_there_are():
    names = {one.zh for one in classes.SMALL}
    assert bodies._OF_SMALL.keys() <= names
    assert bodies._PERSONAL.keys() <= names
