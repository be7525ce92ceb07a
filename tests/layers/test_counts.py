"""Counts: a whole recount, and the same reached change by change."""

import datetime as dt

import h3
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Table, delete, func, insert, select, update

from gis import tables
from layers import catalog, counts, rows
from layers.layer import Layer
from layers.tally import cells_of
from tests import builders
from tests.proof import TIMES

PEOPLE, INCIDENTS = catalog.get("people"), catalog.get("incidents")
BUILDINGS, HOUSEHOLDS = catalog.get("buildings"), catalog.get("households")
AS_OF = dt.datetime(2026, 1, 15, 3, tzinfo=dt.UTC)


@pytest.fixture
def units(db: Connection) -> pd.DataFrame:
    return builders.load(db)


def as_of(db: Connection, layer: Layer, when: dt.datetime = AS_OF) -> None:
    db.execute(delete(tables.layer_state).where(tables.layer_state.c.layer == layer.id))
    db.execute(insert(tables.layer_state), {"layer": layer.id, "rows": 0, "as_of": when})


def stored(db: Connection, name: str, table: Table = tables.unit_count) -> dict:
    """What is stored of a measure: by code (and day), cell, or zoning."""
    m, v = tables.measure, tables.unit_version
    query = select(table).join(m, m.c.id == table.c.measure_id).where(m.c.name == name)
    found = {}
    codes = dict(db.execute(select(v.c.unit_id, v.c.code)).all())
    for row in db.execute(query):
        key = [value for k, value in row._mapping.items() if k not in ("measure_id", "n")]
        if "unit_id" in row._mapping:
            key[0] = codes[key[0]]
        found[key[0] if len(key) == 1 else tuple(key)] = row.n
    return found


def everything(db: Connection) -> dict[str, list[tuple]]:
    return {t.name: sorted(map(tuple, db.execute(select(t)))) for t in counts.TABLES}


def test_a_row_counts_in_its_unit_and_in_all_it_lies_in(db, units):
    places = (0.5, 0.5), (1.5, 0.5), (2.5, 3.5)
    builders.add(db, PEOPLE, units, builders.rows("people", *places))
    counts.rebuild(db, PEOPLE)
    assert stored(db, "people") == {
        "C": 3, "C1": 2, "C11": 1, "C12": 1, "C4": 1, "C43": 1, "S1": 2,
    }  # fmt: skip


def test_a_row_hanging_at_a_community_counts_there_and_above_but_in_no_square(db, units):
    builders.add(db, PEOPLE, units, builders.rows("people", (0.5, 0.5), unit_id=2))
    counts.rebuild(db, PEOPLE)
    assert stored(db, "people") == {"C": 1, "C1": 1, "S1": 1}


def test_faces_may_stand_at_different_levels(db):
    units = builders.load(db, uneven=True)
    builders.add(db, INCIDENTS, units, builders.rows("incidents", (2.5, 2.5), (0.5, 0.5)))
    counts.rebuild(db, INCIDENTS)
    assert stored(db, "incidents") == {"C": 2, "C1": 1, "C11": 1, "C4": 1, "S1": 1, "S2": 1}


def test_rows_in_no_unit_are_counted_for_each_zoning(db, units):
    places = (-0.5, 0.5), (0.5, 3.5), (0.5, 0.5)
    builders.add(db, PEOPLE, units, builders.rows("people", *places, count=2))
    counts.rebuild(db, PEOPLE)
    assert stored(db, "people", tables.outside_count) == {1: 2, 2: 4}
    assert stored(db, "people.sex.female", tables.outside_count) == {1: 2, 2: 4}


def test_a_row_counts_as_often_as_it_says(db, units):
    builders.add(db, PEOPLE, units, builders.rows("people", (0.5, 0.5), (0.6, 0.5), count=7))
    counts.rebuild(db, PEOPLE)
    assert stored(db, "people")["C"] == 14


