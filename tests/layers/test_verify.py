"""The check: silent on a sound city, and it finds one wrong row in each stored table."""

import datetime as dt

import pytest
from sqlalchemy import insert, text

from gis import tables
from layers import catalog, counts
from layers.verify import check_counts
from tests import builders

AS_OF = dt.datetime(2026, 1, 15, 3, tzinfo=dt.UTC)
# Two outside every strip, one outside the city.
PLACES = (0.5, 0.5), (1.2, 0.7), (1.5, 2.2), (2.5, 3.5), (3.3, 1.1), (0.2, 3.7), (5.0, 1.0)


def silent(*_told):
    pass


@pytest.fixture
def city(db):
    units = builders.load(db)
    for layer in catalog.COUNTED:
        rows = builders.rows(layer.id, *PLACES)
        if layer.id == "people":
            for number, row in enumerate(rows):
                row |= {"care": number % 4, "since": dt.date(2025, 10 + number % 3, 5)}
        if layer.id == "incidents":
            rows[1] |= {"stage": "handle"}
        builders.add(db, layer, units, rows)
        db.execute(
            insert(tables.layer_state), {"layer": layer.id, "rows": len(rows), "as_of": AS_OF}
        )
    db.execute(text("UPDATE incident SET unit_then_id = unit_id WHERE stage = 'closed'"))
    counts.rebuild(db, *catalog.COUNTED)
    return db


def differences(db):
    return [finding for finding in check_counts(db, silent) if finding.wrong]


def test_a_sound_city_has_no_difference_and_everything_is_compared(city):
    found = check_counts(city, silent)
    assert not [str(finding) for finding in found if finding.wrong]
    assert sum(finding.compared for finding in found) > 1000


def test_units_of_uneven_depth_are_sound_too(db):
    units = builders.load(db, uneven=True)
    people = catalog.get("people")
    builders.add(db, people, units, builders.rows("people", *PLACES))
    for layer in catalog.COUNTED:
        rows = len(PLACES) if layer is people else 0
        db.execute(insert(tables.layer_state), {"layer": layer.id, "rows": rows, "as_of": AS_OF})
    counts.rebuild(db, *catalog.COUNTED)
    assert not [str(finding) for finding in differences(db)]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        ("UPDATE unit_count SET n = n + 1 WHERE (unit_id, measure_id) = (SELECT unit_id, "
         "measure_id FROM unit_count ORDER BY 2, 1 LIMIT 1)", "units of main"),
        ("DELETE FROM unit_count WHERE (unit_id, measure_id) = (SELECT unit_id, measure_id FROM "
         "unit_count ORDER BY 1 DESC, 2 LIMIT 1)", "units of beats"),
        ("UPDATE outside_count SET n = n - 1 WHERE (zoning_id, measure_id) = (SELECT zoning_id, "
         "measure_id FROM outside_count ORDER BY 2, 1 LIMIT 1)", "outside main"),
        ("UPDATE unit_series SET n = n + 5 WHERE ctid = (SELECT ctid FROM unit_series LIMIT 1)",
         "over time"),
        ("DELETE FROM unit_series WHERE day = '2025-12-31' AND unit_id = 1 AND measure_id = "
         "(SELECT id FROM measure WHERE name = 'people')", "people over time"),
        ("UPDATE cell_count SET n = n + 1 WHERE ctid = (SELECT ctid FROM cell_count LIMIT 1)",
         "by tile cell"),
        ("UPDATE h3_count SET n = n + 1 WHERE ctid = (SELECT ctid FROM h3_count LIMIT 1)",
         "by H3 cell"),
        ("UPDATE feature_unit SET unit_id = 24 WHERE layer = 'people' AND feature_id = 1",
         "people: unit of each row, beats"),
        ("UPDATE people SET unit_id = 20 WHERE id = 1", "people: unit of each row, main"),
        ("UPDATE people SET count = 2 WHERE id = 1", "people count by total"),
        ("UPDATE layer_state SET rows = 8 WHERE layer = 'facilities'",
         "facilities: number of rows"),
        ("UPDATE incident SET unit_then_id = NULL WHERE id = 1", "keep the unit of then"),
    ],
)  # fmt: skip
def test_one_wrong_row_is_found(city, spoil, told):
    assert city.execute(text(spoil)).rowcount == 1
    assert any(told in str(finding) for finding in differences(city))


def test_a_month_that_is_missing_everywhere_is_found(city):
    city.execute(text("DELETE FROM unit_series WHERE day = '2025-12-31'"))
    assert any("people over time" in str(finding) for finding in differences(city))


def test_a_row_known_only_to_a_wider_unit_may_hang_there(city):
    city.execute(text("UPDATE people SET unit_id = 2 WHERE id = 1"))
    counts.rebuild(city, catalog.get("people"))
    assert not [str(finding) for finding in differences(city)]


def test_a_difference_says_where_and_what(city):
    city.execute(text("UPDATE layer_state SET rows = 8 WHERE layer = 'facilities'"))
    (found,) = differences(city)
    assert str(found) == (
        "facilities: number of rows: 1 compared, 1 differ\n    8 are stored, there are 7"
    )
