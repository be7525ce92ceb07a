"""Releases: what is in them, from which level, what is withheld, and that it stays so."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Connection, delete, func, insert, select, update

from gis import tables
from gis.access import tables as access
from gis.city import City
from gis.errors import SettingsError
from layers import catalog, counts, release_rules, releases
from layers.release_places import lay_anew, rounded
from layers.release_rules import LAYERS
from tests import builders

PEOPLE, HOUSEHOLDS, BUILDINGS = map(catalog.get, ("people", "households", "buildings"))
# Squares (level 3) are the finest of the tests' city: quarters are one level above.
RULES = release_rules.read(
    {
        "tables": [
            {"measure": "people", "above_finest": 0, "threshold": 5},
            {"measure": "people.sex", "above_finest": 1, "threshold": 5},
            {"measure": "people.care", "above_finest": 1, "threshold": 10},
            {"measure": "households", "above_finest": 0, "threshold": 5},
        ]
    }
)


@pytest.fixture
def units(db: Connection) -> pd.DataFrame:
    return builders.load(db)


def people(db, units, *where: tuple[float, float, int], start: int = 1, **values) -> None:
    """Put groups of people at places: x, y, how many."""
    for number, (x, y, count) in enumerate(where, start):
        rows = builders.rows("people", (x, y), start=number, count=count, **values)
        builders.add(db, PEOPLE, units, rows)


def recounted(db: Connection) -> None:
    for table in counts.TABLES:
        db.execute(delete(table))
    counts.rebuild(db, *LAYERS, BUILDINGS)


def made(db: Connection, rules=RULES) -> releases.Release:
    recounted(db)
    return releases.make(db, rules)


def told(db: Connection, name: str, number: int | None = None) -> dict[str, int | None]:
    """A release's numbers of one measure, by the units' code; None: withheld."""
    c, m, v = access.release_count.c, tables.measure.c, tables.unit_version.c
    latest = number or db.scalar(select(func.max(access.release.c.id)))
    query = (
        select(v.code, c.n)
        .join_from(access.release_count, tables.measure, m.id == c.measure_id)
        .join(tables.unit_version, v.unit_id == c.unit_id)
        .where(m.name == name, c.release_id == latest)
        .order_by(v.code)
    )
    return dict(db.execute(query).all())


def test_totals_go_down_to_the_finest_level_and_divisions_end_above_it(db, units):
    people(db, units, (0.5, 0.5, 20), (1.5, 0.5, 30), (2.5, 3.5, 40))
    made(db)
    totals = told(db, "people")
    assert {code: n for code, n in totals.items() if code[0] == "C"} == {
        "C": 90, "C1": 50, "C11": 20, "C12": 30, "C4": 40, "C43": 40,
    }  # fmt: skip
    assert told(db, "people.sex.female") == {"C": 90, "C1": 50, "C4": 40}


def test_a_small_number_is_withheld_and_the_smallest_beside_it(db, units):
    people(db, units, (0.5, 0.5, 3), (1.5, 0.5, 30), (0.5, 1.5, 9), (2.5, 3.5, 40))
    made(db)
    totals = told(db, "people")
    assert {code: n for code, n in totals.items() if code[0] == "C"} == {
        "C": 82, "C1": 42, "C11": None, "C12": 30, "C13": None, "C4": 40, "C43": 40,
    }  # fmt: skip


def test_care_has_a_threshold_of_its_own(db, units):
    people(db, units, (0.5, 0.5, 8), care=4)
    people(db, units, (0.5, 0.5, 30), start=2)
    people(db, units, (2.5, 2.5, 90), (0.5, 2.5, 70), start=3, care=4)
    made(db)
    assert told(db, "people")["C1"] == 38
    assert told(db, "people.care.needs_care") == {"C": 168, "C1": None, "C3": None, "C4": 90}


def test_so_few_people_that_they_bound_a_care_group_are_withheld_too(db, units):
    people(db, units, (0.5, 0.5, 8), care=4)
    people(db, units, (2.5, 2.5, 90), (0.5, 2.5, 70), start=2, care=4)
    made(db)
    # None to eight in care would be less than ten apart.
    assert told(db, "people")["C1"] is None


def test_persons_hanging_on_a_wider_unit_are_not_found_by_subtraction(db, units):
    people(db, units, (0.5, 0.5, 20), (1.5, 0.5, 30), (2.5, 3.5, 40))
    people(db, units, (0.6, 0.5, 2), start=4, unit_id=2)
    made(db)
    totals = told(db, "people")
    # C1 has 52, of which 2 are in none of its squares.
    assert (totals["C1"], totals["C11"], totals["C12"]) == (52, None, 30)


def test_depth_may_differ(db):
    units = builders.load(db, uneven=True)
    people(db, units, (2.5, 2.5, 3), (0.5, 0.5, 30), (2.5, 0.5, 20))
    made(db)
    totals = told(db, "people")
    assert {code: n for code, n in totals.items() if code[0] == "C"} == {
        "C": 53, "C1": 30, "C11": 30, "C2": None, "C21": None, "C4": None,
    }  # fmt: skip


def test_nobody_is_no_secret(db, units):
    people(db, units, (0.5, 0.5, 20))
    release = made(db)
    # Of both zonings; zeros are said in the second only.
    assert (release.published, release.withheld) == (11, 0)
    assert "C12" not in told(db, "people")


def test_old_releases_are_kept_and_the_latest_is_the_one_to_see(db, units):
    assert releases.latest(db) is None
    people(db, units, (0.5, 0.5, 20))
    first = made(db)
    people(db, units, (1.5, 0.5, 30), start=2)
    second = made(db)
    assert releases.latest(db) == second
    assert releases.all_of(db) == [second, first]
    assert told(db, "people", first.id)["C"] == 20
    assert told(db, "people", second.id)["C"] == 50


def test_a_release_is_as_of_when_its_people_were(db, units):
    as_of = dt.datetime(2026, 1, 15, 3, tzinfo=dt.UTC)
    db.execute(insert(tables.layer_state), {"layer": "people", "rows": 0, "as_of": as_of})
    people(db, units, (0.5, 0.5, 20))
    assert made(db).as_of == as_of


def test_the_same_counts_give_the_same_release(db, units):
    people(db, units, (0.5, 0.5, 3), (1.5, 0.5, 30), (0.5, 1.5, 9), (2.5, 3.5, 40))
    first, second = made(db), made(db)
    assert told(db, "people", first.id) == told(db, "people", second.id)


def test_what_was_withheld_and_did_not_change_stays_withheld(db, units):
    """Else the second release says what the first withheld."""
    people(db, units, (0.5, 0.5, 3), (1.5, 0.5, 30), (0.5, 1.5, 9))
    made(db)
    # No small number is left in C1; but 9 people are still where 9 were.
    db.execute(update(tables.people).where(tables.people.c.id == 1).values(count=25))
    made(db)
    totals = told(db, "people")
    assert totals["C13"] is None
    # It alone would be told by its neighbours.
    assert [totals["C11"], totals["C12"], totals["C1"]].count(None) == 1


def test_what_was_published_and_did_not_change_hides_nothing(db, units):
    people(db, units, (0.5, 0.5, 30), (1.5, 0.5, 9), (0.5, 1.5, 50), (2.5, 2.5, 60), (0.5, 2.5, 70))
    made(db)
    db.execute(update(tables.people).where(tables.people.c.id == 1).values(count=3))
    made(db)
    totals = told(db, "people")
    # 9 would have gone with it, but everybody knows it: the quarter's number goes, and so on up.
    assert (totals["C11"], totals["C12"], totals["C13"]) == (None, 9, 50)
    assert (totals["C1"], totals["C"]) == (None, None)


def test_nothing_is_released_that_earlier_releases_give_away(db, units):
    people(db, units, (0.5, 0.5, 30), (1.5, 0.5, 30))
    made(db)
    # As if only the threshold had been raised: everything is known.
    strict = release_rules.read(
        {"tables": [{"measure": "people", "above_finest": 0, "threshold": 40}]}
    )
    made(db, strict)
    assert told(db, "people")["C11"] is None


def test_the_owner_alone_keeps_what_is_withheld(db, units):
    people(db, units, (0.5, 0.5, 3), (1.5, 0.5, 30), (0.5, 1.5, 9), (2.5, 3.5, 40))
    made(db)
    assert sorted(db.scalars(select(access.release_hidden.c.n))) == [3, 9]
    granted = "SELECT grantee FROM information_schema.table_privileges WHERE table_name = :table"
    roles = db.exec_driver_sql(granted.replace(":table", "'release_hidden'")).scalars().all()
    assert set(roles) == {"citygrid_owner"}


# --- cells and further zonings ---------------------------------------------------------------


def cells(db: Connection, table=access.release_h3) -> dict[tuple, int]:
    columns = [c for c in table.c if c.name not in ("release_id", "n")]
    latest = db.scalar(select(func.max(access.release.c.id)))
    rows = db.execute(select(*columns, table.c.n).where(table.c.release_id == latest))
    return {tuple(row[:-1]): row[-1] for row in rows}


def test_cells_and_further_zonings_have_rounded_totals(db, units):
    people(db, units, (0.5, 0.5, 24), (1.4, 0.5, 25), (2.5, 2.5, 41))
    made(db)
    assert {code: n for code, n in told(db, "people").items() if code[0] == "S"} == {
        "S1": 50, "S2": 40, "S3": 0,
    }  # fmt: skip
    assert set(cells(db).values()) <= set(range(10, 100, 10))
    finest = {key: n for key, n in cells(db).items() if key[1] == 11}
    assert sorted(finest.values()) == [20, 30, 40]
    assert cells(db, access.release_cell)


def test_cells_tell_nothing_of_units_that_withhold_their_number(db, units):
    """Who lives where in withheld units changes no number of any cell or further zoning."""
    homes = (0.4, 0.5), (0.6, 0.5), (0.5, 1.5), (1.5, 1.6)
    items = builders.rows("buildings", *homes, floor_area_m2=700)
    builders.add(db, BUILDINGS, units, items)
    people(db, units, (0.4, 0.5, 3), (0.5, 1.5, 8), (1.5, 1.6, 60), (0.5, 2.5, 80))
    made(db)
    before = told(db, "people"), cells(db), cells(db, access.release_cell)
    assert (before[0]["C11"], before[0]["C13"], before[0]["C14"]) == (None, None, 60)
    db.execute(delete(access.release))
    # 4 and 7, and at another house.
    elsewhere = tables.feature_unit.c
    db.execute(
        delete(tables.feature_unit).where(
            elsewhere.layer == "people", elsewhere.feature_id.in_((1, 2))
        )
    )
    db.execute(delete(tables.people).where(tables.people.c.id.in_((1, 2))))
    people(db, units, (0.6, 0.5, 4), (0.5, 1.5, 7))
    made(db)
    assert (told(db, "people"), cells(db), cells(db, access.release_cell)) == before


def test_persons_of_withheld_units_are_laid_on_their_buildings(db, units):
    builders.add(
        db, BUILDINGS, units,
        [
            *builders.rows("buildings", (0.3, 0.5), floor_area_m2=999),
            *builders.rows("buildings", (0.7, 0.5), start=2, floor_area_m2=99_999, use="office"),
        ],
    )  # fmt: skip
    people(db, units, (0.9, 0.9, 4), (0.5, 1.5, 36), (1.5, 1.5, 60))
    made(db)
    finest = sorted(n for key, n in cells(db).items() if key[1] == 11)
    # Two units withhold 40 together: 20 at the one's home, 20 in the middle of the other.
    assert finest == [20, 20, 60]


def test_rounding_goes_up_from_the_half():
    assert rounded(np.array([0, 4.9, 5, 14, 15, -3]), 10).tolist() == [0, 0, 10, 10, 20, 0]


# --- rules -----------------------------------------------------------------------------------


def test_the_defaults_hold_for_a_city_of_any_depth():
    rules = release_rules.read({})
    assert rules == release_rules.read(rules.to_json())
    people_table, care = rules.table_of("people"), rules.table_of("people.care.disabled")
    assert (people_table.above_finest, people_table.threshold) == (0, 5)
    assert (care.above_finest, care.threshold) == (2, 10)
    assert rules.table_of("people.age_group.60").above_finest == 1
    assert rules.table_of("people.age.3").above_finest == 2
    assert rules.table_of("buildings") is None


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"rounded_to": 0}, "rounded_to must be a whole number, 1 or more, found 0"),
        ({"round": 5}, "'round' is no setting"),
        ({"tables": []}, "tables must list at least one table"),
        ({"tables": [{"measure": "buildings"}]}, "found 'buildings'"),
        (
            {"tables": [{"measure": "people", "above_finest": 0, "threshold": 1}]},
            "threshold must be a whole number, 2 or more, found 1",
        ),
    ],
)
def test_rules_that_cannot_be_used_are_said(own, said):
    with pytest.raises(SettingsError, match=said):
        release_rules.read(own)


def test_a_city_may_have_rules_of_its_own(db, units):
    own = builders.CITY.to_json() | {"releases": {"rounded_to": 100}}
    assert City.from_json(own).releases == {"rounded_to": 100}
    db.execute(update(tables.city).values(settings=own))
    people(db, units, (0.5, 0.5, 20))
    recounted(db)
    assert releases.make(db).rules.rounded_to == 100


def test_laying_anew_uses_nothing_but_what_is_published(db, units):
    people(db, units, (0.5, 0.5, 3), (0.5, 1.5, 9), (1.5, 0.5, 30), (2.5, 2.5, 60))
    made(db)
    snapshot = releases.earlier(db, 1)[0]
    closed, shares = lay_anew(snapshot, snapshot.names.index("people"))
    codes = dict(
        db.execute(select(tables.unit_version.c.unit_id, tables.unit_version.c.code)).all()
    )
    by_code = {codes[snapshot.unit_ids[place]]: n for place, n in shares.items()}
    assert by_code == {"C11": 6.0, "C13": 6.0}
    assert {codes[u] for u in snapshot.unit_ids[closed]} >= {"C", "C1", "C11", "C13"}
    assert "C12" not in {codes[u] for u in snapshot.unit_ids[closed]}
