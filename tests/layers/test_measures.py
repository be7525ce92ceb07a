"""Measures: names that stay, numbers that stay."""

import pytest
from sqlalchemy import insert

from gis import tables
from gis.errors import NotFoundError
from layers import catalog, measures

PEOPLE, INCIDENTS = catalog.get("people"), catalog.get("incidents")
FACILITIES = catalog.get("facilities")


def test_defining_twice_gives_the_same_numbers(db):
    assert measures.define(db, PEOPLE) == measures.define(db, PEOPLE)


def test_a_new_part_gets_a_new_number_and_the_others_keep_theirs(db):
    before = measures.define(db, FACILITIES)
    after = measures.define(db, FACILITIES, {"kind": ["sauna"]})
    assert before.items() <= after.items()
    assert after["facilities.kind.sauna"].id == max(m.id for m in after.values()) - 1
    assert after["facilities.capacity.kind.sauna"].weight == "capacity"


def test_names_say_layer_sum_dimension_and_part(db):
    names = set(measures.define(db, PEOPLE)) | set(measures.define(db, FACILITIES))
    assert {
        "people", "people.age.0", "people.age.20", "people.sex.male", "people.care.aged_80",
        "people.age_sex.female/20", "facilities", "facilities.capacity", "facilities.kind.clinic",
        "facilities.capacity.kind.clinic",
    } <= names  # fmt: skip
    assert "people.age.21" not in names


def test_care_groups_overlap_and_the_others_divide(db):
    defined = measures.define(db, PEOPLE)
    assert not defined["people.care.aged_80"].is_partition
    assert defined["people.age.3"].is_partition


def test_classes_are_called_by_their_names(db):
    looks, litter = {"zh": "市容", "en": "Looks"}, {"zh": "垃圾", "en": "Litter"}
    rows = [
        {"scheme": "gb", "code": "01", "parent_code": None, "names": looks},
        {"scheme": "gb", "code": "0101", "parent_code": "01", "names": litter},
    ]  # fmt: skip
    db.execute(insert(tables.incident_class), rows)
    measures.define(db, INCIDENTS, {"big": ["gb/01", "gb/99"], "small": ["gb/0101"]})
    names = measures.readable(db)
    assert names["incidents.big.gb/01"] == {"zh": "事件 · 市容", "en": "Incidents · Looks"}
    assert names["incidents.big.gb/99"]["zh"] == "事件 · 99"
    dimension = next(d for d in INCIDENTS.dimensions if d.key == "small")
    parts = measures.part_names(db, INCIDENTS, dimension)
    assert parts == {"gb/0101": litter}


def test_a_name_that_was_never_counted_is_left_out(db):
    measures.define(db, FACILITIES)
    found = measures.by_name(db, ["facilities", "facilities.kind.sauna"])
    assert list(found) == ["facilities"]


def test_a_name_may_have_a_dot_in_its_part(db):
    measures.define(db, FACILITIES, {"kind": ["osm.shop"]})
    assert "facilities.kind.osm.shop" in measures.by_name(db, ["facilities.kind.osm.shop"])


@pytest.mark.parametrize("name", ["", "cats", "water", "people.", "people.x.y", "people.age"])
def test_what_can_be_no_measure_is_said(db, name):
    with pytest.raises(NotFoundError, match="is no measure"):
        measures.by_name(db, [name])


@pytest.mark.parametrize("name", ["people", "people.shoe", "people.capacity.age", "x.y", "a.b.c.d"])
def test_what_divides_nothing_is_said(name):
    with pytest.raises(NotFoundError, match="divides nothing"):
        measures.dimension_of(name)
