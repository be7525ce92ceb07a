"""How many are in the demo's buildings by day: by use and floor space."""

from types import SimpleNamespace

import numpy as np

from importers.demo.by_day import by_day


def buildings(*some):
    use, fabric, area = zip(*some, strict=True)
    return SimpleNamespace(
        use=np.array(use, object), fabric=np.array(fabric, object),
        floor_area_m2=np.array(area, float),
    )  # fmt: skip


def test_work_and_school_fill_buildings_and_a_third_stays_at_home():
    there = by_day(
        buildings(
            ("office", "office", 24_000), ("school", "school", 11_000),
            ("residential", "tower", 60_000), ("residential", "old", 40_000),
            ("industrial", "warehouse", 9_000), ("unknown", "x", 5_000),
        ),
        3_000,
    )  # fmt: skip
    assert there.tolist() == [1_000, 1_000, 612, 408, 20, 0]


def test_without_homes_nobody_is_at_home():
    assert by_day(buildings(("office", "office", 240)), 3_000).tolist() == [10]
