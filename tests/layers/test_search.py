"""Search: places by what they are called."""

import pandas as pd
import pytest
from sqlalchemy import Connection, insert, text

from gis import tables
from layers import catalog, search
from tests import builders

ESTATES, BUILDINGS = catalog.get("estates"), catalog.get("buildings")
FACILITIES = catalog.get("facilities")


@pytest.fixture(autouse=True)
def _units(db: Connection) -> pd.DataFrame:
    units = builders.load(db)
    builders.add(
        db, ESTATES, units,
        builders.rows(
            "estates", (0.5, 0.5), names={"zh": "听潮花园", "en": "Tide Garden"},
            aliases=["八号地", "老码头"],
        ),
    )  # fmt: skip
    items = [
        *builders.rows("buildings", (0.5, 0.5), name="听潮花园1栋", address="潮生路12号"),
        *builders.rows("buildings", (0.6, 0.5), start=2, address="潮生路112号", use="school"),
        *builders.rows("buildings", (0.7, 0.5), start=3),
    ]
    builders.add(db, BUILDINGS, units, items)
    lon, lat = builders.at(0.5, 0.5)
    door = {"id": 1, "key": "d", "building_id": 1, "name": "二单元", "address": "临澜区潮生路12号"}
    db.execute(insert(tables.entrance), door | {"geom": f"SRID=4326;POINT({lon} {lat})"})
    facilities = [
        *builders.rows("facilities", (1.5, 0.5), name="潮生社康中心", kind="health_centre"),
        *builders.rows("facilities", (1.5, 0.6), start=2, name="臺北診所", address="海路9號"),
        *builders.rows("facilities", (9, 9), start=3, name="Harbour Cafe", kind="cafe"),
    ]
    builders.add(db, FACILITIES, units, facilities)
    return units


def found(db: Connection, what: str, limit: int = 20) -> list[tuple[str, int]]:
    return [(hit.kind, hit.id) for hit in search.search(db, what, limit)]


def test_a_unit_by_code_and_by_name_in_both_languages(db):
    assert found(db, "C11") == [("unit", 3)]
    assert found(db, "C11区") == [("unit", 3)]
    assert found(db, "unit c12") == [("unit", 4)]


def test_the_exact_one_comes_first_and_wider_units_before_finer(db):
    assert found(db, "c1") == [("unit", n) for n in (2, 3, 4, 5, 6)]
    assert found(db, "c", limit=3) == [("unit", 1), ("unit", 2), ("unit", 7)]


def test_an_estate_by_name_and_by_what_it_is_also_called(db):
    assert found(db, "听潮") == [("estate", 1), ("building", 1)]
    assert found(db, "老码头") == [("estate", 1)]
    assert found(db, "tide garden")[0] == ("estate", 1)


def test_a_door_is_found_as_its_building_once(db):
    hits = search.search(db, "潮生路12号")
    assert [(hit.kind, hit.id) for hit in hits] == [("building", 1)]
    assert found(db, "临澜区潮生路12号 二单元") == [("building", 1)]


def test_a_building_without_a_name_is_called_by_its_address(db):
    hit = search.search(db, "潮生路112")[0]
    assert (hit.kind, hit.id, hit.titles["zh"]) == ("building", 2, "潮生路112号")
    assert hit.subtitles == {"zh": "学校", "en": "School"}


def test_a_facility_says_its_kind_and_where_it_is(db):
    hit = search.search(db, "社康")[0]
    assert (hit.kind, hit.id) == ("facility", 1)
    assert hit.subtitles["en"] == "Health centre"
    assert hit.unit_id == 4
    assert (hit.lon, hit.lat) == builders.at(1.5, 0.5)
    assert hit.bounds_4326 == (hit.lon, hit.lat, hit.lon, hit.lat)


def test_what_lies_in_no_unit_is_found_too(db):
    hit = search.search(db, "harbour")[0]
    assert hit.unit_id is None
    assert hit.subtitles["zh"] == "cafe"


@pytest.mark.parametrize("what", ["台北诊所", "臺北診所", "台北", "海路9号", "ｈａｒｂｏｕｒ"])
def test_simplified_traditional_and_full_width_are_one(db, what):
    assert len(found(db, what)) == 1


def test_every_word_must_be_found(db):
    assert found(db, "潮生 社康") == [("facility", 1)]
    assert found(db, "潮生 码头") == []


def test_one_character_finds_units_and_estates(db):
    assert found(db, "潮") == [("estate", 1)]


@pytest.mark.parametrize(
    "what", ["", "  ", "%", "_", "'", '"', "\\", "\0", "(..)", "𠮷", "a" * 500]
)
def test_nothing_is_found_of_what_nobody_is_called(db, what):
    assert found(db, what) == []


def test_a_unit_knows_its_box(db):
    hit = search.search(db, "C11")[0]
    assert hit.bounds_4326 == pytest.approx((*builders.at(0, 0), *builders.at(1, 1)))
    assert hit.titles == {"zh": "C11区", "en": "Unit C11"}


@pytest.mark.parametrize("table", tables.SEARCHED)
def test_the_index_is_what_answers(db, table):
    db.execute(text("SET LOCAL enable_seqscan = off"))
    wanted = search._Wanted(["潮生路"])
    query = tables.metadata.tables[f"citygrid.{table}"].select().where(wanted.is_in(table))
    plan = "\n".join(db.scalars(_explained(db, query)))
    assert f"ix_{table}_search" in plan


def _explained(db: Connection, query):
    compiled = query.compile(dialect=db.dialect, compile_kwargs={"literal_binds": True})
    return text("EXPLAIN " + str(compiled).replace("%%", "%").replace(":", r"\:"))