def test_parts_divide_the_total_and_care_groups_overlap(db, units):
    items = [
        *builders.rows("people", (0.5, 0.5), age_band=17, sex="male", care=1 | 2),
        *builders.rows("people", (0.5, 0.5), start=2, age_band=17, sex="unknown", care=2),
        *builders.rows("people", (0.5, 0.5), start=3, age_band=None),
    ]
    builders.add(db, PEOPLE, units, items)
    counts.rebuild(db, PEOPLE)
    city = {m: stored(db, f"people.{m}").get("C") for m in (
        "age.17", "sex.male", "sex.unknown", "sex.female", "care.living_alone", "care.aged_80",
        "care.disabled", "age_sex.male/17", "age_sex.female/3",
    )}  # fmt: skip
    assert city == {
        "age.17": 2, "sex.male": 1, "sex.unknown": 1, "sex.female": 1, "care.living_alone": 1,
        "care.aged_80": 2, "care.disabled": None, "age_sex.male/17": 1, "age_sex.female/3": None,
    }  # fmt: skip


def test_sums_are_counted_in_total_and_by_part(db, units):
    items = [
        *builders.rows("buildings", (0.5, 0.5), (0.7, 0.5), floor_area_m2=500),
        *builders.rows("buildings", (0.5, 1.5), start=3, use="school", floor_area_m2=900),
    ]
    builders.add(db, BUILDINGS, units, items)
    counts.rebuild(db, BUILDINGS)
    assert stored(db, "buildings")["C1"] == 3
    assert stored(db, "buildings.floor_area_m2")["C1"] == 1900
    assert stored(db, "buildings.floor_area_m2.use.school") == {
        "C": 900, "C1": 900, "C13": 900, "S1": 900,
    }  # fmt: skip


def test_classes_are_counted_by_scheme_and_code(db, units):
    items = [
        *builders.rows("incidents", (0.5, 0.5), big="04", small="0401"),
        *builders.rows("incidents", (0.5, 0.5), start=2, scheme="old", big="04", small="0401"),
    ]
    builders.add(db, INCIDENTS, units, items)
    counts.rebuild(db, INCIDENTS)
    assert stored(db, "incidents.big.gb/04")["C"] == 1
    assert stored(db, "incidents.small.old/0401")["C"] == 1


def test_a_flow_has_a_number_for_each_day_of_the_city(db, units):
    late_in_utc = dt.datetime(2025, 12, 31, 17, tzinfo=dt.UTC)
    builders.add(
        db, INCIDENTS, units,
        [
            *builders.rows("incidents", (0.5, 0.5)),
            *builders.rows("incidents", (0.5, 0.5), start=2, reported_at=late_in_utc),
        ],
    )  # fmt: skip
    counts.rebuild(db, INCIDENTS)
    days = stored(db, "incidents", tables.unit_series)
    assert days[("C", dt.date(2025, 12, 1))] == 1
    assert days[("C11", dt.date(2026, 1, 1))] == 1
    assert stored(db, "incidents.big.gb/01", tables.unit_series) == days


def test_a_stock_has_month_ends_down_to_the_level_above_the_finest(db, units):
    as_of(db, PEOPLE)
    items = [
        *builders.rows("people", (0.5, 0.5), since=dt.date(2025, 11, 30)),
        *builders.rows("people", (0.5, 0.5), start=2, since=dt.date(2025, 12, 1)),
        *builders.rows("people", (0.5, 0.5), start=3, since=None),
        *builders.rows("people", (0.5, 0.5), start=4, since=dt.date(2026, 1, 10)),
    ]
    builders.add(db, PEOPLE, units, items)
    counts.rebuild(db, PEOPLE)
    series = stored(db, "people", tables.unit_series)
    ends = [dt.date(2025, 10, 31), dt.date(2025, 11, 30), dt.date(2025, 12, 31)]
    assert [series[("C1", day)] for day in ends] == [1, 2, 3]
    assert len({day for _, day in series}) == counts.MONTHS_KEPT
    assert {code for code, _ in series} == {"C", "C1", "S1"}


def test_a_stock_without_dates_has_one_snapshot(db, units):
    as_of(db, BUILDINGS)
    builders.add(db, BUILDINGS, units, builders.rows("buildings", (0.5, 0.5)))
    counts.rebuild(db, BUILDINGS)
    assert stored(db, "buildings", tables.unit_series) == {
        (code, dt.date(2026, 1, 15)): 1 for code in ("C", "C1", "S1")
    }


def test_cells_add_up_at_every_zoom(db, units):
    builders.add(db, PEOPLE, units, builders.rows("people", (0.5, 0.5), (0.51, 0.5), (3.5, 3)))
    counts.rebuild(db, PEOPLE)
    cells = stored(db, "people", tables.cell_count)
    for zoom in range(14, 21):
        assert sum(n for (z, _, _), n in cells.items() if z == zoom) == 3
    x, y = cells_of(np.array([builders.at(3.5, 3)]), 20)
    assert cells[(20, x[0], y[0])] == 1


def test_the_cells_of_a_tile_are_where_postgis_says(db):
    points = np.array([(114.05, 22.54), (-70.2, -33.4), (0.001, 0.001)])
    x, y = cells_of(points, 18)
    for column, row, (lon, lat) in zip(x, y, points, strict=True):
        point = func.ST_Transform(func.ST_Point(lon, lat, 4326), 3857)
        envelope = func.ST_TileEnvelope(18, int(column), int(row))
        assert db.scalar(select(func.ST_Intersects(envelope, point)))


def test_open_incidents_have_cells_of_their_own(db, units):
    items = [
        *builders.rows("incidents", (0.5, 0.5)),
        *builders.rows("incidents", (0.5, 0.5), start=2, stage="handle"),
    ]
    builders.add(db, INCIDENTS, units, items)
    counts.rebuild(db, INCIDENTS)
    assert set(stored(db, "incidents", tables.cell_count).values()) == {2}
    assert set(stored(db, "incidents.status.open", tables.cell_count).values()) == {1}


def test_h3_cells_are_those_of_the_library(db, units):
    places = [(0.5, 0.5), (2.2, 3.1), (3.9, 0.1)]
    builders.add(db, PEOPLE, units, builders.rows("people", *places))
    counts.rebuild(db, PEOPLE)
    found = stored(db, "people", tables.h3_count)
    for resolution in range(7, 12):
        cells = [
            h3.str_to_int(h3.latlng_to_cell(lat, lon, resolution))
            for lon, lat in (builders.at(*place) for place in places)
        ]
        expected = {(resolution, cell): cells.count(cell) for cell in cells}
        assert {k: n for k, n in found.items() if k[0] == resolution} == expected


def test_recounting_one_layer_leaves_the_others_alone(db, units):
    builders.add(db, PEOPLE, units, builders.rows("people", (0.5, 0.5)))
    builders.add(db, INCIDENTS, units, builders.rows("incidents", (0.5, 0.5)))
    counts.rebuild(db, PEOPLE, INCIDENTS)
    before = everything(db)
    counts.rebuild(db, INCIDENTS)
    assert everything(db) == before


def test_a_measure_keeps_its_number(db, units):
    builders.add(db, INCIDENTS, units, builders.rows("incidents", (0.5, 0.5)))
    counts.rebuild(db, INCIDENTS)
    m = tables.measure.c
    before = dict(db.execute(select(m.name, m.id)).all())
    builders.add(db, INCIDENTS, units, builders.rows("incidents", (1, 1), start=2, small="0001"))
    counts.rebuild(db, INCIDENTS)
    after = dict(db.execute(select(m.name, m.id)).all())
    assert before.items() <= after.items()
    assert after["incidents.small.gb/0001"] not in before.values()


def test_zeros_are_not_stored(db, units):
    builders.add(db, PEOPLE, units, builders.rows("people", (0.5, 0.5)))
    counts.rebuild(db, PEOPLE)
    before = rows.read(db, PEOPLE, [1])
    db.execute(delete(PEOPLE.table))
    db.execute(delete(tables.feature_unit))
    counts.add(db, PEOPLE, before, rows.read(db, PEOPLE, [1]))
    assert not any(everything(db).values())


def test_a_new_month_adds_its_snapshot(db, units):
    as_of(db, PEOPLE)
    builders.add(db, PEOPLE, units, builders.rows("people", (0.5, 0.5), (1.5, 1.5)))
    counts.rebuild(db, PEOPLE)
    as_of(db, PEOPLE, AS_OF + dt.timedelta(days=40))
    before = rows.read(db, PEOPLE, [2])
    db.execute(update(PEOPLE.table).where(PEOPLE.table.c.id == 2).values(count=5))
    counts.add(db, PEOPLE, before, rows.read(db, PEOPLE, [2]))
    series = stored(db, "people", tables.unit_series)
    assert series[("C", dt.date(2026, 1, 31))] == 6
    added = everything(db)
    counts.rebuild(db, PEOPLE)
    assert everything(db) == added


def test_a_file_without_changes_brings_the_month_up_to_date(db, units):
    as_of(db, PEOPLE)
    builders.add(db, PEOPLE, units, builders.rows("people", (0.5, 0.5)))
    counts.rebuild(db, PEOPLE)
    as_of(db, PEOPLE, AS_OF + dt.timedelta(days=40))
    nothing = rows.read(db, PEOPLE, [])
    counts.add(db, PEOPLE, nothing, nothing)
    assert ("C", dt.date(2026, 1, 31)) in stored(db, "people", tables.unit_series)


def test_a_layer_nobody_dated_is_true_when_it_was_changed(db, units):
    changed = {"layer": "people", "rows": 1, "as_of": None, "changed_at": AS_OF}
    db.execute(insert(tables.layer_state), changed)
    ends = counts.snapshot_days(db, PEOPLE).astype("datetime64[D]").tolist()
    assert ends[-1] == dt.date(2025, 12, 31)
    assert len(ends) == counts.MONTHS_KEPT


SPOTS = st.tuples(
    st.one_of(st.floats(-0.5, 4.5), st.sampled_from([0.0, 1.0, 1.5, 2.0, 3.0, 4.0])),
    st.one_of(st.floats(-0.5, 4.5), st.sampled_from([0.0, 1.0, 2.0, 3.0, 4.0])),
)
DAYS = st.dates(dt.date(2022, 1, 1), dt.date(2026, 1, 10))
VALUES = {
    "people": st.fixed_dictionaries({
        "count": st.integers(1, 5),
        "age_band": st.none() | st.integers(0, 20),
        "sex": st.sampled_from(["male", "female", "unknown"]),
        "residence": st.sampled_from(["registered", "migrant"]),
        "care": st.integers(0, 63),
        "since": st.none() | DAYS,
        "unit_id": st.sampled_from([None, 1, 2, 7, 9]),
    }),
    "buildings": st.fixed_dictionaries({
        "use": st.sampled_from(["residential", "school", "stable"]),
        "floor_area_m2": st.integers(0, 10**7),
    }),
    "incidents": st.fixed_dictionaries({
        "scheme": st.sampled_from(["gb", "old"]),
        "big": st.sampled_from(["01", "02"]),
        "small": st.sampled_from(["0101", "0102", "0201"]),
        "stage": st.sampled_from(["report", "handle", "closed"]),
        "reported_at": st.datetimes(
            dt.datetime(2024, 1, 1), dt.datetime(2026, 1, 1), timezones=st.just(dt.UTC)
        ),
    }),
}  # fmt: skip
CHANGES = st.lists(
    st.dictionaries(st.integers(1, 8), st.none() | SPOTS, min_size=1),
    min_size=1,
    max_size=5,
)


@pytest.mark.parametrize("layer_id", VALUES)
@given(data=st.data(), changes=CHANGES)
@settings(
    max_examples=15 * TIMES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_changes_added_up_are_a_recount(db, units, layer_id, data, changes):
    """Each change puts rows, moves them, alters them or takes them away (None)."""
    layer = catalog.get(layer_id)
    with db.begin_nested() as savepoint:
        as_of(db, layer)
        for change in changes:
            ids = list(change)
            before = rows.read(db, layer, ids)
            db.execute(delete(layer.table).where(layer.table.c.id.in_(ids)))
            db.execute(delete(tables.feature_unit).where(tables.feature_unit.c.feature_id.in_(ids)))
            for number, new in change.items():
                if new:
                    values = data.draw(VALUES[layer_id])
                    items = builders.rows(layer_id, new, start=number, **values)
                    builders.add(db, layer, units, items)
            counts.add(db, layer, before, rows.read(db, layer, ids))
        added = everything(db)
        counts.rebuild(db, layer)
        assert everything(db) == added
        savepoint.rollback()


def test_many_rows_are_read_as_few_are(db, monkeypatch):
    units = builders.load(db)
    builders.add(db, PEOPLE, units, builders.rows("people", (0.5, 0.5), (1.5, 0.5), (2.5, 3.5)))
    few = rows.read(db, PEOPLE, [1, 3])
    monkeypatch.setattr(rows, "_FEW", 0)
    many = rows.read(db, PEOPLE, [1, 3])
    assert few.ids.tolist() == many.ids.tolist() == [1, 3]
    assert few.unit_ids.tolist() == many.unit_ids.tolist() == [3, 20]
    assert few.others[2].tolist() == many.others[2].tolist()
    assert few.points.tolist() == many.points.tolist()
    assert {k: part.codes.tolist() for k, part in few.parts.items()} == {
        k: part.codes.tolist() for k, part in many.parts.items()
    }
